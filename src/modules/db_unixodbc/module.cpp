// SPDX-License-Identifier: Apache-2.0
// db_unixodbc: the declaration page of the driver of ODBC data sources.
#include <algorithm>
#include <memory>

#include "module/module.h"
#include "module/services.h"
#include "modules/db_unixodbc/odbc_driver.h"
#include "storage/database.h"

namespace carillon::db_unixodbc {
namespace {

using namespace module;

class DbUnixodbc final : public Module {
 public:
  base::Result<> start(Services& services) override {
    services.databases.add_driver(driver());
    return {};
  }

  [[nodiscard]] std::unique_ptr<storage::Driver> driver() const override {
    return std::make_unique<OdbcDriver>(
        Settings{.connect_timeout = timeout,
                 .query_timeout = query_timeout,
                 .slow = exec_query_threshold,
                 .reconnect = auto_reconnect,
                 .connections = static_cast<std::size_t>(std::max(max_connections, 1))});
  }

  bool auto_reconnect = Settings{}.reconnect;
  bool use_escape_common = false;
  std::chrono::seconds timeout = Settings{}.connect_timeout;
  std::chrono::seconds query_timeout = Settings{}.query_timeout;
  std::chrono::microseconds exec_query_threshold = Settings{}.slow;
  int max_connections = static_cast<int>(Settings{}.connections);
};

constexpr auto kParameters = std::to_array({
    parameter<&DbUnixodbc::auto_reconnect>("auto_reconnect", "Replace a lost connection within a call."),
    parameter<&DbUnixodbc::use_escape_common>("use_escape_common", "Accepted; values never become part of a text."),
    parameter<&DbUnixodbc::timeout>("timeout", "Seconds until a connection must stand."),
    parameter<&DbUnixodbc::query_timeout>(
        "query_timeout",
        "Seconds a statement may take; a second later it is given up with its connection; 0: for ever."),
    parameter<&DbUnixodbc::exec_query_threshold>("exec_query_threshold",
                                                 "Microseconds from which a statement is logged as slow; 0: never."),
    parameter<&DbUnixodbc::max_connections>("max_connections", "The greatest number of connections to one database."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "db_unixodbc",
    .documentation = "ODBC data sources: unixodbc://user:password@host/DSN, odbc:DSN=name;KEY=value.",
    .parameters = kParameters,
    .create = &create<DbUnixodbc>,
};

}  // namespace carillon::db_unixodbc
