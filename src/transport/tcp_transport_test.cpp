// SPDX-License-Identifier: Apache-2.0
#include "transport/tcp_transport.h"

#include <cerrno>

#include "transport/transport_fixture.h"

namespace carillon::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::StreamPeer;

constexpr std::string_view kVia = "SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bK1;rport";

class TcpTransportTest : public TransportTest {
 protected:
  // What the server gets in one piece.
  void send_from(StreamPeer& peer, std::string_view bytes) {
    ASSERT_TRUE(peer.send(bytes).has_value());
    settle();
  }
  // Every request is answered as a transaction would: on the flow to where its response goes.
  void answer_with(std::string_view text) {
    handler_.then = [this, text = std::string(text)](const Received& request) {
      const auto flow = transport_->try_open(response_target(request.flow, request.message.top_via()));
      ASSERT_TRUE(flow && *flow);
      EXPECT_TRUE(transport_->send(**flow, text).has_value());
    };
  }
  static Target tcp_target(std::string_view endpoint) {
    const base::Endpoint remote = *base::Endpoint::parse(endpoint);
    Target target;
    target.protocol = Protocol::Tcp;
    target.address = remote.address;
    target.port = remote.port;
    return target;
  }
  // The server sends no more on it; the peer closes too.
  void expect_ended(StreamPeer& peer) {
    EXPECT_TRUE(peer.seen().ended || peer.seen().closed);
    peer.stream().close();
    settle();
  }
  ConnectionInfo only_connection() {
    const auto all = transport_->connections();
    EXPECT_EQ(all.size(), 1U);
    return all.at(0);
  }
};

TEST_F(TcpTransportTest, ARequestIsAnsweredOnItsConnection) {
  start();
  answer_with("response");
  const auto peer = connect();
  const std::string request = make_request(kVia);
  send_from(*peer, request);
  EXPECT_EQ(only_arrival().bytes, request);
  EXPECT_EQ(only_arrival().flow.protocol, Protocol::Tcp);
  EXPECT_EQ(only_arrival().flow.listener, tcp_);
  EXPECT_EQ(only_arrival().flow.local, server_);
  EXPECT_EQ(only_arrival().flow.remote, peer->stream().local());
  EXPECT_EQ(peer->take(), "response");
}

TEST_F(TcpTransportTest, PipelinedAndSplitMessagesAllArrive) {
  start();
  const auto peer = connect();
  const std::string first = make_request(kVia, "", "one", "a");
  const std::string second = make_request(kVia, "", std::string(500, '2'), "b");
  const std::string third = make_request(kVia, "", "", "c");
  send_from(*peer, first + second.substr(0, 100));
  send_from(*peer, second.substr(100, 200));
  send_from(*peer, second.substr(300) + third);
  ASSERT_EQ(handler_.arrived.size(), 3U);
  EXPECT_EQ(handler_.arrived[0].bytes, first);
  EXPECT_EQ(handler_.arrived[1].bytes, second);
  EXPECT_EQ(handler_.arrived[2].bytes, third);
}

// RFC 5626 section 3.5.1.
TEST_F(TcpTransportTest, APingIsAnsweredWithAPong) {
  start();
  const auto peer = connect();
  send_from(*peer, "\r\n\r\n");
  EXPECT_EQ(peer->take(), "\r\n");
  send_from(*peer, "\r\n");
  EXPECT_EQ(peer->take(), "");
  EXPECT_TRUE(handler_.arrived.empty());
}

TEST_F(TcpTransportTest, PongsCanBeSwitchedOff) {
  Limits limits;
  limits.crlf_pingpong = false;
  start(limits);
  const auto peer = connect();
  send_from(*peer, "\r\n\r\n");
  EXPECT_EQ(peer->take(), "");
  EXPECT_EQ(statistics().keepalives.value(), 1U);
}

