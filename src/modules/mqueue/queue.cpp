// SPDX-License-Identifier: Apache-2.0
// See queue.h.
#include "modules/mqueue/queue.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace carillon::mqueue {
namespace {

base::Result<unsigned> number(std::string_view name, std::string_view value, unsigned most) {
  const auto read = base::parse_number<unsigned>(value);
  if (!read || *read > most) return base::fail(fmt::format("{} must be a number from 0 to {}", name, most));
  return *read;
}

base::Result<> set(QueueSettings& settings, std::string_view name, std::string_view value) {
  if (name == "name") {
    settings.name = value;
    return {};
  }
  const unsigned most = name == "size" ? INT32_MAX : name == "dbmode" ? 3 : name == "addmode" ? 2 : 0;
  if (most == 0) return base::fail(fmt::format("'{}' means nothing", name));
  const auto read = number(name, value, most);
  if (!read) return std::unexpected(read.error());
  if (name == "size") {
    settings.size = *read;
  } else if (name == "addmode") {
    settings.add = static_cast<QueueSettings::Add>(*read);
  } else {
    settings.read_at_start = *read == 1 || *read == 3;
    settings.write_at_end = *read == 1 || *read == 2;
  }
  return {};
}

}  // namespace

base::Result<QueueSettings> QueueSettings::parse(std::string_view text) {
  QueueSettings settings;
  while (!text.empty()) {
    std::string_view item = base::trim(base::take_until(text, ';'));
    if (item.empty()) continue;
    const std::string_view name = base::trim(base::take_until(item, '='));
    if (auto done = set(settings, name, base::trim(item)); !done) return std::unexpected(std::move(done.error()));
  }
  if (settings.name.empty()) return base::fail("a queue needs a name");
  return settings;
}

Queue::~Queue() {
  while (!items_.empty()) remove(items_.begin());
}

std::size_t Queue::bytes_of(std::string_view key, std::string_view value) {
  constexpr std::size_t kOverhead = 128;  // of a node, its texts and its place in the index, about
  return key.size() + value.size() + kOverhead;
}

void Queue::remove(Items::iterator item) {
  room_.used.fetch_sub(bytes_of(item->key, item->value), std::memory_order_relaxed);
  if (settings_.add != QueueSettings::Add::AtEnd) by_key_.erase(item->key);
  items_.erase(item);
}

bool Queue::add(std::string_view key, std::string_view value) {
  const std::scoped_lock lock(mutex_);
  const bool once = settings_.add != QueueSettings::Add::AtEnd;
  if (once) {
    const auto present = by_key_.find(key);
    if (present != by_key_.end() && settings_.add == QueueSettings::Add::KeepOldest) return true;
    if (present != by_key_.end()) remove(present->second);
  }
  if (settings_.size != 0 && items_.size() >= settings_.size) remove(items_.begin());
  const std::size_t bytes = bytes_of(key, value);
  if (room_.used.fetch_add(bytes, std::memory_order_relaxed) + bytes > room_.bytes) {
    room_.used.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  items_.push_back({.key = std::string(key), .value = std::string(value)});
  if (once) by_key_.emplace(key, std::prev(items_.end()));
  return true;
}

std::optional<Item> Queue::fetch() {
  const std::scoped_lock lock(mutex_);
  if (items_.empty()) return std::nullopt;
  Item oldest = items_.front();
  remove(items_.begin());
  return oldest;
}

std::size_t Queue::size() const {
  const std::scoped_lock lock(mutex_);
  return items_.size();
}

std::vector<Item> Queue::items() const {
  const std::scoped_lock lock(mutex_);
  return {items_.begin(), items_.end()};
}

}  // namespace carillon::mqueue
