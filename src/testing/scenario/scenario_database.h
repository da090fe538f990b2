// SPDX-License-Identifier: Apache-2.0
// The database of a scenario: an SQLite file in a temporary folder that can be slow, on the fake clock, or down.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "storage/database.h"
#include "storage/driver.h"

namespace carillon::testing {

class ScenarioDatabase {
 public:
  ScenarioDatabase();
  ~ScenarioDatabase();
  ScenarioDatabase(const ScenarioDatabase&) = delete;
  ScenarioDatabase& operator=(const ScenarioDatabase&) = delete;

  // A folder that goes with it.
  [[nodiscard]] const std::string& folder() const { return directory_; }
  // For `db_default_url` and every db_url.
  [[nodiscard]] std::string url() const;
  // Knows url(); for the server under test.
  [[nodiscard]] std::unique_ptr<storage::Driver> driver();

  // For the scenario itself, which sees it when the server doesn't.
  [[nodiscard]] base::Result<> make(const storage::TableSpec& table);
  [[nodiscard]] base::Result<> execute(const std::string& statement);
  // A line a row, cells separated by '|', NULL as nothing.
  [[nodiscard]] base::Result<std::vector<std::string>> query(const std::string& statement);

  // The server gets no answers (Fault::Unavailable).
  void set_down(bool down) { down_ = down; }

  // How long the server's jobs take.
  base::Duration delay{};

 private:
  class DriverThatFails;

  std::string directory_;
  std::atomic<bool> down_{false};
  storage::Databases own_;
  std::shared_ptr<storage::Database> database_;
};

}  // namespace carillon::testing
