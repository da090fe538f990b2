// SPDX-License-Identifier: Apache-2.0
// See own_request.h.
#include "routing/own_request.h"

#include <fmt/format.h>

#include <coroutine>
#include <functional>
#include <memory>
#include <utility>

#include "base/random.h"
#include "routing/outgoing_request.h"
#include "routing/proxy.h"
#include "shard/suspension.h"
#include "sip/grammar.h"
#include "sip/header_lines.h"
#include "sip/status.h"
#include "transaction/client_transaction.h"

namespace carillon::routing {
namespace {

constexpr int kBadRequest = 400;
constexpr int kNotSent = 477;

bool may_send(sip::Method method, bool in_dialog) {
  if (method == sip::Method::Invite) return in_dialog;
  return method != sip::Method::Ack && method != sip::Method::Cancel;
}

// A client transaction that one coroutine waits for. Destroyed before it has the answer, it lets the transaction go on
// alone.
class OwnClient final : private transaction::ClientTransactionUser {
 public:
  explicit OwnClient(transaction::TransactionLayer& transactions) : transactions_(transactions) {}
  OwnClient(const OwnClient&) = delete;
  OwnClient& operator=(const OwnClient&) = delete;
  ~OwnClient() {
    if (auto* const waited_for = transactions_.find(client_)) waited_for->detach();
  }

  [[nodiscard]] base::Result<> start(const transaction::ClientRequest& request) {
    const auto client = transactions_.create_client(request, *this);
    if (!client) return std::unexpected(client.error());
    client_ = (*client)->id();
    return {};
  }

  [[nodiscard]] bool await_ready() const noexcept { return answer_.status != 0; }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  [[nodiscard]] OwnAnswer await_resume() noexcept { return std::move(answer_); }

 private:
  void on_response(transaction::ClientTransaction& transaction, const sip::Message& response,
                   const transport::Flow& /*flow*/) override {
    if (response.status() < 200) return;
    finish(transaction, {response.status(), std::string(response.reason()), std::string(response.bytes())});
  }
  void on_timeout(transaction::ClientTransaction& transaction, transaction::TimeoutKind /*kind*/) override {
    finish(transaction, {408, std::string(sip::default_reason(408)), {}});
  }
  void on_transport_error(transaction::ClientTransaction& transaction, const base::Error& error) override {
    finish(transaction, {kNotSent, error.message, {}});
  }
  // Without an answer only when the server shuts down.
  void on_terminated(transaction::ClientTransaction& transaction) override {
    finish(transaction, {503, "Shutting Down", {}});
  }

  void finish(transaction::ClientTransaction& transaction, OwnAnswer answer) {
    transaction.detach();
    client_ = {};
    answer_ = std::move(answer);
    if (waiter_) waiter_.resume();
  }

  transaction::TransactionLayer& transactions_;
  transaction::ClientTransactionId client_;
  OwnAnswer answer_;
  std::coroutine_handle<> waiter_;
};

base::Task<> run_local_route(Proxy& proxy, RouteContext& context, std::shared_ptr<const script::Program> program,
                             const OwnRequest& request) {
  const auto route = program->find_route(script::RouteKind::Local);
  if (!route) co_return;
  if (!request.context.empty()) context.avps().push("uac_ctx", script::Value::text(request.context));
  static_cast<void>(co_await proxy.runs().run(context, std::move(program), *route));
}

// A request as the script has left it, ready for a client transaction of its own.
transaction::ClientRequest write_request(Proxy& proxy, RouteContext& context, const RequestTarget& target,
                                         const transport::Flow& flow) {
  const sip::Message& message = context.message();
  const transport::Branch branch{.shard = static_cast<std::uint8_t>(proxy.shard().id()), .key = base::random_u64()};
  sip::EditList edits = context.decision.edits;
  edit_for_sending(edits, context,
                   {.target = target,
                    .decision = context.decision,
                    .flow = flow,
                    .branch = branch,
                    .max_breadth = {},
                    .more_headers = {}});
  const std::span<char> room = context.arena().characters(sip::written_size(message, edits));
  transaction::ClientRequest request;
  request.method = message.method();
  request.branch = branch;
  request.flow = flow;
  request.bytes = {room.data(), sip::write(message, edits, room)};
  request.memory = context.stored();
  return request;
}

// An INVITE inside a dialog. It lives as long as its transaction, since each 2xx has to be acknowledged, also one that
// comes again (RFC 3261 section 13.2.2.4).
class OwnInvite final : private transaction::ClientTransactionUser {
 public:
  // `answer` is told the final response, once.
  using Tell = std::move_only_function<void(OwnAnswer answer)>;

