// SPDX-License-Identifier: Apache-2.0
// db_sqlite: the declaration page of the SQLite driver.
#include <memory>

#include "module/module.h"
#include "module/services.h"
#include "modules/db_sqlite/sqlite_driver.h"
#include "storage/database.h"

namespace carillon::db_sqlite {
namespace {

using namespace module;

class DbSqlite final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services.databases.add_driver(driver());
    return {};
  }
  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override {
    return std::make_unique<SqliteDriver>(
        Settings{.busy_timeout = busy_timeout, .pragmas = exec_pragma, .extensions = load_extension});
  }

  std::chrono::milliseconds busy_timeout = Settings{}.busy_timeout;
  int alloc_limit = 10;
  std::vector<std::string> exec_pragma;
  std::vector<std::string> load_extension;
};

constexpr auto kParameters = std::to_array({
    parameter<&DbSqlite::busy_timeout>("busy_timeout", "Milliseconds a statement waits for a locked file."),
    parameter<&DbSqlite::exec_pragma>("exec_pragma", "Run on each new connection."),
    parameter<&DbSqlite::load_extension>("load_extension", "Path of an extension, \";entry point\" behind it."),
    parameter<&DbSqlite::alloc_limit>("alloc_limit", "Accepted; rows are streamed."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_sqlite",
    .documentation = "SQLite databases: sqlite:///path/to/file.",
    .parameters = kParameters,
    .create = &create<DbSqlite>,
};

}  // namespace carillon::db_sqlite
