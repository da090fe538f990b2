// SPDX-License-Identifier: Apache-2.0
// See usrloc.h. Management commands are commands.cpp.
#include "modules/usrloc/usrloc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/strings.h"
#include "metrics/registry.h"
#include "routing/flag_names.h"
#include "shard/shards.h"
#include "sip/grammar.h"
#include "sip/uri.h"
#include "storage/database.h"

namespace carillon::usrloc {
namespace {

using namespace module;

// Writing what is left when the server ends.
constexpr base::Duration kDrainBound = std::chrono::seconds(8);

}  // namespace

base::Result<TableName> TableName::parse(std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
  if (!plain) return base::fail("not the name of a table");
  return TableName(text);
}

// --- start and stop --------------------------------------------------------------------------------------------------

base::Result<Usrloc::Mode> Usrloc::chosen_mode() const {
  if (cluster_mode != "none") return base::fail(fmt::format("cluster_mode \"{}\" is not available", cluster_mode));
  if (sql_write_mode != "none") {
    if (restart_persistency != "load-from-sql") {
      return base::fail(
          fmt::format("sql_write_mode \"{}\" needs restart_persistency \"load-from-sql\"", sql_write_mode));
    }
    if (sql_write_mode == "write-back") return Mode::WriteBack;
    if (sql_write_mode == "write-through") return Mode::WriteThrough;
    return base::fail(fmt::format("unknown sql_write_mode \"{}\"", sql_write_mode));
  }
  if (restart_persistency != "none") {
    return base::fail(fmt::format("restart_persistency \"{}\" needs a sql_write_mode", restart_persistency));
  }
  if (working_mode_preset == "single-instance-no-db") return Mode::MemoryOnly;
  if (working_mode_preset == "single-instance-sql-write-back") return Mode::WriteBack;
  if (working_mode_preset == "single-instance-sql-write-through") return Mode::WriteThrough;
  return base::fail(
      fmt::format("working_mode_preset \"{}\" is not available; there are single-instance-no-db, "
                  "single-instance-sql-write-back and single-instance-sql-write-through",
                  working_mode_preset));
}

base::Result<> Usrloc::start(Services& services) {
  services_.emplace(services);
  const auto mode = chosen_mode();
  if (!mode) return std::unexpected(mode.error());
  mode_ = *mode;
  if (matching_mode != 0 && matching_mode != 1) return base::fail("matching_mode must be 0 or 1");
  timer_interval = std::max(timer_interval, std::chrono::seconds(1));
  if (!nat_bflag.empty() && nat_bflag != "0") {
    const auto mask = services.flag_names.mask(routing::FlagSpace::Branch, nat_bflag);
    if (!mask) return std::unexpected(mask.error());
    nat_branch_flag_ = *mask;
  }
  if (mode_ == Mode::MemoryOnly) return {};
  row_ = std::make_unique<LocationRow>(columns, use_domain_, services.flag_names, services.transport);
  return open_database();
}

base::Result<> Usrloc::open_database() {
  const std::string& url = db_url.empty() ? services_->default_db_url : db_url;
  if (url.empty()) return base::fail("this mode needs a db_url");
  auto opened = services_->create_databases ? services_->databases.create(url) : services_->databases.open(url);
  if (!opened) return std::unexpected(std::move(opened.error()));
  database_ = std::move(*opened);

  struct Row {
    std::string_view name;
    metrics::Counter& counter;
    std::string_view help;
  };
  WriteBackStatistics& counters = write_back_statistics;
  for (const Row& row : {Row{"db_written", counters.written, "Contacts written to the database."},
                         Row{"db_removed", counters.removed, "Contacts removed from the database."},
                         Row{"db_failures", counters.failures, "Writes that failed and are repeated."},
                         Row{"db_dropped", counters.dropped, "Contacts that the database refuses for good."}}) {
    if (auto added = services_->statistics.add("usrloc", row.name, row.counter, row.help); !added) return added;
  }
  return {};
}

void Usrloc::stop() {
  for (Domain* domain : domains()) {
    if (domain->write_back != nullptr && !domain->write_back->drain(kDrainBound)) {
      log::error("usrloc: the server ends before all of {} was written", domain->table.name());
    }
    domain->write_back.reset();
    domain->table.close();
  }
  database_.reset();
}

base::Result<> Usrloc::set_absent(const script::Value& value) {
  const bool off = value.has_text() ? value.as_text().empty() || value.as_text() == "0" || value.as_text() == "none"
                                    : value.as_integer() == 0;
  if (!off) return base::fail("there are no clusters, pings and refreshes of contacts here");
  return {};
}

// --- tables ----------------------------------------------------------------------------------------------------------

base::Result<LocationTable*> Usrloc::table(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto known = std::ranges::find(domains_, name, [](const auto& domain) { return domain->table.name(); });
  if (known != domains_.end()) return &(*known)->table;

  auto domain = std::make_unique<Domain>(
      std::string(name),
      LocationTable::Shared{
          .shards = services_->shards, .user_agents = user_agents_, .next_contact_id = next_contact_id_},
      LocationTable::Options{.newest_first = desc_time_order});
  if (database_ != nullptr) {
    if (auto loaded = load(*domain); !loaded) return std::unexpected(std::move(loaded.error()));
  }
  if (auto added = add_statistics(*domain); !added) return std::unexpected(std::move(added.error()));
  domains_.push_back(std::move(domain));
  return &domains_.back()->table;
}

base::Result<> Usrloc::load(Domain& domain) {
  const std::string& name = domain.table.name();
  storage::TableSpec spec = kLocationTable;
  spec.name = name;
  auto usable =
      services_->create_databases ? database_->create_table(spec) : database_->check_table(spec, row_->names());
  if (!usable) return usable;

  std::uint64_t unusable = 0;
  std::uint64_t greatest = 0;
  auto loaded = database_->select({.table = name, .columns = row_->names()}, [&](const storage::Row& row) {
    greatest = std::max(greatest, static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(0), 0)));
    if (!row_->load(row, domain.table)) ++unusable;
    return true;
  });
  if (!loaded) return loaded;
  if (unusable != 0) log::warning("usrloc: {} rows of {} are no contacts and were left out", unusable, name);
  if (greatest >= next_contact_id_.load()) next_contact_id_.store(greatest + 1);

  const std::int64_t now = services_->clock.unix_seconds();
  auto purged = database_->write(storage::Delete{
      .table = name,
      .where = {{.column = columns.expires, .comparison = storage::Comparison::LessOrEqual, .value = now},
                {.column = columns.expires, .comparison = storage::Comparison::NotEqual, .value = kPermanent}}});
  if (!purged) return std::unexpected(std::move(purged.error()));

  domain.write_back = std::make_unique<WriteBack>(WriteBack::Parts{.shards = services_->shards,
                                                                   .database = database_,
                                                                   .table = domain.table,
                                                                   .row = *row_,
                                                                   .statistics = write_back_statistics,
                                                                   .interval = timer_interval});
  domain.table.set_sink(*domain.write_back);
  domain.write_back->start();
  return {};
}