  [[nodiscard]] static base::Result<> start(Proxy& proxy, const transaction::ClientRequest& request, std::string ack,
                                            Tell answer) {
    auto invite = std::unique_ptr<OwnInvite>(new OwnInvite(proxy, request.flow, std::move(ack), std::move(answer)));
    const auto client = proxy.transactions().create_client(request, *invite);
    if (!client) return std::unexpected(client.error());
    static_cast<void>(invite.release());  // on_terminated() ends it
    return {};
  }

 private:
  OwnInvite(Proxy& proxy, const transport::Flow& flow, std::string ack, Tell answer)
      : proxy_(proxy), flow_(flow), ack_(std::move(ack)), answer_(std::move(answer)) {}

  void on_response(transaction::ClientTransaction& /*transaction*/, const sip::Message& response,
                   const transport::Flow& /*flow*/) override {
    if (response.status() < 200) return;
    if (response.status() < 300) static_cast<void>(proxy_.transport().send(flow_, ack_));
    tell({response.status(), std::string(response.reason()), std::string(response.bytes())});
  }
  void on_timeout(transaction::ClientTransaction& /*transaction*/, transaction::TimeoutKind /*kind*/) override {
    tell({408, std::string(sip::default_reason(408)), {}});
  }
  void on_transport_error(transaction::ClientTransaction& /*transaction*/, const base::Error& error) override {
    tell({kNotSent, error.message, {}});
  }
  void on_terminated(transaction::ClientTransaction& /*transaction*/) override {
    const std::unique_ptr<OwnInvite> own(this);
    tell({503, "Shutting Down", {}});
  }

  void tell(OwnAnswer answer) {
    if (answer_) std::exchange(answer_, Tell())(std::move(answer));
  }

