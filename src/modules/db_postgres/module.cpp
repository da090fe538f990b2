// SPDX-License-Identifier: Apache-2.0
// db_postgres: the declaration page of the PostgreSQL driver.
#include <algorithm>
#include <memory>

#include "module/module.h"
#include "module/services.h"
#include "modules/db_postgres/postgres_driver.h"
#include "storage/database.h"

namespace carillon::db_postgres {
namespace {

using namespace module;

class DbPostgres final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services.databases.add_driver(driver());
    return {};
  }

  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override {
    return std::make_unique<PostgresDriver>(
        Settings{.connect_timeout = timeout,
                 .query_timeout = query_timeout,
                 .slow = exec_query_threshold,
                 .tries = static_cast<unsigned>(std::max(max_db_queries, 1)),
                 .connections = static_cast<std::size_t>(std::max(max_connections, 1)),
                 .use_tls = use_tls});
  }

  std::chrono::seconds timeout = Settings{}.connect_timeout;
  std::chrono::seconds query_timeout = Settings{}.query_timeout;
  std::chrono::microseconds exec_query_threshold = Settings{}.slow;
  int max_db_queries = static_cast<int>(Settings{}.tries);
  int max_connections = static_cast<int>(Settings{}.connections);
  bool use_tls = false;
};

constexpr auto kParameters = std::to_array({
    parameter<&DbPostgres::timeout>("timeout", "Seconds until a connection must stand."),
    parameter<&DbPostgres::query_timeout>("query_timeout", "Seconds a statement may take; 0: for ever."),
    parameter<&DbPostgres::exec_query_threshold>("exec_query_threshold",
                                                 "Microseconds from which a statement is logged as slow; 0: never."),
    parameter<&DbPostgres::max_db_queries>("max_db_queries",
                                           "How often a statement is tried when its connection is lost before it."),
    parameter<&DbPostgres::max_connections>("max_connections", "The greatest number of connections to one database."),
    parameter<&DbPostgres::use_tls>("use_tls",
                                    "Connect by TLS only; sslmode=, sslrootcert=, sslcert= and sslkey= "
                                    "behind the ? of a URL say more."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_postgres",
    .documentation = "PostgreSQL databases: postgres://user:password@host/database.",
    .parameters = kParameters,
    .create = &create<DbPostgres>,
};

}  // namespace carillon::db_postgres