base::Result<> Usrloc::add_statistics(Domain& domain) {
  metrics::Registry& registry = services_->statistics;
  const std::string& name = domain.table.name();
  if (auto added = registry.add(
          "usrloc", name + "-users", [&table = domain.table] { return table.users(); }, "AoRs with a contact.");
      !added) {
    return added;
  }
  if (auto added = registry.add("usrloc", name + "-contacts", domain.table.contacts_gauge(), "Contacts."); !added) {
    return added;
  }
  return registry.add("usrloc", name + "-expires", domain.table.expired_counter(), "Contacts that expired.");
}

std::vector<Usrloc::Domain*> Usrloc::domains() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Domain*> all;
  for (const auto& domain : domains_) all.push_back(domain.get());
  return all;
}

Usrloc::Domain* Usrloc::find(std::string_view name) const {
  const auto all = domains();
  const auto found = std::ranges::find(all, name, [](const Domain* domain) { return domain->table.name(); });
  return found == all.end() ? nullptr : *found;
}

base::Task<bool> Usrloc::written(LocationTable& table, shard::Shard& shard) {
  Domain* domain = mode_ == Mode::WriteThrough ? find(table.name()) : nullptr;
  if (domain == nullptr) co_return true;
  co_return co_await domain->write_back->commit(shard);
}

std::uint64_t Usrloc::registered_users() const {
  std::uint64_t users = 0;
  for (const Domain* domain : domains()) users += domain->table.users();
  return users;
}

// --- functions -------------------------------------------------------------------------------------------------------

LocationTable* Usrloc::table_of(const TableName& name) {
  LocationTable* table = name.table.load(std::memory_order_acquire);
  if (table != nullptr) return table;
  // Scripts name tables that registrar made when it started; another one is made by its first contact.
  if (Domain* domain = find(name.name)) name.table.store(table = &domain->table, std::memory_order_release);
  return table;
}

std::string Usrloc::aor_of(std::string_view text) const {
  if (const auto uri = sip::Uri::parse(text); uri && uri->is_sip()) {
    std::string aor = sip::unescape(uri->user);
    if (use_domain_) aor += "@" + base::to_lower(uri->host);
    return aor;
  }
  const std::size_t at = text.rfind('@');
  std::string aor(text.substr(0, at));
  if (use_domain_ && at != std::string_view::npos) aor += "@" + base::to_lower(text.substr(at + 1));
  return aor;
}

Verdict Usrloc::ul_add_key(RouteContext& /*context*/, Constant<TableName> domain, std::string_view aor,
                           std::string_view key, std::optional<std::string_view> value) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr || key.empty()) return kFalse;
  bool added = false;
  table->change(aor_of(aor), [&](Bindings& bindings) {
    if (bindings.record().empty()) return;
    bindings.set_key(key, value.value_or(""));
    added = true;
  });
  return Verdict::of(added);
}

Verdict Usrloc::ul_get_key(RouteContext& context, Constant<TableName> domain, std::string_view aor,
                           std::string_view key, Output destination) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr) return kFalse;
  std::string_view value;
  bool found = false;
  table->read(aor_of(aor), [&](const AorRecord& record) {
    found = record.has_key(key);
    value = context.keep(record.value_of(key));
  });
  return Verdict::of(found && destination.assign(script::Value::text(value)));
}

Verdict Usrloc::ul_del_key(RouteContext& /*context*/, Constant<TableName> domain, std::string_view aor,
                           std::string_view key) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr) return kFalse;
  bool removed = false;
  table->change(aor_of(aor), [&](Bindings& bindings) { removed = bindings.erase_key(key); });
  return Verdict::of(removed);
}

}  // namespace carillon::usrloc