  Proxy& proxy_;
  transport::Flow flow_;
  std::string ack_;
  Tell answer_;
};

// The ACK of an INVITE of ours, as it is sent: the same target, route set and number.
std::string write_ack(Proxy& proxy, const RouteContext& invite, const transport::Flow& flow) {
  const sip::Message& message = invite.message();
  std::string text = fmt::format("ACK {} SIP/2.0\r\n", message.request_uri_text());
  for (const sip::Header header : message.headers()) {
    switch (header.id) {
      case sip::HeaderId::Route:
      case sip::HeaderId::From:
      case sip::HeaderId::To:
      case sip::HeaderId::CallId:
        text += header.line;
        break;
      default:
        break;
    }
  }
  text += fmt::format("CSeq: {} ACK\r\nContent-Length: 0\r\n\r\n", message.cseq().number);
  sip::Message ack;
  if (!ack.index(text).ok()) return {};
  RouteContext& context = proxy.runs().acquire(proxy.shard());
  context.begin(script::RouteKind::Local, proxy.transactions().store(ack, {}));
  std::string bytes(write_request(proxy, context, context.request_target(), flow).bytes);
  proxy.runs().release(context);
  return bytes;
}

base::Task<base::Result<OwnAnswer>> send_own_invite(Proxy& proxy, RouteContext& context, const transport::Flow& flow) {
  auto answer = proxy.shard().suspend<OwnAnswer>();
  auto tell = [&shard = proxy.shard(), handle = answer.handle()](OwnAnswer given) {
    handle.completion(std::move(given))(shard);
  };
  const auto sent = OwnInvite::start(proxy, write_request(proxy, context, context.request_target(), flow),
                                     write_ack(proxy, context, flow), std::move(tell));
  proxy.runs().release(context);
  if (!sent) co_return base::fail(sent.error().message, kNotSent);
  co_return co_await answer;
}

// Nobody is told of what becomes of a request.
class Nobody final : public transaction::ClientTransactionUser {
  void on_response(transaction::ClientTransaction& /*transaction*/, const sip::Message& /*response*/,
                   const transport::Flow& /*flow*/) override {}
  void on_timeout(transaction::ClientTransaction& /*transaction*/, transaction::TimeoutKind /*kind*/) override {}
  void on_transport_error(transaction::ClientTransaction& /*transaction*/, const base::Error& /*error*/) override {}
};

}  // namespace

base::Result<std::string> build_own_request(const OwnRequest& request, std::string_view user_agent) {
  if (!sip::is_token(request.method) || !may_send(sip::parse_method(request.method), request.in_dialog)) {
    return base::fail("Bad method", kBadRequest);
  }
  if (!sip::are_header_lines(request.headers)) return base::fail("Bad headers", kBadRequest);
  const std::string start = fmt::format("{} {} SIP/2.0\r\n", request.method, request.request_uri);
  const std::string draft = start + request.headers + "\r\n";
  sip::Message given;
  if (!given.index(draft).ok() || !given.is_request() || !given.request_uri()) {
    return base::fail("Bad Request-URI or headers", kBadRequest);
  }
  if (given.from().uri_text.empty() || given.to().uri_text.empty()) {
    return base::fail("From and To are needed", kBadRequest);
  }
  std::string text = start;
  for (const sip::Header header : given.headers()) {
    switch (header.id) {
      case sip::HeaderId::Via:
      case sip::HeaderId::MaxForwards:
      case sip::HeaderId::CSeq:
      case sip::HeaderId::ContentLength:
        continue;
      case sip::HeaderId::From:
        text += fmt::format("From: {}", header.value);
        if (given.from_tag().empty()) text += fmt::format(";tag={}", base::random_token(12));
        text += "\r\n";
        continue;
      default:
        text += header.line;
    }
  }
  if (!given.has(sip::HeaderId::CallId)) text += fmt::format("Call-ID: {}\r\n", base::random_token(24));
  if (!user_agent.empty() && !given.has(sip::HeaderId::UserAgent)) {
    text += fmt::format("User-Agent: {}\r\n", user_agent);
  }
  const std::uint32_t cseq = given.has(sip::HeaderId::CSeq) ? given.cseq().number : 1;
  text += fmt::format("CSeq: {} {}\r\nContent-Length: {}\r\n\r\n", cseq, request.method, request.body.size());
  return text + request.body;
}

base::Task<base::Result<OwnAnswer>> send_own_request(Proxy& proxy, std::shared_ptr<const script::Program> program,
                                                     OwnRequest request) {
  const auto text = build_own_request(request, proxy.settings().user_agent);
  if (!text) co_return std::unexpected(text.error());
  sip::Message message;
  if (!message.index(*text).ok()) co_return base::fail("Bad request", kBadRequest);

  RouteContext& context = proxy.runs().acquire(proxy.shard());
  context.begin(script::RouteKind::Local, proxy.transactions().store(message, {}));
  context.request_target().destination = context.keep(request.next_hop);
  context.request_target().socket = request.socket;
  context.observers = std::move(request.observers);
  co_await run_local_route(proxy, context, std::move(program), request);

  base::Result<> sent = base::fail("no way there", kNotSent);
  OwnClient client(proxy.transactions());
  auto hop = next_hop(context, context.request_target());
  if (hop) {
    hop->filter = destination_filter(context, context.decision, context.request_target().uri);
    hop->only_connection = (context.request_target().flags & proxy.settings().connected_branches) != 0;
    auto flow = proxy.transport().try_open(*hop);
    if (!flow) flow = co_await proxy.transport().open(proxy.shard(), *hop);
    if (*flow && context.message().method() == sip::Method::Invite) {
      co_return co_await send_own_invite(proxy, context, **flow);
    }
    sent = *flow ? client.start(write_request(proxy, context, context.request_target(), **flow))
                 : base::Result<>(std::unexpected(flow->error()));
  } else {
    sent = std::unexpected(hop.error());
  }
  proxy.runs().release(context);
  if (!sent) co_return base::fail(sent.error().message, kNotSent);
  co_return co_await client;
}

base::Task<int> replicate(RouteContext& context, std::string next) {
  Proxy& proxy = context.proxy();
  const sip::Method method = context.message().method();
  if (!context.message().is_request() || method == sip::Method::Ack || method == sip::Method::Cancel) {
    co_return kInternalError;
  }
  if (!next_max_forwards(context)) co_return kInternalError;
  RequestTarget target = context.request_target();
  target.destination = context.keep(next);
  auto hop = next_hop(context, target);
  if (!hop) co_return kBadUri;
  hop->filter = destination_filter(context, context.decision, target.uri);
  auto flow = proxy.transport().try_open(*hop);
  if (!flow) flow = co_await proxy.transport().open(proxy.shard(), *hop);
  if (!*flow) co_return kUnresolvable;
  Nobody nobody;
  const auto client = proxy.transactions().create_client(write_request(proxy, context, target, **flow), nobody);
  if (!client) co_return kSendFailed;
  (*client)->detach();
  co_return kRelayed;
}

}  // namespace carillon::routing
