// SPDX-License-Identifier: Apache-2.0
// Connecting to MariaDB and MySQL servers.
#include "modules/db_mysql/mysql_driver.h"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "modules/db_mysql/mysql_handle.h"
#include "modules/db_mysql/mysql_session.h"
#include "storage/event_connection.h"
#include "storage/sql.h"
#include "storage/sql_connection.h"

namespace carillon::db_mysql {
namespace {

using storage::Fault;
using storage::SocketWait;
using storage::Url;

// How much longer than the server the library waits, so that the server's own answer to a slow statement is heard.
constexpr unsigned kMarginSeconds = 1;

std::unexpected<base::Error> refuse(const Url& url, std::string_view why, Fault fault) {
  return base::fail(url.display() + ": " + std::string(why), static_cast<int>(fault));
}

struct Options {
  std::string socket;
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;
  bool tls = false;
  bool tls_verify = true;
};

base::Result<Options> options_of(const Url& url, bool use_tls) {
  Options options;
  options.tls = use_tls;
  for (const auto& [name, value] : url.options) {
    if (name == "socket" || name == "unix_socket") {
      options.socket = value;
    } else if (name == "tls_ca") {
      options.tls_ca = value;
    } else if (name == "tls_cert") {
      options.tls_certificate = value;
    } else if (name == "tls_key") {
      options.tls_key = value;
    } else if (name == "tls") {
      options.tls = value != "no" && value != "0";
    } else if (name == "tls_verify") {
      options.tls_verify = value != "no" && value != "0";
    } else if (name == "tls_domain") {
      return refuse(url, "tls_domain can't be looked up from here: name the files with tls_ca=, tls_cert= and tls_key=",
                    Fault::Unsupported);
    } else {
      return refuse(url, "unknown option '" + name + "'", Fault::Unsupported);
    }
  }
  options.tls = options.tls || !options.tls_ca.empty() || !options.tls_certificate.empty();
  return options;
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

void set_options(MYSQL* connection, const Settings& settings, const Options& options) {
  const auto connect = static_cast<unsigned>(settings.connect_timeout.count());
  const auto query = static_cast<unsigned>(settings.query_timeout.count());
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
  if (query != 0) {
    const unsigned silence = query + kMarginSeconds;
    mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &silence);
    mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &silence);
  }
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned no = 0;  // a server can't ask for our files
  mysql_options(connection, MYSQL_OPT_LOCAL_INFILE, &no);
  if (!options.tls) return;
  const my_bool yes = 1;
  const my_bool verify = options.tls_verify ? 1 : 0;
  mysql_ssl_set(connection, or_null(options.tls_key), or_null(options.tls_certificate), or_null(options.tls_ca),
                nullptr, nullptr);
  mysql_optionsv(connection, MYSQL_OPT_SSL_ENFORCE, &yes);
  mysql_optionsv(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

// A connection, with the number of the library's error when there is none.
struct Opened {
  Handle handle;
  unsigned number = 0;
  std::string message;
};

Opened open(const Url& url, const Settings& settings, const Options& options, bool with_database,
            SocketWait::By by = SocketWait::By::Polling) {
  Opened opened;
  opened.handle.reset(mysql_init(nullptr));
  if (!opened.handle) return {.handle = nullptr, .number = CR_OUT_OF_MEMORY, .message = "out of memory"};
  set_options(opened.handle.get(), settings, options);
  if (by == SocketWait::By::Events) mysql_options(opened.handle.get(), MYSQL_OPT_NONBLOCK, nullptr);
  // Rows that match are counted, also those that have the new values already.
  constexpr unsigned long kFlags = CLIENT_FOUND_ROWS;
  if (mysql_real_connect(opened.handle.get(), or_null(url.host), url.user.c_str(), url.password.c_str(),
                         with_database ? url.path.c_str() : nullptr, url.port, or_null(options.socket),
                         kFlags) == nullptr) {
    opened.number = mysql_errno(opened.handle.get());
    opened.message = mysql_error(opened.handle.get());
    opened.handle.reset();
  }
  return opened;
}

std::unexpected<base::Error> connect_failure(const Url& url, const Opened& opened) {
  const std::string_view hint =
      opened.number == ER_BAD_DB_ERROR ? "; `carillon db create` makes it" : std::string_view();
  return refuse(url, fmt::format("can't connect: {} ({}){}", opened.message, opened.number, hint), Fault::Unavailable);
}

base::Result<> run_without_database(const Url& url, const Settings& settings, const Options& options,
                                    const std::string& text) {
  const Opened opened = open(url, settings, options, false);
  if (!opened.handle) return connect_failure(url, opened);
  if (mysql_real_query(opened.handle.get(), text.data(), text.size()) == 0) return {};
  return failure(url.display(), mysql_error(opened.handle.get()), mysql_errno(opened.handle.get()));
}

}  // namespace

// The library has to be initialised once, before there are threads that use it.
MysqlDriver::MysqlDriver(Settings settings) : settings_(std::move(settings)) {
  static_cast<void>(mysql_library_init(0, nullptr, nullptr));
}

base::Result<std::unique_ptr<MysqlSession>> MysqlDriver::open_session(const Url& url, SocketWait::By by) const {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  auto options = options_of(url, settings_.use_tls);
  if (!options) return std::unexpected(std::move(options.error()));
  if (options->tls && by == SocketWait::By::Events) {
    return refuse(url, "no event loop can wait for MariaDB's library with TLS", Fault::Unsupported);
  }
  Opened opened = open(url, settings_, *options, true, by);
  if (!opened.handle) return connect_failure(url, opened);
  auto session = std::make_unique<MysqlSession>(
      std::move(opened.handle), url.display(),
      MysqlSession::Limits{.query_timeout = settings_.query_timeout, .column_bytes = settings_.column_bytes}, by);
  if (auto ready = session->set_up(); !ready) return std::unexpected(std::move(ready.error()));
  return session;
}

base::Result<std::unique_ptr<storage::Connection>> MysqlDriver::connect(const Url& url) {
  auto session = open_session(url, SocketWait::By::Polling);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::make_unique<storage::SqlConnection>(std::move(*session), url.display(),
                                                  storage::SqlSettings{.slow = settings_.slow});
}

base::Result<std::unique_ptr<storage::EventConnection>> MysqlDriver::connect_for_events(const Url& url) {
  auto session = open_session(url, SocketWait::By::Events);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::make_unique<storage::EventConnection>(std::move(*session), url.display(),
                                                    storage::SqlSettings{.slow = settings_.slow});
}

base::Result<> MysqlDriver::create_database(const Url& url) {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  auto options = options_of(url, settings_.use_tls);
  if (!options) return std::unexpected(std::move(options.error()));
  const Opened opened = open(url, settings_, *options, true);
  if (opened.handle) return {};
  if (opened.number != ER_BAD_DB_ERROR) return connect_failure(url, opened);
  return run_without_database(url, settings_, *options,
                              "CREATE DATABASE IF NOT EXISTS " + storage::sql::quoted({.quote = '`'}, url.path) +
                                  " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
}

base::Result<> MysqlDriver::drop_database(const Url& url) {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  auto options = options_of(url, settings_.use_tls);
  if (!options) return std::unexpected(std::move(options.error()));
  return run_without_database(url, settings_, *options,
                              "DROP DATABASE " + storage::sql::quoted({.quote = '`'}, url.path));
}

}  // namespace carillon::db_mysql
