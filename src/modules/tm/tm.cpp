// SPDX-License-Identifier: Apache-2.0
// See tm.h.
#include "modules/tm/tm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/strings.h"
#include "module/services.h"
#include "routing/flag_names.h"
#include "routing/outgoing_request.h"
#include "sip/header_lines.h"

namespace carillon::tm {

using namespace module;
using routing::ProxyTransaction;
using script::RouteKind;
using script::Value;

namespace {

struct RelayFlag {
  std::string_view name;
  unsigned bit;  // in the numbers of before 3.2
  bool RelayFlags::* flag;
};

constexpr auto kRelayFlags = std::to_array<RelayFlag>({
    {"no-auto-477", 0x02, &RelayFlags::no_auto_477},
    {"no-dns-failover", 0x04, &RelayFlags::no_dns_failover},
    {"pass-reason-hdr", 0x08, &RelayFlags::pass_reason_hdr},
    {"allow-no-cancel", 0x10, &RelayFlags::allow_no_cancel},
});
constexpr unsigned kNoTrying = 0x01;

// A number, as older versions wrote the flags.
std::optional<unsigned> relay_bits(std::string_view text) {
  text = base::trim(text);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

}  // namespace

base::Result<RelayFlags> RelayFlags::parse(std::string_view text) {
  RelayFlags flags;
  if (const auto bits = relay_bits(text)) {
    flags.no_trying = (*bits & kNoTrying) != 0;
    for (const RelayFlag& one : kRelayFlags) flags.*one.flag = (*bits & one.bit) != 0;
    return flags;
  }
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, ','));
    if (name.empty()) continue;
    const auto* const row = std::ranges::find(kRelayFlags, name, &RelayFlag::name);
    if (row == kRelayFlags.end()) return base::fail(fmt::format("unknown flag '{}'", name));
    flags.*row->flag = true;
  }
  return flags;
}

std::string RelayFlags::today(std::string_view text) {
  const auto bits = relay_bits(text);
  if (!bits || *bits == 0) return {};
  std::vector<std::string_view> names;
  for (const RelayFlag& one : kRelayFlags) {
    if ((*bits & one.bit) != 0) names.push_back(one.name);
  }
  return names.empty() ? "modparam(tm, auto_100trying, 0)" : fmt::format("{}", fmt::join(names, ","));
}

// t_relay(proxy, flags) until 2.4: a proxy has a dot or a colon, and flags have neither.
std::optional<script::ArgumentOrder> OutboundProxy::stands_first(std::span<const std::string_view> literals) {
  static constexpr auto kSwapped = std::to_array<std::uint8_t>({1, 0});
  if (literals.empty() || literals.front().find_first_of(".:") == std::string_view::npos) return std::nullopt;
  if (literals.front().starts_with('$')) return std::nullopt;
  return kSwapped;
}

base::Result<OutboundProxy> OutboundProxy::parse(std::string_view text) {
  auto target = routing::parse_destination(text);
  if (!target) return std::unexpected(target.error());
  return OutboundProxy{std::move(*target)};
}

base::Result<> Tm::start(Services& services) {
  services_.emplace(services);
  routing::ProxySettings& settings = services.proxy_settings;
  if (!minor_branch_flag.empty()) {
    const auto mask = services.flag_names.mask(routing::FlagSpace::Branch, minor_branch_flag);
    if (!mask) return std::unexpected(mask.error());
    settings.minor_branches = *mask;
  }
  settings.transactions.t1 = t1_timer;
  settings.transactions.t2 = t2_timer;
  settings.transactions.t4 = wt_timer;
  settings.transactions.fr_timeout = fr_timeout;
  settings.transactions.fr_inv_timeout = fr_inv_timeout;
  settings.transactions.restart_fr_on_each_reply = restart_fr_on_each_reply;
  settings.transactions.max_server_transactions = max_transactions;
  settings.transactions.max_client_transactions = 2 * max_transactions;
  settings.auto_100trying = auto_100trying;
  settings.onreply_avp_mode = onreply_avp_mode;
  settings.disable_6xx_block = disable_6xx_block;
  if (t1_timer.count() == 0 || t2_timer < t1_timer)
    return base::fail("T1_timer must be above 0 and T2_timer not below it");
  if (fr_timeout.count() == 0 || fr_inv_timeout.count() == 0) return base::fail("a timeout of 0 would end every call");
  return {};
}

