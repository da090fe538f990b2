// SPDX-License-Identifier: Apache-2.0
// For tests and benchmarks only: a transaction layer between a fake network and users that write down what they hear.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "net/network.h"
#include "shard/shards.h"
#include "shard/workers.h"
#include "sip/response_builder.h"
#include "testing/fake_clock.h"
#include "testing/fake_network.h"
#include "transaction/transaction_layer.h"
#include "transport/transport_layer.h"
#include "transport/worker_loop.h"

namespace carillon::transaction {

inline constexpr std::string_view kCallId = "call@test";

// A request as a peer writes it.
struct RequestText {
  std::string method = "INVITE";
  std::string branch = "z9hG4bKpeer";
  std::string to_tag = {};
  unsigned cseq = 1;
  std::string sent_by = "192.0.2.1:5060";
  std::string transport = "UDP";
  std::string extra = {};  // complete header lines

  [[nodiscard]] std::string text() const {
    return fmt::format(
        "{0} sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/{1} {2}{3}{4}\r\nMax-Forwards: 70\r\n"
        "From: <sip:alice@example.org>;tag=alice\r\nTo: <sip:bob@example.org>{5}{6}\r\nCall-ID: {7}\r\n"
        "CSeq: {8} {0}\r\n{9}Content-Length: 0\r\n\r\n",
        method, transport, sent_by, branch.empty() ? "" : ";branch=", branch, to_tag.empty() ? "" : ";tag=", to_tag,
        kCallId, cseq, extra);
  }
};

// Writes down what it hears; `then` is called at the end of each call with the name of the event.
class ServerRecorder final : public ServerTransactionUser {
 public:
  std::vector<std::string> heard;
  std::function<void(ServerTransaction&, std::string_view)> then;

  void on_cancel(ServerTransaction& transaction, const StoredMessagePtr& cancel) override {
    note(transaction, cancel->message().method() == sip::Method::Cancel ? "cancel" : "not a cancel");
  }
  void on_ack(ServerTransaction& transaction) override { note(transaction, "ack"); }
  void on_no_ack(ServerTransaction& transaction) override { note(transaction, "no ack"); }
  void on_transport_error(ServerTransaction& transaction, const base::Error&) override {
    note(transaction, "transport error");
  }
  void on_terminated(ServerTransaction& transaction) override { note(transaction, "terminated"); }

 private:
  void note(ServerTransaction& transaction, std::string_view event) {
    heard.emplace_back(event);
    if (then) then(transaction, event);
  }
};

class ClientRecorder final : public ClientTransactionUser {
 public:
  std::vector<std::string> heard;
  std::function<void(ClientTransaction&, std::string_view)> then;

  void on_response(ClientTransaction& transaction, const sip::Message& response, const transport::Flow&) override {
    note(transaction, std::to_string(response.status()));
  }
  void on_timeout(ClientTransaction& transaction, TimeoutKind kind) override {
    note(transaction, kind == TimeoutKind::NoResponse        ? "no response"
                      : kind == TimeoutKind::NoFinalResponse ? "no final response"
                                                             : "not cancelled");
  }
  void on_transport_error(ClientTransaction& transaction, const base::Error&) override {
    note(transaction, "transport error");
  }
  void on_terminated(ClientTransaction& transaction) override { note(transaction, "terminated"); }

 private:
  void note(ClientTransaction& transaction, std::string_view event) {
    heard.emplace_back(event);
    if (then) then(transaction, event);
  }
};

// Knows no names.
class NoResolver final : public transport::Resolver {
 public:
  std::optional<base::Result<Addresses>> cached(std::string_view) override { return base::fail("no such name"); }
  void resolve(std::string, Done done) override { done(base::fail("no such name")); }
};

// The peer: what arrives there is cut into messages and kept with its time.
class Peer final : public net::DatagramHandler, public net::StreamAcceptor {
 public:
  struct Message {
    base::TimePoint time;
    std::string text;
  };

  explicit Peer(const base::Clock& clock) : clock_(clock) {}

