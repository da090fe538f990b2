// SPDX-License-Identifier: Apache-2.0
// Faults on request, the same in every run. What FakeNetwork shares with the kernel's: net/network_test.cpp.
#include "testing/fake_network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/task.h"
#include "shard/suspension.h"
#include "testing/peer.h"
#include "testing/simulation.h"

namespace carillon::testing {
namespace {

using namespace std::chrono_literals;

const base::Endpoint kAlice{*base::IpAddress::parse("192.0.2.1"), 5060};
const base::Endpoint kBob{*base::IpAddress::parse("192.0.2.2"), 5060};

class FakeNetworkTest : public ::testing::Test {
 protected:
  FakeNetwork& network() { return simulation_.network(); }

  Simulation simulation_;
};

TEST_F(FakeNetworkTest, LatencyIsOneWay) {
  network().set_conditions({.latency = 30ms});
  DatagramPeer alice(network(), kAlice);
  DatagramPeer bob(network(), kBob);
  alice.send(kBob, "hello");
  simulation_.advance(29ms);
  EXPECT_TRUE(bob.received().empty());
  simulation_.advance(1ms);
  EXPECT_EQ(bob.received().size(), 1U);
}

std::vector<std::string> receive_hundred(const FakeConditions& conditions, std::uint64_t seed) {
  Simulation simulation(1, {}, seed);
  simulation.network().set_conditions(conditions);
  DatagramPeer alice(simulation.network(), kAlice);
  DatagramPeer bob(simulation.network(), kBob);
  for (int i = 0; i < 100; ++i) {
    alice.send(kBob, std::to_string(i));
    simulation.advance(1ms);
  }
  simulation.advance(1s);
  std::vector<std::string> all;
  while (const auto received = bob.take()) all.push_back(received->bytes);
  return all;
}

TEST_F(FakeNetworkTest, FaultsFollowTheSeed) {
  const FakeConditions conditions{.latency = 1ms, .loss = 0.2, .duplicate = 0.1, .reorder = 0.1};
  const auto first = receive_hundred(conditions, 1);
  EXPECT_EQ(first, receive_hundred(conditions, 1));
  EXPECT_NE(first, receive_hundred(conditions, 2));
}

TEST_F(FakeNetworkTest, LossDuplicatesAndReorderingHappen) {
  EXPECT_EQ(receive_hundred({}, 1).size(), 100U);
  EXPECT_LT(receive_hundred({.loss = 0.3}, 1).size(), 90U);
  EXPECT_GT(receive_hundred({.duplicate = 0.3}, 1).size(), 110U);
  const auto reordered = receive_hundred({.reorder = 0.3}, 1);
  EXPECT_EQ(reordered.size(), 100U);
  EXPECT_NE(reordered, receive_hundred({}, 1));
}

TEST_F(FakeNetworkTest, ABlackHoleSwallowsInSilence) {
  DatagramPeer alice(network(), kAlice);
  DatagramPeer bob(network(), kBob);
  network().set_black_hole(kBob.address);
  alice.send(kBob, "lost", 1);
  const auto stream = StreamPeer::connect(network(), {.remote = kBob, .timeout = 3s});
  simulation_.advance(2s);
  EXPECT_TRUE(bob.received().empty());
  EXPECT_TRUE(alice.errors().empty());
  EXPECT_FALSE(stream->seen().closed);
  simulation_.advance(1s);
  EXPECT_EQ(stream->seen().reason.code, ETIMEDOUT);
  network().set_black_hole(kBob.address, false);
  alice.send(kBob, "arrives");
  simulation_.settle();
  EXPECT_EQ(bob.received().size(), 1U);
}

TEST_F(FakeNetworkTest, SendErrorsAreReported) {
  DatagramPeer alice(network(), kAlice);
  network().set_send_error(kBob, EMSGSIZE);
  alice.send(kBob, "large", 5);
  simulation_.settle();
  ASSERT_EQ(alice.errors().size(), 1U);
  EXPECT_EQ(alice.errors()[0].error, EMSGSIZE);
  EXPECT_EQ(alice.errors()[0].cookie, 5U);
}

TEST_F(FakeNetworkTest, SegmentsCutStreamsAnywhere) {
  network().set_conditions({.segment = 3});
  StreamServer server(network(), kBob);
  const auto client = StreamPeer::connect(network(), {.remote = kBob});
  simulation_.settle();
  ASSERT_TRUE(client->send("0123456789"));
  simulation_.settle();
  EXPECT_EQ(server.accepted()[0]->seen().bytes, "0123456789");
}

TEST_F(FakeNetworkTest, ActiveWorkersReceive) {
  Simulation several(3);
  DatagramPeer server(several.network(), kBob);
  server.group().set_active(1);
  for (std::uint16_t port = 1; port <= 30; ++port) {
    DatagramPeer source(several.network(), {kAlice.address, port});
    source.send(kBob, "x");
  }
  several.network().loop(0).run_once(0ms);
  EXPECT_EQ(server.received().size(), 30U);
}

TEST_F(FakeNetworkTest, WhatIsUnderWayToAClosedSocketGoesNowhere) {
  network().set_conditions({.latency = 10ms});
  DatagramPeer alice(network(), kAlice);
  {
    const DatagramPeer bob(network(), kBob);
    alice.send(kBob, "late");
  }
  simulation_.advance(1s);
  EXPECT_TRUE(alice.errors().empty());
}

TEST_F(FakeNetworkTest, SilentListenersTakeWhatIsSentAndTheTapHearsIt) {
  network().set_silent_listeners(true);
  std::vector<std::string> heard;
  network().set_tap([&heard](const FakeNetwork::Sent& sent) {
    heard.push_back((sent.stream ? "tcp " : "udp ") + sent.to.to_string() + " " + std::string(sent.bytes));
  });
  DatagramPeer alice(network(), kAlice);
  alice.send(kBob, "datagram", 1);
  const auto stream = StreamPeer::connect(network(), {.remote = kBob, .local = {kAlice.address, 0}});
  simulation_.advance(1s);
  ASSERT_TRUE(stream->send("bytes"));
  simulation_.advance(1s);
  EXPECT_TRUE(alice.errors().empty());
  EXPECT_TRUE(stream->seen().connected);
  EXPECT_FALSE(stream->seen().closed);
  EXPECT_EQ(heard, (std::vector<std::string>{"udp 192.0.2.2:5060 datagram", "tcp 192.0.2.2:5060 bytes"}));
}

// A server in miniature: a datagram enters a shard, the run sleeps there, and answers.
TEST_F(FakeNetworkTest, ASimulatedServerAnswersInItsOwnTime) {
  class Server final : public net::DatagramHandler {
   public:
    explicit Server(Simulation& world) : world_(world), group_(*world.network().bind_datagrams(kBob, {}, *this)) {}

   private:
    void on_datagrams(net::DatagramSocket& socket, std::span<const net::ReceivedDatagram> datagrams) override {
      for (const auto& datagram : datagrams) {
        const auto entry = world_.shards().enter(
            7, [&](shard::Shard& shard) { base::start(answer(shard, socket, datagram.source), [] {}); });
        EXPECT_EQ(entry, shard::Entry::Ran);
      }
    }
    void on_send_error(net::DatagramSocket&, const net::SendError&) override {}
    static base::Task<> answer(shard::Shard& shard, net::DatagramSocket& socket, base::Endpoint to) {
      co_await shard.sleep(32s);
      socket.reserve(1)[0] = '!';
      socket.commit(1, {.remote = to});
    }

    Simulation& world_;
    std::unique_ptr<net::DatagramGroup> group_;
  };
  const Server server(simulation_);
  DatagramPeer alice(network(), kAlice);
  alice.send(kBob, "?");
  simulation_.advance(31'900ms);
  EXPECT_TRUE(alice.received().empty());
  EXPECT_TRUE(simulation_.advance_until([&] { return !alice.received().empty(); }, 200ms));
}

TEST(FakeClockTest, UnixTimeMayStepAndSteadyTimeDoesNot) {
  FakeClock clock(1000);
  const base::TimePoint before = clock.now();
  EXPECT_EQ(clock.unix_seconds(), 1000);
  clock.advance(5s);
  EXPECT_EQ(clock.unix_seconds(), 1005);
  clock.set_unix_seconds(500);
  EXPECT_EQ(clock.unix_seconds(), 500);
  EXPECT_EQ(clock.now() - before, 5s);
}

}  // namespace
}  // namespace carillon::testing
