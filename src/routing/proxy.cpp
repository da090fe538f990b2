// SPDX-License-Identifier: Apache-2.0
// See proxy.h. Stateful relaying is proxy_transaction.cpp; building what is sent is outgoing_request.cpp.
#include "routing/proxy.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "routing/outgoing_request.h"
#include "routing/redirect_contacts.h"
#include "routing/refusal_limit.h"
#include "sip/response_builder.h"
#include "sip/status.h"

namespace carillon::routing {
namespace {

using sip::Method;

// What SER's "noisy feedback" told whoever debugs: who answers, and what about.
std::string warning_line(const RouteContext& context) {
  const sip::Message& request = context.message();
  const auto listeners = context.proxy().transport().listeners();
  const auto arrived = static_cast<std::size_t>(context.flow().listener);
  const auto quoted = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  };
  std::size_t vias = 0;
  for ([[maybe_unused]] const sip::ListItem item : request.items(sip::HeaderId::Via)) ++vias;
  return fmt::format(
      "Warning: 392 {} \"Noisy feedback tells:  pid={} req_src_ip={} req_src_port={} in_uri={} out_uri={} "
      "via_cnt=={}\"\r\n",
      arrived < listeners.size() ? std::string_view(listeners[arrived].sent_by) : "unknown", ::getpid(),
      context.flow().remote.address.to_string(), context.flow().remote.port, quoted(request.request_uri_text()),
      quoted(context.decision.targets.front().uri), vias);
}

std::string build_reply(const RouteContext& context, const Proxy::Reply& reply, std::string_view to_tag,
                        const ProxySettings& settings) {
  const Decision& decision = context.decision;
  const transport::ViaFixup& fixup = context.stored()->via_fixup();
  std::string headers = decision.reply_headers + std::string(reply.headers);
  if (reply.status / 100 == 3 && !has_contact(headers)) {
    headers += redirect_contacts(decision.targets, context.message().request_uri_text());
  }
  if (settings.sip_warning && reply.status > 100) headers += warning_line(context);
  const std::string received = fixup.received ? fixup.received->to_string() : std::string();
  sip::ResponseFields fields;
  fields.status = reply.status;
  fields.reason = reply.reason;
  fields.to_tag = reply.status > 100 ? to_tag : std::string_view{};
  fields.received = received;
  fields.rport = fixup.rport;
  fields.extra_headers = headers;
  fields.server = settings.server;
  const bool own_body = !reply.body.empty();
  fields.content_type = own_body ? reply.content_type : std::string_view(decision.reply_content_type);
  fields.body = own_body ? reply.body : std::string_view(decision.reply_body);
  fields.copy_record_route = reply.status > 100 && reply.status < 300;
  return sip::build_response(context.message(), fields);
}

metrics::Counter& counter_of_class(ProxyStatistics& statistics, int status) {
  switch (status / 100) {
    case 1:
      return statistics.replies_1xx;
    case 2:
      return statistics.replies_2xx;
    case 3:
      return statistics.replies_3xx;
    case 4:
      return statistics.replies_4xx;
    case 5:
      return statistics.replies_5xx;
    default:
      return statistics.replies_6xx;
  }
}

// The branch of a stateless forward is a function of what stays the same when the request is sent again
// (section 16.11), so that its CANCEL and ACK carry the same one.
transport::Branch stateless_branch(shard::ShardId shard, const RouteContext& context) {
  const sip::Message& request = context.message();
  static const base::HashKey key = base::HashKey::random();
  std::uint64_t hash = base::sip_hash(key, request.top_via().branch);
  hash = base::mix(hash ^ base::sip_hash(key, request.call_id()));
  hash = base::mix(hash ^ base::sip_hash(key, request.from_tag()));
  hash = base::mix(hash ^ request.cseq().number);
  return {
      .shard = static_cast<std::uint8_t>(shard), .key = hash, .loop = loop_hash(request, context.flow()), .index = 0};
}

// tcp_no_new_conn_rplflag, as the message's flags are now.
void note_reply_connection(RouteContext& context) {
  const std::uint32_t flag = context.proxy().settings().connected_replies;
  if ((context.decision.flags & flag) != 0) context.stored()->reply_by_connection();
}

// Where a script decides about a request of the network, whatever sub-route the call stands in: not where it looks at a
// response, nor at the dummy request of a timer_route.
bool may_relay(const RouteContext& context) {
  using script::RouteKind;
  return context.kind() == RouteKind::Request || context.kind() == RouteKind::Failure;
}

bool may_reply(const RouteContext& context) {
  return (may_relay(context) || context.kind() == script::RouteKind::Error) && context.message().is_request();
}

}  // namespace