  void on_datagrams(net::DatagramSocket&, std::span<const net::ReceivedDatagram> datagrams) override {
    for (const auto& datagram : datagrams)
      messages.push_back({clock_.now(), {datagram.bytes.begin(), datagram.bytes.end()}});
  }
  void on_send_error(net::DatagramSocket&, const net::SendError&) override {}
  void on_accept(std::shared_ptr<net::Stream> stream) override { stream->start(reader(messages_on_new_connections)); }

  [[nodiscard]] std::shared_ptr<net::StreamHandler> reader() { return reader(messages); }

  std::vector<Message> messages;
  std::vector<Message> messages_on_new_connections;

 private:
  // No message of these tests has a body.
  class Reader final : public net::StreamHandler {
   public:
    Reader(const base::Clock& clock, std::vector<Message>& messages) : clock_(clock), messages_(messages) {}
    void on_bytes(net::Stream&, std::span<char> bytes) override {
      pending_.append(bytes.begin(), bytes.end());
      for (std::size_t end = pending_.find("\r\n\r\n"); end != std::string::npos; end = pending_.find("\r\n\r\n")) {
        messages_.push_back({clock_.now(), pending_.substr(0, end + 4)});
        pending_.erase(0, end + 4);
      }
    }
    void on_closed(net::Stream&, const base::Error&) override {}

   private:
    const base::Clock& clock_;
    std::vector<Message>& messages_;
    std::string pending_;
  };

  [[nodiscard]] std::shared_ptr<net::StreamHandler> reader(std::vector<Message>& into) {
    return std::make_shared<Reader>(clock_, into);
  }

  const base::Clock& clock_;
};

// How a test's client transaction differs from the usual one.
struct SendOptions {
  std::string extra = {};          // header lines of the request
  std::string extra_headers = {};  // of its ACK and CANCEL
  std::optional<base::Duration> fr_timeout = {};
  std::optional<base::Duration> fr_inv_timeout = {};
  std::optional<std::uint8_t> index = {};  // a branch of the fixture's one key; else a key of its own
  bool for_server = false;                 // on behalf of the last server transaction
};

// One shard's layer. New requests get a server transaction with the user `server`; what send() sends has the user
// `client`; a CANCEL reaches the INVITE it is for, an ACK nobody.
class Fixture : public transport::MessageHandler {
 public:
  explicit Fixture(const Settings& settings = {}, transport::Protocol protocol = transport::Protocol::Udp)
      : settings_(settings), protocol_(protocol) {
    transport_.set_handler(*this);
    transport::ListenOptions listen;
    listen.protocol = protocol;
    listen.address = kLocal.address;
    listen.port = kLocal.port;
    const auto listener = transport_.listen(listen);
    EXPECT_TRUE(listener) << listener.error().message;
    layer_ = std::make_unique<TransactionLayer>(shards_.shard(transport_.shard_of_call_id(kCallId)), transport_,
                                                settings_, secrets_, statistics);
    protocol == transport::Protocol::Udp ? bind_peer(*listener) : connect_peer();
  }

  // --- the wire

  void receive(const RequestText& request) { receive_text(request.text()); }
  void receive_text(const std::string& text) {
    worker_.as_worker([&] { transport_.on_message(text, flow_); });
    run();
  }
  // First lines of what the peer got since the last call.
  std::vector<std::string> sent() {
    std::vector<std::string> lines;
    for (const std::string& text : sent_texts()) lines.push_back(text.substr(0, text.find("\r\n")));
    return lines;
  }
  std::vector<std::string> sent_texts() {
    std::vector<std::string> texts;
    for (Peer::Message& message : peer_.messages) texts.push_back(std::move(message.text));
    forget_sent();
    return texts;
  }
  // When, counted from the last call of sent() or its like; to a tenth of a second.
  std::vector<std::chrono::milliseconds> sent_times() {
    std::vector<std::chrono::milliseconds> times;
    for (const Peer::Message& message : peer_.messages)
      times.push_back((message.time - mark_) / std::chrono::milliseconds(100) * std::chrono::milliseconds(100));
    forget_sent();
    return times;
  }
  std::vector<std::string> sent_on_new_connection() const {
    std::vector<std::string> lines;
    for (const Peer::Message& message : peer_.messages_on_new_connections)
      lines.push_back(message.text.substr(0, message.text.find("\r\n")));
    return lines;
  }
  void refuse_datagrams(bool refuse) { network_.set_send_error(kPeer, refuse ? ECONNREFUSED : 0); }
  void set_latency(base::Duration latency) {
    testing::FakeConditions conditions;
    conditions.latency = latency;
    network_.set_conditions(conditions);
  }
  // Nobody is at home any more; word of it takes two seconds.
  void leave_peer() {
    set_latency(std::chrono::seconds(1));
    datagrams_.reset();
  }
  void close_peer() {
    stream_->abort();
    run();
  }
  void listen_as_peer() { listener_ = std::move(*network_.listen({kPeer.address, 5070}, {}, peer_)); }
  [[nodiscard]] static std::string peer_sent_by() { return "192.0.2.1:5070"; }

