// SPDX-License-Identifier: Apache-2.0
// db_mysql: the declaration page of the MariaDB and MySQL driver.
#include <algorithm>
#include <memory>

#include "management/events.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/db_mysql/mysql_driver.h"
#include "storage/database.h"

namespace carillon::db_mysql {
namespace {

using namespace module;

constexpr std::string_view kConnectionEvent = "E_MYSQL_CONNECTION";

class DbMysql final : public Module {
 public:
  base::Result<> start(Services& services) override {
    management::Events::Name& connection = services.events.name(kConnectionEvent);
    Settings told = settings();
    told.on_connection = [&connection](const storage::Url& url, bool connected) {
      connection.raise({{"url", url.display()}, {"status", connected ? "connected" : "disconnected"}},
                       std::hash<std::string>{}(url.display()));
    };
    services.databases.add_driver(std::make_unique<MysqlDriver>(std::move(told)));
    return {};
  }

  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override {
    return std::make_unique<MysqlDriver>(settings());
  }

  [[nodiscard]] Settings settings() const {
    return {.connect_timeout = timeout_interval,
            .query_timeout = query_timeout,
            .slow = exec_query_threshold,
            .tries = static_cast<unsigned>(std::max(max_db_queries, 1)),
            .column_bytes = static_cast<std::size_t>(std::max(ps_max_col_size, 1)),
            .connections = static_cast<std::size_t>(std::max(max_connections, 1)),
            .use_tls = use_tls};
  }

  std::chrono::seconds timeout_interval = Settings{}.connect_timeout;
  std::chrono::seconds query_timeout = Settings{}.query_timeout;
  std::chrono::microseconds exec_query_threshold = Settings{}.slow;
  int max_db_retries = 3;
  int max_db_queries = static_cast<int>(Settings{}.tries);
  int ps_max_col_size = static_cast<int>(Settings{}.column_bytes);
  int max_connections = static_cast<int>(Settings{}.connections);
  bool use_tls = false;
};

constexpr auto kParameters = std::to_array({
    parameter<&DbMysql::timeout_interval>("timeout_interval", "Seconds until a connection must stand."),
    parameter<&DbMysql::query_timeout>("query_timeout", "Seconds a statement may take; 0: for ever."),
    parameter<&DbMysql::exec_query_threshold>("exec_query_threshold",
                                              "Microseconds from which a statement is logged as slow; 0: never."),
    parameter<&DbMysql::max_db_retries>("max_db_retries",
                                        "Accepted; a server that is away is tried again after growing pauses."),
    parameter<&DbMysql::max_db_queries>("max_db_queries",
                                        "How often a statement is tried when its connection is lost before it."),
    parameter<&DbMysql::ps_max_col_size>("ps_max_col_size",
                                         "Bytes set aside for a column; longer cells are read whole all the same."),
    parameter<&DbMysql::max_connections>("max_connections", "The greatest number of connections to one database."),
    parameter<&DbMysql::use_tls>("use_tls",
                                 "Connect by TLS only; tls_ca=, tls_cert=, tls_key= and tls_verify= behind "
                                 "the ? of a URL say more."),
});

constexpr auto kEvents = std::to_array<EventDecl>({
    {kConnectionEvent, "url,status",
     "A server can't be connected to any more (status \"disconnected\"), or can be again (\"connected\")."},
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_mysql",
    .documentation = "MariaDB and MySQL databases: mysql://user:password@host/database.",
    .parameters = kParameters,
    .events = kEvents,
    .create = &create<DbMysql>,
};

}  // namespace carillon::db_mysql
