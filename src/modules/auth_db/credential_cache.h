// SPDX-License-Identifier: Apache-2.0
// HA1s that were right lately, so that a user who comes back costs no query.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "shard/partitioned_table.h"
#include "sip/digest_hash.h"
#include "storage/value.h"

namespace carillon::auth_db {

// What the database says of a user, for one algorithm.
struct Secret {
  sip::HexDigest ha1;
  // Of load_credentials, in its order; shared because several runs and the cache hold it.
  std::shared_ptr<const std::vector<storage::Value>> loaded;
};

// Any thread. Bounded: what doesn't fit any more isn't kept. Only secrets that somebody knew are added, so that nobody
// fills it with names.
class CredentialCache {
 public:
  CredentialCache(shard::Shards& shards, const base::Clock& clock, std::chrono::seconds lifetime, std::size_t size)
      : clock_(clock), lifetime_(lifetime), size_(size), entries_(shards) {}

  // Everything a secret depends on, as one text.
  [[nodiscard]] static std::string key_of(std::string_view table, std::string_view domain, std::string_view realm,
                                          std::string_view username, sip::DigestHash hash);

  [[nodiscard]] std::optional<Secret> find(std::string_view key);
  void add(std::string_view key, std::string_view user, const Secret& secret);
  void remove(std::string_view key);
  // Of one user, in whatever domain; an empty text: of all. Returns how many.
  std::size_t flush(std::string_view user);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string user;
    Secret secret;
  };

  const base::Clock& clock_;
  std::chrono::seconds lifetime_;
  std::size_t size_;
  shard::PartitionedTable<std::string, Entry> entries_;
};

}  // namespace carillon::auth_db
