// SPDX-License-Identifier: Apache-2.0
#include "transport/opener.h"

#include <cerrno>

#include "transport/transport_fixture.h"

namespace carillon::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::StreamServer;

const base::Endpoint kPeer = *base::Endpoint::parse("192.0.2.7:5060");

class OpenerTest : public TransportTest {
 protected:
  static Target to(std::string_view address, std::uint16_t port = 0, std::optional<Protocol> protocol = {}) {
    Target target;
    target.set_host(address);
    target.port = port;
    target.protocol = protocol;
    return target;
  }
  static Target tcp_to_peer() { return to("192.0.2.7", 5060, Protocol::Tcp); }
  // The error of what was opened, which must have failed.
  static int error(const Opened& opened) {
    EXPECT_TRUE(opened->has_value()) << "still waits";
    EXPECT_FALSE((**opened).has_value()) << "is open";
    return (**opened).error().code;
  }
  int try_error(const Target& target) {
    const auto tried = transport_->try_open(target);
    EXPECT_TRUE(tried && !tried->has_value());
    return tried->error().code;
  }
};

TEST_F(OpenerTest, ADatagramToAnAddressNeedsNoWaiting) {
  start();
  const auto flow = transport_->try_open(to("192.0.2.7"));
  ASSERT_TRUE(flow && *flow);
  EXPECT_EQ(**flow, (Flow{Protocol::Udp, udp_, server_, kPeer, ConnectionId::None}));
  const Opened opened = open(to("192.0.2.7"));
  ASSERT_TRUE(*opened);
  EXPECT_EQ((**opened).value(), **flow);
}

TEST_F(OpenerTest, WhatTheFilterForbidsIsPassedOver) {
  class Filter final : public DestinationFilter {
   public:
    [[nodiscard]] bool allows(Protocol protocol, const base::Endpoint& remote) const override {
      return protocol != Protocol::Udp || remote.port != 5060;
    }
  };
  start();
  Target target = to("192.0.2.7");
  target.filter = std::make_shared<Filter>();
  EXPECT_EQ(try_error(target), kForbidden);
  target.port = 5070;
  EXPECT_TRUE(transport_->try_open(target)->has_value());
}

// mhomed: the kernel's word on the loopback network is the first address of it.
TEST_F(OpenerTest, TheRouteChoosesTheListener) {
  Limits limits;
  limits.multihomed = true;
  start(limits);
  const ListenerId loopback = listen(Protocol::Udp, "127.0.0.1:5060");
  EXPECT_EQ((*transport_->try_open(to("127.0.0.1", 5080)))->listener, loopback);
  Target forced = to("127.0.0.1", 5080);
  forced.listener = udp_;
  EXPECT_EQ((*transport_->try_open(forced))->listener, udp_);
}

TEST_F(OpenerTest, BracketsAroundIpv6AreNoPartOfIt) {
  start();
  const ListenerId six = listen(Protocol::Udp, "[2001:db8::1]:5060");
  const auto flow = transport_->try_open(to("[2001:db8::7]", 5080));
  ASSERT_TRUE(flow && *flow);
  EXPECT_EQ((*flow)->listener, six);
  EXPECT_EQ((*flow)->remote, *base::Endpoint::parse("[2001:db8::7]:5080"));
}

TEST_F(OpenerTest, WithoutAListenerOfTheFamilyOrProtocolItIsAnError) {
  start();
  EXPECT_EQ(try_error(to("2001:db8::7")), EAFNOSUPPORT);
  EXPECT_EQ(try_error(to("192.0.2.7", 0, Protocol::Tls)), EAFNOSUPPORT);
}

