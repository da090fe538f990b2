// SPDX-License-Identifier: Apache-2.0
// The transport's own cost of a datagram in and out, on a network that does nothing.
#include <benchmark/benchmark.h>

#include <string>

#include "base/time.h"
#include "shard/context.h"
#include "transport/null_network.h"
#include "transport/transport_layer.h"

namespace carillon::transport {
namespace {

// Answers with a copy of what came, to where a response goes.
class Echo final : public MessageHandler {
 public:
  explicit Echo(TransportLayer& transport) : transport_(transport) {}
  void on_request(const Received& request) override {
    const auto flow = transport_.try_open(response_target(request.flow, request.message.top_via()));
    static_cast<void>(transport_.send(**flow, request.message.bytes(), {request.shard.id(), 1}));
  }
  void on_response(const Received& response) override { benchmark::DoNotOptimize(response.branch); }
  void on_malformed_request(const Received&, const sip::Verdict&) override {}
  void on_send_failed(shard::Shard&, std::uint64_t, const base::Error&) override {}

 private:
  TransportLayer& transport_;
};

constexpr std::string_view kHeaders =
    "From: \"Alice\" <sip:alice@example.org>;tag=9fxced76sl\r\nTo: <sip:bob@example.org>\r\n"
    "Call-ID: 3848276298220188511@alice-pc.example.org\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
    "Contact: <sip:alice@192.0.2.7:5060>\r\nUser-Agent: phone\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n";

void deliver(benchmark::State& state, const std::string& message) {
  base::SystemClock clock;
  shard::Shards shards(clock);
  NullNetwork network;
  NoResolver resolver;
  TransportLayer transport(network, shards, resolver, Limits{});
  Echo echo(transport);
  transport.set_handler(echo);
  const shard::WorkerScope worker(0);
  if (!transport.listen({.address = *base::IpAddress::parse("192.0.2.1"), .port = 5060})) std::abort();
  std::string bytes = message;
  const base::Endpoint source = *base::Endpoint::parse("192.0.2.7:5060");
  for (auto _ : state) network.deliver(source, bytes);
}

void request_in_and_response_out(benchmark::State& state) {
  deliver(state, std::string("INVITE sip:bob@example.org SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds;rport\r\n") +
                     std::string(kHeaders));
}
BENCHMARK(request_in_and_response_out);

void response_in(benchmark::State& state) {
  deliver(state, std::string("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=") +
                     std::string(BranchText(Branch{.shard = 7, .key = 12345}).view()) + "\r\n" + std::string(kHeaders));
}
BENCHMARK(response_in);

// What of the above is the parser's.
void parse_alone(benchmark::State& state) {
  const std::string bytes =
      "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds;rport\r\n" +
      std::string(kHeaders);
  sip::Message message;
  for (auto _ : state) benchmark::DoNotOptimize(message.assign(bytes));
}
BENCHMARK(parse_alone);

}  // namespace
}  // namespace carillon::transport
