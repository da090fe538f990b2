// SPDX-License-Identifier: Apache-2.0
// What transactions cost beyond parsing, scripts and sockets: the messages are parsed before, and sending writes
// into a buffer that nobody reads.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "shard/shards.h"
#include "shard/workers.h"
#include "sip/response_builder.h"
#include "testing/fake_clock.h"
#include "transaction/transaction_layer.h"
#include "transport/null_network.h"
#include "transport/transport_layer.h"

namespace carillon::transaction {
namespace {

using namespace std::chrono_literals;
using transport::NoResolver;
using transport::NullNetwork;
using transport::SilentHandler;

class SilentServer final : public ServerTransactionUser {
 public:
  void on_cancel(ServerTransaction&, const StoredMessagePtr&) override {}
  void on_terminated(ServerTransaction&) override {}
};

// Relays the status of each response, as a proxy does.
class Relay final : public ClientTransactionUser {
 public:
  ServerTransaction* upstream = nullptr;
  void on_response(ClientTransaction&, const sip::Message& response, const transport::Flow&) override {
    benchmark::DoNotOptimize(upstream->respond(response.status(), response.bytes()).has_value());
  }
  void on_timeout(ClientTransaction&, TimeoutKind) override {}
  void on_transport_error(ClientTransaction&, const base::Error&) override {}
};

struct Text {
  explicit Text(std::string of) : bytes(std::move(of)) { message.assign(bytes); }
  std::string bytes;
  sip::Message message;
};

std::string request_text(std::string_view method, std::string_view branch, std::size_t call, std::size_t size) {
  std::string text = fmt::format(
      "{0} sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch={1};rport\r\nMax-Forwards: 70\r\n"
      "From: <sip:alice@example.org>;tag=a{2}\r\nTo: <sip:bob@example.org>\r\nCall-ID: call-{2}@192.0.2.1\r\n"
      "CSeq: 1 {0}\r\nContact: <sip:alice@192.0.2.1:5060>\r\nContent-Length: 0\r\nX-Padding: ",
      method, branch, call);
  if (text.size() + 4 < size) text.append(size - text.size() - 4, 'x');
  return text.append("\r\n\r\n");
}

// The messages of one call through a proxy.
struct Call {
  Call(std::size_t number, shard::ShardId shard)
      : branch{static_cast<std::uint8_t>(shard), base::mix(number + 1), 0, 0},
        invite(request_text("INVITE", fmt::format("z9hG4bKcaller{}", number), number, 1024)),
        ack(request_text("ACK", fmt::format("z9hG4bKack{}", number), number, 0)),
        forwarded(request_text("INVITE", transport::BranchText(branch).view(), number, 1100)),
        ringing(sip::build_response(forwarded.message, {.status = 180, .to_tag = "bob"})),
        answer(sip::build_response(forwarded.message, {.status = 200, .to_tag = "bob"})),
        trying(sip::build_response(invite.message, {.status = 100})),
        registration(request_text("REGISTER", fmt::format("z9hG4bKreg{}", number), number, 600)),
        registered(sip::build_response(registration.message, {.status = 200, .to_tag = "server"})) {}

  transport::Branch branch;
  Text invite, ack, forwarded, ringing, answer, trying, registration, registered;
};

constexpr std::size_t kCalls = 1000;

class Bench {
 public:
  Bench() {
    transport_.set_handler(handler_);
    listener_ = *transport_.listen({.address = *base::IpAddress::parse("192.0.2.10"), .port = 5060});
    flow_ = {.listener = listener_,
             .local = *base::Endpoint::parse("192.0.2.10:5060"),
             .remote = *base::Endpoint::parse("192.0.2.1:5060")};
    for (std::size_t i = 0; i < kCalls; ++i) calls.push_back(std::make_unique<Call>(i, shard_.id()));
  }

