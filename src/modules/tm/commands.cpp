// SPDX-License-Identifier: Apache-2.0
// What acts on other transactions than that of the request at hand: t_reply_by_callid(), t_inject_branches() and the
// management commands. See tm.h.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "modules/tm/tm.h"
#include "routing/own_request.h"
#include "shard/context.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "sip/header_lines.h"

namespace carillon::tm {

using namespace module;
using management::Json;
using management::Parameters;
using routing::Reply;
using routing::RequestTarget;
using script::Value;

template <typename Work>
base::Task<bool> Tm::in_shard(shard::Shard& here, shard::ShardId there, Work work) const {
  if (there == here.id()) co_return work(services_->proxies->proxy_of(here));
  auto answer = here.suspend<bool>();
  services_->shards.post(there, [this, handle = answer.handle(), job = std::move(work)](shard::Shard& shard) {
    services_->shards.resume(handle, job(services_->proxies->proxy_of(shard)));
  });
  co_return co_await answer;
}

// --- branches that come later

Verdict Tm::t_wait_for_new_branches(RouteContext& context, std::optional<int> branches) {
  if (branches.value_or(0) < 0) return kFalse;
  if (context.transaction == nullptr && t_newtran(context).code < 0) return kFalse;
  return Verdict::of(context.transaction->wait_for_branches(context, static_cast<unsigned>(branches.value_or(0))));
}

Verdict Tm::t_wait_no_more_branches(RouteContext& context) {
  return Verdict::of(context.transaction != nullptr && context.transaction->end_wait());
}

namespace {

// What event E_UL_CONTACT_INSERT tells of a contact, in AVPs of these names.
std::optional<RequestTarget> target_in_avps(RouteContext& context) {
  const script::AvpList& avps = context.avps();
  const Value address = avps.get("address");
  if (!address.has_text()) return std::nullopt;
  const auto text = [&avps](std::string_view name) {
    const Value value = avps.get(name);
    return value.has_text() ? value.as_text() : std::string_view{};
  };
  RequestTarget target{.uri = address.as_text(), .destination = text("received"), .path = text("path")};
  const Value q = avps.get("qval");
  if (q.has_integer() && q.as_integer() >= 0 && q.as_integer() <= 1000) {
    target.q = static_cast<std::uint16_t>(q.as_integer());
  }
  const Value flags = avps.get("bflags");
  if (flags.has_integer()) target.flags = static_cast<std::uint32_t>(flags.as_integer());
  if (const auto* listener = context.proxy().transport().find_listener(text("socket"))) target.socket = listener->id;
  return target;
}

// The targets of the message: of a request all, of a response those that the route has added.
routing::TargetSet targets_of_message(const RouteContext& context) {
  const routing::TargetSet& all = context.decision.targets;
  return {context.message().is_request() ? all.begin() : all.begin() + 1, all.end()};
}

}  // namespace

base::Task<Verdict> Tm::t_inject_branches(RouteContext& context, std::string_view source,
                                          std::optional<std::string_view> flags) {
  if (context.transaction == nullptr) co_return kFalse;
  routing::ProxyTransaction::Injection how;
  std::string_view list = flags.value_or("");
  while (!list.empty()) {
    const std::string_view flag = base::trim(base::take_until(list, ','));
    how.cancel_others = how.cancel_others || flag == "cancel" || flag == "c";
    how.is_last = how.is_last || flag == "last" || flag == "l";
  }
  routing::TargetSet targets;
  if (source == "msg") {
    targets = targets_of_message(context);
    context.decision.targets.resize(1);
  } else if (source == "event") {
    if (const auto target = target_in_avps(context)) targets.push_back(*target);
  }
  co_return co_await context.transaction->inject(std::move(targets), how);
}

// --- answers to other requests

base::Task<Verdict> Tm::t_reply_by_callid(RouteContext& context, int code, std::string_view reason,
                                          std::optional<std::string_view> call_id,
                                          std::optional<std::string_view> cseq) {
  if (code < 100 || code > 699) co_return kFalse;
  std::optional<std::uint32_t> number = context.message().cseq().number;
  if (cseq) number = base::parse_number<std::uint32_t>(*cseq);
  if (!number) co_return kFalse;
  const std::string wanted(call_id.value_or(context.message().call_id()));
  const auto answer = [wanted, number, code, text = std::string(reason)](routing::Proxy& proxy) {
    return proxy.reply_by_call_id(wanted, number, {.status = code, .reason = text});
  };
  const shard::ShardId there = services_->transport.shard_of_call_id(wanted);
  co_return Verdict::of(co_await in_shard(context.proxy().shard(), there, answer));
}

// --- requests of our own

namespace {

// A name-addr stays one; a URI becomes one.
std::string name_addr(std::string_view text) {
  return text.find('<') != std::string_view::npos ? std::string(text) : fmt::format("<{}>", text);
}

}  // namespace

base::Task<Verdict> Tm::t_replicate(RouteContext& context, std::string_view uri,
                                    std::optional<std::string_view> /*flags*/) {
  if (context.transaction == nullptr && t_newtran(context).code < 0) co_return kFalse;
  co_return co_await routing::replicate(context, std::string(uri));
}

Verdict Tm::t_new_request(RouteContext& context, std::string_view method, std::string_view request_uri,
                          std::string_view from, std::string_view to, std::optional<std::string_view> body,
                          std::optional<std::string_view> uac_context) {
  routing::OwnRequest request{.method = std::string(method), .request_uri = std::string(request_uri)};
  request.headers = fmt::format("From: {}\r\nTo: {}\r\n", name_addr(from), name_addr(to));
  if (body && !body->empty()) {
    std::string_view text = *body;
    request.headers += fmt::format("Content-Type: {}\r\n", base::take_until(text, ' '));
    request.body = text;
  }
  request.context = uac_context.value_or("");
  if (!routing::build_own_request(request)) return kFalse;
  context.proxy().shard().start(routing::send_own_request(context.proxy(), context.program, std::move(request)),
                                [](const base::Result<routing::OwnAnswer>& answer) {
                                  if (!answer) log::warning("t_new_request: {}", answer.error().message);
                                });
  return kTrue;
}

// --- management commands

namespace {

constexpr int kNotFound = 404;
constexpr int kBadRequest = 400;

// $T_id: the shard and the key in hexadecimal.
struct TransactionName {
  shard::ShardId shard = 0;
  std::uint64_t key = 0;

