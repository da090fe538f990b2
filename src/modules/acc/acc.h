// SPDX-License-Identifier: Apache-2.0
// acc: accounting. Records answered, missed and failed transactions and ended calls, in the log, in a database and as
// events.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "management/events.h"
#include "module/database_user.h"
#include "module/module.h"
#include "modules/acc/accounting.h"
#include "modules/acc/api.h"
#include "modules/acc/database_writer.h"
#include "modules/acc/record.h"
#include "modules/dialog/api.h"

namespace carillon::acc {

using module::RouteContext;
using module::Verdict;

// The first argument of do_accounting(): where records go, "log|db|evi".
struct RecordTypes {
  Targets targets = 0;
  [[nodiscard]] static base::Result<RecordTypes> parse(std::string_view text, Acc& acc);
};

// The second argument of acc_db_request().
struct TableName {
  std::string text;
  [[nodiscard]] static base::Result<TableName> parse(std::string_view text, Acc& acc);
};

// Its second argument: "cdr|missed|failed".
struct RecordFlags {
  bool cdr = false;
  bool missed = false;
  bool failed = false;
  [[nodiscard]] static base::Result<RecordFlags> parse(std::string_view text);
};

// A field as one target knows it.
struct TargetField {
  std::size_t at = 0;  // among the names of the script
  std::string in_record;
};
struct TargetFields {
  std::vector<TargetField> extra;
  std::vector<TargetField> legs;
};

// The place of a field among those declared; from the name in $acc_extra(name) and $acc_leg(name).
struct ExtraIndex {
  std::size_t at = 0;
  [[nodiscard]] static base::Result<ExtraIndex> parse(std::string_view name, const Acc& acc);
};
struct LegIndex {
  std::size_t at = 0;
  [[nodiscard]] static base::Result<LegIndex> parse(std::string_view name, const Acc& acc);
};

// Legs of one transaction at most.
inline constexpr std::size_t kMaxLegs = 64;
// The value of a dialog that holds its account.
inline constexpr std::string_view kDialogValue = "_acc";

// Names of columns of the tables.
struct Columns {
  std::string method = "method";
  std::string from_tag = "from_tag";
  std::string to_tag = "to_tag";
  std::string callid = "callid";
  std::string sip_code = "sip_code";
  std::string sip_reason = "sip_reason";
  std::string time = "time";
};

class Acc final : public module::Module, public RecordService, public dialog::DialogFollower {
 public:
  using Wants = module::Optional<dialog::DialogService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // Some function of the script writes to the database. While it is compiled.
  // Somebody writes to the database. An error when the module started without one.
  [[nodiscard]] base::Result<> expect_database();

  [[nodiscard]] const std::vector<std::string>& extra_names() const { return extra_names_; }
  [[nodiscard]] const std::vector<std::string>& leg_names() const { return leg_names_; }
  [[nodiscard]] const TargetFields& fields(Target target) const;
  [[nodiscard]] std::int64_t unix_seconds() const { return clock_->unix_seconds(); }
  // To each of the targets. Inside a shard.
  void write(Targets targets, const Record& record) const;
  void complain_about_size(const dialog::Dialog& dialog) const;
  // The account of its dialog has changed.
  void on_call_answered(routing::ProxyTransaction& transaction) const;

  // --- RecordService
  bool record_request(RouteContext& context, bool in_database, std::string_view comment,
                      std::string_view table) override;

  // --- dialog::DialogFollower
  void on_loaded(dialog::Dialog& dialog) override;

  // --- functions
  Verdict do_accounting(RouteContext& context, const module::Parsed<RecordTypes>& types,
                        const std::optional<module::Parsed<RecordFlags>>& flags, std::optional<std::string_view> table);
  Verdict drop_accounting(RouteContext& context, const std::optional<module::Parsed<RecordTypes>>& types,
                          const std::optional<module::Parsed<RecordFlags>>& flags);
  Verdict acc_log_request(RouteContext& context, std::string_view comment);
  Verdict acc_db_request(RouteContext& context, std::string_view comment, const module::Parsed<TableName>& table);
  Verdict acc_evi_request(RouteContext& context, std::string_view comment);
  Verdict acc_new_leg(RouteContext& context);
  Verdict acc_load_ctx_from_dlg(RouteContext& context);
  Verdict acc_unload_ctx_from_dlg(RouteContext& context);

  // --- variables
  script::Value read_extra(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_extra(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_leg(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_leg(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value current_leg(RouteContext& context, const script::VariableRef& ref);

  // --- statistics
  mutable WriterStatistics writer_statistics;
  [[nodiscard]] std::uint64_t waiting_on_disk() const;
  [[nodiscard]] std::uint64_t db_written() const { return writer_statistics.written.value(); }
  [[nodiscard]] std::uint64_t db_queued() const { return writer_statistics.queued.value(); }
  [[nodiscard]] std::uint64_t db_lost() const { return writer_statistics.lost.value(); }
  [[nodiscard]] std::uint64_t db_refused() const { return writer_statistics.refused.value(); }

  // --- parameters
  bool early_media = false;
  bool report_cancels = false;
  bool detect_direction = false;
  int log_level = 2;
  std::string log_facility = "LOG_DAEMON";
  std::string db_url;
  std::string db_table_acc = "acc";
  std::string db_table_missed_calls = "missed_calls";
  std::string db_table_avp;
  int service_type = -1;
  std::string db_queue;
  int db_queue_size = 1'000'000;
  std::string db_journal;
  Columns columns;
  base::Result<> set_extra_fields(const script::Value& value);
  base::Result<> set_leg_fields(const script::Value& value);
  base::Result<> set_aaa_url(const script::Value& value);

 private:
  // That of the message or of its transaction; null when it has none.
  [[nodiscard]] Accounting* find(RouteContext& context) const;
  [[nodiscard]] Accounting& find_or_make(RouteContext& context) const;
  // The account of the dialog of this run; null when there is none.
  [[nodiscard]] CallAccounting* find_call(RouteContext& context) const;
  // The dialog of this INVITE has the account; false when there can be none.
  [[nodiscard]] bool follow_call(RouteContext& context, Accounting& accounting);
  Verdict record_now(RouteContext& context, Targets target, std::string_view comment, std::string_view table);
  void on_changed(RouteContext& context, const Accounting& accounting) const;

  [[nodiscard]] base::Result<> open_database(module::Services& services);
  void write_to_log(const Record& record) const;
  void write_to_database(const Record& record) const;
  void raise(const Record& record) const;

  const base::Clock* clock_ = nullptr;
  dialog::DialogService* dialogs_ = nullptr;  // null: not loaded
  std::vector<std::string> extra_names_;      // in the order in which they were declared
  std::vector<std::string> leg_names_;
  std::array<TargetFields, kTargetCount> fields_;
  std::atomic<bool> uses_database_{false};
  module::DatabaseUser database_;
  std::unique_ptr<DatabaseWriter> writer_;
  struct RecordEvents {
    management::Events::Name* answered = nullptr;
    management::Events::Name* missed = nullptr;
    management::Events::Name* cdr = nullptr;
  } events_;
};

}  // namespace carillon::acc
