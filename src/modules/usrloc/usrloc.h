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

#include "module/module.h"
#include "module/services.h"
#include "modules/usrloc/api.h"
#include "modules/usrloc/location_row.h"
#include "modules/usrloc/user_agents.h"
#include "modules/usrloc/write_back.h"

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
  [[nodiscard]] base::Task<bool> written(LocationTable& table, shard::Shard& shard) override;
  [[nodiscard]] bool is_write_through() const override { return mode_ == Mode::WriteThrough; }

  // --- functions
  Verdict ul_add_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                     std::string_view key, std::optional<std::string_view> value);
  Verdict ul_get_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                     std::string_view key, module::Output destination);
  Verdict ul_del_key(RouteContext& context, module::Constant<TableName> domain, std::string_view aor,
                     std::string_view key);

  // --- commands
  using Reply = base::Task<base::Result<management::Json>>;
  Reply rm(management::Parameters parameters);
  Reply rm_contact(management::Parameters parameters);
  Reply dump(management::Parameters parameters);
  Reply flush(management::Parameters parameters);
  Reply add(management::Parameters parameters);
  Reply show_contact(management::Parameters parameters);

  // --- statistics
  [[nodiscard]] std::uint64_t registered_users() const;
  WriteBackStatistics write_back_statistics;

  // --- parameters
  Columns columns;
  std::string db_url;
  std::string working_mode_preset = "single-instance-no-db";
  std::string cluster_mode = "none";
  std::string restart_persistency = "none";
  std::string sql_write_mode = "none";
  std::string nat_bflag;
  std::chrono::seconds timer_interval{60};
  std::chrono::seconds cseq_delay_{20};
  bool use_domain_ = true;
  bool desc_time_order = false;
  int matching_mode = 0;
  int hash_size = 9;
  int max_contact_delete = 10;
  bool mi_dump_kv_store = false;
  bool skip_replicated_db_ops = false;
  bool regen_broken_contactid = false;
  // Of clusters, pings and refreshes: an error unless the value switches them off.
  [[nodiscard]] base::Result<> set_absent(const script::Value& value);

 private:
  enum class Mode : std::uint8_t { MemoryOnly, WriteBack, WriteThrough };
  // A table and what brings it to the database.
  struct Domain {
    Domain(std::string name, const LocationTable::Shared& shared, LocationTable::Options options)
        : table(std::move(name), shared, options) {}
    LocationTable table;
    std::unique_ptr<WriteBack> write_back;  // null in memory-only mode; goes before the table
  };

  [[nodiscard]] base::Result<Mode> chosen_mode() const;
  [[nodiscard]] base::Result<> open_database();
  [[nodiscard]] base::Result<> load(Domain& domain);
  [[nodiscard]] base::Result<> add_statistics(Domain& domain);
  // Null when there is none of that name.
  [[nodiscard]] Domain* find(std::string_view name) const;
  [[nodiscard]] std::vector<Domain*> domains() const;
  [[nodiscard]] LocationTable* table_of(const TableName& name);
  // The table a command names, or the error it is answered with.
  [[nodiscard]] base::Result<LocationTable*> named_table(const management::Parameters& parameters) const;
  // The AoR it names, likewise.
  [[nodiscard]] base::Result<std::string> named_aor(const management::Parameters& parameters) const;
  // As scripts and commands write it: an AoR, or a URI.
  [[nodiscard]] std::string aor_of(std::string_view text) const;
  [[nodiscard]] management::Json describe(std::string_view aor, const AorRecord& record, bool brief) const;
  [[nodiscard]] management::Json describe(const Contact& contact, std::int64_t now) const;
  [[nodiscard]] base::Result<> add_contact(LocationTable& table, std::string_view aor,
                                           const management::Parameters& parameters);

  std::optional<module::Services> services_;
  Mode mode_ = Mode::MemoryOnly;
  std::uint32_t nat_branch_flag_ = 0;
  UserAgents user_agents_;
  std::atomic<std::uint64_t> next_contact_id_{1};
  std::atomic<std::uint32_t> next_cseq_{1};  // of contacts made by ul_add
  std::shared_ptr<storage::Database> database_;
  std::unique_ptr<LocationRow> row_;
  mutable std::mutex mutex_;  // of domains_, which only grows
  std::vector<std::unique_ptr<Domain>> domains_;
};

}  // namespace carillon::usrloc
