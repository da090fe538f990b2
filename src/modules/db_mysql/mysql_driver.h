// SPDX-License-Identifier: Apache-2.0
// The driver of MariaDB and MySQL servers, on MariaDB's client library.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/driver.h"
#include "storage/socket_wait.h"

namespace carillon::db_mysql {

class MysqlSession;

struct Settings {
  // Until a connection stands (OpenSIPS: timeout_interval).
  std::chrono::seconds connect_timeout{2};
  // What a statement may take, and how long the server may be silent; zero: for ever.
  std::chrono::seconds query_timeout{10};
  // Statements that took longer are logged; zero: none is (OpenSIPS: exec_query_threshold).
  std::chrono::microseconds slow{0};
  // How often a statement is tried in all when its connection is lost (OpenSIPS: max_db_queries).
  unsigned tries = 2;
  // Bytes set aside for each column of a result. Longer cells are read all the same, in a second step (OpenSIPS:
  // ps_max_col_size).
  std::size_t column_bytes = 1024;
  std::size_t connections = 8;
  // No connection without TLS (OpenSIPS: use_tls). tls_ca=, tls_cert=, tls_key= and tls_verify=no behind the ? of a URL
  // say more.
  bool use_tls = false;
  // Told when a server goes away and when it is back. Any thread.
  std::function<void(const storage::Url& url, bool connected)> on_connection = [](const storage::Url&, bool) {};
};

class MysqlDriver final : public storage::Driver {
 public:
  explicit MysqlDriver(Settings settings = {});

  [[nodiscard]] std::string_view scheme() const override { return "mysql"; }
  [[nodiscard]] std::size_t connections() const override { return settings_.connections; }
  [[nodiscard]] unsigned tries() const override { return settings_.tries; }
  void on_connection(const storage::Url& url, bool connected) override { settings_.on_connection(url, connected); }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  // Not by TLS: MariaDB's library waits inside of it.
  [[nodiscard]] bool has_event_connections() const override { return true; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::EventConnection>> connect_for_events(
      const storage::Url& url) override;
  // Made with the character set utf8mb4, in which texts are equal when they are the same, as in the other databases.
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;
  [[nodiscard]] base::Result<> drop_database(const storage::Url& url) override;

 private:
  [[nodiscard]] base::Result<std::unique_ptr<MysqlSession>> open_session(const storage::Url& url,
                                                                         storage::SocketWait::By by) const;

  const Settings settings_;
};

}  // namespace carillon::db_mysql
