// SPDX-License-Identifier: Apache-2.0
// Connecting to PostgreSQL servers.
#include "modules/db_postgres/postgres_driver.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "modules/db_postgres/postgres_session.h"
#include "storage/event_connection.h"
#include "storage/socket_wait.h"
#include "storage/sql.h"
#include "storage/sql_connection.h"

namespace carillon::db_postgres {
namespace {

using storage::Fault;
using storage::SocketWait;
using storage::Url;

// Options of a URL that libpq is told as they are.
constexpr auto kPassedOn = std::to_array<std::string_view>(
    {"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "application_name", "target_session_attrs", "options"});
// The database that every server has.
constexpr const char* kMaintenance = "postgres";

std::unexpected<base::Error> refuse(const Url& url, std::string_view why, Fault fault) {
  return base::fail(url.display() + ": " + std::string(why), static_cast<int>(fault));
}

// As libpq names them.
using Keywords = std::map<std::string, std::string>;

base::Result<Keywords> keywords_of(const Url& url, const std::string& database, bool use_tls) {
  Keywords keywords{{"dbname", database},
                    {"client_encoding", "UTF8"},
                    {"application_name", "carillon"},
                    {"sslmode", use_tls ? "require" : "prefer"}};
  if (!url.user.empty()) keywords["user"] = url.user;
  if (!url.password.empty()) keywords["password"] = url.password;
  if (!url.host.empty()) keywords["host"] = url.host;
  if (url.port != 0) keywords["port"] = std::to_string(url.port);
  for (const auto& [name, value] : url.options) {
    if (name == "socket" || name == "host") {
      keywords["host"] = value;  // a folder that holds the socket
    } else if (name == "tls_domain") {
      return refuse(
          url, "tls_domain can't be looked up from here: use sslrootcert=, sslcert= and sslkey=", Fault::Unsupported);
    } else if (std::ranges::find(kPassedOn, name) != kPassedOn.end()) {
      keywords[name] = value;
    } else {
      return refuse(url, "unknown option '" + name + "'", Fault::Unsupported);
    }
  }
  return keywords;
}

Handle start(const Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  return Handle(PQconnectStartParams(names.data(), values.data(), 0));
}

}  // namespace

// libpq's own time limit knows no second but the second one.
base::Result<Handle> PostgresDriver::open(const Url& url, const std::string& database) const {
  auto keywords = keywords_of(url, database, settings_.use_tls);
  if (!keywords) return std::unexpected(std::move(keywords.error()));
  const Deadline deadline = settings_.connect_timeout.count() == 0
                                ? Deadline::max()
                                : std::chrono::steady_clock::now() + settings_.connect_timeout;
  Handle handle = start(*keywords);
  if (!handle) return refuse(url, "out of memory", Fault::Unavailable);
  PostgresPollingStatusType status = PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (PQstatus(handle.get()) == CONNECTION_BAD || status == PGRES_POLLING_FAILED) {
      return refuse(url, "can't connect: " + one_line(PQerrorMessage(handle.get())), Fault::Unavailable);
    }
    const bool reading = status == PGRES_POLLING_READING;
    const net::Readiness come =
        SocketWait::poll(PQsocket(handle.get()), {.readable = reading, .writable = !reading}, left_until(deadline));
    if (!come.readable && !come.writable) {
      return refuse(url, "can't connect: no answer within " + std::to_string(settings_.connect_timeout.count()) + " s",
                    Fault::Unavailable);
    }
    status = PQconnectPoll(handle.get());
  }
  PQsetnonblocking(handle.get(), 1);
  PQsetNoticeProcessor(handle.get(), [](void*, const char*) {}, nullptr);
  return handle;
}

base::Result<std::unique_ptr<PostgresSession>> PostgresDriver::open_session(const Url& url) const {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  auto handle = open(url, url.path);
  if (!handle) return std::unexpected(std::move(handle.error()));
  auto session = std::make_unique<PostgresSession>(std::move(*handle), url.display(), settings_.query_timeout);
  if (auto ready = session->set_up(); !ready) return std::unexpected(std::move(ready.error()));
  return session;
}

base::Result<std::unique_ptr<storage::Connection>> PostgresDriver::connect(const Url& url) {
  auto session = open_session(url);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::make_unique<storage::SqlConnection>(std::move(*session), url.display(),
                                                  storage::SqlSettings{.slow = settings_.slow});
}

base::Result<std::unique_ptr<storage::EventConnection>> PostgresDriver::connect_for_events(const Url& url) {
  auto session = open_session(url);
  if (!session) return std::unexpected(std::move(session.error()));
  (*session)->wait().set(SocketWait::By::Events);
  return std::make_unique<storage::EventConnection>(std::move(*session), url.display(),
                                                    storage::SqlSettings{.slow = settings_.slow});
}

base::Result<> PostgresDriver::administer(const Url& url, const std::string& text) const {
  auto handle = open(url, kMaintenance);
  if (!handle) return std::unexpected(std::move(handle.error()));
  PostgresSession session(std::move(*handle), url.display(), settings_.query_timeout);
  return session.run_command(text);
}

// Whether it is there is told by connecting: who may use a database may not be allowed to make one.
base::Result<> PostgresDriver::create_database(const Url& url) {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  auto there = open(url, url.path);
  if (there) return {};
  auto made = administer(url, "CREATE DATABASE " + storage::sql::quoted({}, url.path));
  if (made || made.error().code == static_cast<int>(Fault::Duplicate)) return {};
  if (made.error().code == static_cast<int>(Fault::Unavailable)) return std::unexpected(std::move(there.error()));
  return made;
}

base::Result<> PostgresDriver::drop_database(const Url& url) {
  if (url.path.empty()) return refuse(url, "the URL names no database", Fault::Unavailable);
  return administer(url, "DROP DATABASE " + storage::sql::quoted({}, url.path));
}

}  // namespace carillon::db_postgres