base::Task<int> Proxy::relay(RouteContext& context, RelayOptions options) {
  if (!may_relay(context)) co_return kInternalError;
  const Method method = context.message().method();
  if (method == Method::Ack) co_return co_await forward(context, options.outbound_proxy);
  if (method == Method::Cancel) {
    if (context.matched() != nullptr) co_return relay_cancel(context, options);
    co_return co_await forward(context, options.outbound_proxy);
  }
  const bool existed = context.transaction != nullptr;
  if (!existed && !create_transaction(context, options.no_trying)) co_return refuse_overload(context);
  options.no_automatic_reply = options.no_automatic_reply || existed;
  co_return co_await context.transaction->relay(context, options);
}

int Proxy::relay_cancel(RouteContext& context, const RelayOptions& options) {
  transaction::ServerTransaction* invite = context.matched();
  // The CANCEL is answered at once, whatever becomes of the INVITE (section 16.10).
  if (!reply(context, {.status = 200, .reason = "canceling"})) return kInternalError;
  if (options.pass_reason && invite->user() != nullptr) {
    if (auto* proxied = dynamic_cast<ProxyTransaction*>(invite->user()); proxied != nullptr) {
      for (const sip::Header header : context.message().headers(sip::HeaderId::Reason)) {
        proxied->cancel_headers += header.line;
      }
    }
  }
  invite->cancel(context.stored());
  return kRelayed;
}

int Proxy::refuse_overload(RouteContext& context) {
  if (!parts_.refusals.allow(context.flow().remote.address, clock().now(), settings().overload_refusals)) {
    statistics().overload_drops.add();
    return kStopScript;
  }
  statistics().overload_refusals.add();
  const std::string retry_after = fmt::format("Retry-After: {}\r\n", settings().overload_retry_after);
  reply_statelessly(context, {.status = 503, .reason = {}, .headers = retry_after});
  return kStopScript;
}

base::Result<> Proxy::create_transaction(RouteContext& context, bool no_trying) {
  if (!may_relay(context)) return base::fail("there is no request to make a transaction for");
  const shard::PoolHandle handle = proxy_transactions_.create(*this, context.stored());
  ProxyTransaction& created = *proxy_transactions_.find(handle);
  auto server = server_for(context, created);
  if (!server) {
    proxy_transactions_.destroy(handle);
    return std::unexpected(server.error());
  }
  created.handle_ = handle;
  created.server_ = (*server)->id();
  created.avps_ = context.take_avps();
  created.flags = context.decision.flags;
  note_reply_connection(context);
  created.observers = std::move(context.observers);
  created.armed = context.decision.armed;
  created.verified_credentials = context.decision.authentication.verified;
  created.fr_timeout = context.decision.fr_timeout;
  created.fr_inv_timeout = context.decision.fr_inv_timeout;
  context.transaction = &created;
  // Until finish(): the run may read and write its AVPs behind a final answer too.
  ++created.uses_;
  if (created.is_invite() && settings().auto_100trying && !no_trying) {
    reply(context, {.status = 100, .reason = "Giving it a try"});
  }
  return {};
}

bool Proxy::make_transaction(RouteContext& context) {
  if (create_transaction(context)) return true;
  static_cast<void>(refuse_overload(context));
  return false;
}

// The one that has absorbed retransmissions so far, or a new one.
base::Result<transaction::ServerTransaction*> Proxy::server_for(RouteContext& context,
                                                                transaction::ServerTransactionUser& user) {
  if (transaction::ServerTransaction* absorber = transactions().find(std::exchange(context.absorber, {}))) {
    absorber->set_user(user);
    return absorber;
  }
  return transactions().create_server(context.stored(), user);
}

void Proxy::absorb_while_waiting(RouteContext& context) {
  const sip::Message& message = context.message();
  if (context.progress.held || !may_reply(context) || message.method() == Method::Ack) return;
  transaction::ServerTransaction* server = nullptr;
  if (context.transaction != nullptr) {
    server = context.transaction->server();
  } else if (context.kind() != script::RouteKind::Request) {
    return;  // an error_route: perhaps for a message that can't be told from another
  } else if (auto absorber = transactions().create_server(context.stored(), silent_user_)) {
    server = *absorber;
    context.absorber = server->id();
    if (server->is_invite() && settings().auto_100trying) {
      server->send_trying_in_time(build_reply(context, {.status = 100, .reason = "Giving it a try"}, {}, settings()));
    }
  }
  if (server == nullptr) return;
  server->hold();
  context.progress.held = server->id();
}

void Proxy::finish(RouteContext& context) {
  ProxyTransaction* const transaction = std::exchange(context.transaction, nullptr);
  std::optional<ProxyTransaction::Use> use;  // what has waited may end it
  if (transaction != nullptr) use.emplace(*transaction);
  if (transaction::ServerTransaction* absorber = transactions().find(context.absorber)) absorber->detach();
  if (transaction::ServerTransaction* held = transactions().find(context.progress.held)) held->release();
  if (transaction != nullptr) {
    transaction->on_script_end(context);
    --transaction->uses_;
  }
}

