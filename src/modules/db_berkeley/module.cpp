// SPDX-License-Identifier: Apache-2.0
// db_berkeley: the declaration page of the driver of Berkeley DB files.
#include <memory>
#include <optional>

#include "module/blocking.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/db_berkeley/berkeley_format.h"
#include "storage/database.h"
#include "storage/table_directory.h"

namespace carillon::db_berkeley {
namespace {

using namespace module;
using management::Json;

class DbBerkeley final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services_.emplace(services);
    auto made = make_driver();
    driver_ = made.get();
    services.databases.add_driver(std::move(made));
    return {};
  }
  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override { return make_driver(); }

  base::Task<base::Result<Json>> reload(management::Parameters parameters) {
    auto path = parameters.text("table_path");
    if (!path) co_return std::unexpected(std::move(path.error()));
    auto job = [this, path = std::move(*path)] { return reload_now(path); };
    co_return co_await run_blocking(*services_, std::move(job));
  }

  bool auto_reload = false;
  bool log_enable = false;
  std::chrono::seconds journal_roll_interval{0};

 private:
  [[nodiscard]] std::unique_ptr<storage::TableDirectoryDriver> make_driver() const {
    return std::make_unique<storage::TableDirectoryDriver>(
        storage::TableDirectoryDriver::Settings{.scheme = "berkeley", .check_each_time = auto_reload},
        std::make_unique<BerkeleyFormat>(
            Settings{.log_enable = log_enable, .journal_roll_interval = journal_roll_interval}));
  }

  // A directory, a table of one, or the name of a table wherever it is.
  base::Result<Json> reload_now(const std::string& path) {
    constexpr int kNotFound = 404;
    constexpr int kFailed = 500;
    bool found = false;
    for (const auto& directory : driver_->directories()) {
      const bool whole = directory->path() == path;
      const bool inside = path.starts_with(directory->path() + "/");
      if (!whole && !inside && path.contains('/')) continue;
      const std::string table = whole ? "" : path.substr(inside ? directory->path().size() + 1 : 0);
      if (!whole && !directory->has_table(table).value_or(false)) continue;
      found = true;
      if (auto done = directory->reload(table); !done) return base::fail(done.error().message, kFailed);
    }
    if (!found) return base::fail(path + " is not in use", kNotFound);
    return Json("OK");
  }

  std::optional<Services> services_;
  storage::TableDirectoryDriver* driver_ = nullptr;  // the databases own it, and outlive the modules
};

constexpr auto kParameters = std::to_array({
    parameter<&DbBerkeley::auto_reload>("auto_reload", "1: a query reads a table again whose file has changed."),
    parameter<&DbBerkeley::log_enable>("log_enable",
                                       "1: changes are journaled, as the METADATA_LOGFLAGS of each table say."),
    parameter<&DbBerkeley::journal_roll_interval>("journal_roll_interval",
                                                  "Seconds after which a new journal is begun; 0: never."),
});

constexpr auto kCommands = std::to_array({
    command<&DbBerkeley::reload>({.name = "db_berkeley:reload",
                                  .aliases = "bdb_reload",
                                  .recipes = "table_path",
                                  .help = "Reads a table, or all tables in memory of a directory, anew.",
                                  .result = "\"OK\""}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_berkeley",
    .documentation = "Berkeley DB files as databases, a directory each: berkeley:///path/to/directory.",
    .parameters = kParameters,
    .commands = kCommands,
    .create = &create<DbBerkeley>,
};

}  // namespace carillon::db_berkeley
