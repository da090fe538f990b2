// SPDX-License-Identifier: Apache-2.0
// See acc.h.
#include "modules/acc/acc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "module/services.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "routing/record_route.h"
#include "sip/grammar.h"
#include "sip/status.h"

namespace carillon::acc {

using namespace module;
using script::Value;

namespace {

constexpr std::chrono::seconds kTimeToWrite{5};  // what waits when the server ends; the rest goes to the disk

// "db", of extra_fields, leg_fields and do_accounting().
base::Result<Target> target_named(std::string_view name) {
  if (name == "log") return kLog;
  if (name == "db") return kDatabase;
  if (name == "evi") return kEvents;
  if (name == "aaa")
    return base::fail("there is no accounting to AAA servers here; \"log\", \"db\" and \"evi\" are there");
  return base::fail(fmt::format("there is no accounting to '{}'; \"log\", \"db\" and \"evi\" are there", name));
}

std::size_t place_of(Target target) { return static_cast<std::size_t>(std::countr_zero(static_cast<Targets>(target))); }

// "db: a; b->column_b"
base::Result<> parse_fields(std::string_view text, std::vector<std::string>& names,
                            std::array<TargetFields, kTargetCount>& fields,
                            std::vector<TargetField> TargetFields::* which) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return base::fail("must be \"db: name; name->name_in_record\"");
  const auto target = target_named(base::trim(text.substr(0, colon)));
  if (!target) return std::unexpected(target.error());
  auto& of_target = fields[place_of(*target)].*which;
  std::string_view rest = text.substr(colon + 1);
  while (!rest.empty()) {
    const std::string_view field = base::trim(base::take_until(rest, ';'));
    if (field.empty()) continue;
    const std::size_t arrow = field.find("->");
    const std::string_view in_script = base::trim(field.substr(0, arrow));
    const std::string_view in_record =
        arrow == std::string_view::npos ? in_script : base::trim(field.substr(arrow + 2));
    if (!sip::is_token(in_script) || !sip::is_token(in_record)) {
      return base::fail(fmt::format("'{}' is not a name", field));
    }
    const auto place = static_cast<std::size_t>(std::ranges::find(names, in_script) - names.begin());
    if (place == names.size()) names.emplace_back(in_script);
    if (std::ranges::find(of_target, place, &TargetField::at) != of_target.end()) {
      return base::fail(fmt::format("'{}' is declared twice", in_script));
    }
    of_target.push_back({.at = place, .in_record = std::string(in_record)});
  }
  return {};
}

base::Result<std::size_t> index_of(std::string_view name, const std::vector<std::string>& names,
                                   std::string_view parameter) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return base::fail(fmt::format("no {} declares '{}'", parameter, name));
  return static_cast<std::size_t>(found - names.begin());
}

// The field a variable names: looked up when the script was compiled, or now when the name is not a constant.
template <typename Index>
base::Result<std::size_t> field_of(const script::VariableRef& ref, const Acc& acc) {
  if (ref.compiled != nullptr) return static_cast<const Index*>(ref.compiled)->at;
  const auto found = Index::parse(ref.sub_name, acc);
  if (!found) return std::unexpected(found.error());
  return found->at;
}

Value value_of(RouteContext& context, const std::optional<std::string>& stored) {
  return stored ? Value::text(context.keep(*stored)) : Value::null();
}

std::optional<std::string> stored_form(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.has_text() ? std::string(value.as_text()) : fmt::format_int(value.as_integer()).str();
}

// Without an index the current leg, which is the last.
std::optional<std::size_t> leg_at(const Account& accounting, const script::Index& index) {
  const auto count = static_cast<std::int64_t>(accounting.legs.size());
  std::int64_t at = index.kind == script::Index::Kind::At ? index.at : -1;
  if (at < 0) at += count;
  if (at < 0 || at >= count) return std::nullopt;
  return static_cast<std::size_t>(at);
}

// "404 not here": the status and the reason of a record.
Accounting::Answer parse_comment(std::string_view comment) {
  constexpr std::size_t kDigits = 3;
  Accounting::Answer answer{.code = {}, .reason = comment, .to_tag = {}};
  const std::string_view code = comment.substr(0, kDigits);
  const auto status = base::parse_number<unsigned>(code);
  if (code.size() != kDigits || !status) return answer;
  answer.code = code;
  answer.reason = base::trim(comment.substr(kDigits));
  if (answer.reason.empty()) answer.reason = sip::default_reason(static_cast<int>(*status));
  return answer;
}

}  // namespace