void Proxy::answer_broken_run(RouteContext& context) {
  using script::RouteKind;
  if (context.kind() != RouteKind::Request && context.kind() != RouteKind::Error) return;
  if (context.transaction != nullptr) {
    if (context.transaction->has_final_response() || !context.transaction->branches().empty()) return;
  } else if (context.decision.answered || context.decision.forwarded) {
    return;
  }
  // What could not be read has its own status.
  const RouteError& error = context.error;
  if (context.kind() == RouteKind::Error && error.reply_code != 0) {
    reply(context, {.status = error.reply_code, .reason = error.reply_reason});
  } else {
    reply(context, {.status = 500, .reason = "Server Internal Error"});
  }
}

void Proxy::destroy(ProxyTransaction& transaction) { proxy_transactions_.destroy(transaction.handle_); }

std::string_view Proxy::local_to_tag(RouteContext& context) {
  if (context.transaction != nullptr) return context.transaction->to_tag();
  return context.keep(transactions().stateless_to_tag(context.message()));
}

bool Proxy::reply(RouteContext& context, const Reply& reply) {
  const Method method = context.message().method();
  if (method == Method::Ack || !may_reply(context)) return false;
  if (context.transaction == nullptr && method == Method::Cancel && may_relay(context)) {
    // A transaction of its own absorbs the CANCEL's retransmissions (section 9.2).
    auto server = transactions().create_server(context.stored(), silent_user_);
    if (!server) return reply_statelessly(context, reply);
    const transaction::ServerTransaction* invite = context.matched();
    auto* proxied = invite != nullptr ? dynamic_cast<ProxyTransaction*>(invite->user()) : nullptr;
    const std::string to_tag(proxied != nullptr ? proxied->to_tag() : std::string_view(base::random_token(10)));
    return (*server)->respond(reply.status, build_reply(context, reply, to_tag, settings())).has_value();
  }
  if (context.transaction == nullptr) return reply_statelessly(context, reply);
  const std::string bytes = build_reply(context, reply, context.transaction->to_tag(), settings());
  const std::string_view reason = reply.reason.empty() ? sip::default_reason(reply.status) : reply.reason;
  return context.transaction->reply(reply.status, reason, bytes);
}

bool Proxy::reply_by_call_id(std::string_view call_id, std::optional<std::uint32_t> cseq, const Reply& reply) {
  transaction::ServerTransaction* invite = transactions().find_invite(call_id, cseq);
  auto* proxied = invite != nullptr ? dynamic_cast<ProxyTransaction*>(invite->user()) : nullptr;
  return proxied != nullptr && proxied->reply_from_outside(reply);
}

bool Proxy::cancel_by_call_id(std::string_view call_id, std::uint32_t cseq) {
  transaction::ServerTransaction* invite = transactions().find_invite(call_id, cseq);
  auto* proxied = invite != nullptr ? dynamic_cast<ProxyTransaction*>(invite->user()) : nullptr;
  if (proxied == nullptr) return false;
  proxied->cancel_branches();
  return true;
}

bool Proxy::reply_by_key(std::uint64_t branch_key, const Reply& reply, std::string_view to_tag) {
  transaction::ServerTransaction* server = transactions().find_server(branch_key);
  auto* proxied = server != nullptr ? dynamic_cast<ProxyTransaction*>(server->user()) : nullptr;
  return proxied != nullptr && proxied->reply_from_outside(reply, to_tag);
}

bool Proxy::reply_statelessly(RouteContext& context, const Reply& reply) {
  if (context.message().method() == Method::Ack || context.decision.answered || !may_reply(context)) return false;
  context.decision.answered = reply.status >= 200;
  note_reply_connection(context);
  const std::string to_tag = transactions().stateless_to_tag(context.message());
  const std::string bytes = build_reply(context, reply, to_tag, settings());
  if (transaction::ServerTransaction* absorber = transactions().find(context.absorber)) {
    return absorber->respond(reply.status, bytes).has_value();
  }
  const transport::Target target =
      context.stored()->response_target(transport().is_trusted(context.flow().remote.address));
  const auto flow = transport().try_open(target);
  // A stateless reply is sent once and never waits: who asks again is answered again.
  const bool sent = flow && *flow && transport().send(**flow, bytes);
  if (sent && reply.status >= 200 && reply.status < 300) transport().mark_authenticated(context.flow().connection);
  (sent ? statistics().sent_replies : statistics().sent_err_replies).add();
  if (sent) counter_of_class(statistics(), reply.status).add();
  return sent;
}