  template <typename Act>
  void inside(Act act) {
    worker_.as_worker([&] { benchmark::DoNotOptimize(shards_.enter(shard_.id(), [&](shard::Shard&) { act(); })); });
  }
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }

  void place(const Call& call) {
    ServerTransaction& server = *create(call.invite);
    benchmark::DoNotOptimize(server.respond(100, call.trying.bytes).has_value());
    ClientRequest request;
    request.method = sip::Method::Invite;
    request.branch = call.branch;
    request.flow = flow_;
    request.memory = server.request();
    request.bytes = request.memory->arena().copy(call.forwarded.bytes);
    request.server = server.id();
    relay_.upstream = &server;
    benchmark::DoNotOptimize(layer_.create_client(request, relay_).has_value());
    request.memory.reset();
    receive(call.ringing.message, call.branch);
    receive(call.answer.message, call.branch);
    benchmark::DoNotOptimize(layer_.match_request(received(call.ack.message)).transaction);
  }
  void enroll(const Call& call) {
    benchmark::DoNotOptimize(create(call.registration)->respond(200, call.registered.bytes).has_value());
  }
  void match_again(const Call& call) {
    benchmark::DoNotOptimize(layer_.match_request(received(call.registration.message)).transaction);
  }
  [[nodiscard]] std::size_t live() const { return layer_.server_transactions() + layer_.client_transactions(); }

  std::vector<std::unique_ptr<Call>> calls;

 private:
  [[nodiscard]] transport::Received received(const sip::Message& message) {
    return {message, flow_, {}, std::nullopt, shard_};
  }
  ServerTransaction* create(const Text& request) {
    const transport::Received arrived = received(request.message);
    benchmark::DoNotOptimize(layer_.match_request(arrived).kind);
    return *layer_.create_server(layer_.store(arrived), server_);
  }
  void receive(const sip::Message& response, const transport::Branch& branch) {
    transport::Received arrived = received(response);
    arrived.branch = branch;
    layer_.match_response(arrived)->receive(response, flow_);
  }

  Settings settings_;
  Secrets secrets_ = Secrets::random();
  Statistics statistics_;
  testing::FakeClock clock_;
  NullNetwork network_;
  shard::Shards shards_{clock_};
  shard::Shard& shard_ = shards_.shard(0);
  NoResolver resolver_;
  SilentHandler handler_;
  SilentServer server_;
  Relay relay_;
  transport::TransportLayer transport_{network_, shards_, resolver_, {}};
  shard::ManualWorker worker_{shards_};
  TransactionLayer layer_{shard_, transport_, settings_, secrets_, statistics_};
  transport::ListenerId listener_{};
  transport::Flow flow_;
};

// INVITE, 100, 180, 200 and ACK of one call: a server and a client transaction from their beginning to their end.
void ProxiedInvite(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) {
    bench.inside([&] {
      for (const auto& call : bench.calls) bench.place(*call);
    });
    bench.advance(33s);
  }
  bench.inside([&] { bench.match_again(*bench.calls.front()); });
  if (bench.live() != 0) state.SkipWithError("transactions did not end");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCalls));
}
BENCHMARK(ProxiedInvite)->Unit(benchmark::kMicrosecond);

// One request answered here.
void AnsweredRegister(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) {
    bench.inside([&] {
      for (const auto& call : bench.calls) bench.enroll(*call);
    });
    bench.advance(33s);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCalls));
}
BENCHMARK(AnsweredRegister)->Unit(benchmark::kMicrosecond);

// A retransmission among a thousand live transactions.
void AbsorbedRetransmission(benchmark::State& state) {
  Bench bench;
  bench.inside([&] {
    for (const auto& call : bench.calls) bench.enroll(*call);
  });
  for (auto _ : state) {
    bench.inside([&] {
      for (const auto& call : bench.calls) bench.match_again(*call);
    });
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCalls));
}
BENCHMARK(AbsorbedRetransmission)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace carillon::transaction