base::Result<TableName> TableName::parse(std::string_view text, Acc& acc) {
  if (text.empty()) return base::fail("must name a table");
  if (auto there = acc.expect_database(); !there) return std::unexpected(std::move(there.error()));
  return TableName{std::string(text)};
}

base::Result<RecordTypes> RecordTypes::parse(std::string_view text, Acc& acc) {
  if (base::trim(text).empty()) return base::fail("must name \"log\", \"db\" or \"evi\"");
  RecordTypes types;
  while (!text.empty()) {
    const auto target = target_named(base::trim(base::take_until(text, '|')));
    if (!target) return std::unexpected(target.error());
    types.targets |= *target;
    if (*target != kDatabase) continue;
    if (auto there = acc.expect_database(); !there) return std::unexpected(std::move(there.error()));
  }
  return types;
}

base::Result<> Acc::expect_database() {
  if (clock_ != nullptr && writer_ == nullptr)
    return base::fail("nothing asked for a database when the server started");
  uses_database_ = true;
  return {};
}

base::Result<RecordFlags> RecordFlags::parse(std::string_view text) {
  RecordFlags flags;
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, '|'));
    if (name == "missed") {
      flags.missed = true;
    } else if (name == "failed") {
      flags.failed = true;
    } else if (name == "cdr") {
      flags.cdr = true;
    } else if (!name.empty()) {
      return base::fail(fmt::format("unknown flag '{}'; there are cdr, missed and failed", name));
    }
  }
  return flags;
}

base::Result<ExtraIndex> ExtraIndex::parse(std::string_view name, const Acc& acc) {
  const auto found = index_of(name, acc.extra_names(), "extra_fields");
  if (!found) return std::unexpected(found.error());
  return ExtraIndex{*found};
}

base::Result<LegIndex> LegIndex::parse(std::string_view name, const Acc& acc) {
  const auto found = index_of(name, acc.leg_names(), "leg_fields");
  if (!found) return std::unexpected(found.error());
  return LegIndex{*found};
}

base::Result<> Acc::start(Services& services) {
  constexpr std::array kLevels = {-3, -2, -1, 1, 2, 3, 4};
  if (std::ranges::find(kLevels, log_level) == kLevels.end()) return base::fail("log_level must be -3 to 4, and not 0");
  clock_ = &services.clock;
  events_ = {.answered = &services.events.name("E_ACC_EVENT"),
             .missed = &services.events.name("E_ACC_MISSED_EVENT"),
             .cdr = &services.events.name("E_ACC_CDR")};
  dialogs_ = services.find<dialog::DialogService>();
  if (dialogs_ != nullptr) dialogs_->follow(*this);
  return open_database(services);
}

void Acc::stop() {
  if (writer_ != nullptr) writer_->stop(kTimeToWrite);
  writer_.reset();
  database_.close();
}

const TargetFields& Acc::fields(Target target) const { return fields_[place_of(target)]; }

base::Result<> Acc::set_extra_fields(const Value& value) {
  return parse_fields(value.as_text(), extra_names_, fields_, &TargetFields::extra);
}
base::Result<> Acc::set_leg_fields(const Value& value) {
  return parse_fields(value.as_text(), leg_names_, fields_, &TargetFields::legs);
}

base::Result<> Acc::set_aaa_url(const Value& value) {
  if (value.has_text() && value.as_text().empty()) return {};
  return base::fail("there is no accounting to AAA servers here");
}

Accounting* Acc::find(RouteContext& context) const {
  for (const auto& observer : context.transaction_observers()) {
    if (observer->owner() == this) return static_cast<Accounting*>(observer.get());
  }
  return nullptr;
}

Accounting& Acc::find_or_make(RouteContext& context) const {
  if (Accounting* found = find(context)) return *found;
  auto made = std::make_unique<Accounting>(*this);
  Accounting& accounting = *made;
  context.transaction_observers().push_back(std::move(made));
  return accounting;
}

CallAccounting* Acc::find_call(RouteContext& context) const {
  const dialog::Dialog* dialog = dialogs_ != nullptr ? dialogs_->current(context) : nullptr;
  return dialog != nullptr ? dialog->find_observer<CallAccounting>(this) : nullptr;
}

