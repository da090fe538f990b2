// SPDX-License-Identifier: Apache-2.0
// dialog: follows calls through the proxy. Each dialog lives in the shard of its Call-ID; what spans shards (profiles,
// commands, searches) goes by counts in partitioned tables or from shard to shard.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "management/command.h"
#include "management/events.h"
#include "metrics/counter.h"
#include "module/database_user.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/dialog/api.h"
#include "modules/dialog/arguments.h"
#include "modules/dialog/dialog_row.h"
#include "modules/dialog/dialog_store.h"
#include "modules/dialog/dialog_table.h"
#include "modules/dialog/dialog_use.h"
#include "modules/dialog/profiles.h"
#include "routing/flag_names.h"
#include "routing/own_request.h"
#include "routing/route_listener.h"
#include "shard/partitioned_table.h"
#include "shard/shard_local.h"

namespace carillon::dialog {

using module::Constant;
using module::Output;
using module::Parsed;
using module::RouteContext;
using module::Verdict;

class Dialogs final : public module::Module, public DialogService, public routing::RouteListener {
 public:
  using Optional = std::optional<std::string_view>;
  using Route = std::optional<module::RouteName<script::RouteKind::Request>>;
  using Reply = base::Task<base::Result<management::Json>>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  [[nodiscard]] base::Result<> restore() override;
  void stop() override;

  // --- DialogService
  void follow(DialogFollower& follower) override { followers_.push_back(&follower); }
  [[nodiscard]] Dialog* current(RouteContext& context) override;
  [[nodiscard]] std::optional<std::uint32_t> count_on(RouteContext& context) override;
  [[nodiscard]] bool moves_cseq(RouteContext& context) override;
  [[nodiscard]] Dialog* of(routing::ProxyTransaction& transaction) override;
  [[nodiscard]] Side to_side(RouteContext& context) override;
  [[nodiscard]] Dialog* create(RouteContext& context, std::uint32_t flags) override;
  bool set_value(Dialog& dialog, std::string_view name, const script::Value& value) override;
  void set_timeout(Dialog& dialog, base::Duration timeout) override;
  void touch(Dialog& dialog) override;
  void end(Dialog& dialog, EndReason reason, std::string headers) override;

  // --- routing::RouteListener
  void on_route(RouteContext& context) override;

  // --- by DialogUse and Dialog
  void on_ringing(Dialog& dialog, const sip::Message& response);
  void on_answer(Dialog& dialog, const sip::Message* response, std::string_view own_tag);
  void on_failure(Dialog& dialog);
  void on_member_success(Dialog& dialog, Side to, const sip::Message& request, const sip::Message& response);
  void on_use_over(Dialog& dialog, bool was_creator);
  void on_bye_over(Dialog& dialog) { forget(dialog); }
  void on_timer(Dialog& dialog);
  void on_ping_timer(Dialog& dialog);