Verdict Tm::t_newtran(RouteContext& context) {
  if (context.transaction != nullptr) return kTrue;
  const sip::Method method = context.message().method();
  if (method == sip::Method::Ack || method == sip::Method::Cancel) return kFalse;
  return Verdict::of(context.proxy().create_transaction(context).has_value());
}

Verdict Tm::t_reply(RouteContext& context, int code, std::string_view reason) {
  return t_reply_with_body(context, code, reason, {});
}

Verdict Tm::t_reply_with_body(RouteContext& context, int code, std::string_view reason, std::string_view body) {
  if (code < 100 || code > 699) return kFalse;
  if (context.transaction == nullptr && context.message().method() != sip::Method::Cancel &&
      t_newtran(context).code < 0) {
    return kFalse;
  }
  return Verdict::of(context.proxy().reply(context, {.status = code, .reason = reason, .body = body}));
}

base::Task<Verdict> Tm::t_relay(RouteContext& context, std::optional<Parsed<RelayFlags>> flags,
                                std::optional<Parsed<OutboundProxy>> outbound_proxy) {
  routing::RelayOptions options;
  if (flags) {
    options.no_trying = (*flags)->no_trying;
    options.no_automatic_reply = (*flags)->no_auto_477;
    options.no_dns_failover = (*flags)->no_dns_failover;
    options.pass_reason = (*flags)->pass_reason_hdr;
    options.allow_no_cancel = (*flags)->allow_no_cancel;
  }
  if (outbound_proxy) options.outbound_proxy = (*outbound_proxy)->target;
  co_return co_await context.proxy().relay(context, std::move(options));
}

Verdict Tm::t_on_failure(RouteContext& context, RouteName<RouteKind::Failure> route) {
  context.decision.armed.failure = context.program->find_route(RouteKind::Failure, route.text);
  return Verdict::of(context.decision.armed.failure.has_value());
}

Verdict Tm::t_on_reply(RouteContext& context, RouteName<RouteKind::Reply> route) {
  context.decision.armed.reply = context.program->find_route(RouteKind::Reply, route.text);
  return Verdict::of(context.decision.armed.reply.has_value());
}

Verdict Tm::t_on_branch(RouteContext& context, RouteName<RouteKind::Branch> route) {
  context.decision.armed.branch = context.program->find_route(RouteKind::Branch, route.text);
  return Verdict::of(context.decision.armed.branch.has_value());
}

int Tm::status_of(const RouteContext& context) {
  if (context.kind() == RouteKind::Reply) return context.message().status();
  const ProxyTransaction* transaction = context.transaction;
  if (transaction == nullptr) return 0;
  if (context.kind() == RouteKind::Failure && transaction->winner() != nullptr) return transaction->winner()->status();
  if (context.branch && *context.branch < transaction->branches().size()) {
    return transaction->branches()[*context.branch]->status();
  }
  return transaction->last_status();
}

Verdict Tm::t_check_status(RouteContext& context, const Pattern& pattern) {
  const int status = status_of(context);
  if (status == 0) return kFalse;
  return Verdict::of(pattern->matches(fmt::format_int(status).str()).value_or(false));
}

// What OpenSIPS absorbs here, retransmissions and ACKs of negative answers, never reaches the script.
Verdict Tm::t_check_trans(RouteContext& context) {
  if (context.transaction != nullptr) return kTrue;
  switch (context.message().method()) {
    case sip::Method::Cancel:
      return Verdict::of(context.matched() != nullptr);
    case sip::Method::Ack:
      return context.matched() != nullptr ? -2 : -1;
    default:
      return kFalse;
  }
}

Verdict Tm::t_was_cancelled(RouteContext& context) {
  return Verdict::of(context.transaction != nullptr && context.transaction->was_cancelled());
}

Verdict Tm::t_cancel_branch(RouteContext& context, std::optional<std::string_view> flags) {
  ProxyTransaction* transaction = context.transaction;
  if (transaction == nullptr || !context.branch || *context.branch >= transaction->branches().size()) return kFalse;
  routing::Branch& own = *transaction->branches()[*context.branch];
  const std::string_view which = flags.value_or("");
  if (which == "a") {
    transaction->cancel_branches();
  } else if (which == "o") {
    transaction->cancel_branches(&own);
  } else if (which.empty()) {
    transaction->cancel_branch(own);
  } else {
    return kFalse;
  }
  return kTrue;
}