bool Acc::follow_call(RouteContext& context, Accounting& accounting) {
  if (dialogs_ == nullptr) {
    log::error("do_accounting(): \"cdr\" needs loadmodule \"dialog.so\"");
    return false;
  }
  dialog::Dialog* dialog = dialogs_->current(context);
  if (dialog == nullptr) dialog = dialogs_->create(context, 0);
  if (dialog == nullptr) return false;
  if (dialog->find_observer<CallAccounting>(this) == nullptr) {
    dialog->observers.push_back(std::make_unique<CallAccounting>(*this, accounting.own(), CallAccounting::Since::Now));
  }
  return true;
}

// A call of before a restart.
void Acc::on_loaded(dialog::Dialog& dialog) {
  const dialog::DialogValue* value = dialog.find_value(kDialogValue);
  if (value == nullptr) return;
  auto account = std::make_shared<Account>(*this);
  if (!account->unpack(value->text, *this)) {
    log::error("acc: what the dialog of call {} says about its accounting can't be read", dialog.call_id);
    return;
  }
  if (account->started / CallTimes::kSecond == dialog.started / CallTimes::kSecond) {
    dialog.created = account->created;
    dialog.started = account->started;
  }
  dialog.observers.push_back(
      std::make_unique<CallAccounting>(*this, std::move(account), CallAccounting::Since::BeforeRestart));
}

// The dialog may have been made before this: then it was saved when its INVITE was answered, without that answer.
void Acc::on_call_answered(routing::ProxyTransaction& transaction) const {
  dialog::Dialog* dialog = dialogs_ != nullptr ? dialogs_->of(transaction) : nullptr;
  if (dialog != nullptr) dialogs_->touch(*dialog);
}

void Acc::complain_about_size(const dialog::Dialog& dialog) const {
  log::error("acc: there is no room for the accounting of call {} among its dialog's values; a restart would lose it",
             dialog.call_id);
}

Verdict Acc::do_accounting(RouteContext& context, const Parsed<RecordTypes>& types,
                           const std::optional<Parsed<RecordFlags>>& flags, std::optional<std::string_view> table) {
  const sip::Method method = context.message().method();
  if (method == sip::Method::Ack) return kTrue;
  const Targets targets = types->targets;
  if ((targets & kDatabase) != 0 && writer_ == nullptr) {
    log::error("do_accounting(): \"db\" needs a db_url");
    return kFalse;
  }
  Accounting& accounting = find_or_make(context);
  Account& account = *accounting.own();
  account.upstream = detect_direction && !context.message().to_tag().empty() &&
                     routing::is_direction(context, routing::Direction::Upstream);
  if (table && !table->empty()) account.table = *table;
  if (method == sip::Method::Cancel) {
    // A CANCEL of an INVITE we know is answered by the proxy core as soon as it is relayed (RFC 3261 section 16.10).
    if (report_cancels && context.matched() != nullptr) {
      accounting.write(targets, Occasion::Answered, context.message(),
                       {.code = "200", .reason = "canceling", .to_tag = {}});
    }
    return kTrue;
  }
  account.wishes.enabled |= targets;
  if (!flags) return kTrue;
  if ((*flags)->missed) account.wishes.missed |= targets;
  if ((*flags)->failed) account.wishes.failed |= targets;
  if ((*flags)->cdr && method == sip::Method::Invite) {
    if (!follow_call(context, accounting)) return kFalse;
    account.wishes.cdr |= targets;
  }
  return kTrue;
}

Verdict Acc::drop_accounting(RouteContext& context, const std::optional<Parsed<RecordTypes>>& types,
                             const std::optional<Parsed<RecordFlags>>& flags) {
  Accounting* accounting = find(context);
  const Targets targets = types ? (*types)->targets : kAllTargets;
  if (accounting == nullptr || (accounting->account().wishes.enabled & targets) == 0) return kFalse;
  Wishes& wishes = accounting->account().wishes;
  const auto take = [targets](Targets& from, bool wanted) {
    if (wanted) from &= static_cast<Targets>(~targets);
  };
  take(wishes.enabled, !flags);
  take(wishes.cdr, !flags || (*flags)->cdr);
  take(wishes.missed, !flags || (*flags)->missed);
  take(wishes.failed, !flags || (*flags)->failed);
  return kTrue;
}

