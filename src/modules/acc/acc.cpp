// SPDX-License-Identifier: Apache-2.0
// See acc.h.
#include "modules/acc/acc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
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

// The targets that the reference has and we have not.
bool is_other_target(std::string_view name) { return name == "db" || name == "aaa" || name == "evi"; }

base::Result<> check_target(std::string_view name) {
  if (name == "log") return {};
  if (is_other_target(name)) {
    return base::fail(fmt::format("\"{}\" accounting comes with the databases issue; \"log\" is there now", name));
  }
  return base::fail(fmt::format("there is no accounting to '{}'; \"log\" is there", name));
}

// "log: a; b->name"
base::Result<> parse_fields(std::string_view text, std::vector<FieldName>& names) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return base::fail("must be \"log: name; name->name_in_record\"");
  if (auto target = check_target(base::trim(text.substr(0, colon))); !target) return target;
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
    const auto declared = [in_script](const FieldName& name) { return name.in_script == in_script; };
    if (std::ranges::any_of(names, declared)) return base::fail(fmt::format("'{}' is declared twice", in_script));
    names.push_back({std::string(in_script), std::string(in_record)});
  }
  return {};
}

base::Result<std::size_t> index_of(std::string_view name, const std::vector<FieldName>& names,
                                   std::string_view parameter) {
  const auto found = std::ranges::find(names, name, &FieldName::in_script);
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
std::optional<std::size_t> leg_at(const Accounting& accounting, const script::Index& index) {
  const auto count = static_cast<std::int64_t>(accounting.legs.size());
  std::int64_t at = index.kind == script::Index::Kind::At ? index.at : -1;
  if (at < 0) at += count;
  if (at < 0 || at >= count) return std::nullopt;
  return static_cast<std::size_t>(at);
}

std::vector<std::unique_ptr<routing::TransactionObserver>>& observers_of(RouteContext& context) {
  return context.transaction != nullptr ? context.transaction->observers : context.observers;
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

base::Result<RecordTypes> RecordTypes::parse(std::string_view text) {
  if (base::trim(text).empty()) return base::fail("must be \"log\"");
  while (!text.empty()) {
    if (auto target = check_target(base::trim(base::take_until(text, '|'))); !target) {
      return std::unexpected(std::move(target.error()));
    }
  }
  return RecordTypes{};
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
      return base::fail("\"cdr\" needs the module dialog, which comes with the dialogs issue");
    } else if (!name.empty()) {
      return base::fail(fmt::format("unknown flag '{}'; there are missed and failed", name));
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
  return {};
}

base::Result<> Acc::set_extra_fields(const Value& value) { return parse_fields(value.as_text(), extra_names_); }
base::Result<> Acc::set_leg_fields(const Value& value) { return parse_fields(value.as_text(), leg_names_); }

base::Result<> Acc::set_other_target(const Value& value) {
  if (value.has_text() && value.as_text().empty()) return {};
  return base::fail("accounting to databases and AAA servers comes with the databases issue; \"log\" is there now");
}

base::Result<> Acc::set_accepted(const Value& /*value*/) { return {}; }

Accounting* Acc::find(RouteContext& context) const {
  for (const auto& observer : observers_of(context)) {
    if (observer->owner() == this) return static_cast<Accounting*>(observer.get());
  }
  return nullptr;
}

Accounting& Acc::find_or_make(RouteContext& context) const {
  if (Accounting* found = find(context)) return *found;
  auto made = std::make_unique<Accounting>(*this);
  Accounting& accounting = *made;
  observers_of(context).push_back(std::move(made));
  return accounting;
}

Verdict Acc::do_accounting(RouteContext& context, const Parsed<RecordTypes>& /*types*/,
                           const std::optional<Parsed<RecordFlags>>& flags, std::optional<std::string_view> /*table*/) {
  const sip::Method method = context.message().method();
  if (method == sip::Method::Ack) return kTrue;
  Accounting& accounting = find_or_make(context);
  accounting.upstream = detect_direction && !context.message().to_tag().empty() &&
                        routing::is_direction(context, routing::Direction::Upstream);
  if (method == sip::Method::Cancel) {
    // A CANCEL of an INVITE we know is answered by the proxy core as soon as it is relayed (RFC 3261 section 16.10).
    if (report_cancels && context.matched() != nullptr) {
      accounting.write(Occasion::Answered, context.message(), {.code = "200", .reason = "canceling", .to_tag = {}});
    }
    return kTrue;
  }
  accounting.enabled = true;
  accounting.missed = accounting.missed || (flags && (*flags)->missed);
  accounting.failed = accounting.failed || (flags && (*flags)->failed);
  return kTrue;
}

Verdict Acc::drop_accounting(RouteContext& context, const std::optional<Parsed<RecordTypes>>& /*types*/,
                             const std::optional<Parsed<RecordFlags>>& flags) {
  Accounting* accounting = find(context);
  if (accounting == nullptr || !accounting->enabled) return kFalse;
  accounting->enabled = flags.has_value();
  accounting->missed = accounting->missed && flags && !(*flags)->missed;
  accounting->failed = accounting->failed && flags && !(*flags)->failed;
  return kTrue;
}

Verdict Acc::acc_log_request(RouteContext& context, std::string_view comment) {
  find_or_make(context).write(Occasion::Requested, context.message(), parse_comment(comment));
  return kTrue;
}

Verdict Acc::acc_new_leg(RouteContext& context) {
  Accounting& accounting = find_or_make(context);
  if (leg_names_.empty() || accounting.legs.size() >= kMaxLegs) return kFalse;
  accounting.legs.emplace_back(leg_names_.size());
  return kTrue;
}

Value Acc::read_extra(RouteContext& context, const script::VariableRef& ref) {
  const Accounting* accounting = find(context);
  const auto field = field_of<ExtraIndex>(ref, *this);
  return accounting != nullptr && field ? value_of(context, accounting->extra[*field]) : Value::null();
}

base::Result<> Acc::write_extra(RouteContext& context, const script::VariableRef& ref, const Value& value) {
  const auto field = field_of<ExtraIndex>(ref, *this);
  if (!field) return std::unexpected(field.error());
  find_or_make(context).extra[*field] = stored_form(value);
  return {};
}

Value Acc::read_leg(RouteContext& context, const script::VariableRef& ref) {
  const Accounting* accounting = find(context);
  const auto field = field_of<LegIndex>(ref, *this);
  if (accounting == nullptr || !field) return Value::null();
  const auto leg = leg_at(*accounting, ref.index);
  return leg ? value_of(context, accounting->legs[*leg][*field]) : Value::null();
}

base::Result<> Acc::write_leg(RouteContext& context, const script::VariableRef& ref, const Value& value) {
  const auto field = field_of<LegIndex>(ref, *this);
  if (!field) return std::unexpected(field.error());
  Accounting& accounting = find_or_make(context);
  const auto leg = leg_at(accounting, ref.index);
  if (!leg) return base::fail(fmt::format("there is no leg {}; acc_new_leg() makes one", ref.index.at));
  accounting.legs[*leg][*field] = stored_form(value);
  return {};
}

Value Acc::current_leg(RouteContext& context, const script::VariableRef& /*ref*/) {
  const Accounting* accounting = find(context);
  if (accounting == nullptr || leg_names_.empty()) return Value::null();
  return Value::integer(static_cast<std::int64_t>(accounting->legs.size()) - 1);
}

}  // namespace carillon::acc
