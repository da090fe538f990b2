// SPDX-License-Identifier: Apache-2.0
// A TransportLayer on the fake network, with a handler that remembers what it got. Only tests include it.
#pragma once

#include <gtest/gtest.h>

#include <coroutine>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "net/network.h"
#include "shard/shards.h"
#include "testing/peer.h"
#include "testing/simulation.h"
#include "transport/transport_layer.h"

namespace carillon::transport {

// A request as `sent_by` would write it; `headers` are complete lines added before Content-Length.
[[nodiscard]] inline std::string make_request(std::string_view via_value, std::string_view headers = "",
                                              std::string_view body = "", std::string_view call_id = "call-1") {
  std::string text = "OPTIONS sip:example.org SIP/2.0\r\nVia: ";
  text.append(via_value).append("\r\nFrom: <sip:alice@example.org>;tag=1\r\nTo: <sip:example.org>\r\nCall-ID: ");
  text.append(call_id).append("\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n").append(headers);
  return text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

[[nodiscard]] inline std::string make_response(std::string_view via_value, std::string_view call_id = "call-1") {
  std::string text = "SIP/2.0 200 OK\r\nVia: ";
  text.append(via_value).append("\r\nFrom: <sip:alice@example.org>;tag=1\r\nTo: <sip:example.org>;tag=2\r\nCall-ID: ");
  return text.append(call_id).append("\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
}

// For tests on the kernel's network, where a machine may be busy with something else.
[[nodiscard]] inline Limits patient_limits() {
  Limits limits;
  limits.connect_timeout = std::chrono::seconds(20);
  limits.max_message_time = std::chrono::seconds(20);
  return limits;
}

struct Arrived {
  enum class Kind : std::uint8_t { Request, Response, Malformed };
  Kind kind = Kind::Request;
  std::string bytes;
  Flow flow;
  ViaFixup fixup;
  std::optional<Branch> branch;
  shard::ShardId shard = 0;
  sip::Verdict verdict;
};

// Remembers, and then does what the test says.
class RecordingHandler final : public MessageHandler {
 public:
  void on_request(const Received& request) override { keep(Arrived::Kind::Request, request, {}); }
  void on_response(const Received& response) override { keep(Arrived::Kind::Response, response, {}); }
  void on_malformed_request(const Received& request, const sip::Verdict& verdict) override {
    keep(Arrived::Kind::Malformed, request, verdict);
  }
  void on_send_failed(shard::Shard& shard, std::uint64_t id, const base::Error& error) override {
    failed.push_back({shard.id(), id, error.code});
  }

  struct Failed {
    shard::ShardId shard;
    std::uint64_t id;
    int code;
    friend bool operator==(const Failed&, const Failed&) = default;
  };
  std::vector<Arrived> arrived;
  std::vector<Failed> failed;
  std::function<void(const Received&)> then;

 private:
  void keep(Arrived::Kind kind, const Received& received, const sip::Verdict& verdict) {
    arrived.push_back({kind, std::string(received.message.bytes()), received.flow, received.fixup, received.branch,
                       received.shard.id(), verdict});
    if (then) then(received);
  }
};

// Answers when the test says so.
class FakeResolver final : public Resolver {
 public:
  std::optional<base::Result<Addresses>> cached(std::string_view host) override {
    const auto found = known.find(std::string(host));
    return found == known.end() ? std::nullopt : std::optional<base::Result<Addresses>>(found->second);
  }
  void resolve(std::string host, Done done) override {
    if (const auto answer = cached(host)) {
      done(*answer);
    } else {
      asked.emplace_back(std::move(host), std::move(done));
    }
  }

  std::map<std::string, base::Result<Addresses>> known;
  std::vector<std::pair<std::string, Done>> asked;
};

// A coroutine that begins at once and ends, at the latest, with the test.
class OwnedRun {
 public:
  struct promise_type {
    OwnedRun get_return_object() { return OwnedRun(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit OwnedRun(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  OwnedRun(OwnedRun&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  OwnedRun& operator=(OwnedRun&&) = delete;
  ~OwnedRun() {
    if (coroutine_) coroutine_.destroy();
  }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

class TransportTest : public ::testing::Test {
 protected:
  // The server, listening on UDP and TCP.
  void start(const Limits& limits = {}) {
    transport_ = std::make_unique<TransportLayer>(network_, simulation_.shards(), resolver_, limits);
    transport_->set_handler(handler_);
    transport_->on_connection_closed([this](const Flow& flow, const base::Error&) { closed_.push_back(flow); });
    udp_ = listen(Protocol::Udp, "198.51.100.1:5060");
    tcp_ = listen(Protocol::Tcp, "198.51.100.1:5060");
  }
  ListenerId listen(Protocol protocol, std::string_view local) {
    const base::Endpoint endpoint = *base::Endpoint::parse(local);
    ListenOptions options;
    options.protocol = protocol;
    options.address = endpoint.address;
    options.port = endpoint.port;
    return transport_->listen(options).value();
  }

  void settle() { simulation_.settle(); }
  void advance(base::Duration by) { simulation_.advance(by); }
  // Calls `f(shard::Shard&)` inside a shard, as a worker.
  void in_shard(const std::function<void(shard::Shard&)>& f, shard::ShardId id = 7) {
    simulation_.worker().as_worker(
        [&] { static_cast<void>(simulation_.shards().enter(id, [&f](shard::Shard& shard) { f(shard); })); });
  }
  using Opened = std::shared_ptr<std::optional<base::Result<Flow>>>;
  Opened open(const Target& target, shard::ShardId id = 7) {
    auto opened = std::make_shared<std::optional<base::Result<Flow>>>();
    in_shard([&](shard::Shard& shard) { runs_.push_back(wait_for_open(*transport_, shard, target, opened)); }, id);
    return opened;
  }
  static OwnedRun wait_for_open(TransportLayer& transport, shard::Shard& shard, Target target, Opened opened) {
    opened->emplace(co_await transport.open(shard, std::move(target)));
  }
  // A stream to the server, which is let come up.
  std::unique_ptr<testing::StreamPeer> connect(std::string_view from = "192.0.2.7:0") {
    net::ConnectOptions options;
    options.remote = server_;
    options.local = *base::Endpoint::parse(from);
    auto peer = testing::StreamPeer::connect(network_, options);
    settle();
    return peer;
  }
  base::Result<> send(const Flow& flow, std::string_view bytes, std::uint64_t id = 0) {
    base::Result<> sent;
    in_shard([&](shard::Shard& shard) { sent = transport_->send(flow, bytes, {shard.id(), id}); });
    return sent;
  }

  [[nodiscard]] const Statistics& statistics() const { return transport_->statistics(); }
  [[nodiscard]] const Arrived& only_arrival() const {
    EXPECT_EQ(handler_.arrived.size(), 1U);
    return handler_.arrived.at(0);
  }

  const base::Endpoint server_ = *base::Endpoint::parse("198.51.100.1:5060");
  testing::Simulation simulation_;
  net::Network& network_ = simulation_.network();
  FakeResolver resolver_;
  RecordingHandler handler_;
  std::vector<Flow> closed_;
  ListenerId udp_ = ListenerId::None;
  ListenerId tcp_ = ListenerId::None;
  std::unique_ptr<TransportLayer> transport_;
  std::vector<OwnedRun> runs_;
};

}  // namespace carillon::transport
