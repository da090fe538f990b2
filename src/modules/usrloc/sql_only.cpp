// SPDX-License-Identifier: Apache-2.0
// See sql_only.h.
#include "modules/usrloc/sql_only.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "storage/cells.h"
#include "storage/database.h"
#include "storage/driver.h"

namespace carillon::usrloc {
namespace {

using storage::Value;

// Rows of one AoR that are read; a registrar allows no more.
constexpr std::size_t kMaxRowsOfAor = 10'000;

}  // namespace

// Which rows are to go.
class SqlOnly::Removals final : public ChangeSink {
 public:
  void on_changed(std::string_view /*aor*/) override {}
  void on_removed(std::uint64_t contact_id) override { ids.push_back(contact_id); }

  std::vector<std::uint64_t> ids;
};

std::uint64_t SqlOnly::lane_of(std::string_view aor) const {
  return base::mix(std::hash<std::string_view>{}(parts_.table) ^ std::hash<std::string_view>{}(aor));
}

base::Task<base::Result<std::vector<LocatedContact>>> SqlOnly::select(shard::Shard& shard, std::string aor) {
  storage::Select query{.table = parts_.table,
                        .columns = parts_.row.names(),
                        .where = parts_.row.where(aor),
                        .order_by = parts_.row.columns().contact_id,
                        .limit = kMaxRowsOfAor};
  // Not in the lane of the writes: who changes has its turn, and who looks sees what is there before or after.
  const auto rows = co_await parts_.database.select(shard, std::move(query), kMaxRowsOfAor);
  if (!rows) co_return std::unexpected(rows.error());
  std::vector<LocatedContact> contacts;
  storage::read_rows(*rows, [&](const storage::Row& cells) {
    // A database that takes upper for lower case finds more.
    if (auto contact = parts_.row.read(cells); contact && contact->aor() == aor)
      contacts.push_back(std::move(*contact));
    return true;
  });
  co_return contacts;
}

void SqlOnly::fill(AorRecord& record, const std::vector<LocatedContact>& contacts) const {
  for (const LocatedContact& located : contacts) {
    Contact::Ptr contact = Contact::make(located.fields(), located.id(), *parts_.shared.user_agents);
    contact->in_database_ = true;
    record.insert(std::move(contact), parts_.newest_first);
    if (record.keys_ == nullptr && !located.aor_keys().empty()) {
      record.keys_ = std::make_unique<KeyValues>(located.aor_keys());
    }
  }
}

std::vector<storage::Write> SqlOnly::writes_of(std::string_view aor, AorRecord& record,
                                               const std::vector<std::uint64_t>& removed) const {
  std::vector<storage::Write> writes;
  const std::string& key = parts_.row.columns().contact_id;
  if (!removed.empty()) {
    storage::DeleteRows gone{.table = parts_.table, .keys = {.columns = {key}, .values = {}}};
    for (const std::uint64_t id : removed) gone.keys.values.emplace_back(static_cast<std::int64_t>(id));
    writes.emplace_back(std::move(gone));
  }
  storage::Insert added{.table = parts_.table, .rows = {.columns = parts_.row.names(), .values = {}}};
  for (const Contact& contact : record) {
    if (!contact.unwritten_) continue;
    if (!contact.in_database_) {
      parts_.row.write(aor, record, contact, added.rows.values);
      continue;
    }
    // Not an upsert: another server may have removed it meanwhile.
    storage::Update changed{.table = parts_.table, .columns = parts_.row.names(), .values = {}};
    parts_.row.write(aor, record, contact, changed.values);
    changed.where = {{.column = key, .value = static_cast<std::int64_t>(contact.id())}};
    writes.emplace_back(std::move(changed));
  }
  if (!added.rows.values.empty()) writes.emplace_back(std::move(added));
  return writes;
}

base::Task<base::Result<>> SqlOnly::change(shard::Shard& shard, std::string aor, base::FunctionRef<void(Bindings&)> f) {
  const auto turn = co_await turns_.take(shard, aor);
  if (!turn) {
    co_return base::fail("too many changes of one AoR wait for the database", static_cast<int>(storage::Fault::Busy));
  }
  const auto contacts = co_await select(shard, aor);
  if (!contacts) {
    parts_.statistics.failures.add();
    co_return std::unexpected(contacts.error());
  }
  AorRecord record;
  fill(record, *contacts);
  Removals removals;
  const Bindings::Place place{.shared = parts_.shared,
                              .table = parts_.table,
                              .newest_first = parts_.newest_first,
                              .sink = &removals,
                              .among_servers = true};
  Bindings bindings(place, aor, record, parts_.shared.shards.clock().unix_seconds());
  f(bindings);
  std::vector<storage::Write> writes = writes_of(aor, record, removals.ids);
  if (writes.empty()) co_return base::Result<>();
  auto job = [writes = std::move(writes)](storage::Database& database) { return database.write(writes); };
  auto told = parts_.database.run(shard, lane_of(aor), std::move(job));
  const auto written = co_await told;
  if (!written) {
    bindings.discard();
    parts_.statistics.failures.add();
    co_return std::unexpected(written.error());
  }
  parts_.statistics.removed.add(removals.ids.size());
  co_return base::Result<>();
}

base::Task<base::Result<bool>> SqlOnly::read(shard::Shard& shard, std::string aor,
                                             base::FunctionRef<void(const AorRecord&)> f) {
  const auto contacts = co_await select(shard, std::move(aor));
  if (!contacts) {
    parts_.statistics.failures.add();
    co_return std::unexpected(contacts.error());
  }
  if (contacts->empty()) co_return false;
  AorRecord record;
  fill(record, *contacts);
  f(record);
  co_return true;
}

base::Task<base::Result<SqlOnly::Page>> SqlOnly::page(shard::Shard& shard, std::int64_t after, std::size_t size) {
  const std::string& key = parts_.row.columns().contact_id;
  storage::Select query{.table = parts_.table,
                        .columns = parts_.row.names(),
                        .where = {{.column = key, .comparison = storage::Comparison::Greater, .value = after}},
                        .order_by = key,
                        .limit = size};
  auto job = [&row = parts_.row, query = std::move(query)](storage::Database& database) -> base::Result<Page> {
    Page page;
    std::size_t rows = 0;
    auto read = database.select(query, [&](const storage::Row& cells) {
      ++rows;
      page.last = cells.integer(0);
      if (auto contact = row.read(cells)) page.contacts.push_back(std::move(*contact));
      return true;
    });
    if (!read) return std::unexpected(std::move(read.error()));
    page.more = rows == query.limit;
    return page;
  };
  auto asked = parts_.database.run(shard, std::move(job));
  co_return co_await asked;
}

void SqlOnly::remove_expired() {
  const std::string& expires = parts_.row.columns().expires;
  storage::Delete over{
      .table = parts_.table,
      .where = {{.column = expires,
                 .comparison = storage::Comparison::LessOrEqual,
                 .value = parts_.shared.shards.clock().unix_seconds()},
                {.column = expires, .comparison = storage::Comparison::NotEqual, .value = kPermanent}}};
  storage::Database& database = parts_.database.database();
  auto taken = database.pool().submit([&database, &statistics = parts_.statistics, over = std::move(over)]() mutable {
    if (const auto removed = database.write(std::move(over))) {
      statistics.removed.add(*removed);
    } else {
      statistics.failures.add();
      log::warning("usrloc: what has expired can't be removed: {}", removed.error().message);
    }
  });
  if (!taken) log::warning("usrloc: what has expired is not removed now: {}", taken.error().message);
}

}  // namespace carillon::usrloc
