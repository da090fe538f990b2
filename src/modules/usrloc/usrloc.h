// SPDX-License-Identifier: Apache-2.0
// usrloc: the location tables with their parameters, commands and statistics. Contacts come from registrar.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "module/database_user.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/usrloc/api.h"
#include "modules/usrloc/location_events.h"
#include "modules/usrloc/location_row.h"
#include "modules/usrloc/sharing.h"
#include "modules/usrloc/sql_only.h"
#include "modules/usrloc/user_agents.h"
#include "modules/usrloc/write_back.h"
#include "shard/timing_wheel.h"

namespace carillon::usrloc {

using module::RouteContext;
using module::Verdict;

// What a script calls the table of a domain. Tables are made when the module starts, or by a reload of the script.
struct TableName {
  std::string name;
  mutable std::atomic<LocationTable*> table{nullptr};  // found at the first use

  explicit TableName(std::string_view text) : name(text) {}
  TableName(TableName&& other) noexcept : name(std::move(other.name)) {}
  [[nodiscard]] static base::Result<TableName> parse(std::string_view text);
};

class Usrloc final : public module::Module, public LocationService {
 public:
  Usrloc() = default;
  ~Usrloc() override = default;

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- LocationService
  [[nodiscard]] base::Result<LocationTable*> table(std::string_view name) override;
  [[nodiscard]] bool use_domain() const override { return use_domain_; }
  [[nodiscard]] Matching matching() const override {
    return matching_mode == 1 ? Matching::ContactCallId : Matching::Contact;
  }
  [[nodiscard]] int cseq_delay() const override { return static_cast<int>(cseq_delay_.count()); }
  [[nodiscard]] std::uint32_t nat_branch_flag() const override { return nat_branch_flag_; }
  [[nodiscard]] base::Task<bool> written(LocationTable& table, shard::Shard& shard, std::string_view aor) override;
  [[nodiscard]] bool is_write_awaited() const override { return mode_ == Mode::WriteThrough || mode_ == Mode::Shared; }
  [[nodiscard]] bool is_in_memory() const override { return mode_ != Mode::SqlOnly; }
  [[nodiscard]] base::Task<base::Result<>> change(LocationTable& table, shard::Shard& shard, std::string_view aor,
                                                  base::FunctionRef<void(Bindings&)> f) override;
  [[nodiscard]] base::Task<base::Result<bool>> read(LocationTable& table, shard::Shard& shard, std::string_view aor,
                                                    base::FunctionRef<void(const AorRecord&)> f) override;
  [[nodiscard]] base::Task<base::Result<std::vector<std::string>>> aors(LocationTable& table,
                                                                        shard::Shard& shard) override;
  void set_refresh_before(std::int64_t seconds) override {
    if (contact_refresh_timer) refresh_before_ = seconds;
  }
  void observe(LocationObserver& observer) override { observers_.push_back(&observer); }

  [[nodiscard]] bool is_pinging_here(const LocationTable& table) const override;

