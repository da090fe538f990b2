// SPDX-License-Identifier: Apache-2.0
// Connections that are those of a set's databases. See virtual_sets.h.
#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "modules/db_virtual/virtual_sets.h"
#include "storage/cells.h"

namespace carillon::db_virtual {
namespace {

using storage::Database;
using storage::Fault;

// As the calls of a set return it.
base::Result<std::uint64_t> counted(base::Result<> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  return 0;
}

base::Result<> uncounted(base::Result<std::uint64_t> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  return {};
}

class VirtualConnection final : public storage::Connection {
 public:
  VirtualConnection(VirtualSet& set, std::shared_ptr<VirtualSets> sets) : set_(set), sets_(std::move(sets)) {}

  [[nodiscard]] base::Result<> select(const storage::Select& select, const storage::RowFunction& on_row) override {
    return uncounted(set_.read([&](Database& database) { return counted(database.select(select, on_row)); }));
  }

  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    return set_.write([&](Database& database) { return database.write(writes); });
  }

  [[nodiscard]] base::Result<> raw(const storage::RawStatement& statement,
                                   const storage::RowFunction& on_row) override {
    storage::ResultSet answer;
    const auto ask = [&](Database& database) -> base::Result<std::uint64_t> {
      auto result = database.raw(statement);
      if (!result) return std::unexpected(std::move(result.error()));
      answer = std::move(*result);
      return answer.rows.size();
    };
    const bool reads = base::istarts_with(base::trim(statement.text), "select");
    auto asked = reads ? set_.read(ask) : set_.write(ask);
    if (!asked) return std::unexpected(std::move(asked.error()));
    storage::read_rows(answer, on_row);
    return {};
  }

  // In every database that hasn't got it.
  [[nodiscard]] base::Result<> create_table(const storage::TableSpec& table) override {
    base::Result<> result =
        base::fail(fmt::format("table '{}' is there already", table.name), static_cast<int>(Fault::Duplicate));
    auto made = set_.all([&](Database& database) -> base::Result<std::uint64_t> {
      auto one = database.make_table(table);
      if (one) result = {};
      if (one || Database::fault_of(one.error()) == Fault::Duplicate) return 0;
      return std::unexpected(std::move(one.error()));
    });
    return made ? result : uncounted(std::move(made));
  }
  [[nodiscard]] base::Result<> drop_table(std::string_view name) override {
    return uncounted(set_.all([&](Database& database) { return counted(database.drop_table(name)); }));
  }

  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override {
    auto found = set_.read([&](Database& database) -> base::Result<std::uint64_t> {
      auto there = database.has_table(name);
      if (!there) return std::unexpected(std::move(there.error()));
      return *there ? 1 : 0;
    });
    if (!found) return std::unexpected(std::move(found.error()));
    return *found != 0;
  }

  [[nodiscard]] base::Result<> read_snapshot(const storage::ReadFunction& action) override {
    return uncounted(set_.read([&](Database& database) { return counted(database.read_snapshot(action)); }));
  }
  // Nothing binds the transactions of several databases together.
  [[nodiscard]] base::Result<> transact(const storage::WriteFunction& action) override {
    if (set_.mode() == Mode::Parallel) return Connection::transact(action);
    return uncounted(set_.write([&](Database& database) { return counted(database.transact(action)); }));
  }

 private:
  VirtualSet& set_;
  std::shared_ptr<VirtualSets> sets_;  // whose set it is: kept as long as a connection is
};

}  // namespace

base::Result<VirtualSet*> VirtualDriver::set_of(const storage::Url& url) const {
  const std::string& name = url.host.empty() ? url.path : url.host;
  if (VirtualSet* set = sets_->find(name)) return set;
  return base::fail(fmt::format("db_virtual: the set '{}' is not defined in db_urls", name),
                    static_cast<int>(Fault::Unsupported));
}

base::Result<std::unique_ptr<storage::Connection>> VirtualDriver::connect(const storage::Url& url) {
  auto set = set_of(url);
  if (!set) return std::unexpected(std::move(set.error()));
  return std::make_unique<VirtualConnection>(**set, sets_);
}

base::Result<> VirtualDriver::create_database(const storage::Url& url) {
  auto set = set_of(url);
  if (!set) return std::unexpected(std::move(set.error()));
  for (const auto& member : (*set)->members()) {
    if (auto made = member->create(); !made) return made;
  }
  return {};
}

}  // namespace carillon::db_virtual