// RFC 3261 section 26.2.2.
TEST_F(OpenerTest, SipsNeverGoesUnprotected) {
  start();
  for (const auto protocol : {std::optional<Protocol>(), std::optional(Protocol::Tcp), std::optional(Protocol::Ws)}) {
    Target target = to("192.0.2.7", 0, protocol);
    target.sips = true;
    EXPECT_EQ(try_error(target), EAFNOSUPPORT);  // as long as there is no listener for TLS
  }
  Target target = to("192.0.2.7", 0, Protocol::Udp);
  target.sips = true;
  EXPECT_EQ(try_error(target), EPROTONOSUPPORT);
}

TEST_F(OpenerTest, WithoutADestinationItIsAnError) {
  start();
  EXPECT_EQ(try_error(Target{}), EDESTADDRREQ);
  Target closed;
  closed.connection = ConnectionId{4711};
  EXPECT_EQ(try_error(closed), EDESTADDRREQ);
}

TEST_F(OpenerTest, AForcedListenerIsUsedOrItIsAnError) {
  start();
  const ListenerId second = listen(Protocol::Udp, "198.51.100.2:5060");
  Target target = to("192.0.2.7");
  target.listener = second;
  EXPECT_EQ(transport_->try_open(target)->value().listener, second);
  target.listener = tcp_;
  EXPECT_EQ(try_error(target), EAFNOSUPPORT);
  target.listener = ListenerId::None;
  target.received_on = second;
  EXPECT_EQ(transport_->try_open(target)->value().listener, second);
}

TEST_F(OpenerTest, AKnownNameNeedsNoWaiting) {
  start();
  resolver_.known.emplace("peer.example.org", Resolver::Addresses{kPeer.address});
  resolver_.known.emplace("gone.example.org", base::fail("no such name", EHOSTUNREACH));
  EXPECT_EQ(transport_->try_open(to("peer.example.org"))->value().remote, kPeer);
  EXPECT_EQ(try_error(to("gone.example.org")), EHOSTUNREACH);
}

TEST_F(OpenerTest, AnUnknownNameIsWaitedFor) {
  start();
  EXPECT_FALSE(transport_->try_open(to("peer.example.org")));
  const Opened opened = open(to("peer.example.org", 5070));
  ASSERT_EQ(resolver_.asked.size(), 1U);
  EXPECT_EQ(resolver_.asked[0].first, "peer.example.org");
  settle();
  EXPECT_FALSE(*opened);
  resolver_.asked[0].second(Resolver::Addresses{kPeer.address});
  settle();
  ASSERT_TRUE(*opened);
  EXPECT_EQ((**opened).value().remote, (base::Endpoint{kPeer.address, 5070}));
}

TEST_F(OpenerTest, ANameThatDoesNotResolveIsAnError) {
  start();
  const Opened opened = open(to("gone.example.org"));
  resolver_.asked.at(0).second(base::fail("no such name", EHOSTUNREACH));
  settle();
  EXPECT_EQ(error(opened), EHOSTUNREACH);
}

TEST_F(OpenerTest, OfSeveralAddressesTheFirstThatFitsIsUsed) {
  start();
  resolver_.known.emplace("peer.example.org",
                          Resolver::Addresses{*base::IpAddress::parse("2001:db8::7"), kPeer.address});
  EXPECT_EQ(transport_->try_open(to("peer.example.org"))->value().remote, kPeer);
}

TEST_F(OpenerTest, AConnectionIsMadeAndThenReused) {
  start();
  const StreamServer server(network_, kPeer);
  EXPECT_FALSE(transport_->try_open(tcp_to_peer()));
  const Opened opened = open(tcp_to_peer());
  EXPECT_FALSE(*opened);
  settle();
  ASSERT_TRUE(*opened);
  const Flow flow = (**opened).value();
  EXPECT_EQ(flow.protocol, Protocol::Tcp);
  EXPECT_EQ(flow.remote, kPeer);
  EXPECT_EQ(flow.local.address, server_.address);
  EXPECT_EQ(flow.listener, tcp_);
  EXPECT_EQ(transport_->try_open(tcp_to_peer())->value(), flow);

  EXPECT_TRUE(send(flow, "request").has_value());
  settle();
  ASSERT_EQ(server.accepted().size(), 1U);
  EXPECT_EQ(server.accepted()[0]->take(), "request");
}

