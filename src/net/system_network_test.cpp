// SPDX-License-Identifier: Apache-2.0
// What only the kernel does: chaos on loopback, busy ports of strangers, ICMP, timeouts, flags of sockets.
#include "net/system_network.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "net/heavy_source.h"
#include "net/socket.h"
#include "testing/peer.h"

namespace carillon::net {
namespace {

using namespace std::chrono_literals;
using testing::DatagramPeer;
using testing::StreamPeer;
using testing::StreamServer;

const base::Endpoint kLoopback{*base::IpAddress::parse("127.0.0.1"), 0};

class SystemNetworkTest : public ::testing::Test {
 protected:
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      network_.loop(0).flush();
      network_.loop(0).run_once(10ms);
    }
  }
  // A bare socket, as a program without manners would use it, connected to the server.
  FileDescriptor bare_client(const StreamServer& server) {
    FileDescriptor client = std::move(*open_socket(SocketType::Stream, server.local()));
    sockaddr_storage address{};
    const socklen_t length = server.local().to_sockaddr(address);
    const int connected = ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), length);
    EXPECT_TRUE(connected == 0 || errno == EINPROGRESS);
    const std::size_t before = server.accepted().size();
    run_until([&] { return server.accepted().size() > before; });
    return client;
  }

  SystemNetwork network_{1};
};

class Deaf final : public DatagramHandler, public StreamAcceptor {
 public:
  void on_datagrams(DatagramSocket&, std::span<const ReceivedDatagram>) override {}
  void on_send_error(DatagramSocket&, const SendError&) override {}
  void on_accept(std::shared_ptr<Stream>) override {}
};

// A stranger that shares its port willingly is not joined.
TEST_F(SystemNetworkTest, APortThatAStrangerSharesIsBusyAllTheSame) {
  SystemNetwork several(2);
  Deaf deaf;
  for (const SocketType type : {SocketType::Datagram, SocketType::Stream}) {
    FileDescriptor stranger = std::move(*open_socket(type, kLoopback));
    set_option(stranger.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    sockaddr_storage address{};
    const socklen_t length = kLoopback.to_sockaddr(address);
    ASSERT_EQ(::bind(stranger.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
    if (type == SocketType::Stream) {
      ASSERT_EQ(::listen(stranger.get(), 1), 0);
    }
    const base::Endpoint taken = local_endpoint(stranger.get());
    const int error = type == SocketType::Datagram ? several.bind_datagrams(taken, {}, deaf).error().code
                                                   : several.listen(taken, {}, deaf).error().code;
    EXPECT_EQ(error, EADDRINUSE);
  }
}

TEST_F(SystemNetworkTest, AnAddressThatIsNotOursIsAnError) {
  Deaf deaf;
  const base::Endpoint foreign{*base::IpAddress::parse("192.0.2.1"), 5060};
  const auto bound = network_.bind_datagrams(foreign, {}, deaf);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message, "udp:192.0.2.1:5060: cannot assign requested address");
}

TEST_F(SystemNetworkTest, SeveralWorkersShareTheChosenPort) {
  SystemNetwork several(3);
  Deaf deaf;
  const auto group = several.bind_datagrams(kLoopback, {}, deaf);
  ASSERT_TRUE(group);
  EXPECT_NE((*group)->local().port, 0);
  for (unsigned worker = 0; worker < 3; ++worker) {
    EXPECT_EQ((*group)->socket(worker).worker(), worker);
    EXPECT_EQ((*group)->socket(worker).local(), (*group)->local());
  }
}

// Records which worker received how much.
class Receivers final : public DatagramHandler {
 public:
  explicit Receivers(unsigned workers) : counts(workers) {}
  void on_datagrams(DatagramSocket& socket, std::span<const ReceivedDatagram> datagrams) override {
    counts[socket.worker()] += datagrams.size();
  }
  void on_send_error(DatagramSocket&, const SendError&) override {}
  [[nodiscard]] std::size_t total() const { return std::accumulate(counts.begin(), counts.end(), std::size_t{0}); }

  std::vector<std::size_t> counts;
};

class SteeringTest : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr unsigned kWorkers = 3;

  void run_until_received(std::size_t total) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (receivers_.total() < total) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      for (unsigned worker = 0; worker < kWorkers; ++worker) network_.loop(worker).run_once(0ms);
    }
  }

  Receivers receivers_{kWorkers};
  SystemNetwork network_{kWorkers};
  base::Endpoint address_{*base::IpAddress::parse(GetParam()), 0};
};

