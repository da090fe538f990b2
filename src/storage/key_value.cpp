// SPDX-License-Identifier: Apache-2.0
// See key_value.h.
#include "storage/key_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/strings.h"
#include "storage/driver.h"

namespace carillon::storage {
namespace {

std::string canonical_id(std::string_view text) {
  std::string_view group = text;
  std::string id = base::to_lower(base::take_until(group, ':'));
  if (id.starts_with("cachedb_")) id.erase(0, 8);
  return id + ":" + std::string(group);
}

}  // namespace

base::Result<std::optional<std::int64_t>> KeyValueStore::counter(std::string_view key) {
  const auto text = get(key);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto number = base::parse_number<std::int64_t>(**text);
  if (!number) return base::fail("the value is not a number", static_cast<int>(Fault::Other));
  return number;
}

base::Result<std::vector<Reply>> KeyValueStore::pipeline(std::span<const Command> /*commands*/) {
  return base::fail("this kind of store has no commands", static_cast<int>(Fault::Unsupported));
}

base::Result<Reply> KeyValueStore::command(Command command) {
  auto replies = pipeline(std::span(&command, 1));
  if (!replies) return std::unexpected(std::move(replies.error()));
  if (replies->size() != 1) return base::fail("no reply", static_cast<int>(Fault::Other));
  return std::move(replies->front());
}

base::Result<std::unique_ptr<Subscription>> KeyValueStore::subscribe(std::string_view /*channel*/) {
  return base::fail("this kind of store has no channels", static_cast<int>(Fault::Unsupported));
}

void KeyValueStores::add_driver(std::unique_ptr<KeyValueDriver> driver) {
  const std::unique_lock lock(mutex_);
  drivers_.push_back(std::move(driver));
}

base::Result<std::shared_ptr<KeyValueStore>> KeyValueStores::open(std::string_view text) {
  const auto url = KeyValueUrl::parse(text);
  if (!url) return std::unexpected(url.error());
  KeyValueDriver* driver = nullptr;
  {
    const std::shared_lock lock(mutex_);
    for (const Open& open : open_) {
      if (open.url != *url) continue;
      if (auto store = open.store.lock()) return store;
    }
    const auto found = std::ranges::find(drivers_, url->scheme, [](const auto& one) { return one->scheme(); });
    if (found == drivers_.end()) {
      return base::fail(
          fmt::format("cachedb URL: nothing here knows \"{0}\"; is the module cachedb_{0} loaded?", url->scheme));
    }
    driver = found->get();
  }
  auto opened = driver->open(*url);
  if (!opened) return opened;
  const std::unique_lock lock(mutex_);
  std::erase_if(open_, [](const Open& open) { return open.store.expired(); });
  open_.push_back({*url, *opened});
  return opened;
}

base::Result<> KeyValueStores::add(std::string_view scheme, std::string_view group,
                                   std::shared_ptr<KeyValueStore> store) {
  std::string id = fmt::format("{}:{}", scheme, group);
  const std::unique_lock lock(mutex_);
  if (std::ranges::find(named_, id, &Named::id) != named_.end()) {
    return base::fail(fmt::format("there are two stores named \"{}\"", id));
  }
  named_.push_back({std::move(id), std::move(store)});
  return {};
}

std::shared_ptr<KeyValueStore> KeyValueStores::find(std::string_view id) const {
  const std::string wanted = canonical_id(id);
  const std::shared_lock lock(mutex_);
  const auto found = std::ranges::find(named_, wanted, &Named::id);
  return found == named_.end() ? nullptr : found->store;
}

}  // namespace carillon::storage