TEST_F(OpenerTest, OpensToOnePeerAtTheSameTimeShareAConnection) {
  start();
  const StreamServer server(network_, kPeer);
  const Opened first = open(tcp_to_peer(), 1);
  const Opened second = open(tcp_to_peer(), 2);
  settle();
  ASSERT_TRUE(*first && *second);
  EXPECT_EQ((**first).value(), (**second).value());
  EXPECT_EQ(server.accepted().size(), 1U);
}

TEST_F(OpenerTest, TheyShareTheFailureToo) {
  start();
  const Opened first = open(tcp_to_peer(), 1);
  const Opened second = open(tcp_to_peer(), 2);
  settle();
  EXPECT_EQ(error(first), ECONNREFUSED);
  EXPECT_EQ(error(second), ECONNREFUSED);
  EXPECT_NE((**first).error().message.find("tcp:192.0.2.7:5060"), std::string::npos);
  EXPECT_EQ(statistics().connect_failures.value(), 1U);
  EXPECT_TRUE(closed_.empty());
}

TEST_F(OpenerTest, AfterAFailureTheNextOpenTriesAgain) {
  start();
  EXPECT_FALSE(*open(tcp_to_peer()));
  settle();
  const StreamServer server(network_, kPeer);
  const Opened opened = open(tcp_to_peer());
  settle();
  EXPECT_TRUE((**opened).has_value());
}

// Need 3: connecting never blocks, and ends.
TEST_F(OpenerTest, ASilentPeerIsGivenUpAfterTheConnectTimeout) {
  start();
  simulation_.network().set_black_hole(kPeer.address);
  const Opened opened = open(tcp_to_peer());
  advance(milliseconds(90));
  EXPECT_FALSE(*opened);
  advance(milliseconds(20));
  EXPECT_EQ(error(opened), ETIMEDOUT);
  EXPECT_TRUE(transport_->connections().empty());
}

// Need 8: TCP failures count, address by address.
TEST_F(OpenerTest, TheNextAddressIsTriedWhenOneRefuses) {
  start();
  const StreamServer server(network_, kPeer);
  resolver_.known.emplace("peer.example.org", Resolver::Addresses{*base::IpAddress::parse("192.0.2.8"), kPeer.address});
  const Opened opened = open(to("peer.example.org", 5060, Protocol::Tcp));
  settle();
  EXPECT_EQ((**opened).value().remote, kPeer);
}

TEST_F(OpenerTest, AConnectionThatWasAskedForIsUsedWhileItIsOpen) {
  start();
  const auto peer = connect("192.0.2.7:40000");
  Target target = to("192.0.2.7", 5060, Protocol::Tcp);
  target.connection = transport_->connections().at(0).flow.connection;
  EXPECT_EQ(transport_->try_open(target)->value().remote.port, 40000);

  // RFC 3261 section 18.2.2: then the port of sent-by.
  const StreamServer server(network_, kPeer);
  peer->stream().close();
  settle();
  const Opened opened = open(target);
  settle();
  EXPECT_EQ((**opened).value().remote, kPeer);
}

TEST_F(OpenerTest, NoConnectionIsMadeWhenNoneMayBe) {
  start();
  const StreamServer server(network_, kPeer);
  Target target = tcp_to_peer();
  target.only_connection = true;
  EXPECT_EQ(try_error(target), ENOTCONN);
  EXPECT_EQ(error(open(target)), ENOTCONN);
  target.connection = ConnectionId{4711};
  EXPECT_EQ(try_error(target), ENOTCONN);
  settle();
  EXPECT_TRUE(server.accepted().empty());
}