TEST_P(SteeringTest, OnlyActiveWorkersReceiveAndASourceStaysWithOne) {
  const auto group = std::move(*network_.bind_datagrams(address_, {}, receivers_));
  SystemNetwork outside(1);
  std::vector<std::unique_ptr<DatagramPeer>> sources;
  for (int i = 0; i < 64; ++i) sources.push_back(std::make_unique<DatagramPeer>(outside, address_));
  std::size_t sent = 0;
  for (unsigned active = 1; active <= kWorkers; ++active) {
    group->set_active(active);
    receivers_.counts.assign(kWorkers, 0);
    sent = 0;
    for (const auto& source : sources) {
      source->send(group->local(), "x");
      source->send(group->local(), "y");
      sent += 2;
    }
    run_until_received(sent);
    for (unsigned worker = 0; worker < kWorkers; ++worker) {
      EXPECT_EQ(receivers_.counts[worker] > 0, worker < active) << worker << " of " << active;
      EXPECT_EQ(receivers_.counts[worker] % 2, 0U);
    }
  }
}

TEST_P(SteeringTest, AHeavySourceIsSpreadByDatagram) {
  const auto group = std::move(*network_.bind_datagrams(address_, {}, receivers_));
  group->set_active(2);
  SystemNetwork outside(1);
  DatagramPeer source(outside, address_);
  std::size_t sent = 0;
  for (std::uint32_t batch = 0; batch < 2 * HeavySource::kWindow / 32; ++batch) {
    for (int i = 0; i < 32; ++i) source.send(group->local(), "x");
    sent += 32;
    run_until_received(sent);
  }
  EXPECT_GT(receivers_.counts[0], HeavySource::kWindow / 8);
  EXPECT_GT(receivers_.counts[1], HeavySource::kWindow / 8);
  EXPECT_EQ(receivers_.counts[2], 0U);
}

INSTANTIATE_TEST_SUITE_P(Families, SteeringTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& param) { return param.index == 0 ? "V4" : "V6"; });

TEST_F(SystemNetworkTest, ADatagramThatCannotLeaveIsReportedAndTheOthersLeave) {
  DatagramPeer sender(network_, kLoopback);
  DatagramPeer receiver(network_, kLoopback);
  DatagramSocket& socket = sender.group().socket(0);
  const base::Endpoint broadcast{*base::IpAddress::parse("255.255.255.255"), 5060};  // EACCES without SO_BROADCAST
  for (std::uint64_t number = 1; number <= 9; ++number) {
    static_cast<void>(socket.reserve(1));
    socket.commit(1, {.remote = number % 3 == 0 ? broadcast : receiver.local(), .cookie = number});
  }
  run_until([&] { return receiver.received().size() == 6 && sender.errors().size() == 3; });
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sender.errors()[i].cookie, 3 * (i + 1));
    EXPECT_EQ(sender.errors()[i].error, EACCES);
    EXPECT_EQ(sender.errors()[i].remote, broadcast);
  }
}

TEST_F(SystemNetworkTest, ErrorsOfAnAutomaticFlushWaitForTheNextOne) {
  DatagramPeer sender(network_, kLoopback);
  DatagramSocket& socket = sender.group().socket(0);
  const base::Endpoint broadcast{*base::IpAddress::parse("255.255.255.255"), 5060};
  for (std::uint64_t number = 1; number <= 200; ++number) {
    static_cast<void>(socket.reserve(1));
    socket.commit(1, {.remote = broadcast, .cookie = number});
  }
  EXPECT_TRUE(sender.errors().empty());
  network_.loop(0).flush();
  EXPECT_EQ(sender.errors().size(), 200U);
}

TEST_F(SystemNetworkTest, EachIcmpErrorFindsItsOwnDatagram) {
  DatagramPeer sender(network_, kLoopback);
  base::Endpoint deserted;
  {
    const DatagramPeer gone(network_, kLoopback);
    deserted = gone.local();
  }
  const DatagramPeer listening(network_, kLoopback);
  for (std::uint64_t number = 1; number <= 20; ++number) {
    const std::string request = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK" + std::to_string(number);
    sender.send(number % 2 == 0 ? deserted : listening.local(), request, number);
    run_until([&] { return sender.errors().size() == number / 2; });
  }
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(sender.errors()[i].cookie, 2 * (i + 1));
}