  static std::optional<TransactionName> parse(std::string_view text) {
    const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
      std::uint64_t value = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
      if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
      return value;
    };
    const auto shard = number(base::take_until(text, ':'));
    const auto key = number(text);
    if (!shard || *shard >= shard::kShards || !key) return std::nullopt;
    return TransactionName{static_cast<shard::ShardId>(*shard), *key};
  }
};

std::string text_of(const Parameters& parameters, std::string_view name) {
  return parameters.has(name) ? parameters.text(name).value_or("") : std::string();
}

}  // namespace

base::Task<base::Result<Json>> Tm::reply(Parameters parameters) {
  const auto code = parameters.integer("code");
  if (!code) co_return std::unexpected(code.error());
  if (*code < 100 || *code > 699) co_return base::fail("Bad code", kBadRequest);
  const auto name = TransactionName::parse(text_of(parameters, "trans_id"));
  if (!name) co_return base::fail("Bad trans_id", kBadRequest);
  std::string headers = text_of(parameters, "new_headers");
  if (headers == ".") headers.clear();
  if (!headers.empty() && !headers.ends_with("\r\n")) headers += "\r\n";
  if (!headers.empty() && !sip::are_header_lines(headers)) co_return base::fail("Bad headers", kBadRequest);
  const auto answer = [key = name->key, status = static_cast<int>(*code), reason = text_of(parameters, "reason"),
                       to_tag = text_of(parameters, "to_tag"), headers,
                       body = text_of(parameters, "body")](routing::Proxy& proxy) {
    return proxy.reply_by_key(key, {.status = status, .reason = reason, .headers = headers, .body = body}, to_tag);
  };
  if (!co_await in_shard(*shard::context.shard, name->shard, answer)) {
    co_return base::fail("Transaction not found", kNotFound);
  }
  co_return Json("OK");
}

// "." stands for nothing, as in the old FIFO.
base::Task<base::Result<Json>> Tm::uac_dlg(Parameters parameters) {
  const auto given = [&parameters](std::string_view name) {
    std::string text = text_of(parameters, name);
    return text == "." ? std::string() : text;
  };
  routing::OwnRequest request{.method = given("method"), .request_uri = given("ruri"), .headers = given("headers")};
  if (!request.headers.ends_with("\n")) request.headers += "\r\n";
  request.body = given("body");
  request.next_hop = given("next_hop");
  if (const std::string socket = given("socket"); !socket.empty()) {
    const transport::Listener* listener = services_->transport.find_listener(socket);
    if (listener == nullptr) co_return base::fail("Send socket not found", kNotFound);
    request.socket = listener->id;
  }
  shard::Shard& here = *shard::context.shard;
  routing::Proxies& proxies = *services_->proxies;
  const auto answer =
      co_await routing::send_own_request(proxies.proxy_of(here), proxies.program_in(here), std::move(request));
  if (!answer) co_return std::unexpected(answer.error());
  Json result = Json::object();
  result.add("Status", fmt::format("{} {}", answer->status, answer->reason));
  result.add("Message", answer->message);
  co_return result;
}

base::Task<base::Result<Json>> Tm::uac_cancel(Parameters parameters) {
  const auto call_id = parameters.text("callid");
  const auto cseq = parameters.integer("cseq");
  if (!call_id) co_return std::unexpected(call_id.error());
  if (!cseq || *cseq < 0 || *cseq > 0xffffffffLL) co_return base::fail("Bad CSeq", kBadRequest);
  const auto cancel = [wanted = *call_id, number = static_cast<std::uint32_t>(*cseq)](routing::Proxy& proxy) {
    return proxy.cancel_by_call_id(wanted, number);
  };
  const shard::ShardId there = services_->transport.shard_of_call_id(*call_id);
  if (!co_await in_shard(*shard::context.shard, there, cancel)) co_return base::fail("No such transaction", 481);
  co_return Json("OK");
}

}  // namespace carillon::tm
