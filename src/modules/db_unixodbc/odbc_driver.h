// SPDX-License-Identifier: Apache-2.0
// The driver of whatever unixODBC has a driver for. Its data sources are those of odbc.ini.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "modules/db_unixodbc/odbc_handle.h"
#include "storage/driver.h"

namespace carillon::db_unixodbc {

struct Settings {
  std::chrono::seconds connect_timeout{5};
  // What a statement may take, where the ODBC driver can end one. How long a silent server is waited for is a setting
  // of the data source (MariaDB: READ_TIMEOUT).
  std::chrono::seconds query_timeout{10};
  // Statements that took longer are logged; zero: none is.
  std::chrono::microseconds slow{0};
  // A connection that idled for so long is asked whether it still stands before it is used.
  std::chrono::milliseconds idle{1000};
  // Whether a lost connection is replaced within a call (OpenSIPS: auto_reconnect).
  bool reconnect = true;
  std::size_t connections = 8;
};

class OdbcDriver final : public storage::Driver {
 public:
  explicit OdbcDriver(Settings settings = {});

  [[nodiscard]] std::string_view scheme() const override { return "unixodbc"; }
  [[nodiscard]] std::size_t connections() const override { return settings_.connections; }
  [[nodiscard]] unsigned tries() const override { return settings_.reconnect ? 2 : 1; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  // ODBC makes no databases: an error unless it is there.
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;

 private:
  const Settings settings_;
  Environment environment_;
};

}  // namespace carillon::db_unixodbc