TEST_F(SystemNetworkTest, AConnectThatNobodyAnswersTimesOut) {
  // A listener whose backlog is full drops further handshakes.
  FileDescriptor full = std::move(bind_sockets(SocketType::Stream, kLoopback, 1)->sockets[0]);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const base::Endpoint remote = local_endpoint(full.get());
  std::vector<std::unique_ptr<StreamPeer>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(StreamPeer::connect(network_, {.remote = remote, .timeout = 100ms}));
  run_until([&] {
    return std::ranges::any_of(clients, [](const auto& client) { return client->seen().reason.code == ETIMEDOUT; });
  });
}

TEST_F(SystemNetworkTest, AConnectComesFromTheAddressAskedFor) {
  const StreamServer server(network_, kLoopback);
  const base::Endpoint from{*base::IpAddress::parse("127.0.0.2"), 0};
  const auto client = StreamPeer::connect(network_, {.remote = server.local(), .local = from});
  run_until([&] { return client->seen().connected; });
  EXPECT_EQ(client->stream().local().address, from.address);
  EXPECT_NE(client->stream().local().port, 0);
}

TEST_F(SystemNetworkTest, AConnectFromAForeignAddressFails) {
  const StreamServer server(network_, kLoopback);
  const base::Endpoint from{*base::IpAddress::parse("192.0.2.1"), 0};
  const auto client = StreamPeer::connect(network_, {.remote = server.local(), .local = from});
  run_until([&] { return client->seen().closed; });
  EXPECT_EQ(client->seen().reason.code, EADDRNOTAVAIL);
}

TEST_F(SystemNetworkTest, AResetInTheMiddleOfTrafficClosesOnce) {
  const StreamServer server(network_, kLoopback);
  FileDescriptor client = bare_client(server);
  StreamPeer& accepted = *server.accepted()[0];
  ASSERT_TRUE(accepted.send(std::string(512 * 1024, 'x')));
  ASSERT_EQ(::send(client.get(), "abc", 3, 0), 3);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  client = FileDescriptor();
  run_until([&] { return accepted.seen().closed; });
  EXPECT_TRUE(accepted.seen().reason.code == ECONNRESET || accepted.seen().reason.code == EPIPE);
  EXPECT_FALSE(accepted.send("late"));
}

// One byte at a time, with pauses made of rounds: what arrives is what was sent.
TEST_F(SystemNetworkTest, ASlowSenderLosesNothing) {
  const StreamServer server(network_, kLoopback);
  const FileDescriptor client = bare_client(server);
  const std::string text = "INVITE sip:bob@example.org SIP/2.0\r\n\r\n";
  for (std::size_t sent = 0; sent < text.size(); ++sent) {
    ASSERT_EQ(::send(client.get(), &text[sent], 1, 0), 1);
    run_until([&] { return server.accepted()[0]->seen().bytes.size() == sent + 1; });
  }
  EXPECT_EQ(server.accepted()[0]->seen().bytes, text);
}