base::Task<int> Proxy::forward(RouteContext& context, std::optional<transport::Target> target) {
  if (!may_reply(context)) co_return kInternalError;
  if (!next_max_forwards(context)) {
    reply(context, {.status = 483});
    co_return kStopScript;
  }
  if (const std::string unsupported = unsupported_options(context); !unsupported.empty()) {
    reply(context, {.status = 420, .headers = unsupported});
    co_return kStopScript;
  }
  if (!target) {
    auto next = next_hop(context, context.request_target());
    if (!next) co_return next.error().code != 0 ? next.error().code : kBadUri;
    target = std::move(*next);
  } else {
    target->listener = usable_socket(context, *target, context.request_target().socket);
  }
  target->received_on = context.flow().listener;
  target->filter = destination_filter(context, context.decision, context.request_target().uri);
  auto flow = transport().try_open(*target);
  if (!flow) flow = co_await transport().open(shard(), *target);
  if (!*flow) {
    log::info("forward: {}", flow->error().message);
    co_return code_of(flow->error());
  }
  sip::EditList edits = context.decision.edits;
  edit_for_sending(edits, context,
                   {.target = context.request_target(),
                    .decision = context.decision,
                    .flow = **flow,
                    .branch = stateless_branch(shard().id(), context),
                    .max_breadth = {},
                    .more_headers = {},
                    .came_by = context.flow().connection});
  const auto sent = transport().send(**flow, sip::written_size(context.message(), edits), {},
                                     [&](std::span<char> room) { return sip::write(context.message(), edits, room); });
  if (!sent) co_return kSendFailed;
  context.decision.forwarded = true;
  statistics().fwd_requests.add();
  co_return kRelayed;
}

base::Task<int> Proxy::send(RouteContext& context, transport::Target target, std::string_view headers) {
  target.received_on = context.flow().listener;
  target.filter = destination_filter(context, context.decision, context.request_target().uri);
  auto flow = transport().try_open(target);
  if (!flow) flow = co_await transport().open(shard(), target);
  if (!*flow) co_return code_of(flow->error());
  sip::EditList edits;
  if (!headers.empty()) sip::prepend_header(edits, context.message(), headers);
  if (!transport().send(**flow, sip::write(context.message(), edits))) co_return kSendFailed;
  context.decision.forwarded = true;
  co_return kRelayed;
}

void Proxy::set_script(const script::Program& program) {
  forwards_unmatched_responses_ = settings().forward_unmatched_responses || program.calls_function("forward");
}

void Proxy::on_response(const transport::Received& response) {
  if (transaction::ClientTransaction* client = transactions().match_response(response)) {
    client->receive(response.message, response.flow);
    return;
  }
  // Section 16.11: a stateless proxy sends the response to the Via below its own.
  if (!forwards_unmatched_responses_ || !response.branch) {
    statistics().drop_replies.add();
    return;
  }
  forward_response(response);
}

void Proxy::forward_response(const transport::Received& response) {
  const sip::Message& message = response.message;
  auto vias = message.items(sip::HeaderId::Via);
  auto at = vias.begin();
  sip::EditList edits;
  sip::remove_item(edits, message, *at);
  const bool sent =
      ++at != vias.end() && send_by_via((*at).value, connection_of(message.top_via()), write(message, edits));
  (sent ? statistics().fwd_replies : statistics().drop_replies).add();
}

bool Proxy::send_by_via(std::string_view via_text, transport::ConnectionId connection, std::string_view response) {
  const auto via = sip::Via::parse(via_text);
  if (!via) return false;
  transport::Target target = response_to_via(*via);
  target.connection = connection;
  const auto flow = transport().try_open(target);
  if (!flow || !*flow) return false;
  // A Via that names somebody else's connection was not written here.
  if (connection != transport::ConnectionId::None && (*flow)->remote.address != target.address) return false;
  return transport().send(**flow, response).has_value();
}

std::string_view Proxy::write(const sip::Message& message, const sip::EditList& edits) {
  const std::size_t size = sip::written_size(message, edits);
  if (scratch_bytes_.size() < size) scratch_bytes_.resize(size);
  return {scratch_bytes_.data(), sip::write(message, edits, scratch_bytes_)};
}

void Proxy::refuse(const transport::Received& request, int status, std::string_view reason) {
  sip::ResponseFields fields;
  const std::string to_tag = transactions().stateless_to_tag(request.message);
  const std::string received = request.fixup.received ? request.fixup.received->to_string() : std::string();
  fields.status = status;
  fields.reason = reason;
  fields.to_tag = to_tag;
  fields.received = received;
  fields.rport = request.fixup.rport;
  fields.server = settings().server;
  const transport::Target target = transport::response_target(request.flow, request.message.top_via());
  const auto flow = transport().try_open(target);
  const bool sent = flow && *flow && transport().send(**flow, sip::build_response(request.message, fields));
  (sent ? statistics().sent_replies : statistics().sent_err_replies).add();
}

}  // namespace carillon::routing
