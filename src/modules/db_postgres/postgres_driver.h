// SPDX-License-Identifier: Apache-2.0
// The driver of PostgreSQL servers, on libpq.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/db_postgres/postgres_handle.h"
#include "storage/driver.h"

namespace carillon::db_postgres {

class PostgresSession;

struct Settings {
  // Until a connection stands (OpenSIPS: timeout).
  std::chrono::seconds connect_timeout{5};
  // What a statement may take, and how long the server may be silent; zero: for ever.
  std::chrono::seconds query_timeout{10};
  // Statements that took longer are logged; zero: none is (OpenSIPS: exec_query_threshold).
  std::chrono::microseconds slow{0};
  // How often a statement is tried in all when its connection is lost (OpenSIPS: max_db_queries).
  unsigned tries = 2;
  std::size_t connections = 8;
  // No connection without TLS (OpenSIPS: use_tls). sslmode=, sslrootcert=, sslcert= and sslkey= behind the ? of a URL
  // say more.
  bool use_tls = false;
  // Told when a server goes away and when it is back. Any thread.
  std::function<void(const storage::Url& url, bool connected)> on_connection = [](const storage::Url&, bool) {};
};

class PostgresDriver final : public storage::Driver {
 public:
  explicit PostgresDriver(Settings settings = {}) : settings_(std::move(settings)) {}

  [[nodiscard]] std::string_view scheme() const override { return "postgres"; }
  [[nodiscard]] std::size_t connections() const override { return settings_.connections; }
  [[nodiscard]] unsigned tries() const override { return settings_.tries; }
  void on_connection(const storage::Url& url, bool connected) override { settings_.on_connection(url, connected); }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  [[nodiscard]] bool has_event_connections() const override { return true; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::EventConnection>> connect_for_events(
      const storage::Url& url) override;
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;
  [[nodiscard]] base::Result<> drop_database(const storage::Url& url) override;

 private:
  [[nodiscard]] base::Result<Handle> open(const storage::Url& url, const std::string& database) const;
  [[nodiscard]] base::Result<std::unique_ptr<PostgresSession>> open_session(const storage::Url& url) const;
  // Runs a statement in the database that every server has.
  [[nodiscard]] base::Result<> administer(const storage::Url& url, const std::string& text) const;

  const Settings settings_;
};

}  // namespace carillon::db_postgres
