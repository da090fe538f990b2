// SPDX-License-Identifier: Apache-2.0
// cachedb_local: stores of keys and values in the memory of this process, named "local" or "local:group" by scripts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "metrics/counter.h"
#include "module/module.h"
#include "modules/cachedb_local/local_store.h"

namespace carillon::cachedb_local {

using module::RouteContext;
using module::Verdict;

class CachedbLocal final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // Null when there is none of that name; the empty name is "default".
  [[nodiscard]] std::shared_ptr<LocalStore> collection(std::string_view name) const;

  // --- parameters
  std::string cache_collections;
  std::vector<std::string> cachedb_url;
  int max_memory = 256;  // MiB
  int cache_clean_period = 600;
  int exec_threshold = 0;
  int cache_table_size = 9;
  base::Result<> set_cluster(const script::Value& value);
  base::Result<> set_restart_persistency(const script::Value& value);
  base::Result<> set_persistency(const script::Value& value);

  // --- functions
  base::Task<Verdict> cache_remove_chunk(RouteContext& context, std::string_view collection_or_glob,
                                         std::optional<std::string_view> glob);

  // --- commands
  base::Task<base::Result<management::Json>> remove_chunk(management::Parameters parameters);
  base::Task<base::Result<management::Json>> fetch_chunk(management::Parameters parameters);

  // --- statistics
  [[nodiscard]] std::uint64_t entries() const;
  [[nodiscard]] std::uint64_t memory() const;

 private:
  struct Chunk {
    std::shared_ptr<LocalStore> store;
    std::string glob;
  };
  [[nodiscard]] base::Result<Chunk> chunk_of(const management::Parameters& parameters) const;
  [[nodiscard]] base::Result<> make_collections(module::Services& services);
  [[nodiscard]] base::Result<> name_collections(module::Services& services) const;

  std::vector<std::shared_ptr<LocalStore>> collections_;  // shared with the stores that scripts name
  std::shared_ptr<Room> room_;
};

}  // namespace carillon::cachedb_local
