// SPDX-License-Identifier: Apache-2.0
// See usrloc.h. Management commands are commands.cpp.
#include "modules/usrloc/usrloc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

#include "base/log.h"
#include "base/random.h"
#include "base/strings.h"
#include "metrics/registry.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "shard/context.h"
#include "shard/shards.h"
#include "sip/grammar.h"
#include "sip/uri.h"
#include "storage/database.h"

namespace carillon::usrloc {
namespace {

using namespace module;

// Writing what is left when the server ends.
constexpr base::Duration kDrainBound = std::chrono::seconds(8);
constexpr base::Duration kShareBound = std::chrono::seconds(3);  // the same for the servers that share the tables

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

}  // namespace

base::Result<TableName> TableName::parse(std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
  if (!plain) return base::fail("not the name of a table");
  return TableName(text);
}

// --- start and stop --------------------------------------------------------------------------------------------------

base::Result<Usrloc::Mode> Usrloc::mode_of_preset(std::string_view preset) const {
  if (preset == "single-instance-no-db") return Mode::MemoryOnly;
  if (preset == "single-instance-sql-write-back") return Mode::WriteBack;
  if (preset == "single-instance-sql-write-through") return Mode::WriteThrough;
  if (preset == "sql-only") return Mode::SqlOnly;
  if (preset == "full-sharing-cachedb-cluster") return Mode::Shared;
  struct Absent {
    std::string_view name;
    std::string_view reason;
  };
  constexpr auto kAbsent = std::to_array<Absent>({
      {"full-sharing-cluster", "there is no clusterer module that nodes could talk to each other by"},
      {"federation-cachedb-cluster",
       "contacts are called through the server they registered at, which needs the clusterer module; with "
       "full-sharing-cachedb-cluster every server calls them itself"},
  });
  const auto absent = std::ranges::find(kAbsent, preset, &Absent::name);
  if (absent != kAbsent.end()) {
    return base::fail(fmt::format("working_mode_preset \"{}\" is not available: {}", preset, absent->reason));
  }
  return base::fail(fmt::format(
      "unknown working_mode_preset \"{}\"; there are single-instance-no-db, single-instance-sql-write-back, "
      "single-instance-sql-write-through, sql-only and full-sharing-cachedb-cluster",
      preset));
}

base::Result<Usrloc::Mode> Usrloc::chosen_mode() const {
  if (db_mode >= 0) {
    struct OldMode {
      Mode mode;
      std::string_view today;
    };
    constexpr auto kOldModes = std::to_array<OldMode>({
        {Mode::MemoryOnly, "working_mode_preset \"single-instance-no-db\""},
        {Mode::WriteThrough, "working_mode_preset \"single-instance-sql-write-through\""},
        {Mode::WriteBack, "working_mode_preset \"single-instance-sql-write-back\""},
        {Mode::SqlOnly, "working_mode_preset \"sql-only\""},
        {Mode::ReadOnly, "restart_persistency \"load-from-sql\""},
    });
    if (static_cast<std::size_t>(db_mode) >= kOldModes.size()) return base::fail("db_mode must be 0 to 4");
    const OldMode& old = kOldModes[static_cast<std::size_t>(db_mode)];
    log::notice("usrloc: db_mode {} is written {} today", db_mode, old.today);
    return old.mode;
  }
  if (cluster_mode == "sql-only") return Mode::SqlOnly;
  if (cluster_mode != "none") {
    const bool known = cluster_mode == "federation-cachedb" || cluster_mode == "full-sharing" ||
                       cluster_mode == "full-sharing-cachedb";
    if (!known) return base::fail(fmt::format("unknown cluster_mode \"{}\"", cluster_mode));
    const auto preset = mode_of_preset(cluster_mode + "-cluster");
    return preset ? preset : base::fail(fmt::format("cluster_mode \"{}\": {}", cluster_mode, preset.error().message));
  }
  if (restart_persistency == "sync-from-cluster") {
    return base::fail("restart_persistency \"sync-from-cluster\" is not available: there is no cluster");
  }
  if (restart_persistency != "none" && restart_persistency != "load-from-sql") {
    return base::fail(fmt::format("unknown restart_persistency \"{}\"", restart_persistency));
  }
  if (sql_write_mode != "none") {
    if (restart_persistency == "none") {
      return base::fail(
          fmt::format("sql_write_mode \"{}\" needs restart_persistency \"load-from-sql\"", sql_write_mode));
    }
    if (sql_write_mode == "write-back") return Mode::WriteBack;
    if (sql_write_mode == "write-through") return Mode::WriteThrough;
    return base::fail(fmt::format("unknown sql_write_mode \"{}\"", sql_write_mode));
  }
  if (restart_persistency != "none") return Mode::ReadOnly;
  return mode_of_preset(working_mode_preset);
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
  shared_.emplace(SharedLocation{.shards = services.shards,
                                 .user_agents = user_agents_,
                                 .next_contact_id = next_contact_id_,
                                 .bindings = bindings_,
                                 .max_bindings = max_bindings == 0 ? kNoLimit : max_bindings,
                                 .refused = refused_bindings,
                                 .refresh_before = refresh_before_,
                                 .server = static_cast<std::uint32_t>(base::random_u64()),
                                 .observers = observers_});
  events_.emplace(LocationEvents::Parts{.events = services.events,
                                        .flag_names = services.flag_names,
                                        .transport = services.transport,
                                        .min_latency = latency_event_min_us,
                                        .min_latency_change = latency_event_min_us_delta});
  observe(*events_);
  if (auto opened = open_store(); !opened || mode_ == Mode::MemoryOnly || mode_ == Mode::Shared) return opened;
  return open_database();
}

base::Result<> Usrloc::open_database() {
  if (db_url.empty() && services_->default_db_url.empty()) return base::fail("this mode needs a db_url");
  if (auto opened = database_.open(*services_, db_url); !opened) return opened;
  if (mode_ == Mode::SqlOnly) {
    services_->shards.post(shard::shard_of_hash(std::hash<std::string_view>{}("usrloc")),
                           [self = std::weak_ptr(self_)](shard::Shard& shard) {
                             const auto alive = self.lock();
                             if (alive) shard.schedule((*alive)->purge_timer_, (*alive)->timer_interval);
                           });
  }
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

// Nobody's timers remove what is only in the database.
void Usrloc::on_purge_timer() {
  for (Domain* domain : domains()) {
    if (domain->sql_only != nullptr) domain->sql_only->remove_expired();
  }
  shard::context.shard->schedule(purge_timer_, timer_interval);
}

void Usrloc::stop() {
  background_->ended = true;
  const std::scoped_lock no_background(background_->mutex);
  for (Domain* domain : domains()) {
    if (domain->sharing != nullptr) domain->sharing->stop(kShareBound);
    domain->sharing.reset();
    if (domain->write_back != nullptr && !domain->write_back->drain(kDrainBound)) {
      log::error("usrloc: the server ends before all of {} was written", domain->table.name());
    }
    domain->write_back.reset();
    domain->sql_only.reset();
    domain->table.close();
  }
  database_.close();
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

  auto domain =
      std::make_unique<Domain>(std::string(name), *shared_, LocationTable::Options{.newest_first = desc_time_order});
  if (database_.is_open()) {
    if (auto usable = check_table(*domain); !usable) return std::unexpected(std::move(usable.error()));
  }
  if (mode_ == Mode::SqlOnly) {
    domain->sql_only = std::make_unique<SqlOnly>(SqlOnly::Parts{.shared = *shared_,
                                                                .database = database_,
                                                                .table = domain->table.name(),
                                                                .row = *domain->row,
                                                                .newest_first = desc_time_order,
                                                                .statistics = write_back_statistics});
  } else if (database_.is_open()) {
    if (auto loaded = load(*domain); !loaded) return std::unexpected(std::move(loaded.error()));
  }
  if (auto added = add_statistics(*domain); !added) return std::unexpected(std::move(added.error()));
  if (mode_ == Mode::Shared) start_sharing(*domain);
  domains_.push_back(std::move(domain));
  return &domains_.back()->table;
}

base::Result<> Usrloc::check_table(Domain& domain) {
  domain.row.emplace(columns, use_domain_, services_->flag_names, services_->transport);
  storage::Database& database = database_.database();
  storage::TableSpec spec = kLocationTable;
  spec.name = domain.table.name();
  if (services_->create_databases) return database.create_table(spec);
  auto usable = database.check_table(spec, domain.row->names());
  if (usable) return usable;
  // Before 1013 there was no kv_store.
  domain.row->leave_out_keys();
  if (!database.check_table(spec, domain.row->names())) return usable;
  log::notice("usrloc: {} has no column {}: keys of AoRs are not kept in it", spec.name, columns.kv_store);
  return {};
}

base::Result<> Usrloc::load(Domain& domain) {
  const std::string& name = domain.table.name();
  std::uint64_t unusable = 0;
  std::uint64_t greatest = 0;
  auto loaded =
      database_.database().select({.table = name, .columns = domain.row->names()}, [&](const storage::Row& row) {
        greatest = std::max(greatest, static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(0), 0)));
        const auto contact = domain.row->read(row);
        if (contact) {
          domain.table.load(contact->aor(), contact->fields(), contact->id(), contact->aor_keys());
        } else {
          ++unusable;
        }
        return true;
      });
  if (!loaded) return loaded;
  if (unusable != 0) log::warning("usrloc: {} rows of {} are no contacts and were left out", unusable, name);
  if (greatest >= next_contact_id_.load()) next_contact_id_.store(greatest + 1);
  if (mode_ == Mode::ReadOnly) return {};