TEST_F(SystemNetworkTest, ASlowReaderGetsEverythingInOrder) {
  const StreamServer server(network_, kLoopback, {.max_queued = 32U << 20});
  const FileDescriptor client = bare_client(server);
  StreamPeer& accepted = *server.accepted()[0];
  std::mt19937 random(3);
  std::string sent;
  std::string received;
  std::array<char, 8192> buffer{};
  for (int i = 0; i < 300; ++i) {
    std::string piece(random() % 80'000, '\0');
    for (char& byte : piece) byte = static_cast<char>(random());
    ASSERT_TRUE(accepted.send(piece));
    sent += piece;
    network_.loop(0).run_once(0ms);
    const ssize_t got = ::recv(client.get(), buffer.data(), 1 + random() % buffer.size(), MSG_DONTWAIT);
    if (got > 0) received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_GT(accepted.stream().queued(), 0U);
  run_until([&] {
    ssize_t got = 0;
    while ((got = ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
      received.append(buffer.data(), static_cast<std::size_t>(got));
    return received.size() == sent.size();
  });
  EXPECT_TRUE(received == sent);
  EXPECT_EQ(accepted.seen().drained, 1);
}

// The connections that can't be accepted wait in the backlog, and the loop does not spin on them.
TEST_F(SystemNetworkTest, WithoutDescriptorsAcceptingPausesAndGoesOn) {
  const StreamServer server(network_, kLoopback);
  FileDescriptor client = std::move(*open_socket(SocketType::Stream, server.local()));
  sockaddr_storage address{};
  const socklen_t length = server.local().to_sockaddr(address);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowest_free = ::dup(client.get());
  ::close(lowest_free);
  const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  static_cast<void>(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), length));
  int rounds = 0;
  for (const auto end = std::chrono::steady_clock::now() + 250ms; std::chrono::steady_clock::now() < end; ++rounds) {
    network_.loop(0).run_once(50ms);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_LT(rounds, 20);
  EXPECT_TRUE(server.accepted().empty());
  run_until([&] { return server.accepted().size() == 1; });
}

// Whoever floods one socket delays the others by a batch, not for ever.
TEST_F(SystemNetworkTest, AFloodOnOneSocketLeavesTurnsToTheOthers) {
  DatagramPeer flooded(network_, kLoopback);
  DatagramPeer quiet(network_, kLoopback);
  const StreamServer server(network_, kLoopback);
  const FileDescriptor client = bare_client(server);
  SystemNetwork outside(1);
  DatagramPeer source(outside, kLoopback);
  std::size_t flood = 0;
  flooded.on_receive([&](const DatagramPeer::Received&) { ++flood; });
  const auto flood_it = [&] {
    for (int i = 0; i < 64; ++i) source.send(flooded.local(), "flood");
  };
  flood_it();
  source.send(quiet.local(), "one");
  ASSERT_EQ(::send(client.get(), "two", 3, 0), 3);
  bool posted = false;
  network_.loop(0).post([&] { posted = true; });
  for (int round = 0; round < 30; ++round) {
    flood_it();
    network_.loop(0).run_once(0ms);
  }
  EXPECT_GT(flood, 0U);
  EXPECT_EQ(quiet.received().size(), 1U);
  EXPECT_EQ(server.accepted()[0]->seen().bytes, "two");
  EXPECT_TRUE(posted);
}

TEST_F(SystemNetworkTest, WatchesDescriptorsOfOthers) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  std::vector<std::string> seen;
  auto watch = network_.loop(0).watcher()->watch(ends[0], [&](Readiness ready) {
    seen.push_back(std::string(ready.readable ? "r" : "") + (ready.writable ? "w" : ""));
  });
  ASSERT_NE(watch, nullptr);
  watch->ask({.readable = true});
  watch->ask({.readable = true});
  watch->ask({.writable = true});
  run_until([&] { return !seen.empty(); });
  ASSERT_EQ(::send(ends[1], "ab", 2, 0), 2);
  run_until([&] { return seen.size() == 2; });
  EXPECT_EQ(seen, (std::vector<std::string>{"w", "r"})) << "once each";
  watch->ask({.readable = true});
  run_until([&] { return seen.size() == 3; });
  EXPECT_EQ(seen.back(), "r") << "what wasn't read is still there";
  ::close(ends[1]);
  watch->ask({.readable = true});
  run_until([&] { return seen.size() == 4; });
  watch->ask({.readable = true});
  watch.reset();
  for (int i = 0; i < 3; ++i) network_.loop(0).run_once(1ms);
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), 0) << "still its owner's";
  ::close(ends[0]);
}

TEST_F(SystemNetworkTest, AWatchMayEndInItsOwnHandler) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  int calls = 0;
  std::unique_ptr<Watch> watch = network_.loop(0).watcher()->watch(ends[0], [&](Readiness) {
    ++calls;
    watch.reset();
    ::close(ends[0]);
  });
  watch->ask({.readable = true, .writable = true});
  ASSERT_EQ(::send(ends[1], "a", 1, 0), 1);
  run_until([&] { return calls != 0; });
  for (int i = 0; i < 3; ++i) network_.loop(0).run_once(1ms);
  EXPECT_EQ(calls, 1);
  ::close(ends[1]);
}

TEST_F(SystemNetworkTest, CallsAfterATime) {
  std::string order;
  Watcher& watcher = *network_.loop(0).watcher();
  watcher.call_after(20ms, [&] { order += "b"; });
  watcher.call_after(1ms, [&] { order += "a"; });
  watcher.call_after(1h, [&] { order += "c"; });
  run_until([&] { return order.size() == 2; });
  EXPECT_EQ(order, "ab");
}

TEST_F(SystemNetworkTest, AWakeBeforeTheWaitIsNotLost) {
  for (int i = 0; i < 100; ++i) {
    network_.loop(0).wake();
    network_.loop(0).wake();
    network_.loop(0).run_once(base::Duration::max());
  }
}

TEST_F(SystemNetworkTest, DescriptorsAreNotInheritedAndDoNotBlock) {
  const auto socket = open_socket(SocketType::Stream, kLoopback);
  ASSERT_TRUE(socket);
  EXPECT_NE(::fcntl(socket->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(socket->get(), F_GETFD) & FD_CLOEXEC, 0);
}

}  // namespace
}  // namespace carillon::net
