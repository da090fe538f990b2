// SPDX-License-Identifier: Apache-2.0
// Where servers that share a location table meet: entries by AoR and identity of which the newest holds, a feed of what
// changed, and one lease. Every call blocks, within time limits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/usrloc/shared_entry.h"
#include "storage/key_value.h"

namespace carillon::usrloc {

// AoRs are spread over buckets: what one of them has is kept, counted and told of in one place of a cluster.
inline constexpr std::uint32_t kBuckets = 128;
// The same on all servers and in all versions of Carillon.
[[nodiscard]] constexpr std::uint32_t bucket_of(std::string_view aor) {
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : aor) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return hash % kBuckets;
}

// Any thread.
class SharedStore {
 public:
  // How far the changes of a bucket have come. An empty epoch: there were none yet.
  struct Head {
    std::uint64_t sequence = 0;
    std::string epoch = {};
  };
  struct Push {
    std::string aor;
    std::vector<SharedEntry> entries;
  };

  virtual ~SharedStore() = default;

  // Stores, for each AoR, the entries that are newer than what is there, and tells all servers. Returns, for each, what
  // is newer there.
  [[nodiscard]] virtual std::vector<base::Result<std::vector<SharedEntry>>> push(std::span<const Push> pushes) = 0;
  // Of all buckets; nothing where nobody could be asked.
  [[nodiscard]] virtual std::vector<std::optional<Head>> heads() = 0;
  // The AoRs of a bucket that changed after `sequence`; 0: all there are.
  [[nodiscard]] virtual base::Result<std::vector<std::string>> aors_since(std::uint32_t bucket,
                                                                          std::uint64_t sequence) = 0;
  // All entries of each AoR.
  [[nodiscard]] virtual base::Result<std::vector<std::vector<SharedEntry>>> read(std::span<const std::string> aors) = 0;
  // Removes what has expired.
  virtual void prune(std::span<const std::string> aors) = 0;
  // Messages that SharedChange::parse() reads.
  [[nodiscard]] virtual base::Result<std::unique_ptr<storage::Subscription>> subscribe() = 0;

  [[nodiscard]] virtual base::Result<bool> take_lease(std::string_view owner, std::chrono::milliseconds duration) = 0;
  virtual void end_lease(std::string_view owner) = 0;
};

// On a store of keys and values that speaks Redis's language. `table`: its name. `now`: Unix seconds.
[[nodiscard]] std::unique_ptr<SharedStore> make_redis_shared_store(std::shared_ptr<storage::KeyValueStore> store,
                                                                   std::string table, std::string server,
                                                                   const base::Clock& clock);

}  // namespace carillon::usrloc
