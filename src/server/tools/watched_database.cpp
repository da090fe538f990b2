// SPDX-License-Identifier: Apache-2.0
// See watched_database.h.
#include "server/tools/watched_database.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/strings.h"
#include "testing/forwarding_connection.h"

namespace carillon::server {
namespace {

std::string shown(const storage::Value& value) {
  constexpr std::size_t kMost = 80;
  const std::string text = storage::to_text(value);
  if (std::holds_alternative<storage::Null>(value)) return "NULL";
  if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value)) return text;
  return text.size() > kMost ? fmt::format("\"{}...\"", text.substr(0, kMost)) : fmt::format("\"{}\"", text);
}

std::string shown(const storage::Rows& rows) {
  std::string text = fmt::format("({}) VALUES ", fmt::join(rows.columns, ", "));
  constexpr std::size_t kMostRows = 3;
  const std::size_t width = std::max<std::size_t>(rows.columns.size(), 1);
  const std::size_t count = rows.values.size() / width;
  for (std::size_t row = 0; row < std::min(count, kMostRows); ++row) {
    std::vector<std::string> cells;
    for (std::size_t cell = 0; cell < width; ++cell) cells.push_back(shown(rows.values[row * width + cell]));
    text += fmt::format("{}({})", row == 0 ? "" : ", ", fmt::join(cells, ", "));
  }
  return count > kMostRows ? fmt::format("{} and {} rows more", text, count - kMostRows) : text;
}

std::string shown(const storage::Conditions& where) {
  static constexpr std::string_view kOperators[] = {"=", "!=", "<", "<=", ">", ">=", "LIKE"};
  std::vector<std::string> tests;
  for (const storage::Condition& test : where) {
    tests.push_back(
        fmt::format("{} {} {}", test.column, kOperators[static_cast<std::size_t>(test.comparison)], shown(test.value)));
  }
  return tests.empty() ? std::string() : fmt::format(" WHERE {}", fmt::join(tests, " AND "));
}

struct Describe {
  std::string operator()(const storage::Insert& insert) const {
    return fmt::format("INSERT INTO {} {}", insert.table, shown(insert.rows));
  }
  std::string operator()(const storage::Upsert& upsert) const {
    return fmt::format("REPLACE INTO {} {}", upsert.table, shown(upsert.rows));
  }
  std::string operator()(const storage::Update& update) const {
    std::vector<std::string> sets;
    for (std::size_t i = 0; i < std::min(update.columns.size(), update.values.size()); ++i) {
      sets.push_back(fmt::format("{} = {}", update.columns[i], shown(update.values[i])));
    }
    return fmt::format("UPDATE {} SET {}{}", update.table, fmt::join(sets, ", "), shown(update.where));
  }
  std::string operator()(const storage::Delete& remove) const {
    return fmt::format("DELETE FROM {}{}", remove.table, shown(remove.where));
  }
  std::string operator()(const storage::DeleteRows& remove) const {
    return fmt::format("DELETE FROM {} WHERE {}", remove.table, shown(remove.keys));
  }
};

std::string shown(const storage::RawStatement& statement) {
  std::vector<std::string> parameters;
  for (const storage::Value& value : statement.parameters) parameters.push_back(shown(value));
  return parameters.empty() ? statement.text : fmt::format("{} [{}]", statement.text, fmt::join(parameters, ", "));
}

class WatchedConnection final : public testing::ForwardingConnection {
 public:
  WatchedConnection(std::unique_ptr<storage::Connection> real, bool withholds, const DatabaseListener& listener)
      : ForwardingConnection(std::move(real)), withholds_(withholds), listener_(listener) {}

  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    for (const storage::Write& one : writes) listener_(std::visit(Describe{}, one));
    if (withholds_) return writes.size();
    return ForwardingConnection::write(writes);
  }
  [[nodiscard]] base::Result<> raw(const storage::RawStatement& statement,
                                   const storage::RowFunction& on_row) override {
    const bool reads = only_reads(statement.text);
    if (!reads) listener_(shown(statement));
    if (!reads && withholds_) return {};
    return ForwardingConnection::raw(statement, on_row);
  }
  [[nodiscard]] base::Result<> create_table(const storage::TableSpec& table) override {
    if (withholds_) return refuse();
    return ForwardingConnection::create_table(table);
  }
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override {
    if (withholds_) return refuse();
    return ForwardingConnection::drop_table(name);
  }
  [[nodiscard]] base::Result<> change_table(const storage::TableChange& /*change*/) override { return refuse(); }

 private:
  [[nodiscard]] static std::unexpected<base::Error> refuse() {
    return base::fail("tables are left as they are", static_cast<int>(storage::Fault::Unsupported));
  }

  const bool withholds_;
  const DatabaseListener& listener_;
};

class WatchedDriver final : public storage::Driver {
 public:
  WatchedDriver(std::unique_ptr<storage::Driver> own, std::vector<std::unique_ptr<storage::Driver>> real,
                DatabaseListener listener)
      : own_(std::move(own)), real_(std::move(real)), listener_(std::move(listener)) {}

  [[nodiscard]] std::string_view scheme() const override { return own_->scheme(); }
  [[nodiscard]] std::size_t connections() const override { return 4; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override {
    if (!real_.empty()) {
      auto real = connect_real(url);
      if (real) return std::make_unique<WatchedConnection>(std::move(*real), true, listener_);
      if (told_.insert(url.display()).second) {
        listener_(fmt::format("{} can't be reached, and an empty one stands in for it: {}", url.display(),
                              real.error().message));
      }
    }
    auto own = own_->connect(url);
    if (!own) return own;
    return std::make_unique<WatchedConnection>(std::move(*own), false, listener_);
  }
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override {
    if (real_.empty()) return own_->create_database(url);
    return {};
  }

 private:
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect_real(const storage::Url& url) {
    const auto found =
        std::ranges::find(real_, std::string_view(url.scheme), [](const auto& one) { return one->scheme(); });
    if (found == real_.end()) return base::fail(fmt::format("no module for {}: is loaded", url.scheme));
    return (*found)->connect(url);
  }

  std::unique_ptr<storage::Driver> own_;
  std::vector<std::unique_ptr<storage::Driver>> real_;
  DatabaseListener listener_;
  std::set<std::string> told_;
};

}  // namespace

std::unique_ptr<storage::Driver> watched_databases(std::unique_ptr<storage::Driver> own,
                                                   std::vector<std::unique_ptr<storage::Driver>> real,
                                                   DatabaseListener listener) {
  return std::make_unique<WatchedDriver>(std::move(own), std::move(real), std::move(listener));
}

bool only_reads(std::string_view sql) {
  sql = base::trim(sql);
  if (sql.ends_with(';')) sql.remove_suffix(1);
  if (!base::istarts_with(sql, "select ") || sql.find(';') != std::string_view::npos) return false;
  // SELECT ... INTO makes tables and files, FOR UPDATE locks; functions may do anything, but few have a database like
  // that.
  const std::string lower = base::to_lower(sql);
  return lower.find(" into ") == std::string::npos && lower.find(" for update") == std::string::npos &&
         lower.find(" for share") == std::string::npos && lower.find("nextval") == std::string::npos &&
         lower.find("setval") == std::string::npos;
}

}  // namespace carillon::server
