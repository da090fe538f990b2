// SPDX-License-Identifier: Apache-2.0
// Several workers on the kernel's network: nothing is lost between sockets, shards, mailboxes and connections.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "net/system_network.h"
#include "shard/workers.h"
#include "transport/transport_fixture.h"
#include "transport/worker_loop.h"

namespace carillon::transport {
namespace {

constexpr unsigned kWorkers = 3;
constexpr int kClients = 6;
constexpr int kRequests = 300;  // of each client

// A blocking socket of a client.
class Socket {
 public:
  Socket(int type, const base::Endpoint& server) : handle_(::socket(AF_INET, type, 0)) {
    sockaddr_storage address{};
    const socklen_t size = server.to_sockaddr(address);
    const timeval patience{20, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(handle_, reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }
  ~Socket() { ::close(handle_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view bytes) const {
    return ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Bytes received now, 0 at the end of the stream or after waiting too long.
  [[nodiscard]] std::size_t receive(std::span<char> room) const {
    const ssize_t got = ::recv(handle_, room.data(), room.size(), 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

 private:
  int handle_;
  bool connected_ = false;
};

// Answers each request with an equal number of bytes; touches the connection table as a registrar would.
class Answering final : public MessageHandler {
 public:
  explicit Answering(TransportLayer& transport) : transport_(transport) {}

  void on_request(const Received& request) override {
    EXPECT_EQ(request.shard.id(), transport_.shard_of(request.message));
    if (request.flow.connection != ConnectionId::None) transport_.mark_authenticated(request.flow.connection);
    const auto flow = transport_.try_open(response_target(request.flow, request.message.top_via()));
    if (!flow || !*flow) return;  // the client has gone
    ++answered;
    static_cast<void>(transport_.send(**flow, request.message.bytes(), {request.shard.id(), 1}));
  }
  void on_response(const Received&) override { ++responses; }
  void on_malformed_request(const Received&, const sip::Verdict&) override { ADD_FAILURE() << "malformed"; }
  void on_send_failed(shard::Shard&, std::uint64_t, const base::Error&) override { ++failed; }

  std::atomic<int> answered{0};
  std::atomic<int> responses{0};
  std::atomic<int> failed{0};

 private:
  TransportLayer& transport_;
};

class TransportThreadsTest : public ::testing::Test {
 protected:
  TransportThreadsTest() {
    transport_.set_handler(handler_);
    transport_.on_connection_closed([this](const Flow&, const base::Error&) { ++closed_; });
    udp_ = listen(Protocol::Udp);
    tcp_ = listen(Protocol::Tcp);
    std::vector<shard::Loop*> loops;
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
      loops_.push_back(std::make_unique<WorkerLoop>(network_.loop(worker)));
      loops.push_back(loops_.back().get());
    }
    shard::WorkersOptions options;
    options.least_active = kWorkers;
    options.on_active_workers = [this](unsigned active) { transport_.set_active_workers(active); };
    workers_.emplace(shards_, loops, options);
    workers_->start();
  }
  ~TransportThreadsTest() override { workers_->stop(); }

  base::Endpoint listen(Protocol protocol) {
    ListenOptions options;
    options.protocol = protocol;
    options.address = *base::IpAddress::parse("127.0.0.1");
    const auto id = transport_.listen(options);
    return transport_.listeners()[static_cast<std::size_t>(id.value())].local;
  }
  // Calls `client(number)` on a thread each and waits for all.
  static void run_clients(const std::function<void(int)>& client) {
    std::vector<std::thread> threads;
    for (int number = 0; number < kClients; ++number) threads.emplace_back(client, number);
    for (std::thread& thread : threads) thread.join();
  }
  static std::string request(std::string_view protocol, int client, int number) {
    return make_request("SIP/2.0/" + std::string(protocol) + " 127.0.0.1;branch=z9hG4bK1;rport", "", "body",
                        std::to_string(client) + "-" + std::to_string(number));
  }
  // True as soon as `done`, false when that takes suspiciously long.
  static bool eventually(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    return done();
  }

  base::SystemClock clock_;
  net::SystemNetwork network_{kWorkers};
  shard::Shards shards_{clock_};
  FakeResolver resolver_;
  TransportLayer transport_{network_, shards_, resolver_, patient_limits()};
  Answering handler_{transport_};
  std::atomic<int> closed_{0};
  base::Endpoint udp_;
  base::Endpoint tcp_;
  std::vector<std::unique_ptr<WorkerLoop>> loops_;
  std::optional<shard::Workers> workers_;
};

TEST_F(TransportThreadsTest, EveryDatagramIsAnsweredToItsSender) {
  std::atomic<int> answered{0};
  run_clients([&](int client) {
    const Socket socket(SOCK_DGRAM, udp_);
    std::vector<char> room(2000);
    for (int number = 0; number < kRequests; ++number) {
      const std::string sent = request("UDP", client, number);
      ASSERT_TRUE(socket.send(sent));
      const std::size_t got = socket.receive(room);
      if (std::string_view(room.data(), got) == sent) ++answered;
    }
  });
  EXPECT_EQ(answered, kClients * kRequests);
}

TEST_F(TransportThreadsTest, PipelinedRequestsOfManyConnectionsAreAllAnswered) {
  std::atomic<int> complete{0};
  std::atomic<bool> stop{false};
  std::thread commands([&] {
    while (!stop) {
      for (const ConnectionInfo& connection : transport_.connections()) {
        transport_.keep_until(connection.flow.connection, clock_.now() + std::chrono::seconds(60));
        transport_.add_alias(connection.flow.connection, 5090);
      }
    }
  });
  run_clients([&](int client) {
    const Socket socket(SOCK_STREAM, tcp_);
    ASSERT_TRUE(socket.connected());
    std::string all;
    for (int number = 0; number < kRequests; ++number) all += request("TCP", client, number);
    std::thread sender([&] { EXPECT_TRUE(socket.send(all)); });
    std::vector<char> room(64 * 1024);
    std::size_t received = 0;
    while (received < all.size()) {
      const std::size_t got = socket.receive(room);
      if (got == 0) break;
      received += got;
    }
    sender.join();
    if (received == all.size()) ++complete;
  });
  stop = true;
  commands.join();
  EXPECT_EQ(complete, kClients);
  EXPECT_EQ(handler_.answered, kClients * kRequests);
  EXPECT_TRUE(eventually([&] { return closed_ == kClients; }));
  EXPECT_TRUE(transport_.connections().empty());
}

// Need 1: closing from one side while the other writes corrupts nothing.
TEST_F(TransportThreadsTest, ConnectionsMayBeClosedWhileTheyAreWrittenTo) {
  std::atomic<bool> stop{false};
  std::thread axe([&] {
    while (!stop) {
      for (const ConnectionInfo& connection : transport_.connections()) transport_.close(connection.flow.connection);
    }
  });
  run_clients([&](int client) {
    std::vector<char> room(2000);
    for (int number = 0; number < 50; ++number) {
      const Socket socket(SOCK_STREAM, tcp_);
      if (!socket.send(request("TCP", client, number))) continue;
      static_cast<void>(socket.receive(room));
    }
  });
  stop = true;
  axe.join();
  EXPECT_TRUE(eventually([&] { return transport_.connections().empty(); }));
  EXPECT_EQ(static_cast<std::uint64_t>(closed_), transport_.statistics().connections_accepted.value());
}

// Opens from many shards, on whatever worker runs them, end in one connection and each is resumed once.
TEST_F(TransportThreadsTest, OpensFromManyShardsShareAConnection) {
  std::atomic<int> opened{0};
  std::atomic<int> failures{0};
  Target target;
  target.protocol = Protocol::Tcp;
  target.address = tcp_.address;
  target.port = tcp_.port;
  for (unsigned number = 0; number < 500; ++number) {
    shards_.post(static_cast<shard::ShardId>(number % shard::kShards), [&](shard::Shard& shard) {
      base::start(transport_.open(shard, target), [&](const base::Result<Flow>& flow) {
        const std::string response = make_response("SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1", std::to_string(opened));
        if (flow && transport_.send(*flow, response)) {
          ++opened;
        } else {
          ++failures;
        }
      });
    });
  }
  EXPECT_TRUE(eventually([&] { return opened + failures == 500; }));
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(eventually([&] { return handler_.responses == 500; }));
  EXPECT_LE(transport_.statistics().connections_opened.value(), 1U);
}

}  // namespace
}  // namespace carillon::transport
