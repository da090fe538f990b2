// SPDX-License-Identifier: Apache-2.0
// What every Network promises, on the kernel's and on the fake one alike.
#include "net/network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include "net/system_network.h"
#include "testing/fake_clock.h"
#include "testing/fake_network.h"
#include "testing/peer.h"

namespace carillon::net {
namespace {

using namespace std::chrono_literals;
using testing::DatagramPeer;
using testing::StreamPeer;
using testing::StreamServer;

// Runs a network's only loop until something holds.
class World {
 public:
  virtual ~World() = default;
  virtual Network& network() = 0;
  // False when it didn't within a time that is long for either network.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

class KernelWorld final : public World {
 public:
  Network& network() override { return network_; }
  bool run_until(const std::function<bool()>& done) override {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      network_.loop(0).flush();
      network_.loop(0).run_once(10ms);
    }
    return true;
  }

 private:
  SystemNetwork network_{1};
};

class FakeWorld final : public World {
 public:
  Network& network() override { return network_; }
  bool run_until(const std::function<bool()>& done) override {
    const base::TimePoint end = clock_.now() + 20s;
    while (!done()) {
      if (clock_.now() > end) return false;
      network_.loop(0).flush();
      network_.loop(0).run_once(0ms);
      if (network_.next_event() == base::TimePoint::max()) {
        clock_.advance(10ms);
      } else if (network_.next_event() > clock_.now()) {
        clock_.advance_to(network_.next_event());
      }
    }
    return true;
  }

 private:
  testing::FakeClock clock_;
  testing::FakeNetwork network_{clock_};
};

struct Case {
  const char* name;
  std::unique_ptr<World> (*make)();
  const char* address;
};

class NetworkTest : public ::testing::TestWithParam<Case> {
 protected:
  base::Endpoint any_port() const { return {*base::IpAddress::parse(GetParam().address), 0}; }
  Network& network() { return world_->network(); }
  void run_until(const std::function<bool()>& done) { ASSERT_TRUE(world_->run_until(done)); }
  // A stream from `client` to `server().accepted()[0]`.
  std::unique_ptr<StreamPeer> connect(StreamServer& server, const StreamOptions& options = {}) {
    auto client = StreamPeer::connect(network(), {.remote = server.local(), .stream = options});
    const std::size_t before = server.accepted().size();
    run_until([&] { return client->seen().connected && server.accepted().size() > before; });
    return client;
  }

