// SPDX-License-Identifier: Apache-2.0
// See credential_cache.h.
#include "modules/auth_db/credential_cache.h"

namespace carillon::auth_db {

std::string CredentialCache::key_of(std::string_view table, std::string_view domain, std::string_view realm,
                                    std::string_view username, sip::DigestHash hash) {
  std::string key;
  key.reserve(table.size() + domain.size() + realm.size() + username.size() + 5);
  key += static_cast<char>('0' + static_cast<int>(hash));
  // Credentials have no NULs in them.
  for (const std::string_view part : {table, domain, realm, username}) key.append(part).push_back('\0');
  return key;
}

std::optional<Secret> CredentialCache::find(std::string_view key) {
  return entries_.with(key, [](auto& entry) -> std::optional<Secret> {
    if (entry.value() == nullptr) return std::nullopt;
    return entry.value()->secret;
  });
}

void CredentialCache::add(std::string_view key, std::string_view user, const Secret& secret) {
  const bool full = entries_.size() >= size_;
  entries_.with(key, [&](auto& entry) {
    if (entry.value() == nullptr) {
      if (full) return;
      entry.create();
    }
    *entry.value() = {.user = std::string(user), .secret = secret};
    entry.expire_at(clock_.now() + lifetime_);
  });
}

void CredentialCache::remove(std::string_view key) {
  entries_.with(key, [](auto& entry) {
    if (entry.value() != nullptr) entry.erase();
  });
}

std::size_t CredentialCache::flush(std::string_view user) {
  std::size_t gone = 0;
  for (std::size_t partition = 0; partition < decltype(entries_)::partitions(); ++partition) {
    gone += entries_.erase_if_in(
        partition, [user](const std::string&, const Entry& entry) { return user.empty() || entry.user == user; });
  }
  return gone;
}

}  // namespace carillon::auth_db