Verdict Tm::t_local_replied(RouteContext& context, std::string_view which) {
  const ProxyTransaction* transaction = context.transaction;
  if (transaction == nullptr) return kFalse;
  const auto unheard = [](const auto& branch) { return !branch->was_heard(); };
  if (which == "all") return Verdict::of(std::ranges::all_of(transaction->branches(), unheard));
  if (which == "branch") return Verdict::of(std::ranges::all_of(transaction->last_set(), unheard));
  if (which != "last") return kFalse;
  const routing::Branch* winner = transaction->winner();
  return Verdict::of(winner != nullptr ? !winner->response() : transaction->last_reply_was_local());
}

Verdict Tm::t_flush_flags(RouteContext& context) {
  if (context.transaction == nullptr) return kFalse;
  context.transaction->flags = context.decision.flags;
  return kTrue;
}

Verdict Tm::t_add_hdrs(RouteContext& context, std::string_view headers) {
  if (!sip::are_header_lines(headers)) return kFalse;
  if (context.transaction == nullptr && t_newtran(context).code < 0) return kFalse;
  std::string_view& all = context.transaction->request_headers;
  if (!context.transaction->has_request()) return kFalse;
  all = context.transaction->stored_request()->arena().copy(std::string(all).append(headers));
  return kTrue;
}

Verdict Tm::t_add_cancel_reason(RouteContext& context, std::string_view header) {
  if (!sip::are_header_lines(header)) return kFalse;
  const transaction::ServerTransaction* invite = context.matched();
  if (invite == nullptr) return kFalse;
  auto* cancelled = dynamic_cast<ProxyTransaction*>(invite->user());
  if (cancelled == nullptr) return kFalse;
  cancelled->cancel_headers += header;
  return kTrue;
}

Value Tm::branch_index(RouteContext& context, const script::VariableRef& /*ref*/) {
  return context.branch ? Value::integer(*context.branch) : Value::null();
}

Value Tm::reply_code(RouteContext& context, const script::VariableRef& /*ref*/) {
  return Value::integer(status_of(context));
}

Value Tm::request_uri(RouteContext& context, const script::VariableRef& /*ref*/) {
  if (context.transaction == nullptr || !context.transaction->has_request()) return Value::null();
  return Value::text(context.transaction->request().request_uri_text());
}

Value Tm::transaction_id(RouteContext& context, const script::VariableRef& /*ref*/) {
  transaction::ServerTransaction* server = context.transaction != nullptr ? context.transaction->server() : nullptr;
  if (server == nullptr) return Value::null();
  return Value::text(context.keep(fmt::format("{:x}:{:x}", context.proxy().shard().id(), server->branch_key())));
}

namespace {

Value read_timeout(const std::optional<base::Duration>& own, std::chrono::seconds general) {
  return Value::integer(std::chrono::duration_cast<std::chrono::seconds>(own.value_or(general)).count());
}

// Of the transaction, or of the one that the request is going to have.
std::optional<base::Duration>& fr_timeout_of(RouteContext& context) {
  return context.transaction != nullptr ? context.transaction->fr_timeout : context.decision.fr_timeout;
}
std::optional<base::Duration>& fr_inv_timeout_of(RouteContext& context) {
  return context.transaction != nullptr ? context.transaction->fr_inv_timeout : context.decision.fr_inv_timeout;
}

base::Result<> write_timeout(std::optional<base::Duration>& timeout, const Value& value) {
  if (value.is_null()) {
    timeout.reset();
    return {};
  }
  if (!value.has_integer() || value.as_integer() <= 0) return base::fail("a timeout is a number of seconds above 0");
  timeout = std::chrono::seconds(value.as_integer());
  return {};
}

}  // namespace

Value Tm::read_fr_timeout(RouteContext& context, const script::VariableRef& /*ref*/) {
  return read_timeout(fr_timeout_of(context), fr_timeout);
}
base::Result<> Tm::write_fr_timeout(RouteContext& context, const script::VariableRef& /*ref*/, const Value& value) {
  return write_timeout(fr_timeout_of(context), value);
}
Value Tm::read_fr_inv_timeout(RouteContext& context, const script::VariableRef& /*ref*/) {
  return read_timeout(fr_inv_timeout_of(context), fr_inv_timeout);
}
base::Result<> Tm::write_fr_inv_timeout(RouteContext& context, const script::VariableRef& /*ref*/, const Value& value) {
  return write_timeout(fr_inv_timeout_of(context), value);
}

}  // namespace carillon::tm
