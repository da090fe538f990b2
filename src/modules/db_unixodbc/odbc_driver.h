// SPDX-License-Identifier: Apache-2.0
// The driver of whatever unixODBC has a driver for. Its data sources are those of odbc.ini.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "modules/db_unixodbc/call_thread.h"
#include "modules/db_unixodbc/odbc_handle.h"
#include "storage/driver.h"

namespace carillon::db_unixodbc {

class OdbcSession;

struct Settings {
  std::chrono::seconds connect_timeout{5};
  // What a statement may take. One whose driver doesn't come back is given up a second later, with its connection and
  // its thread; of these there are at most as many as connections, then there are errors at once until one comes back.
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
  [[nodiscard]] static base::Result<std::shared_ptr<OdbcSession>> open(const std::shared_ptr<Environment>& environment,
                                                                       const Settings& settings,
                                                                       const storage::Url& url);
  [[nodiscard]] std::shared_ptr<LeftBehind> left_behind(const std::string& database);

  const Settings settings_;
  std::shared_ptr<Environment> environment_;  // shared with connections that may be left behind
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<LeftBehind>> left_behind_;  // by the URL
};

}  // namespace carillon::db_unixodbc
