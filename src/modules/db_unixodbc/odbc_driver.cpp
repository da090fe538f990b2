// SPDX-License-Identifier: Apache-2.0
// Connecting by unixODBC: unixodbc://user:password@host/DSN, or odbc:DSN=name;KEY=value;...
#include "modules/db_unixodbc/odbc_driver.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "modules/db_unixodbc/guarded_session.h"
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

// How much longer than the ODBC driver is told to try is waited for it.
constexpr std::chrono::seconds kMargin{1};

// Names of data sources hold no "=", connection strings do.
bool is_connection_string(const Url& url) { return url.path.contains('='); }

SQLRETURN connect_source(SQLHDBC connection, const Url& url) {
  if (!is_connection_string(url)) {
    return SQLConnect(connection, text(url.path), SQL_NTS, text(url.user), SQL_NTS, text(url.password), SQL_NTS);
  }
  return SQLDriverConnect(connection, nullptr, text(url.path), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT);
}

}  // namespace

OdbcDriver::OdbcDriver(Settings settings)
    : settings_(settings), environment_(std::make_shared<Environment>(SQLHANDLE{})) {
  if (*environment_) SQLSetEnvAttr(environment_->get(), SQL_ATTR_ODBC_VERSION, number(SQL_OV_ODBC3), 0);
  // Some drivers load it to read their settings, and unload it each time: what it keeps of them would be lost each
  // time.
  static_cast<void>(::dlopen("libodbcinst.so.2", RTLD_LAZY | RTLD_NODELETE));
}

std::shared_ptr<LeftBehind> OdbcDriver::left_behind(const std::string& database) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<LeftBehind>& entry = left_behind_[database];
  if (!entry) entry = std::make_shared<LeftBehind>(std::max<std::size_t>(settings_.connections, 1));
  return entry;
}

// On the thread of the connection.
base::Result<std::shared_ptr<OdbcSession>> OdbcDriver::open(const std::shared_ptr<Environment>& environment,
                                                            const Settings& settings, const Url& url) {
  const std::string name = url.display();
  ConnectionHandle handle(environment->get());
  if (!handle) return base::fail(name + ": out of memory", static_cast<int>(Fault::Unavailable));
  SQLSetConnectAttr(handle.get(), SQL_ATTR_LOGIN_TIMEOUT, number(settings.connect_timeout.count()), 0);
  if (!SQL_SUCCEEDED(connect_source(handle.get(), url))) {
    const Diagnosis why = diagnose(SQL_HANDLE_DBC, handle.get());
    return base::fail(name + ": can't connect: " + why.message + " (" + why.state + ")",
                      static_cast<int>(Fault::Unavailable));
  }
  return std::make_shared<OdbcSession>(
      environment, std::move(handle), name,
      OdbcSession::Limits{.query_timeout = settings.query_timeout, .idle = settings.idle});
}

base::Result<std::unique_ptr<storage::Connection>> OdbcDriver::connect(const Url& url) {
  const std::string name = url.display();
  if (url.path.empty()) {
    return base::fail(name + ": the URL names no data source", static_cast<int>(Fault::Unavailable));
  }
  std::shared_ptr<LeftBehind> left = left_behind(name);
  if (left->is_full()) {
    return base::fail(
        fmt::format("{}: it doesn't answer: {} calls of its ODBC driver haven't come back", name, left->count()),
        static_cast<int>(Fault::Unavailable));
  }
  auto thread = CallThread::start(left);
  if (!thread) return std::unexpected(std::move(thread.error()));
  const auto opened = std::make_shared<base::Result<std::shared_ptr<OdbcSession>>>();
  const base::Duration longest = settings_.connect_timeout.count() == 0
                                     ? CallThread::kForEver
                                     : base::Duration(settings_.connect_timeout + kMargin);
  const bool came_back = (*thread)->run(
      [opened, environment = environment_, settings = settings_, url] { *opened = open(environment, settings, url); },
      longest);
  if (!came_back) {
    return base::fail(fmt::format("{}: can't connect: no answer within {} s", name, settings_.connect_timeout.count()),
                      static_cast<int>(Fault::Unavailable));
  }
  if (!*opened) return std::unexpected(std::move(opened->error()));
  auto session = std::make_unique<GuardedSession>(std::move(*thread), std::move(**opened), name,
                                                  settings_.query_timeout, std::move(left));
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
