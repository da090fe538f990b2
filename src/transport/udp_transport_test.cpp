// SPDX-License-Identifier: Apache-2.0
#include "transport/udp_transport.h"

#include <cerrno>

#include "transport/transport_fixture.h"

namespace carillon::transport {
namespace {

constexpr std::string_view kVia = "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport";

class UdpTransportTest : public TransportTest {
 protected:
  UdpTransportTest() { start(); }
  void receive(std::string_view bytes) {
    peer_.send(server_, bytes);
    settle();
  }
  Flow to_peer() { return transport_->try_open(target(peer_.local()))->value(); }
  static Target target(const base::Endpoint& endpoint) {
    Target target;
    target.protocol = Protocol::Udp;
    target.address = endpoint.address;
    target.port = endpoint.port;
    return target;
  }

  // What the peer got, oldest first.
  std::vector<std::string> got() {
    std::vector<std::string> bytes;
    for (const auto& datagram : peer_.received()) bytes.push_back(datagram.bytes);
    return bytes;
  }

  testing::DatagramPeer peer_{network_, *base::Endpoint::parse("192.0.2.7:5062")};
};

TEST_F(UdpTransportTest, ARequestReachesItsShardWithWhatItsViaNeeds) {
  const std::string request = make_request(kVia);
  receive(request);
  const Arrived& arrived = only_arrival();
  EXPECT_EQ(arrived.kind, Arrived::Kind::Request);
  EXPECT_EQ(arrived.bytes, request);
  EXPECT_EQ(arrived.flow, (Flow{Protocol::Udp, udp_, server_, peer_.local(), ConnectionId::None}));
  EXPECT_EQ(arrived.fixup.received, peer_.local().address);
  EXPECT_EQ(arrived.fixup.rport, 5062);
  EXPECT_EQ(arrived.shard, transport_->shard_of_call_id("call-1"));
  EXPECT_EQ(statistics().rcv_requests.value(), 1U);
}

TEST_F(UdpTransportTest, AResponseToOurRequestGoesToTheShardItsBranchNames) {
  const Branch branch{.shard = 201, .key = 99, .index = 1};
  receive(make_response("SIP/2.0/UDP 198.51.100.1:5060;branch=" + std::string(BranchText(branch).view())));
  const Arrived& arrived = only_arrival();
  EXPECT_EQ(arrived.kind, Arrived::Kind::Response);
  EXPECT_EQ(arrived.shard, 201);
  EXPECT_EQ(arrived.branch, branch);
  EXPECT_EQ(statistics().rcv_replies.value(), 1U);
}

TEST_F(UdpTransportTest, AResponseToSomebodyElsesRequestGoesByItsCallId) {
  receive(make_response("SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKxyz"));
  EXPECT_EQ(only_arrival().shard, transport_->shard_of_call_id("call-1"));
  EXPECT_FALSE(only_arrival().branch);
}

TEST_F(UdpTransportTest, MessagesOfOneCallMeetInOneShard) {
  receive(make_request(kVia, "", "", "call-2"));
  receive(make_request("SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK2", "", "", "call-2"));
  ASSERT_EQ(handler_.arrived.size(), 2U);
  EXPECT_EQ(handler_.arrived[0].shard, handler_.arrived[1].shard);
}

// What arrives for a busy shard waits in its mailbox, as a copy.
TEST_F(UdpTransportTest, AMessageForABusyShardIsHandledWhenItIsFree) {
  const std::string request = make_request(kVia);
  in_shard(
      [&](shard::Shard&) {
        peer_.send(server_, request);
        network_.loop(0).run_once(base::Duration::zero());
        EXPECT_TRUE(handler_.arrived.empty());
      },
      transport_->shard_of_call_id("call-1"));
  settle();
  EXPECT_EQ(only_arrival().bytes, request);
  EXPECT_EQ(only_arrival().flow.remote, peer_.local());
}

TEST_F(UdpTransportTest, AResponseGoesBackWhereTheRequestCameFrom) {
  handler_.then = [this](const Received& request) {
    const auto flow = transport_->try_open(response_target(request.flow, request.message.top_via()));
    ASSERT_TRUE(flow && *flow);
    EXPECT_TRUE(transport_->send(**flow, "response").has_value());
  };
  receive(make_request(kVia));
  EXPECT_EQ(got(), std::vector<std::string>{"response"});
  EXPECT_EQ(peer_.received().front().from, server_);
  EXPECT_EQ(statistics().sent.value(), 1U);
}

TEST_F(UdpTransportTest, AMessageIsWrittenIntoTheSocketsOwnBuffer) {
  const Flow flow = to_peer();
  in_shard([&](shard::Shard&) {
    const auto sent = transport_->send(flow, 100, {}, [](std::span<char> room) {
      EXPECT_EQ(room.size(), 100U);
      std::ranges::copy(std::string_view("short"), room.begin());
      return std::size_t{5};
    });
    EXPECT_TRUE(sent.has_value());
  });
  settle();
  EXPECT_EQ(got(), std::vector<std::string>{"short"});
}

TEST_F(UdpTransportTest, AMessageThatDoesNotFitIsAnErrorAndNotSent) {
  const Flow flow = to_peer();
  in_shard([&](shard::Shard&) {
    EXPECT_EQ(transport_->send(flow, 10, {}, [](std::span<char>) { return std::size_t{0}; }).error().code, EMSGSIZE);
  });
  EXPECT_EQ(send(flow, std::string(70'000, 'x')).error().code, EMSGSIZE);
  settle();
  EXPECT_TRUE(peer_.received().empty());
}

// RFC 3261 section 18.4.
TEST_F(UdpTransportTest, AnIcmpErrorReachesTheShardThatSent) {
  const Flow nobody = transport_->try_open(target(*base::Endpoint::parse("192.0.2.99:5060")))->value();
  EXPECT_TRUE(send(nobody, "request", 4711).has_value());
  advance(std::chrono::seconds(1));
  EXPECT_EQ(handler_.failed, (std::vector<RecordingHandler::Failed>{{7, 4711, ECONNREFUSED}}));
}

TEST_F(UdpTransportTest, AnErrorOfTheKernelReachesTheShardThatSent) {
  simulation_.network().set_send_error(peer_.local(), ENETUNREACH);
  EXPECT_TRUE(send(to_peer(), "request", SendCookie::kMaxId).has_value());
  settle();
  EXPECT_EQ(handler_.failed, (std::vector<RecordingHandler::Failed>{{7, SendCookie::kMaxId, ENETUNREACH}}));
}

TEST_F(UdpTransportTest, WhoeverDoesNotAskIsNotTold) {
  simulation_.network().set_send_error(peer_.local(), ENETUNREACH);
  EXPECT_TRUE(send(to_peer(), "response").has_value());
  settle();
  EXPECT_TRUE(handler_.failed.empty());
  EXPECT_EQ(statistics().send_errors.value(), 1U);
}

TEST_F(UdpTransportTest, ADatagramThatFullBuffersTookIsCountedAndLeftToRetransmission) {
  for (const int error : {EAGAIN, ENOBUFS}) {
    simulation_.network().set_send_error(peer_.local(), error);
    EXPECT_TRUE(send(to_peer(), "request", 4711).has_value());
    settle();
  }
  EXPECT_TRUE(handler_.failed.empty());
  EXPECT_EQ(statistics().send_errors.value(), 2U);
}

// Danger 14: nothing is sent to a source that may be forged because of a keep-alive.
TEST_F(UdpTransportTest, KeepAlivesAreDroppedAndCounted) {
  using std::string_view_literals::operator""sv;
  const std::string stun = std::string("\x00\x01\x00\x00\x21\x12\xa4\x42"sv) + std::string(12, 'x');
  for (const std::string_view bytes : {""sv, "\r\n"sv, "\r\n\r\n"sv, "\0"sv, "\0\0\0\0"sv, std::string_view(stun)}) {
    receive(bytes);
  }
  EXPECT_TRUE(handler_.arrived.empty());
  EXPECT_TRUE(peer_.received().empty());
  EXPECT_EQ(statistics().keepalives.value(), 6U);
  EXPECT_EQ(statistics().not_sip.value(), 0U);
}

TEST_F(UdpTransportTest, WhatIsNoSipIsDroppedAndCounted) {
  receive("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n");
  receive("\x16\x03\x01\x02");
  receive("jaK");
  EXPECT_TRUE(handler_.arrived.empty());
  EXPECT_EQ(statistics().not_sip.value(), 3U);
}

TEST_F(UdpTransportTest, AMalformedRequestIsHandedUpToBeAnswered) {
  std::string request = make_request(kVia);
  request.replace(request.find("CSeq: 1 OPTIONS"), 15, "CSeq: x OPTIONS");
  receive(request);
  EXPECT_EQ(only_arrival().kind, Arrived::Kind::Malformed);
  EXPECT_EQ(only_arrival().verdict.status, 400);
  EXPECT_EQ(statistics().err_requests.value(), 1U);
  EXPECT_EQ(statistics().bad_msg_hdr.value(), 1U);
  EXPECT_EQ(statistics().rcv_requests.value(), 0U);
}

// RFC 3261 section 18.3; danger 14: two servers that answer each other's errors would never end.
TEST_F(UdpTransportTest, AMalformedResponseIsDropped) {
  std::string response = make_response("SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1");
  response.replace(response.find("CSeq: 1"), 7, "CSeq: x");
  receive(response);
  EXPECT_TRUE(handler_.arrived.empty());
  EXPECT_EQ(statistics().err_replies.value(), 1U);
}

// Dangers 2 and 6: the length says one thing, the datagram another.
TEST_F(UdpTransportTest, ALyingContentLengthIsRefusedOrCut) {
  std::string longer = make_request(kVia, "", "body");
  longer.replace(longer.find("Length: 4"), 9, "Length: 9");
  receive(longer);
  EXPECT_EQ(only_arrival().kind, Arrived::Kind::Malformed);

  std::string shorter = make_request(kVia, "", "body");
  shorter.replace(shorter.find("Length: 4"), 9, "Length: 2");
  receive(shorter);
  ASSERT_EQ(handler_.arrived.size(), 2U);
  EXPECT_EQ(handler_.arrived[1].kind, Arrived::Kind::Request);
  EXPECT_TRUE(handler_.arrived[1].bytes.ends_with("\r\n\r\nbo"));

  for (const std::string_view wrapping : {"4294967300", "18446744073709551620", "-1"}) {
    std::string request = make_request(kVia, "", "body");
    request.replace(request.find("Length: 4"), 9, "Length: " + std::string(wrapping));
    receive(request);
    EXPECT_EQ(handler_.arrived.back().kind, Arrived::Kind::Malformed) << wrapping;
  }
}

TEST_F(UdpTransportTest, AMessageTooLargeIsAnswered413) {
  Limits limits;
  limits.message.message_bytes = 1000;
  transport_.reset();
  start(limits);
  receive(make_request(kVia, "", std::string(2000, 'x')));
  EXPECT_EQ(only_arrival().kind, Arrived::Kind::Malformed);
  EXPECT_EQ(only_arrival().verdict.status, 413);
}

// RFC 3261 section 18.1.2.
TEST_F(UdpTransportTest, ResponsesToForeignViasAreDroppedWhenAskedTo) {
  const std::string ours = make_response("SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK1");
  const std::string foreign = make_response("SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK1");
  receive(foreign);
  EXPECT_EQ(handler_.arrived.size(), 1U);
  Limits limits;
  limits.check_via = true;
  transport_.reset();
  start(limits);
  receive(foreign);
  EXPECT_EQ(handler_.arrived.size(), 1U);
  EXPECT_EQ(statistics().err_replies.value(), 1U);
  receive(ours);
  EXPECT_EQ(handler_.arrived.size(), 2U);
}

// Danger 8: a shard that doesn't keep up drops, and says so.
TEST_F(UdpTransportTest, AFullMailboxDropsAndCounts) {
  const std::string request = make_request(kVia);
  in_shard(
      [&](shard::Shard&) {
        for (int i = 0; i < 2000; ++i) {
          peer_.send(server_, request);
          network_.loop(0).run_once(base::Duration::zero());
        }
      },
      transport_->shard_of_call_id("call-1"));
  settle();
  EXPECT_LT(handler_.arrived.size(), 2000U);
  EXPECT_EQ(handler_.arrived.size() + statistics().drop_requests.value(), 2000U);
}

TEST_F(UdpTransportTest, ABusyAddressIsAnErrorThatNamesIt) {
  ListenOptions options;
  options.address = server_.address;
  options.port = server_.port;
  const auto again = transport_->listen(options);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, EADDRINUSE);
  EXPECT_NE(again.error().message.find("udp:198.51.100.1:5060"), std::string::npos) << again.error().message;
}

TEST_F(UdpTransportTest, AProtocolThatIsNotThereIsAnErrorThatNamesIt) {
  ListenOptions options;
  options.protocol = Protocol::Sctp;
  options.address = server_.address;
  EXPECT_NE(transport_->listen(options).error().message.find("sctp:198.51.100.1"), std::string::npos);
}

// RFC 3581 section 4: also on a wildcard address responses leave from where the request arrived.
TEST_F(UdpTransportTest, OnAWildcardAddressTheResponseLeavesFromTheAddressTheRequestWasSentTo) {
  listen(Protocol::Udp, "0.0.0.0:5070");
  const base::Endpoint second = *base::Endpoint::parse("198.51.100.2:5070");
  handler_.then = [this](const Received& request) {
    const auto flow = transport_->try_open(response_target(request.flow, request.message.top_via()));
    EXPECT_TRUE(transport_->send(**flow, "response").has_value());
  };
  peer_.send(second, make_request(kVia));
  settle();
  EXPECT_EQ(only_arrival().flow.local, second);
  ASSERT_EQ(got(), std::vector<std::string>{"response"});
  EXPECT_EQ(peer_.received().front().from, second);
}

}  // namespace
}  // namespace carillon::transport