  // --- functions
  base::Task<Verdict> ul_add_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                                 std::string_view key, std::optional<std::string_view> value);
  base::Task<Verdict> ul_get_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                                 std::string_view key, module::Output destination);
  base::Task<Verdict> ul_del_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                                 std::string_view key);

  // --- commands
  using Reply = base::Task<base::Result<management::Json>>;
  Reply rm(management::Parameters parameters);
  Reply rm_contact(management::Parameters parameters);
  Reply dump(management::Parameters parameters);
  Reply flush(management::Parameters parameters);
  Reply add(management::Parameters parameters);
  Reply show_contact(management::Parameters parameters);
  Reply sync(management::Parameters parameters);
  Reply cluster_sync(management::Parameters parameters);

  // --- statistics
  [[nodiscard]] std::uint64_t registered_users() const;
  WriteBackStatistics write_back_statistics;
  SharingStatistics sharing_statistics;
  metrics::Counter refused_bindings;

  // --- parameters
  Columns columns;
  std::string db_url;
  std::string working_mode_preset = "single-instance-no-db";
  std::string cluster_mode = "none";
  std::string cachedb_url;
  std::string pinging_mode;
  std::string restart_persistency = "none";
  std::string sql_write_mode = "none";
  std::string nat_bflag;
  std::chrono::seconds timer_interval{60};
  std::chrono::seconds cseq_delay_{20};
  bool use_domain_ = true;
  bool desc_time_order = false;
  int matching_mode = 0;
  int db_mode = -1;  // OpenSIPS 2.x; -1: not given
  std::uint64_t max_bindings = 20'000'000;
  int hash_size = 9;
  int max_contact_delete = 10;
  bool mi_dump_kv_store = false;
  bool skip_replicated_db_ops = false;
  bool regen_broken_contactid = false;
  bool contact_refresh_timer = false;
  std::uint32_t latency_event_min_us = 0;
  std::uint32_t latency_event_min_us_delta = 0;
  // Of clusters, pings and refreshes: an error unless the value switches them off.
  [[nodiscard]] base::Result<> set_absent(const script::Value& value);

 private:
  enum class Mode : std::uint8_t {
    MemoryOnly,
    ReadOnly,  // loaded at start, and never written
    WriteBack,
    WriteThrough,
    SqlOnly,
    Shared,  // with other servers, through a store of keys and values
  };
  // A table and what brings it to the database.
  struct Domain {
    Domain(std::string name, const SharedLocation& shared, LocationTable::Options options)
        : table(std::move(name), shared, options) {}
    LocationTable table;
    std::optional<LocationRow> row;         // with a database
    std::unique_ptr<WriteBack> write_back;  // with write-back and write-through; goes before the table
    std::unique_ptr<SqlOnly> sql_only;
    std::unique_ptr<Sharing> sharing;  // with Mode::Shared
  };
  // A command that works on a thread of the pool, on copies and with short locks: stop() ends it.
  struct Background {
    std::mutex mutex;
    std::atomic<bool> ended{false};
  };

  [[nodiscard]] base::Result<Mode> chosen_mode() const;
  [[nodiscard]] base::Result<Mode> mode_of_preset(std::string_view preset) const;
  [[nodiscard]] base::Result<> open_database();
  // Of Mode::Shared; in another mode an error when it was asked for.
  [[nodiscard]] base::Result<> open_store();
  void start_sharing(Domain& domain);
  // The domain's row, for a table of a version we know.
  [[nodiscard]] base::Result<> check_table(Domain& domain);
  [[nodiscard]] base::Result<> load(Domain& domain);
  void start_writing(Domain& domain);
  void on_purge_timer();
  [[nodiscard]] base::Result<> add_statistics(Domain& domain);
  // Null when there is none of that name.
  [[nodiscard]] Domain* find(std::string_view name) const;
  [[nodiscard]] std::vector<Domain*> domains() const;
  // Null when there is none.
  [[nodiscard]] LocationTable* table_of(const TableName& name);
  // The table a command names, or the error it is answered with.
  [[nodiscard]] base::Result<LocationTable*> named_table(const management::Parameters& parameters) const;
  // The AoR it names, likewise.
  [[nodiscard]] base::Result<std::string> named_aor(const management::Parameters& parameters) const;
  // As scripts and commands write it: an AoR, or a URI.
  [[nodiscard]] std::string aor_of(std::string_view text) const;
  [[nodiscard]] management::Json describe(std::string_view aor, const AorRecord& record, bool brief) const;
  [[nodiscard]] management::Json describe(const Contact& contact, std::int64_t now) const;
  [[nodiscard]] base::Task<base::Result<>> add_contact(LocationTable& table, const std::string& aor,
                                                       const management::Parameters& parameters);
  // Of all in memory, as text: a million contacts are nothing a worker has time for.
  [[nodiscard]] std::string dump_text(bool brief, const std::atomic<bool>& ended) const;
  [[nodiscard]] base::Task<base::Result<std::string>> dump_database(shard::Shard& shard, bool brief);
  // Runs `work(ended)` on a thread of the pool, one such after the other.
  // Rows of contacts that aren't in memory, with ids below `newer`.
  [[nodiscard]] base::Result<> remove_strangers(const Domain& domain, const std::string& aor, std::uint64_t newer,
                                                const std::atomic<bool>& ended);
  template <typename Work>
  [[nodiscard]] base::Task<base::Result<std::string>> in_background(shard::Shard& shard, Work work);

  std::optional<module::Services> services_;
  std::shared_ptr<storage::KeyValueStore> store_;  // shared with who else names its URL
  std::string server_name_;                        // among those that share tables
  Mode mode_ = Mode::MemoryOnly;
  std::uint32_t nat_branch_flag_ = 0;
  // Shared with news of changes that nobody has heard yet.
  std::shared_ptr<UserAgents> user_agents_ = std::make_shared<UserAgents>();
  std::atomic<std::uint64_t> next_contact_id_{1};
  std::atomic<std::uint64_t> bindings_{0};
  std::atomic<std::uint32_t> next_cseq_{1};  // of contacts made by ul_add
  std::vector<LocationObserver*> observers_;
  std::optional<LocationEvents> events_;
  std::int64_t refresh_before_ = 0;
  std::optional<SharedLocation> shared_;
  module::DatabaseUser database_;
  // Shared with what runs on a thread of the pool, and may see only there that this has ended.
  std::shared_ptr<Background> background_ = std::make_shared<Background>();
  // Likewise, for what is in a mailbox.
  std::shared_ptr<Usrloc*> self_ = std::make_shared<Usrloc*>(this);
  shard::Timer purge_timer_ = shard::Timer::calling<&Usrloc::on_purge_timer>(this);
  mutable std::mutex mutex_;  // of domains_, which only grows
  std::vector<std::unique_ptr<Domain>> domains_;
};

}  // namespace carillon::usrloc