  std::unique_ptr<World> world_ = GetParam().make();
};

TEST_P(NetworkTest, DatagramsArriveWithTheirAddresses) {
  DatagramPeer alice(network(), any_port());
  DatagramPeer bob(network(), any_port());
  EXPECT_NE(alice.local().port, 0);
  alice.send(bob.local(), "hello");
  run_until([&] { return !bob.received().empty(); });
  const auto received = *bob.take();
  EXPECT_EQ(received.bytes, "hello");
  EXPECT_EQ(received.from, alice.local());
  EXPECT_EQ(received.to, bob.local());
  EXPECT_TRUE(alice.errors().empty());
}

TEST_P(NetworkTest, AWildcardSocketKnowsWhereADatagramWasSentTo) {
  DatagramPeer server(network(), {base::IpAddress::any(any_port().address.family()), 0});
  DatagramPeer client(network(), any_port());
  const base::Endpoint target{any_port().address, server.local().port};
  client.send(target, "hello");
  run_until([&] { return !server.received().empty(); });
  EXPECT_EQ(server.received().front().to, target);
  DatagramSocket& socket = server.group().socket(0);
  std::ranges::copy(std::string_view("reply"), socket.reserve(5).begin());
  socket.commit(5, {.remote = client.local(), .source = target.address});
  run_until([&] { return !client.received().empty(); });
  EXPECT_EQ(client.received().front().from, target);
}

TEST_P(NetworkTest, ManyDatagramsOfAllSizesArrive) {
  DatagramPeer sender(network(), any_port());
  DatagramPeer receiver(network(), any_port());
  DatagramSocket& socket = sender.group().socket(0);
  for (std::size_t number = 0; number < 300; ++number) {
    const std::size_t size = number % 100 == 0 ? kMaxDatagram - number : 1 + number;
    std::span<char> room = socket.reserve(size + (kMaxDatagram - size) / 2);
    std::ranges::fill(room.first(size), static_cast<char>('a' + number % 26));
    socket.commit(size, {.remote = receiver.local()});
    if (number % 50 == 49) run_until([&] { return receiver.received().size() == number + 1; });
  }
  for (std::size_t number = 0; number < 300; ++number) {
    const std::size_t size = number % 100 == 0 ? kMaxDatagram - number : 1 + number;
    EXPECT_EQ(receiver.take()->bytes, std::string(size, static_cast<char>('a' + number % 26)));
  }
}

TEST_P(NetworkTest, AnAbandonedReservationCostsNothing) {
  DatagramPeer alice(network(), any_port());
  DatagramPeer bob(network(), any_port());
  std::ranges::fill(alice.group().socket(0).reserve(100), 'x');
  alice.send(bob.local(), "hello");
  run_until([&] { return !bob.received().empty(); });
  EXPECT_EQ(bob.received().front().bytes, "hello");
  EXPECT_EQ(bob.received().size(), 1U);
}

TEST_P(NetworkTest, WhereNobodyListensTheSenderHears) {
  DatagramPeer sender(network(), any_port());
  base::Endpoint deserted;
  {
    const DatagramPeer gone(network(), any_port());
    deserted = gone.local();
  }
  sender.send(deserted, "first", 7);
  sender.send(deserted, "uninteresting");
  sender.send(deserted, "second", 8);
  run_until([&] { return sender.errors().size() >= 2; });
  EXPECT_EQ(sender.errors()[0].cookie, 7U);
  EXPECT_EQ(sender.errors()[1].cookie, 8U);
  EXPECT_EQ(sender.errors()[0].remote, deserted);
  EXPECT_EQ(sender.errors()[0].error, ECONNREFUSED);
  // Errors of others don't keep a datagram from leaving.
  DatagramPeer receiver(network(), any_port());
  sender.send(receiver.local(), "arrives", 9);
  run_until([&] { return !receiver.received().empty(); });
  EXPECT_EQ(sender.errors().size(), 2U);
}

TEST_P(NetworkTest, ABusyPortIsAnErrorThatNamesIt) {
  const DatagramPeer datagrams(network(), any_port());
  class Deaf final : public DatagramHandler, public StreamAcceptor {
    void on_datagrams(DatagramSocket&, std::span<const ReceivedDatagram>) override {}
    void on_send_error(DatagramSocket&, const SendError&) override {}
    void on_accept(std::shared_ptr<Stream>) override {}
  } deaf;
  const auto again = network().bind_datagrams(datagrams.local(), {}, deaf);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().message, "udp:" + datagrams.local().to_string() + ": address already in use");
  EXPECT_EQ(again.error().code, EADDRINUSE);
  const StreamServer streams(network(), any_port());
  const auto listening = network().listen(streams.local(), {}, deaf);
  ASSERT_FALSE(listening.has_value());
  EXPECT_EQ(listening.error().message, "tcp:" + streams.local().to_string() + ": address already in use");
}

TEST_P(NetworkTest, StreamsCarryBytesBothWays) {
  StreamServer server(network(), any_port());
  const auto client = connect(server);
  StreamPeer& accepted = *server.accepted()[0];
  EXPECT_EQ(accepted.stream().local(), server.local());
  EXPECT_EQ(accepted.stream().remote(), client->stream().local());
  EXPECT_EQ(client->stream().remote(), server.local());
  ASSERT_TRUE(client->send("ping"));
  run_until([&] { return accepted.seen().bytes == "ping"; });
  ASSERT_TRUE(accepted.send("pong"));
  run_until([&] { return client->seen().bytes == "pong"; });
}

TEST_P(NetworkTest, WhatIsWrittenWhileConnectingArrives) {
  StreamServer server(network(), any_port());
  auto client = StreamPeer::connect(network(), {.remote = server.local()});
  ASSERT_TRUE(client->send("early"));
  EXPECT_FALSE(client->seen().connected);
  run_until([&] { return !server.accepted().empty() && server.accepted()[0]->seen().bytes == "early"; });
}

TEST_P(NetworkTest, ARefusedConnectIsHeardAsClosed) {
  base::Endpoint deserted;
  {
    const StreamServer gone(network(), any_port());
    deserted = gone.local();
  }
  const auto client = StreamPeer::connect(network(), {.remote = deserted});
  EXPECT_FALSE(client->seen().closed);
  run_until([&] { return client->seen().closed; });
  EXPECT_FALSE(client->seen().connected);
  EXPECT_EQ(client->seen().reason.code, ECONNREFUSED);
  EXPECT_EQ(client->seen().reason.message, "tcp:" + deserted.to_string() + ": connection refused");
  EXPECT_EQ(client->send("late").error().code, ENOTCONN);
}

TEST_P(NetworkTest, HalfClosedStreamsGoOnTheOtherWay) {
  StreamServer server(network(), any_port());
  const auto client = connect(server);
  StreamPeer& accepted = *server.accepted()[0];
  ASSERT_TRUE(client->send("question"));
  client->stream().shutdown_write();
  EXPECT_EQ(client->send("more").error().code, ENOTCONN);
  run_until([&] { return accepted.seen().ended; });
  EXPECT_EQ(accepted.seen().bytes, "question");
  ASSERT_TRUE(accepted.send("answer"));
  run_until([&] { return client->seen().bytes == "answer"; });
  accepted.stream().close();
  run_until([&] { return client->seen().ended; });
  client->stream().close();
  run_until([&] { return client->seen().closed && accepted.seen().closed; });
  EXPECT_EQ(client->seen().reason.code, 0);
  EXPECT_EQ(accepted.seen().reason.code, 0);
}

TEST_P(NetworkTest, ClosingSendsWhatIsQueuedFirst) {
  StreamServer server(network(), any_port());
  const auto client = connect(server, {.max_queued = 64U << 20});
  const std::string large(8U << 20, 'x');
  server.accepted()[0]->stream().pause_reading(true);
  ASSERT_TRUE(client->send(large));
  EXPECT_GT(client->stream().queued(), 0U);
  client->stream().close();
  EXPECT_EQ(client->send("late").error().code, ENOTCONN);
  server.accepted()[0]->stream().pause_reading(false);
  run_until([&] { return server.accepted()[0]->seen().ended; });
  EXPECT_EQ(server.accepted()[0]->seen().bytes.size(), large.size());
  server.accepted()[0]->stream().close();
  run_until([&] { return client->seen().closed; });
  EXPECT_EQ(client->seen().reason.code, 0);
}

TEST_P(NetworkTest, CloseEndsAfterTheLingerWhenThePeerKeepsItsSideOpen) {
  StreamServer server(network(), any_port());
  const auto client = connect(server, {.linger = 50ms});
  client->stream().close();
  run_until([&] { return client->seen().closed; });
  EXPECT_EQ(client->seen().reason.code, 0);
  EXPECT_FALSE(server.accepted()[0]->seen().closed);
}

TEST_P(NetworkTest, AnAbortResetsThePeer) {
  StreamServer server(network(), any_port());
  const auto client = connect(server);
  client->stream().abort();
  run_until([&] { return client->seen().closed && server.accepted()[0]->seen().closed; });
  EXPECT_EQ(client->seen().reason.code, 0);
  EXPECT_EQ(server.accepted()[0]->seen().reason.code, ECONNRESET);
}

TEST_P(NetworkTest, AReaderThatStopsMakesWritesRefusedWholeAndThenResumes) {
  StreamServer server(network(), any_port());
  const auto client = connect(server, {.max_queued = 256 * 1024});
  StreamPeer& slow = *server.accepted()[0];
  slow.stream().pause_reading(true);
  const std::string piece(16 * 1024, 'y');
  std::size_t accepted = 0;
  base::Result<> refused;
  run_until([&] {
    for (int i = 0; i < 64 && refused; ++i) {
      refused = client->send(piece);
      if (refused) accepted += piece.size();
    }
    return !refused;
  });
  EXPECT_EQ(refused.error().code, ENOBUFS);
  EXPECT_LE(client->stream().queued(), 256U * 1024);
  EXPECT_GT(client->stream().queued() + piece.size(), 256U * 1024);
  EXPECT_FALSE(client->seen().closed);
  slow.stream().pause_reading(false);
  run_until([&] { return slow.seen().bytes.size() == accepted; });
  run_until([&] { return client->seen().drained == 1; });
  EXPECT_TRUE(client->send(piece));
}

TEST_P(NetworkTest, AReaderThatNeverResumesIsGivenUp) {
  StreamServer server(network(), any_port());
  const auto client = connect(server, {.max_queued = 64U << 20, .stall = 60ms});
  server.accepted()[0]->stream().pause_reading(true);
  ASSERT_TRUE(client->send(std::string(16U << 20, 'z')));
  run_until([&] { return client->seen().closed; });
  EXPECT_EQ(client->seen().reason.code, ETIMEDOUT);
}

TEST_P(NetworkTest, AnAcceptedStreamThatNobodyStartsIsClosed) {
  class Refuser final : public StreamAcceptor {
    void on_accept(std::shared_ptr<Stream>) override {}
  } refuser;
  const auto listener = network().listen(any_port(), {}, refuser);
  ASSERT_TRUE(listener);
  const auto client = StreamPeer::connect(network(), {.remote = (*listener)->local()});
  run_until([&] { return client->seen().ended || client->seen().closed; });
}

TEST_P(NetworkTest, PostedWorkRunsInALaterRound) {
  bool ran = false;
  network().loop(0).post([&] { ran = true; });
  EXPECT_FALSE(ran);
  run_until([&] { return ran; });
}

TEST_P(NetworkTest, OpenStreamsMayBeLetGoAfterTheNetwork) {
  std::shared_ptr<Stream> stream;
  {
    const auto world = GetParam().make();
    StreamServer server(world->network(), any_port());
    class Silent final : public StreamHandler {
      void on_bytes(Stream&, std::span<char>) override {}
      void on_closed(Stream&, const base::Error&) override { ADD_FAILURE(); }
    };
    const auto handler = std::make_shared<Silent>();
    stream = world->network().connect(0, {.remote = server.local()}, handler);
    ASSERT_TRUE(world->run_until([&] { return !server.accepted().empty(); }));
  }
  EXPECT_EQ(stream.use_count(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, NetworkTest,
    ::testing::Values(Case{"KernelV4", [] { return std::unique_ptr<World>(new KernelWorld); }, "127.0.0.1"},
                      Case{"KernelV6", [] { return std::unique_ptr<World>(new KernelWorld); }, "::1"},
                      Case{"Fake", [] { return std::unique_ptr<World>(new FakeWorld); }, "192.0.2.1"}),
    [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace carillon::net
