// SPDX-License-Identifier: Apache-2.0
// Dialogs and their rows: written in the way of db_mode, taken in again after a restart. See dialogs.h.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "metrics/registry.h"
#include "module/state_folder.h"
#include "modules/dialog/dialogs.h"
#include "modules/dialog/searches.h"
#include "storage/database.h"
#include "storage/pool.h"
#include "storage/whole_file.h"
#include "transport/transport_layer.h"

namespace carillon::dialog {

using management::Json;
using management::Parameters;

namespace {

// Writing what is left when the server ends.
constexpr base::Duration kDrainBound = std::chrono::seconds(8);
constexpr int kServerError = 500;
// Rows that dlg_db_sync reads at most.
constexpr std::size_t kMaxSynced = 1'000'000;

}  // namespace

base::Result<> Dialogs::open_database() {
  if (auto opened = database_.open(*services_, db_url); !opened) return opened;
  if (auto usable = database_.use_table(kDialogTable, table_name); !usable) return usable;
  const auto version = database_.database().version_of(table_name);
  row_ = std::make_unique<DialogRow>(DialogRow::Parts{.columns = columns,
                                                      .flag_names = flag_names_,
                                                      .transport = services_->transport,
                                                      .clock = services_->clock,
                                                      .profiles = profiles_,
                                                      .flags_are_bits = version && *version != 0 && *version < 12});
  db_update_period = std::max(db_update_period, std::chrono::seconds(1));
  const bool delayed = database_mode_ == DatabaseMode::Delayed;
  store_ = std::make_unique<DialogStore>(
      module::WriteBack::Parts{.shards = services_->shards,
                               .database = database_.shared(),
                               .module = "dialog",
                               .table = table_name,
                               .columns = row_->names(),
                               .key = columns.dlg_id,
                               .statistics = store_statistics,
                               .interval = delayed ? base::Duration(db_update_period) : base::Duration::zero()});
  // Tests of scripts leave nothing behind, and have no threads.
  if (database_mode_ == DatabaseMode::Realtime && services_->pool.has_threads() && db_journal != "none") open_journal();
  struct Row {
    std::string_view name;
    metrics::Counter& counter;
    std::string_view help;
  };
  for (const Row& row : {Row{"db_written", store_statistics.written, "Dialogs written to the database."},
                         Row{"db_removed", store_statistics.removed, "Dialogs removed from the database."},
                         Row{"db_failures", store_statistics.failures, "Writes that failed and are repeated."},
                         Row{"db_dropped", store_statistics.dropped, "Dialogs that the database refuses for good."}}) {
    if (auto added = services_->statistics.add("dialog", row.name, row.counter, row.help); !added) return added;
  }
  return {};
}

// By default one for each table of a database: what another server has left must not get into this one.
void Dialogs::open_journal() {
  std::filesystem::path path(db_journal);
  if (path.empty()) {
    const storage::Url& url = database_.database().url();
    const std::string table = fmt::format("{} {}", url.display(), table_name);
    path = module::state_folder() / fmt::format("dialog-{:016x}.journal", base::sip_hash({}, table));
  }
  storage::make_folder_of(path.string());
  auto opened = storage::Journal::open(path.string());
  if (!opened) {
    log::error("dialog: a kill of the server will lose calls, as there is no journal: {}", opened.error().message);
    return;
  }
  if (const std::size_t left = (*opened)->left().size(); left != 0) {
    log::notice("dialog: {} changes that a kill came before are written now", left);
  }
  store_->use_journal(std::move(*opened));
}

// --- from the table --------------------------------------------------------------------------------------------------

base::Result<> Dialogs::load() {
  if (!store_->drain(kDrainBound)) return base::fail("what the journal has kept can't be written to " + table_name);
  std::uint64_t known = 0;
  std::uint64_t unusable = 0;
  auto loaded =
      database_.database().select({.table = table_name, .columns = row_->names()}, [&](const storage::Row& row) {
        std::int64_t timeout = 0;
        auto dialog = dialog_of(row, timeout);
        if (dialog == nullptr) {
          ++unusable;
        } else if (adopt(std::move(dialog), timeout)) {
          ++known;
        }
        return true;
      });
  if (!loaded) return loaded;
  if (unusable != 0)
    log::warning("dialog: {} rows of {} are no calls that go on and were left out", unusable, table_name);
  if (known != 0) log::notice("dialog: {} calls go on", known);
  // The shards' timers run from now on.
  for (unsigned id = 0; known != 0 && id < shard::kShards; ++id) {
    services_->shards.post(static_cast<shard::ShardId>(id), [](shard::Shard& /*shard*/) {});
  }
  if (database_mode_ == DatabaseMode::Shutdown) {
    // They are written again when the server ends; those that end before must not come back.
    auto emptied = database_.database().write(storage::Delete{.table = table_name});
    if (!emptied) return std::unexpected(std::move(emptied.error()));
  }
  store_->start();
  return {};
}

std::unique_ptr<Dialog> Dialogs::dialog_of(const storage::Row& row, std::int64_t& timeout) {
  const std::string call_id = DialogRow::call_id_of(row);
  shard::Shard& home = services_->shards.shard(services_->transport.shard_of_call_id(call_id));
  auto dialog = std::make_unique<Dialog>(*this, home, DialogRow::id_of(row), call_id);
  const DialogRow::Loaded read = row_->read(row, *dialog);
  timeout = read.timeout;
  return read.usable ? std::move(dialog) : nullptr;
}

bool Dialogs::adopt(std::unique_ptr<Dialog> adopted, std::int64_t timeout) {
  shard::Shard& home = adopted->home();
  DialogTable& table = tables_[home];
  if (table.find(adopted->id) != nullptr) return false;
  Dialog& dialog = table.insert(std::move(adopted));
  if (dialog.id.number % shard::kShards != home.id()) {
    elsewhere_->with(dialog.id.packed(), [&home](auto& entry) {
      if (entry.value() == nullptr) entry.create(home.id());
    });
  }
  dialog.in_database = database_mode_ != DatabaseMode::Shutdown;
  dialog.delete_delay = static_cast<std::uint32_t>(delete_delay);
  dialog.options_interval = static_cast<std::uint32_t>(options_ping_interval);
  dialog.reinvite_interval = static_cast<std::uint32_t>(reinvite_ping_interval);
  for (const Membership& membership : dialog.profiles) profiles_.add(membership.profile, membership.value);
  tracked_dialogs.add();
  active_dialogs.add();
  // What has passed meanwhile is over at once.
  const auto left = std::chrono::seconds(std::max<std::int64_t>(timeout - services_->clock.unix_seconds(), 0));
  dialog.lifetime = left;
  dialog.expires = services_->clock.now() + left;
  home.wheel().schedule(dialog.timer_, dialog.expires);
  start_pings(dialog);
  for (DialogFollower* follower : followers_) follower->on_loaded(dialog);
  return true;
}

// --- to the table ----------------------------------------------------------------------------------------------------

void Dialogs::save(Dialog& dialog) {
  if (!dialog.is_answered() || dialog.is_copy) return;
  if (database_mode_ == DatabaseMode::Delayed) {
    save_later(dialog);
  } else if (database_mode_ == DatabaseMode::Realtime) {
    if (write_row(dialog)) store_->flush();
  }
}

void Dialogs::forget(Dialog& dialog) {
  if (!std::exchange(dialog.in_database, false)) return;
  store_->remove(dialog.id.packed());
  if (database_mode_ == DatabaseMode::Realtime) store_->flush();
}

bool Dialogs::write_row(Dialog& dialog) {
  for (const auto& observer : dialog.observers) observer->on_save(dialog);
  if (!store_->put(dialog.id.packed(), row_->write(dialog))) {
    save_later(dialog);
    return false;
  }
  dialog.in_database = true;
  return true;
}

// Once a period, whatever changes how often.
void Dialogs::save_later(Dialog& dialog) {
  if (std::exchange(dialog.changed, true)) return;
  std::unique_ptr<Unsaved>& unsaved = unsaved_[dialog.home()];
  if (unsaved == nullptr) unsaved = std::make_unique<Unsaved>(*this, dialog.home());
  unsaved->ids.push_back(dialog.id);
  if (!unsaved->timer.pending()) dialog.home().schedule(unsaved->timer, db_update_period);
}

void Dialogs::write_unsaved(Unsaved& unsaved) {
  for (const DialogId id : std::exchange(unsaved.ids, {})) {
    Dialog* dialog = tables_[unsaved.shard].find(id);
    if (dialog == nullptr || !std::exchange(dialog->changed, false) || !dialog->is_answered()) continue;
    write_row(*dialog);
  }
  store_->flush();
}

// No workers run any more.
void Dialogs::write_all_at_end() {
  for (unsigned id = 0; id < shard::kShards; ++id) {
    tables_[services_->shards.shard(static_cast<shard::ShardId>(id))].for_each([this](Dialog& dialog) {
      if (dialog.state == State::Ended) forget(dialog);
      if (!dialog.is_answered()) return;
      for (const auto& observer : dialog.observers) observer->on_save(dialog);
      if (store_->put(dialog.id.packed(), row_->write(dialog))) return;
      static_cast<void>(store_->drain(kDrainBound));
      static_cast<void>(store_->put(dialog.id.packed(), row_->write(dialog)));
    });
  }
  if (!store_->drain(kDrainBound)) log::error("dialog: the server ends before all of {} was written", table_name);
  store_.reset();
  database_.close();
}

// --- commands --------------------------------------------------------------------------------------------------------

Dialogs::Reply Dialogs::db_sync(Parameters /*parameters*/) {
  if (store_ == nullptr) co_return base::fail("There is no database", kServerError);
  struct Arrived {
    std::unique_ptr<Dialog> dialog;
    std::int64_t timeout = 0;
  };
  using Arrivals = std::shared_ptr<std::vector<Arrived>>;
  auto read_all = [this](storage::Database& database) -> base::Result<Arrivals> {
    auto arrivals = std::make_shared<std::vector<Arrived>>();
    auto done = database.select({.table = table_name, .columns = row_->names()}, [&](const storage::Row& row) {
      std::int64_t timeout = 0;
      if (auto dialog = dialog_of(row, timeout)) arrivals->push_back({std::move(dialog), timeout});
      return arrivals->size() < kMaxSynced;
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return arrivals;
  };
  const auto read = co_await database_.run(*shard::context.shard, std::move(read_all));
  if (!read) co_return base::fail(read.error().message, kServerError);
  for (Arrived& arrived : **read) {
    const shard::ShardId home = arrived.dialog->home().id();
    services_->shards.post(home, [this, dialog = std::move(arrived.dialog), timeout = arrived.timeout](
                                     shard::Shard& /*shard*/) mutable { adopt(std::move(dialog), timeout); });
  }
  co_return Json("OK");
}

Dialogs::Reply Dialogs::restore_db(Parameters /*parameters*/) {
  if (store_ == nullptr) co_return base::fail("There is no database", kServerError);
  storage::Write everything = storage::Delete{.table = table_name, .where = {}};
  const auto emptied = co_await database_.write(*shard::context.shard, std::move(everything));
  if (!emptied) co_return base::fail(emptied.error().message, kServerError);
  const auto visit = visitor([this](Dialog& dialog) {
    if (dialog.is_answered()) write_row(dialog);
    return true;
  });
  co_await visit_all(visit);
  if (!co_await store_->commit(*shard::context.shard))
    co_return base::fail("Failed to write to the database", kServerError);
  co_return Json("OK");
}

}  // namespace carillon::dialog