Verdict Acc::record_now(RouteContext& context, Targets target, std::string_view comment, std::string_view table) {
  find_or_make(context).write(target, Occasion::Requested, context.message(), parse_comment(comment), table);
  return kTrue;
}

Verdict Acc::acc_log_request(RouteContext& context, std::string_view comment) {
  return record_now(context, kLog, comment, {});
}

Verdict Acc::acc_db_request(RouteContext& context, std::string_view comment, const Parsed<TableName>& table) {
  return Verdict::of(record_request(context, true, comment, table->text));
}

bool Acc::record_request(RouteContext& context, bool in_database, std::string_view comment, std::string_view table) {
  if (in_database && writer_ == nullptr) {
    log::error("acc_db_request() needs a db_url");
    return false;
  }
  record_now(context, in_database ? kDatabase : kLog, comment, in_database ? table : std::string_view{});
  return true;
}

Verdict Acc::acc_evi_request(RouteContext& context, std::string_view comment) {
  return record_now(context, kEvents, comment, {});
}

Verdict Acc::acc_load_ctx_from_dlg(RouteContext& context) {
  const CallAccounting* call = find_call(context);
  if (call == nullptr) return kFalse;
  return Verdict::of(find_or_make(context).show(call->account()));
}

Verdict Acc::acc_unload_ctx_from_dlg(RouteContext& context) {
  Accounting* accounting = find(context);
  return Verdict::of(accounting != nullptr && accounting->show(nullptr));
}

// The account of a call is written with its dialog.
void Acc::on_changed(RouteContext& context, const Accounting& accounting) const {
  const CallAccounting* call = find_call(context);
  if (call == nullptr || (call->account() != accounting.own() && call->account()->wishes.cdr == 0)) return;
  if (dialog::Dialog* dialog = dialogs_->current(context)) dialogs_->touch(*dialog);
}

Verdict Acc::acc_new_leg(RouteContext& context) {
  Accounting& accounting = find_or_make(context);
  Account& account = accounting.account();
  if (leg_names_.empty() || account.legs.size() >= kMaxLegs) return kFalse;
  account.legs.emplace_back(leg_names_.size());
  on_changed(context, accounting);
  return kTrue;
}

Value Acc::read_extra(RouteContext& context, const script::VariableRef& ref) {
  Accounting* accounting = find(context);
  const auto field = field_of<ExtraIndex>(ref, *this);
  return accounting != nullptr && field ? value_of(context, accounting->account().extra[*field]) : Value::null();
}

base::Result<> Acc::write_extra(RouteContext& context, const script::VariableRef& ref, const Value& value) {
  const auto field = field_of<ExtraIndex>(ref, *this);
  if (!field) return std::unexpected(field.error());
  Accounting& accounting = find_or_make(context);
  accounting.account().extra[*field] = stored_form(value);
  on_changed(context, accounting);
  return {};
}

Value Acc::read_leg(RouteContext& context, const script::VariableRef& ref) {
  Accounting* accounting = find(context);
  const auto field = field_of<LegIndex>(ref, *this);
  if (accounting == nullptr || !field) return Value::null();
  const Account& account = accounting->account();
  const auto leg = leg_at(account, ref.index);
  return leg ? value_of(context, account.legs[*leg][*field]) : Value::null();
}

base::Result<> Acc::write_leg(RouteContext& context, const script::VariableRef& ref, const Value& value) {
  const auto field = field_of<LegIndex>(ref, *this);
  if (!field) return std::unexpected(field.error());
  Accounting& accounting = find_or_make(context);
  const auto leg = leg_at(accounting.account(), ref.index);
  if (!leg) return base::fail(fmt::format("there is no leg {}; acc_new_leg() makes one", ref.index.at));
  accounting.account().legs[*leg][*field] = stored_form(value);
  on_changed(context, accounting);
  return {};
}

Value Acc::current_leg(RouteContext& context, const script::VariableRef& /*ref*/) {
  Accounting* accounting = find(context);
  if (accounting == nullptr || leg_names_.empty()) return Value::null();
  return Value::integer(static_cast<std::int64_t>(accounting->account().legs.size()) - 1);
}

}  // namespace carillon::acc