// Danger 6: ping floods.
TEST_F(TcpTransportTest, APingFloodFromAPeerThatDoesNotReadEndsItsConnection) {
  Limits limits;
  limits.connection_write_queue = 4096;
  start(limits);
  const auto peer = connect();
  peer->stream().pause_reading(true);
  std::string pings;
  for (int i = 0; i < 10'000; ++i) pings += "\r\n\r\n";
  for (int i = 0; i < 50 && !peer->seen().closed; ++i) {
    static_cast<void>(peer->send(pings));
    settle();
  }
  EXPECT_TRUE(transport_->connections().empty());
  EXPECT_GE(statistics().slow_readers.value(), 1U);
}

// Danger 6: framing.
TEST_F(TcpTransportTest, ARequestWithoutContentLengthIsAnsweredAndTheConnectionClosed) {
  start();
  answer_with("400");
  const auto peer = connect();
  std::string request = make_request(kVia);
  request.erase(request.find("Content-Length: 0\r\n"), 19);
  send_from(*peer, request + make_request(kVia));
  EXPECT_EQ(only_arrival().kind, Arrived::Kind::Malformed);
  EXPECT_EQ(only_arrival().verdict.status, 400);
  EXPECT_EQ(peer->take(), "400");
  expect_ended(*peer);
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(statistics().framing_errors.value(), 1U);
}

TEST_F(TcpTransportTest, AFramingErrorForABusyShardIsAnsweredBeforeTheConnectionCloses) {
  start();
  answer_with("400");
  const auto peer = connect();
  std::string request = make_request(kVia);
  request.erase(request.find("Content-Length: 0\r\n"), 19);
  ASSERT_TRUE(peer->send(request).has_value());
  in_shard([&](shard::Shard&) { network_.loop(0).run_once(base::Duration::zero()); },
           transport_->shard_of_call_id("call-1"));
  EXPECT_FALSE(peer->seen().ended);
  settle();
  EXPECT_EQ(peer->take(), "400");
  expect_ended(*peer);
  EXPECT_EQ(closed_.size(), 1U);
}

// Dangers 2 and 6.
TEST_F(TcpTransportTest, HugeNegativeAndWrappingContentLengthsCloseTheConnection) {
  start();
  for (const std::string_view length : {"4294967296", "18446744073709551617", "-1", "99999999", "ten"}) {
    const auto peer = connect();
    std::string request = make_request(kVia);
    request.replace(request.find("Length: 0"), 9, "Length: " + std::string(length));
    send_from(*peer, request + "GET /");
    SCOPED_TRACE(length);
    expect_ended(*peer);
  }
  EXPECT_EQ(handler_.arrived.size(), 5U);
  for (const Arrived& arrived : handler_.arrived) EXPECT_EQ(arrived.kind, Arrived::Kind::Malformed);
  EXPECT_TRUE(transport_->connections().empty());
}

TEST_F(TcpTransportTest, WhatIsNoSipClosesTheConnectionUnanswered) {
  start();
  const auto peer = connect();
  send_from(*peer, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
  EXPECT_TRUE(handler_.arrived.empty());
  EXPECT_EQ(peer->take(), "");
  expect_ended(*peer);
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(statistics().not_sip.value(), 1U);
}

// Danger 6: slow senders. A trickle does not help.
TEST_F(TcpTransportTest, AMessageMustBeCompleteInTime) {
  start();
  const auto peer = connect();
  const std::string request = make_request(kVia);
  for (std::size_t at = 0; at < 3; ++at) {
    send_from(*peer, request.substr(at, 1));
    advance(seconds(1));
  }
  EXPECT_TRUE(closed_.empty());
  send_from(*peer, request.substr(3, 1));
  advance(milliseconds(1100));
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(statistics().slow_senders.value(), 1U);
}

TEST_F(TcpTransportTest, TheTimeCountsForEachMessageAnew) {
  start();
  const auto peer = connect();
  const std::string request = make_request(kVia);
  send_from(*peer, request.substr(0, 10));
  for (int i = 0; i < 5; ++i) {
    advance(seconds(3));
    send_from(*peer, request.substr(10) + request.substr(0, 10));
  }
  EXPECT_EQ(handler_.arrived.size(), 5U);
  EXPECT_TRUE(closed_.empty());
  advance(seconds(5));
  EXPECT_EQ(closed_.size(), 1U);
}

TEST_F(TcpTransportTest, HalfAPingIsNotASlowMessage) {
  start();
  const auto peer = connect();
  send_from(*peer, "\r\n");
  advance(seconds(60));
  EXPECT_TRUE(closed_.empty());
}

TEST_F(TcpTransportTest, AnIdleConnectionIsClosed) {
  start();
  const auto peer = connect();
  transport_->mark_authenticated(only_connection().flow.connection);
  advance(seconds(100));
  send_from(*peer, "\r\n\r\n");
  advance(seconds(119));
  EXPECT_FALSE(peer->seen().ended);
  advance(seconds(2));
  expect_ended(*peer);
  EXPECT_EQ(closed_.size(), 1U);
}

TEST_F(TcpTransportTest, AConnectionLivesAsLongAsTheRegistrationThatCameByIt) {
  start();
  const auto peer = connect();
  const ConnectionId id = only_connection().flow.connection;
  transport_->mark_authenticated(id);
  transport_->keep_until(id, simulation_.clock().now() + seconds(600));
  advance(seconds(590));
  EXPECT_TRUE(closed_.empty());
  advance(seconds(20));
  EXPECT_EQ(closed_.size(), 1U);
}

// Need 4: unauthenticated connections are closed, however busy.
TEST_F(TcpTransportTest, AnUnauthenticatedConnectionIsClosedAtItsAge) {
  start();
  const auto stranger = connect();
  const auto user = connect();
  const auto connections = transport_->connections();
  ASSERT_EQ(connections.size(), 2U);
  for (const ConnectionInfo& connection : connections) {
    if (connection.flow.remote == user->stream().local()) transport_->mark_authenticated(connection.flow.connection);
  }
  for (int i = 0; i < 5; ++i) {
    advance(seconds(45));
    if (!stranger->seen().closed) send_from(*stranger, "\r\n\r\n");
    send_from(*user, "\r\n\r\n");
  }
  ASSERT_EQ(closed_.size(), 1U);
  EXPECT_TRUE(stranger->seen().closed);
  EXPECT_TRUE(only_connection().authenticated);
  EXPECT_EQ(statistics().unauthenticated.value(), 1U);
}

TEST_F(TcpTransportTest, ATrustedPeerNeedsNoAuthentication) {
  Limits limits;
  limits.trusted_networks = {*base::IpNetwork::parse("192.0.2.0/24")};
  start(limits);
  EXPECT_TRUE(transport_->is_trusted(*base::IpAddress::parse("192.0.2.7")));
  EXPECT_FALSE(transport_->is_trusted(*base::IpAddress::parse("192.0.3.7")));
  const auto peer = connect();
  for (int i = 0; i < 5; ++i) {
    advance(seconds(60));
    send_from(*peer, "\r\n\r\n");
  }
  EXPECT_TRUE(closed_.empty());
}

// Danger 8.
TEST_F(TcpTransportTest, ConnectionsBeyondTheLimitAreRefused) {
  Limits limits;
  limits.max_connections = 2;
  start(limits);
  auto first = connect();
  const auto second = connect();
  const auto third = connect();
  EXPECT_EQ(transport_->connections().size(), 2U);
  EXPECT_TRUE(third->seen().ended || third->seen().closed);
  EXPECT_EQ(statistics().connections_refused.value(), 1U);
  first.reset();
  settle();
  EXPECT_EQ(transport_->connections().size(), 1U);
  const auto fourth = connect();
  EXPECT_EQ(transport_->connections().size(), 2U);
  EXPECT_EQ(statistics().connections.value(), 2);
}

TEST_F(TcpTransportTest, AfterStopAcceptingNewConnectionsAreClosed) {
  start();
  const auto before = connect();
  transport_->stop_accepting();
  const auto after = connect();
  EXPECT_EQ(transport_->connections().size(), 1U);
  send_from(*before, make_request(kVia));
  EXPECT_EQ(handler_.arrived.size(), 1U);
}

TEST_F(TcpTransportTest, AClosedConnectionIsToldOnceAndNotUsedAgain) {
  start();
  auto peer = connect();
  send_from(*peer, make_request(kVia));
  const Flow flow = only_arrival().flow;
  EXPECT_TRUE(transport_->is_open(flow.connection));
  peer->stream().close();
  settle();
  EXPECT_EQ(closed_, std::vector{flow});
  EXPECT_FALSE(transport_->is_open(flow.connection));
  EXPECT_EQ(send(flow, "late").error().code, ENOTCONN);
  EXPECT_FALSE(transport_->close(flow.connection));
}

TEST_F(TcpTransportTest, ACommandClosesAConnectionByItsNumber) {
  start();
  const auto peer = connect();
  EXPECT_TRUE(transport_->close(only_connection().flow.connection));
  settle();
  expect_ended(*peer);
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_TRUE(transport_->connections().empty());
}

// RFC 3261 section 18.4.
TEST_F(TcpTransportTest, WhatWasQueuedWhenAConnectionBrokeIsReported) {
  start();
  const auto peer = connect();
  send_from(*peer, make_request(kVia));
  const Flow flow = only_arrival().flow;
  peer->stream().pause_reading(true);
  EXPECT_TRUE(send(flow, std::string(200'000, 'x'), 1).has_value());
  EXPECT_TRUE(send(flow, std::string(100, 'y'), 2).has_value());
  EXPECT_TRUE(send(flow, std::string(100, 'z')).has_value());
  settle();
  EXPECT_TRUE(handler_.failed.empty());
  peer->stream().abort();
  settle();
  ASSERT_EQ(handler_.failed.size(), 2U);
  EXPECT_EQ(handler_.failed[0].id, 1U);
  EXPECT_EQ(handler_.failed[1].id, 2U);
  EXPECT_EQ(handler_.failed[1].shard, 7);
}

TEST_F(TcpTransportTest, WhatLeftBeforeAConnectionBrokeIsNotReported) {
  start();
  const auto peer = connect();
  send_from(*peer, make_request(kVia));
  EXPECT_TRUE(send(only_arrival().flow, std::string(200'000, 'x'), 1).has_value());
  settle();
  peer->stream().abort();
  settle();
  EXPECT_TRUE(handler_.failed.empty());
}

// Danger 6: a peer that asks and does not read.
TEST_F(TcpTransportTest, ASlowReaderIsClosedWhenItsQueueIsFull) {
  Limits limits;
  limits.connection_write_queue = 100'000;
  start(limits);
  const auto peer = connect();
  send_from(*peer, make_request(kVia));
  const Flow flow = only_arrival().flow;
  peer->stream().pause_reading(true);
  base::Result<> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = send(flow, std::string(10'000, 'x'));
  EXPECT_EQ(sent.error().code, ENOBUFS);
  settle();
  EXPECT_EQ(closed_.size(), 1U);
  EXPECT_EQ(statistics().slow_readers.value(), 1U);
}

struct AliasCase {
  AcceptAliases accept;
  std::string_view via;
  bool reused;
};
class AliasTest : public TcpTransportTest, public ::testing::WithParamInterface<AliasCase> {};

// RFC 5923.
TEST_P(AliasTest, IsFollowedOnlyWhenAllowed) {
  Limits limits;
  limits.accept_aliases = GetParam().accept;
  start(limits);
  const auto peer = connect();
  send_from(*peer, make_request(GetParam().via));
  EXPECT_EQ(transport_->try_open(tcp_target("192.0.2.7:5060")).has_value(), GetParam().reused);
}

constexpr std::string_view kAliasVia = "SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bK1;alias";
INSTANTIATE_TEST_SUITE_P(Accept, AliasTest,
                         ::testing::Values(AliasCase{AcceptAliases::Never, kAliasVia, false},
                                           AliasCase{AcceptAliases::WhenAsked, kAliasVia, true},
                                           AliasCase{AcceptAliases::WhenAsked, kVia, false},
                                           AliasCase{AcceptAliases::Always, kVia, true}));

TEST_F(TcpTransportTest, AnAliasEndsWithItsConnection) {
  start();
  const auto peer = connect();
  transport_->add_alias(only_connection().flow.connection, 5099);
  const Target target = tcp_target("192.0.2.7:5099");
  EXPECT_TRUE(transport_->try_open(target).has_value());
  peer->stream().close();
  settle();
  EXPECT_FALSE(transport_->try_open(target).has_value());
}

TEST_F(TcpTransportTest, TheAliasesOfOneConnectionAreBounded) {
  start();
  const auto peer = connect();
  Target target = tcp_target("192.0.2.7:1");
  int found = 0;
  for (std::uint16_t port = 1000; port < 1100; ++port) {
    transport_->add_alias(only_connection().flow.connection, port);
    target.port = port;
    found += transport_->try_open(target).has_value() ? 1 : 0;
  }
  EXPECT_EQ(found, 3);
}

}  // namespace
}  // namespace carillon::transport
