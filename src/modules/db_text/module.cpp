// SPDX-License-Identifier: Apache-2.0
// db_text: the declaration page of the driver of dbtext files.
#include <algorithm>
#include <memory>
#include <optional>

#include "management/command.h"
#include "module/blocking.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/db_text/text_format.h"
#include "storage/database.h"
#include "storage/table_directory.h"

namespace carillon::db_text {
namespace {

using namespace module;
using management::Json;

constexpr int kNotFound = 404;

class DbText final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services_.emplace(services);
    if (db_mode != 0 && db_mode != 1) return base::fail("db_mode must be 0 or 1");
    auto made = make_driver();
    driver_ = made.get();
    services.databases.add_driver(std::move(made));
    return {};
  }
  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override { return make_driver(); }

  base::Task<base::Result<Json>> dump(management::Parameters /*parameters*/) { co_return Json("OK"); }

  base::Task<base::Result<Json>> reload(management::Parameters parameters) {
    std::string database = parameters.text("db_name").value_or("");
    std::string table = parameters.text("table_name").value_or("");
    auto job = [this, database = std::move(database), table = std::move(table)] { return reload_now(database, table); };
    co_return co_await run_blocking(*services_, std::move(job));
  }

  int db_mode = 0;
  int buffer_size = 4096;

 private:
  [[nodiscard]] std::unique_ptr<storage::TableDirectoryDriver> make_driver() const {
    constexpr int kSmallest = 512;
    return std::make_unique<storage::TableDirectoryDriver>(
        storage::TableDirectoryDriver::Settings{.scheme = "text", .check_each_time = db_mode == 1},
        std::make_unique<TextFormat>(static_cast<std::size_t>(std::max(buffer_size, kSmallest))));
  }

  base::Result<Json> reload_now(const std::string& database, const std::string& table) {
    bool found = database.empty();
    for (const auto& directory : driver_->directories()) {
      if (!database.empty() && directory->path() != database) continue;
      found = true;
      if (auto done = directory->reload(table); !done) return base::fail(done.error().message, 500);
    }
    if (!found) return base::fail(database + " is not in use", kNotFound);
    return Json("OK");
  }

  std::optional<Services> services_;
  storage::TableDirectoryDriver* driver_ = nullptr;  // the databases own it, and outlive the modules
};

constexpr auto kParameters = std::to_array({
    parameter<&DbText::db_mode>("db_mode",
                                "0: a table is read once, and again before a write when its file has "
                                "changed; 1: also before a query."),
    parameter<&DbText::buffer_size>("buffer_size", "Bytes of a file read at a time; limits no row."),
});

constexpr auto kCommands = std::to_array({
    command<&DbText::dump>({.name = "db_text:dump",
                            .aliases = "dbt_dump",
                            .recipes = "",
                            .help = "Does nothing: what is changed is on the disk already.",
                            .result = "\"OK\""}),
    command<&DbText::reload>({.name = "db_text:reload",
                              .aliases = "dbt_reload",
                              .recipes = " | db_name | db_name,table_name",
                              .help = "Reads the tables in memory, those of one directory or one of them anew; one "
                                      "that is damaged stays as it was.",
                              .result = "\"OK\""}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_text",
    .documentation = "Text files as databases, a directory each: text:///path/to/directory.",
    .parameters = kParameters,
    .commands = kCommands,
    .create = &create<DbText>,
};

}  // namespace carillon::db_text
