// SPDX-License-Identifier: Apache-2.0
// lua: functions of the script that are written in Lua.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "module/module.h"
#include "module/services.h"
#include "modules/lua/script_piece.h"
#include "modules/lua/universe.h"
#include "shard/shard_local.h"
#include "shard/snapshot.h"

namespace carillon::lua {

using module::RouteContext;
using module::Verdict;

class Lua final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- functions
  base::Task<Verdict> lua_exec(RouteContext& context, std::string_view function,
                               std::optional<std::string_view> parameter);
  Verdict lua_meminfo(RouteContext& context);

  // --- commands
  base::Task<base::Result<management::Json>> reload(management::Parameters parameters);
  base::Task<base::Result<management::Json>> watch(management::Parameters parameters);

  // --- for Lua
  // Whether the command lua:watch has added it.
  [[nodiscard]] bool watches(std::string_view extension) const;

  // --- parameters
  std::string luafilename = "/etc/opensips/opensips.lua";
  bool lua_auto_reload = false;
  bool warn_missing_free_fixup = true;
  std::string lua_allocator = "opensips";
  int max_memory = 32'768;                  // KiB, of each shard
  std::chrono::milliseconds max_time{500};  // of the processor

 private:
  // One shard's.
  struct Home {
    std::unique_ptr<Universe> universe;
    std::unique_ptr<Pieces> pieces;
    std::shared_ptr<const SourceFile> loaded;
    shard::Snapshot<SourceFile>::Reader reader;
  };

  // The file, and that it can be loaded. Blocks.
  [[nodiscard]] base::Result<std::shared_ptr<const SourceFile>> read_file() const;
  [[nodiscard]] base::Result<std::unique_ptr<Universe>> make_universe();
  // That of the shard, with the present file; nothing, and logged, when there can't be one.
  [[nodiscard]] Home* home_in(RouteContext& context);
  // Looks, on a thread for what blocks, whether the file has changed; not more than once a second.
  void look_for_changes();
  void reload_if_changed();

  std::optional<module::Services> services_;
  Limits limits_;
  std::string file_name_;
  shard::Snapshot<SourceFile> file_;
  std::mutex compiling_;
  shard::ShardLocal<Home> homes_;
  std::atomic<std::int64_t> look_at_{0};  // nanoseconds of the clock
  mutable std::mutex watched_mutex_;
  std::set<std::string, std::less<>> watched_;
};

}  // namespace carillon::lua
