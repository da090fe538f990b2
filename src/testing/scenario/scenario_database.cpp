// SPDX-License-Identifier: Apache-2.0
// See scenario_database.h.
#include "testing/scenario/scenario_database.h"

#include <stdlib.h>

#include <filesystem>
#include <utility>

#include "base/assert.h"
#include "modules/db_sqlite/sqlite_driver.h"
#include "testing/forwarding_connection.h"

namespace carillon::testing {
namespace {

using storage::Fault;

constexpr std::string_view kScheme = "scenario";

std::string temporary_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "carillon-scenario-XXXXXX").string();
  CARILLON_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

class ConnectionThatFails final : public ForwardingConnection {
 public:
  ConnectionThatFails(const std::atomic<bool>& down, std::unique_ptr<Connection> real)
      : ForwardingConnection(std::move(real)), down_(down) {}

  [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) override {
    if (down_) return failure();
    return ForwardingConnection::select(select, on_row);
  }
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    if (down_) return failure();
    return ForwardingConnection::write(writes);
  }
  [[nodiscard]] base::Result<> raw(const storage::RawStatement& statement,
                                   const storage::RowFunction& on_row) override {
    if (down_) return failure();
    return ForwardingConnection::raw(statement, on_row);
  }
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override {
    if (down_) return failure();
    return ForwardingConnection::has_table(name);
  }

 private:
  [[nodiscard]] static std::unexpected<base::Error> failure() {
    return base::fail("the database is down", static_cast<int>(Fault::Unavailable));
  }

  const std::atomic<bool>& down_;
};

}  // namespace

class ScenarioDatabase::DriverThatFails final : public storage::Driver {
 public:
  DriverThatFails(const std::atomic<bool>& down, storage::Url file) : down_(down), file_(std::move(file)) {}

  [[nodiscard]] std::string_view scheme() const override { return kScheme; }
  [[nodiscard]] std::size_t connections() const override { return sqlite_.connections(); }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& /*url*/) override {
    if (down_) return base::fail("the database is down", static_cast<int>(Fault::Unavailable));
    auto connection = sqlite_.connect(file_);
    if (!connection) return connection;
    return std::make_unique<ConnectionThatFails>(down_, std::move(*connection));
  }
  [[nodiscard]] base::Result<> create_database(const storage::Url& /*url*/) override {
    return sqlite_.create_database(file_);
  }

 private:
  const std::atomic<bool>& down_;
  const storage::Url file_;
  db_sqlite::SqliteDriver sqlite_;
};

ScenarioDatabase::ScenarioDatabase() : directory_(temporary_directory()) {
  own_.add_driver(std::make_unique<db_sqlite::SqliteDriver>());
  auto created = own_.create("sqlite://" + directory_ + "/database");
  CARILLON_ASSERT(created.has_value());
  database_ = std::move(*created);
}

ScenarioDatabase::~ScenarioDatabase() {
  database_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string ScenarioDatabase::url() const { return std::string(kScheme) + "://localhost/only"; }

std::unique_ptr<storage::Driver> ScenarioDatabase::driver() {
  return std::make_unique<DriverThatFails>(down_, database_->url());
}

base::Result<> ScenarioDatabase::make(const storage::TableSpec& table) { return database_->create_table(table); }

base::Result<> ScenarioDatabase::execute(const std::string& statement) {
  auto done = database_->raw({.text = statement});
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

base::Result<std::vector<std::string>> ScenarioDatabase::query(const std::string& statement) {
  auto read = database_->raw({.text = statement});
  if (!read) return std::unexpected(std::move(read.error()));
  std::vector<std::string> lines;
  for (const auto& row : read->rows) {
    std::string line;
    for (const storage::Value& cell : row) {
      if (&cell != &row.front()) line += '|';
      line += storage::to_text(cell);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace carillon::testing