  void advance(base::Duration by) {
    const base::TimePoint end = clock_.now() + by;
    for (base::TimePoint due = next_event(); due <= end; due = next_event()) {
      clock_.advance_to(due);
      run();
    }
    clock_.advance_to(end);
    run();
  }
  void inside(const std::function<void()>& act) {
    worker_.as_worker(
        [&] { EXPECT_EQ(shards_.enter(layer_->shard().id(), [&](shard::Shard&) { act(); }), shard::Entry::Ran); });
    run();
  }

  // --- the server side

  [[nodiscard]] std::string response_text(int status) const {
    sip::Message request;
    request.assign(last_request_);
    sip::ResponseFields fields;
    fields.status = status;
    fields.to_tag = "ours";
    return sip::build_response(request, fields);
  }
  bool try_respond(int status) {
    bool responded = false;
    inside([&] { responded = layer_->find(server_id)->respond(status, response_text(status)).has_value(); });
    return responded;
  }
  void respond(int status) { EXPECT_TRUE(try_respond(status)) << status; }
  [[nodiscard]] ServerTransaction::State server_state() {
    const ServerTransaction* found = layer_->find(server_id);
    return found != nullptr ? found->state() : ServerTransaction::State::Terminated;
  }
  [[nodiscard]] std::string stateless_tag(const RequestText& request) const {
    const std::string text = request.text();
    sip::Message message;
    message.assign(text);
    return layer_->stateless_to_tag(message);
  }

  // --- the client side

  base::Result<> send_inside(const std::string& method, const SendOptions& options = {}) {
    transport::Branch branch;
    branch.shard = static_cast<std::uint8_t>(layer_->shard().id());
    branch.key = options.index ? 0x1234567890abcdefU : ++next_key_;
    branch.index = options.index.value_or(0);
    branch_ = transport::BranchText(branch).view();
    ClientRequest request;
    request.memory = options.for_server ? layer_->find(server_id)->request() : layer_->blank();
    request_ =
        RequestText{.method = method, .branch = branch_, .sent_by = "192.0.2.10:5060", .extra = options.extra}.text();
    request.method = sip::parse_method(method);
    request.branch = branch;
    request.flow = flow_;
    request.bytes = request.memory->arena().copy(request_);
    request.extra_headers = request.memory->arena().copy(options.extra_headers);
    request.fr_timeout = options.fr_timeout;
    request.fr_inv_timeout = options.fr_inv_timeout;
    if (options.for_server) request.server = server_id;
    const auto created = layer_->create_client(request, client);
    if (!created) return std::unexpected(created.error());
    client_id = (*created)->id();
    return {};
  }
  base::Result<> try_send(const std::string& method, const SendOptions& options = {}) {
    base::Result<> result;
    inside([&] { result = send_inside(method, options); });
    return result;
  }
  void send(const std::string& method, const SendOptions& options = {}) { EXPECT_TRUE(try_send(method, options)); }
  [[nodiscard]] const std::string& sent_branch() const { return branch_; }
  // The response of the last request's receiver.
  [[nodiscard]] std::string answer_text(int status, std::string_view to_tag = "bob") const {
    sip::Message request;
    request.assign(request_);
    sip::ResponseFields fields;
    fields.status = status;
    fields.to_tag = to_tag;
    return sip::build_response(request, fields);
  }
  void answer(int status, std::string_view to_tag = "bob") { receive_text(answer_text(status, to_tag)); }
  void answer_cancel(int status) {
    std::string text = answer_text(status);
    const std::string_view method = "INVITE\r\n";
    receive_text(text.replace(text.find(method), method.size(), "CANCEL\r\n"));
  }
  void cancel(std::string_view reason = {}) {
    inside([&] { layer_->find(client_id)->cancel(reason); });
  }
  [[nodiscard]] ClientTransaction::State client_state() {
    const ClientTransaction* found = layer_->find(client_id);
    return found != nullptr ? found->state() : ClientTransaction::State::Terminated;
  }

