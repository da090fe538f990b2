// SPDX-License-Identifier: Apache-2.0
// Connecting by unixODBC: unixodbc://user:password@host/DSN, or odbc:DSN=name;KEY=value;...
#include "modules/db_unixodbc/odbc_driver.h"

#include <string>
#include <utility>

#include "modules/db_unixodbc/odbc_session.h"
#include "storage/sql_connection.h"

namespace carillon::db_unixodbc {
namespace {

using storage::Fault;
using storage::Url;

SQLCHAR* text(const std::string& value) {
  return reinterpret_cast<SQLCHAR*>(const_cast<char*>(value.c_str()));  // ODBC only reads it
}

SQLPOINTER number(std::int64_t value) { return reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(value)); }  // NOLINT

// Names of data sources hold no "=", connection strings do.
bool is_connection_string(const Url& url) { return url.path.contains('='); }

SQLRETURN connect_source(SQLHDBC connection, const Url& url) {
  if (!is_connection_string(url)) {
    return SQLConnect(connection, text(url.path), SQL_NTS, text(url.user), SQL_NTS, text(url.password), SQL_NTS);
  }
  return SQLDriverConnect(connection, nullptr, text(url.path), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
}

}  // namespace

OdbcDriver::OdbcDriver(Settings settings) : settings_(settings), environment_(nullptr) {
  if (environment_) SQLSetEnvAttr(environment_.get(), SQL_ATTR_ODBC_VERSION, number(SQL_OV_ODBC3), 0);
}

base::Result<std::unique_ptr<storage::Connection>> OdbcDriver::connect(const Url& url) {
  const std::string name = url.display();
  if (url.path.empty()) {
    return base::fail(name + ": the URL names no data source", static_cast<int>(Fault::Unavailable));
  }
  ConnectionHandle handle(environment_.get());
  if (!handle) return base::fail(name + ": out of memory", static_cast<int>(Fault::Unavailable));
  SQLSetConnectAttr(handle.get(), SQL_ATTR_LOGIN_TIMEOUT, number(settings_.connect_timeout.count()), 0);
  if (!SQL_SUCCEEDED(connect_source(handle.get(), url))) {
    const Diagnosis why = diagnose(SQL_HANDLE_DBC, handle.get());
    return base::fail(name + ": can't connect: " + why.message + " (" + why.state + ")",
                      static_cast<int>(Fault::Unavailable));
  }
  auto session = std::make_unique<OdbcSession>(
      std::move(handle), name, OdbcSession::Limits{.query_timeout = settings_.query_timeout, .idle = settings_.idle});
  if (auto ready = session->set_up(); !ready) return std::unexpected(std::move(ready.error()));
  return std::make_unique<storage::SqlConnection>(std::move(session), name,
                                                  storage::SqlSettings{.slow = settings_.slow});
}

base::Result<> OdbcDriver::create_database(const Url& url) {
  auto connected = connect(url);
  if (!connected) return std::unexpected(std::move(connected.error()));
  return {};
}

}  // namespace carillon::db_unixodbc
