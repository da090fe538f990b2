// SPDX-License-Identifier: Apache-2.0
// The transport's own cost of a datagram in and out, on a network that does nothing.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>

#include "base/time.h"
#include "shard/context.h"
#include "transport/transport_layer.h"

namespace carillon::transport {
namespace {

class NullSocket final : public net::DatagramSocket {
 public:
  std::span<char> reserve(std::size_t size) override { return std::span(room_).first(size); }
  void commit(std::size_t size, const net::DatagramDestination& destination) override {
    benchmark::DoNotOptimize(size);
    benchmark::DoNotOptimize(destination);
  }
  const base::Endpoint& local() const override { return local_; }
  unsigned worker() const override { return 0; }

 private:
  base::Endpoint local_ = *base::Endpoint::parse("192.0.2.1:5060");
  std::array<char, net::kMaxDatagram> room_{};
};

class NullGroup final : public net::DatagramGroup {
 public:
  const base::Endpoint& local() const override { return socket_.local(); }
  net::DatagramSocket& socket(unsigned) override { return socket_; }
  void set_active(unsigned) override {}

 private:
  NullSocket socket_;
};

class NullLoop final : public net::EventLoop {
 public:
  void run_once(base::Duration) override {}
  void wake() override {}
  void post(std::move_only_function<void()>) override {}
  void flush() override {}
};

class NullNetwork final : public net::Network {
 public:
  unsigned loops() const override { return 1; }
  net::EventLoop& loop(unsigned) override { return loop_; }
  base::Result<std::unique_ptr<net::DatagramGroup>> bind_datagrams(const base::Endpoint&, const net::DatagramOptions&,
                                                                   net::DatagramHandler& handler) override {
    receiver = &handler;
    return std::make_unique<NullGroup>();
  }
  base::Result<std::unique_ptr<net::StreamListener>> listen(const base::Endpoint&, const net::StreamOptions&,
                                                            net::StreamAcceptor&) override {
    return base::fail("no streams here");
  }
  std::shared_ptr<net::Stream> connect(unsigned, const net::ConnectOptions&,
                                       std::shared_ptr<net::StreamHandler>) override {
    return nullptr;
  }

  net::DatagramHandler* receiver = nullptr;

 private:
  NullLoop loop_;
};

class NoResolver final : public Resolver {
 public:
  std::optional<base::Result<Addresses>> cached(std::string_view) override { return base::fail("no names here"); }
  void resolve(std::string, Done done) override { done(base::fail("no names here")); }
};

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
  NullSocket socket;
  std::string bytes = message;
  const net::ReceivedDatagram datagram{*base::Endpoint::parse("192.0.2.7:5060"), socket.local(), bytes};
  for (auto _ : state) network.receiver->on_datagrams(socket, {&datagram, 1});
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