  const std::int64_t now = services_->clock.unix_seconds();
  auto purged = database_.database().write(storage::Delete{
      .table = name,
      .where = {{.column = columns.expires, .comparison = storage::Comparison::LessOrEqual, .value = now},
                {.column = columns.expires, .comparison = storage::Comparison::NotEqual, .value = kPermanent}}});
  if (!purged) return std::unexpected(std::move(purged.error()));
  start_writing(domain);
  return {};
}

void Usrloc::start_writing(Domain& domain) {
  domain.write_back = std::make_unique<WriteBack>(WriteBack::Parts{.shards = services_->shards,
                                                                   .database = database_.shared(),
                                                                   .table = domain.table,
                                                                   .row = *domain.row,
                                                                   .statistics = write_back_statistics,
                                                                   .interval = timer_interval});
  domain.table.set_sink(*domain.write_back);
  domain.write_back->start();
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

base::Task<bool> Usrloc::written(LocationTable& table, shard::Shard& shard, std::string_view aor) {
  Domain* domain = is_write_awaited() ? find(table.name()) : nullptr;
  if (domain == nullptr) co_return true;
  if (domain->sharing != nullptr) co_return co_await domain->sharing->told(shard, aor);
  if (domain->write_back == nullptr) co_return true;
  co_return co_await domain->write_back->commit(shard);
}

base::Task<base::Result<>> Usrloc::change(LocationTable& table, shard::Shard& shard, std::string_view aor,
                                          base::FunctionRef<void(Bindings&)> f) {
  if (mode_ != Mode::SqlOnly) {
    table.change(aor, f);
    co_return base::Result<>();
  }
  co_return co_await find(table.name())->sql_only->change(shard, std::string(aor), f);
}

base::Task<base::Result<bool>> Usrloc::read(LocationTable& table, shard::Shard& shard, std::string_view aor,
                                            base::FunctionRef<void(const AorRecord&)> f) {
  if (mode_ != Mode::SqlOnly) co_return table.read(aor, f);
  co_return co_await find(table.name())->sql_only->read(shard, std::string(aor), f);
}

base::Task<base::Result<std::vector<std::string>>> Usrloc::aors(LocationTable& table, shard::Shard& shard) {
  constexpr std::size_t kPage = 1000;
  std::vector<std::string> names;
  Domain* domain = find(table.name());
  if (domain == nullptr || domain->sql_only == nullptr) co_return names;
  SqlOnly::Page page;
  do {
    auto next = co_await domain->sql_only->page(shard, page.last, kPage);
    if (!next) co_return std::unexpected(std::move(next.error()));
    page = std::move(*next);
    for (const LocatedContact& contact : page.contacts) names.push_back(contact.aor());
  } while (page.more);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  co_return names;
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

base::Task<Verdict> Usrloc::ul_add_key(RouteContext& context, Constant<TableName> domain, std::string_view aor,
                                       std::string_view key, std::optional<std::string_view> value) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr || key.empty()) co_return kFalse;
  bool added = false;
  const std::string name = aor_of(aor);
  // Arguments don't outlive a pause.
  const std::string kept_key(key);
  const std::string kept_value(value.value_or(""));
  const auto changed = co_await change(*table, context.proxy().shard(), name, [&](Bindings& bindings) {
    if (bindings.record().empty()) return;
    bindings.set_key(kept_key, kept_value);
    added = true;
  });
  co_return Verdict::of(changed && added);
}

base::Task<Verdict> Usrloc::ul_get_key(RouteContext& context, Constant<TableName> domain, std::string_view aor,
                                       std::string_view key, Output destination) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr) co_return kFalse;
  std::string_view value;
  bool found = false;
  const std::string name = aor_of(aor);
  const std::string kept_key(key);
  const auto there = co_await read(*table, context.proxy().shard(), name, [&](const AorRecord& record) {
    found = record.has_key(kept_key);
    value = context.keep(record.value_of(kept_key));
  });
  co_return Verdict::of(there && found && destination.assign(script::Value::text(value)));
}

base::Task<Verdict> Usrloc::ul_del_key(RouteContext& context, Constant<TableName> domain, std::string_view aor,
                                       std::string_view key) {
  LocationTable* table = table_of(*domain);
  if (table == nullptr) co_return kFalse;
  bool removed = false;
  const std::string name = aor_of(aor);
  const std::string kept_key(key);
  const auto changed = co_await change(*table, context.proxy().shard(), name,
                                       [&](Bindings& bindings) { removed = bindings.erase_key(kept_key); });
  co_return Verdict::of(changed && removed);
}

}  // namespace carillon::usrloc