TEST_F(OpenerTest, AForcedListenerGetsItsOwnConnection) {
  start();
  const ListenerId second = listen(Protocol::Tcp, "198.51.100.2:5060");
  const StreamServer server(network_, kPeer);
  const Opened first = open(tcp_to_peer());
  settle();
  Target forced = tcp_to_peer();
  forced.listener = second;
  const Opened other = open(forced);
  settle();
  EXPECT_EQ((**other).value().listener, second);
  EXPECT_EQ((**other).value().local.address, *base::IpAddress::parse("198.51.100.2"));
  EXPECT_TRUE(transport_->is_open((**first).value().connection));
  EXPECT_EQ(server.accepted().size(), 2U);
}

// RFC 3261 section 18.1.1.
TEST_F(OpenerTest, ALargeRequestGoesByTcpWhenThatIsSwitchedOn) {
  Limits limits;
  limits.udp_switch_size = 1300;
  start(limits);
  const StreamServer server(network_, kPeer);
  Target target = to("192.0.2.7");
  target.size = 1300;
  EXPECT_EQ(transport_->try_open(target)->value().protocol, Protocol::Udp);
  target.size = 1301;
  const Opened large = open(target);
  settle();
  EXPECT_EQ((**large).value().protocol, Protocol::Tcp);
  target.protocol = Protocol::Udp;
  EXPECT_EQ(transport_->try_open(target)->value().protocol, Protocol::Udp);
}

TEST_F(OpenerTest, ALargeRequestGoesByUdpAfterAllToAPeerWithoutTcp) {
  Limits limits;
  limits.udp_switch_size = 1300;
  start(limits);
  Target target = to("192.0.2.7");
  target.size = 5000;
  const Opened opened = open(target);
  settle();
  EXPECT_EQ((**opened).value().protocol, Protocol::Udp);
}

TEST_F(OpenerTest, ByDefaultSizeDoesNotMatter) {
  start();
  Target target = to("192.0.2.7");
  target.size = 60'000;
  EXPECT_EQ(transport_->try_open(target)->value().protocol, Protocol::Udp);
}

// Danger 8.
TEST_F(OpenerTest, OpensThatWaitAreBounded) {
  Limits limits;
  limits.max_pending_opens = 2;
  start(limits);
  const Opened first = open(to("a.example.org"));
  const Opened second = open(to("b.example.org"));
  EXPECT_EQ(error(open(to("c.example.org"))), EAGAIN);
  resolver_.asked.at(0).second(Resolver::Addresses{kPeer.address});
  settle();
  EXPECT_TRUE((**first).has_value());
  EXPECT_FALSE(*open(to("c.example.org")));
}

TEST_F(OpenerTest, OutgoingConnectionsAreBounded) {
  Limits limits;
  limits.max_outgoing_connections = 1;
  start(limits);
  const StreamServer server(network_, kPeer);
  const Opened first = open(tcp_to_peer());
  settle();
  EXPECT_EQ(error(open(to("192.0.2.8", 5060, Protocol::Tcp))), EMFILE);
  EXPECT_TRUE(transport_->close((**first).value().connection));
  server.accepted().at(0)->stream().close();
  advance(seconds(1));
  EXPECT_FALSE(*open(to("192.0.2.8", 5060, Protocol::Tcp)));
}

// Danger 9: what waits may be gone when the answer comes.
TEST_F(OpenerTest, AnOpenMayEndWhileItWaits) {
  start();
  const StreamServer server(network_, kPeer);
  const Opened connecting = open(tcp_to_peer());
  const Opened resolving = open(to("peer.example.org"));
  in_shard([this](shard::Shard&) { runs_.clear(); });
  resolver_.asked.at(0).second(Resolver::Addresses{kPeer.address});
  settle();
  EXPECT_FALSE(*connecting);
  EXPECT_FALSE(*resolving);
  EXPECT_TRUE(transport_->try_open(tcp_to_peer()).has_value()) << "the connection is there for the next";
}

}  // namespace
}  // namespace carillon::transport