  [[nodiscard]] TransactionLayer& layer() { return *layer_; }
  [[nodiscard]] const transport::Flow& flow() const { return flow_; }

  Statistics statistics;
  ServerRecorder server;
  ClientRecorder client;
  ServerTransactionId server_id;
  ClientTransactionId client_id;
  RequestMatch::Kind kind = RequestMatch::Kind::NewRequest;  // of the last request
  bool matched = false;                                      // it came with a transaction
  int refusal = 0;                                           // why it got none

 private:
  inline static const base::Endpoint kLocal = *base::Endpoint::parse("192.0.2.10:5060");
  inline static const base::Endpoint kPeer = *base::Endpoint::parse("192.0.2.1:5060");

  void on_request(const transport::Received& received) override {
    const RequestMatch match = layer_->match_request(received);
    kind = match.kind;
    matched = match.transaction != nullptr;
    if (kind == RequestMatch::Kind::Absorbed || kind == RequestMatch::Kind::AckFor2xx) return;
    const StoredMessagePtr stored = layer_->store(received);
    const bool is_cancel = kind == RequestMatch::Kind::Cancel;
    const auto created = layer_->create_server(stored, is_cancel ? cancel_ : server);
    if (!created) {
      refusal = created.error().code;
    } else if (is_cancel) {
      if (match.transaction != nullptr) match.transaction->cancel(stored);
    } else {
      server_id = (*created)->id();
      last_request_ = received.message.bytes();
    }
  }
  void on_response(const transport::Received& received) override {
    ClientTransaction* found = layer_->match_response(received);
    if (found != nullptr) found->receive(received.message, received.flow);
  }
  void on_malformed_request(const transport::Received&, const sip::Verdict& verdict) override {
    ADD_FAILURE() << verdict.reason;
  }
  void on_send_failed(shard::Shard&, std::uint64_t id, const base::Error& error) override {
    layer_->on_send_failed(id, error);
  }

  void bind_peer(transport::ListenerId listener) {
    datagrams_ = std::move(*network_.bind_datagrams(kPeer, {}, peer_));
    flow_ = {.protocol = protocol_, .listener = listener, .local = kLocal, .remote = kPeer};
  }
  void connect_peer() {
    net::ConnectOptions options;
    options.remote = kLocal;
    options.local = {kPeer.address, 0};
    stream_ = network_.connect(0, options, peer_.reader());
    run();
    flow_ = transport_.connections().at(0).flow;
  }

  [[nodiscard]] base::TimePoint next_event() const { return std::min(shards_.next_due(), network_.next_event()); }
  void run() {
    do {
      worker_.run_until_idle();
    } while (network_.next_event() <= clock_.now());
  }
  void forget_sent() {
    peer_.messages.clear();
    mark_ = clock_.now();
  }

  Settings settings_;
  transport::Protocol protocol_;
  Secrets secrets_ = Secrets::random();
  testing::FakeClock clock_;
  testing::FakeNetwork network_{clock_};
  shard::Shards shards_{clock_};
  NoResolver resolver_;
  Peer peer_{clock_};
  transport::TransportLayer transport_{network_, shards_, resolver_, {}};
  transport::WorkerLoop loop_{network_.loop(0)};
  shard::ManualWorker worker_{shards_, {&loop_}};
  std::unique_ptr<net::DatagramGroup> datagrams_;
  std::unique_ptr<net::StreamListener> listener_;
  std::shared_ptr<net::Stream> stream_;
  std::unique_ptr<TransactionLayer> layer_;
  ServerRecorder cancel_;  // user of the CANCELs' own transactions
  transport::Flow flow_;
  base::TimePoint mark_ = clock_.now();
  std::string last_request_;  // received
  std::string request_;       // sent
  std::string branch_;
  std::uint64_t next_key_ = base::random_u64();
};

}  // namespace carillon::transaction
