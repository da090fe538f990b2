// SPDX-License-Identifier: Apache-2.0
// See user_agents.h.
#include "modules/usrloc/user_agents.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/hash.h"

namespace carillon::usrloc {
namespace {

constexpr std::size_t kParts = 16;

// Strangers choose the texts, so the hash has a key.
struct KeyedHash {
  base::HashKey key = base::HashKey::random();
  std::size_t operator()(std::string_view text) const { return base::sip_hash(key, text); }
};

}  // namespace

struct UserAgent::Entry {
  Entry(UserAgents::Part& in, std::string_view content) : part(in), text(content) {}

  UserAgents::Part& part;
  std::string text;
  std::size_t references = 0;  // with the part's lock held
};

struct alignas(64) UserAgents::Part {
  std::mutex mutex;
  std::unordered_map<std::string_view, std::unique_ptr<UserAgent::Entry>, KeyedHash> entries;  // by their own text
};

UserAgents::UserAgents() : parts_(std::make_unique<Part[]>(kParts)) {}
UserAgents::~UserAgents() = default;

UserAgent UserAgents::intern(std::string_view text) {
  if (text.empty()) return {};
  Part& part = parts_[std::hash<std::string_view>{}(text) % kParts];
  const std::scoped_lock lock(part.mutex);
  auto found = part.entries.find(text);
  if (found == part.entries.end()) {
    auto entry = std::make_unique<UserAgent::Entry>(part, text);
    const std::string_view key = entry->text;
    found = part.entries.emplace(key, std::move(entry)).first;
  }
  ++found->second->references;
  return UserAgent(found->second.get());
}

std::size_t UserAgents::size() const {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    const std::scoped_lock lock(parts_[i].mutex);
    size += parts_[i].entries.size();
  }
  return size;
}

std::string_view UserAgent::text() const { return entry_ == nullptr ? std::string_view{} : entry_->text; }

void UserAgent::release() noexcept {
  UserAgents::Part& part = entry_->part;
  const std::scoped_lock lock(part.mutex);
  if (--entry_->references == 0) part.entries.erase(std::string_view(entry_->text));
}

}  // namespace carillon::usrloc