  // --- functions
  Verdict create_dialog(RouteContext& context, const std::optional<Parsed<CreateFlags>>& flags);
  Verdict match_dialog(RouteContext& context, const std::optional<Parsed<MatchModeName>>& mode);
  Verdict validate_dialog(RouteContext& context);
  Verdict fix_route_dialog(RouteContext& context);
  Verdict set_dlg_profile(RouteContext& context, std::string_view profile, Optional value, std::optional<int> clear);
  Verdict unset_dlg_profile(RouteContext& context, std::string_view profile, Optional value);
  Verdict is_in_profile(RouteContext& context, std::string_view profile, Optional value);
  Verdict get_profile_size(RouteContext& context, std::string_view profile, Optional value, Output size);
  Verdict set_dlg_flag(RouteContext& context, Constant<DialogFlag> flag);
  Verdict reset_dlg_flag(RouteContext& context, Constant<DialogFlag> flag);
  Verdict is_dlg_flag_set(RouteContext& context, Constant<DialogFlag> flag);
  Verdict test_and_set_dlg_flag(RouteContext& context, Constant<DialogFlag> flag, int value);
  Verdict store_dlg_value(RouteContext& context, std::string_view name, Output value);
  Verdict fetch_dlg_value(RouteContext& context, std::string_view name, Output value);
  Verdict dlg_on_answer(RouteContext& context, Route route);
  Verdict dlg_on_timeout(RouteContext& context, Route route);
  Verdict dlg_on_hangup(RouteContext& context, Route route);
  Verdict dlg_inc_cseq(RouteContext& context, Optional tag, std::optional<int> amount);
  Verdict set_dlg_sharing_tag(RouteContext& context, std::string_view tag);
  // (searches.cpp)
  base::Task<Verdict> get_dialog_info(RouteContext& context, std::string_view attribute, Output values,
                                      std::string_view key, std::string_view wanted, Output count);
  base::Task<Verdict> get_dialog_vals(RouteContext& context, Output names, Output values, std::string_view call_id);
  base::Task<Verdict> get_dialogs_by_val(RouteContext& context, std::string_view name, std::string_view wanted,
                                         Output dialogs, Output count);
  base::Task<Verdict> get_dialogs_by_profile(RouteContext& context, std::string_view profile, Optional value,
                                             Output dialogs, Output count);
  base::Task<Verdict> load_dialog_ctx(RouteContext& context, std::string_view name, Optional kind,
                                      std::optional<int> active_only);
  Verdict unload_dialog_ctx(RouteContext& context);
  base::Task<Verdict> dlg_send_sequential(RouteContext& context, std::string_view method, std::string_view leg,
                                          Optional body, Optional content_type, Optional headers);

  // --- variables
  script::Value read_count(RouteContext& context, const script::VariableRef& ref);
  script::Value read_lifetime(RouteContext& context, const script::VariableRef& ref);
  script::Value read_status(RouteContext& context, const script::VariableRef& ref);
  script::Value read_direction(RouteContext& context, const script::VariableRef& ref);
  script::Value read_did(RouteContext& context, const script::VariableRef& ref);
  script::Value read_end_reason(RouteContext& context, const script::VariableRef& ref);
  script::Value read_json(RouteContext& context, const script::VariableRef& ref);
  script::Value read_context_json(RouteContext& context, const script::VariableRef& ref);
  script::Value read_flags(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_flags(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_timeout(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_timeout(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_delete_delay(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_delete_delay(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  template <std::uint32_t Dialog::* Interval>
  script::Value read_interval(RouteContext& context, const script::VariableRef& ref);
  template <std::uint32_t Dialog::* Interval>
  base::Result<> write_interval(RouteContext& context, const script::VariableRef& ref, const script::Value& value);
  script::Value read_value(RouteContext& context, const script::VariableRef& ref);
  base::Result<> write_value(RouteContext& context, const script::VariableRef& ref, const script::Value& value);

  // --- commands (commands.cpp)
  Reply list(management::Parameters parameters);
  Reply list_ctx(management::Parameters parameters);
  Reply end_dlg(management::Parameters parameters);
  Reply profile_get_size(management::Parameters parameters);
  Reply profile_list_dlgs(management::Parameters parameters);
  Reply profile_get_values(management::Parameters parameters);
  Reply list_all_profiles(management::Parameters parameters);
  Reply profile_end_dlgs(management::Parameters parameters);
  Reply push_var(management::Parameters parameters);
  Reply set_profile(management::Parameters parameters);
  Reply unset_profile(management::Parameters parameters);
  Reply send_sequential(management::Parameters parameters);
  // (database.cpp)
  Reply db_sync(management::Parameters parameters);
  Reply restore_db(management::Parameters parameters);

  // --- parameters
  bool enable_stats = true;
  int hash_size = 4096;
  int log_profile_hash_size = 4;
  std::string rr_param = "did";
  std::chrono::seconds default_timeout{43200};
  int options_ping_interval = 30;
  int reinvite_ping_interval = 300;
  int delete_delay = 0;
  std::string dlg_extra_hdrs;
  int dlg_match_mode = 1;
  int max_dialogs = 1'000'000;
  std::chrono::seconds race_condition_timeout{5};
  int timer_bulk_del_no = 1;
  int auto_prack_hangup_on_failure = 0;
  int auto_prack_fr_timeout = 3;
  std::string db_url;
  int db_mode = 0;
  std::string db_journal;
  std::string table_name = "dialog";
  std::chrono::seconds db_update_period{60};
  bool db_flush_vals_profiles = false;
  Columns columns;
  base::Result<> set_profiles_with_value(const script::Value& value);
  base::Result<> set_profiles_no_value(const script::Value& value);
  base::Result<> set_absent(const script::Value& value);
  base::Result<> set_accepted(const script::Value& value);

  // --- statistics
  metrics::Gauge active_dialogs;
  metrics::Gauge early_dialogs;
  metrics::Gauge tracked_dialogs;  // $DLG_count: all but those that have ended
  metrics::Counter processed_dialogs;
  metrics::Counter expired_dialogs;
  metrics::Counter failed_dialogs;
  module::WriteBackStatistics store_statistics;
  [[nodiscard]] std::uint64_t nothing() const { return 0; }

  // Of the flags of dialogs, which have names of their own.
  [[nodiscard]] routing::FlagNames& flag_names() const { return flag_names_; }

 private:
  enum class Text : std::uint8_t { Brief, WithContext };

  [[nodiscard]] std::int64_t now_us() const { return services_->clock.unix_microseconds(); }
  [[nodiscard]] routing::Proxy& proxy_of(const Dialog& dialog) const;
  [[nodiscard]] DialogUse* find_use(RouteContext& context) const;
  using Observers = std::vector<std::unique_ptr<routing::TransactionObserver>>;
  [[nodiscard]] DialogUse* last_use_in(const Observers& observers) const;

  // --- life of a dialog (lifecycle.cpp)
  [[nodiscard]] Dialog* spiral_of(const DialogTable& table, const sip::Message& invite) const;
  [[nodiscard]] Leg leg_from(const sip::Message& response) const;
  [[nodiscard]] transport::ListenerId listener_of(const sip::Via& via) const;
  void change_state(Dialog& dialog, State state);
  void finish(Dialog& dialog, EndReason reason, RouteContext* context);
  void schedule_lifetime(Dialog& dialog, base::Duration timeout);
  void expire(Dialog& dialog);
  void erase(Dialog& dialog);
  void start_route(Dialog& dialog, const std::string& name);
  [[nodiscard]] base::Task<> run_route(Dialog& dialog, std::string name);
  [[nodiscard]] base::Task<> run_timeout_route(Dialog& dialog);

  // --- requests of our own (own_requests.cpp)
  struct Sequential {
    std::string method;
    std::string content_type;
    std::string body;
    std::string headers;  // complete lines
  };
  [[nodiscard]] routing::OwnRequest request_in(Dialog& dialog, Side to, std::string_view method) const;
  void start_pings(Dialog& dialog);
  void ping(Dialog& dialog, Side to);
  void send_byes(Dialog& dialog, const std::string& headers);
  [[nodiscard]] base::Task<base::Result<routing::OwnAnswer>> send_in(Dialog& dialog, Side to, Sequential what);

  // --- its row (database.cpp)
  enum class DatabaseMode : std::uint8_t { None, Realtime, Delayed, Shutdown };
  // What a shard has still to write.
  struct Unsaved {
    Unsaved(Dialogs& dialogs, shard::Shard& home) : owner(dialogs), shard(home) {}
    void on_timer() { owner.write_unsaved(*this); }

    Dialogs& owner;
    shard::Shard& shard;
    std::vector<DialogId> ids;
    shard::Timer timer = shard::Timer::calling<&Unsaved::on_timer>(this);
  };
  [[nodiscard]] base::Result<> open_database();
  void open_journal();
  [[nodiscard]] base::Result<> load();
  // A dialog that a row tells of, with the number of the row's end; null when the row is none that goes on. Any thread.
  [[nodiscard]] std::unique_ptr<Dialog> dialog_of(const storage::Row& row, std::int64_t& timeout);
  // Takes it in, unless it is known. Inside its shard, or before the workers run.
  bool adopt(std::unique_ptr<Dialog> dialog, std::int64_t timeout);
  // Changed in a way that its row has to follow; and ended, so that it has none any more.
  void save(Dialog& dialog);
  void forget(Dialog& dialog);
  bool write_row(Dialog& dialog);
  void save_later(Dialog& dialog);
  void write_unsaved(Unsaved& unsaved);
  void write_all_at_end();

  // --- requests inside of it (matching.cpp)
  bool match(RouteContext& context, MatchMode mode, std::string_view cookie);
  [[nodiscard]] Dialog* find_match(RouteContext& context, MatchMode mode, std::string_view cookie);
  void on_matched(Dialog& dialog, Leg& target, Side to, RouteContext& context);
  static void renumber(RouteContext& context, std::uint32_t shift);

  [[nodiscard]] static script::Value as_value(RouteContext& context, const DialogValue& value);
  template <std::string Dialog::* Member>
  Verdict arm(RouteContext& context, const Route& route);
  // Does it to the dialog and, when it is a copy, to the original too.
  void change(Dialog& dialog, std::function<void(Dialog&)> work);
  // When the dialog is a copy, does it to the original, later.
  void to_original(const Dialog& dialog, std::function<void(Dialog&)> work);
  [[nodiscard]] bool add_to_profile(Dialog& dialog, std::uint16_t profile, std::string_view value, bool clear);
  bool remove_from_profile(Dialog& dialog, std::uint16_t profile, Optional value);
  void leave_profiles(Dialog& dialog);

  [[nodiscard]] management::Json describe(const Dialog& dialog, Text text) const;
  [[nodiscard]] std::string json_of(Dialog& dialog, Text text) const;
  [[nodiscard]] management::Json context_of(const Dialog& dialog) const;
  [[nodiscard]] std::int64_t expiry_of(const Dialog& dialog) const;  // Unix seconds; 0: not answered yet
  [[nodiscard]] std::string socket_name(transport::ListenerId socket) const;

  // --- other shards (searches.cpp)
  template <typename T, typename Work>
  [[nodiscard]] base::Task<T> in_shard(shard::ShardId there, Work work);
  [[nodiscard]] shard::ShardId shard_of(DialogId id);
  [[nodiscard]] bool is_elsewhere(DialogId id);
  // The dialog that a command or script names: a packed id, a cookie or a Call-ID; (shard, name) of it.
  struct Found {
    shard::ShardId shard = 0;
    DialogId id;
  };
  [[nodiscard]] base::Task<std::optional<Found>> find_named(std::string name);
  // Calls `work(Dialog&)` for every dialog, shard after shard and a few at a time, until it returns false.
  [[nodiscard]] base::Task<> visit_all(std::shared_ptr<std::function<bool(Dialog&)>> work);
  [[nodiscard]] static std::optional<DialogId> first_of_call(const DialogTable& table, std::string_view call_id,
                                                             std::string_view from_tag, bool active_only);
  [[nodiscard]] static bool is_member(const Dialog& dialog, std::uint16_t profile,
                                      const std::optional<std::string>& value);
  [[nodiscard]] std::optional<std::string> value_in(std::uint16_t profile, Optional value) const;
  [[nodiscard]] std::unique_ptr<Dialog> copy_of(const Dialog& dialog);
  [[nodiscard]] Reply listing(management::Parameters parameters, Text text);
  [[nodiscard]] Reply list_one(management::Parameters parameters, Text text);
  // Does it to the dialog that a command names: false is an error.
  [[nodiscard]] Reply with_named(std::string name, std::function<bool(Dialog&)> work);

  std::optional<module::Services> services_;
  std::vector<DialogFollower*> followers_;
  management::Events::Name* state_changed_ = nullptr;
  Profiles profiles_;
  mutable routing::FlagNames flag_names_;
  MatchMode match_mode_ = MatchMode::DidFallback;
  std::size_t max_in_shard_ = 0;
  shard::ShardLocal<DialogTable> tables_;
  // Where dialogs are whose number doesn't say so: those that came from a database.
  using Elsewhere = shard::PartitionedTable<std::uint64_t, shard::ShardId>;
  std::unique_ptr<Elsewhere> elsewhere_;
  DatabaseMode database_mode_ = DatabaseMode::None;
  module::DatabaseUser database_;
  std::unique_ptr<DialogRow> row_;
  std::unique_ptr<DialogStore> store_;
  shard::ShardLocal<std::unique_ptr<Unsaved>> unsaved_;
};

}  // namespace carillon::dialog
