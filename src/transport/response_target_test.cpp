// SPDX-License-Identifier: Apache-2.0
#include "transport/response_target.h"

#include <gtest/gtest.h>

namespace carillon::transport {
namespace {

const base::Endpoint kSource{*base::IpAddress::parse("192.0.2.7"), 40000};

sip::Via via(std::string_view text) { return sip::Via::parse(text).value(); }

Flow udp_request() {
  return {Protocol::Udp, ListenerId{3}, *base::Endpoint::parse("198.51.100.1:5060"), kSource, ConnectionId::None};
}
Flow tcp_request() {
  return {Protocol::Tcp, ListenerId{1}, *base::Endpoint::parse("198.51.100.1:5060"), kSource, ConnectionId{9}};
}

// RFC 3261 section 18.2.1.
TEST(ViaFixup, NothingIsAddedWhenSentByIsTheSource) {
  EXPECT_TRUE(via_fixup(kSource, via("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1")).empty());
}

TEST(ViaFixup, ReceivedIsAddedToANameAndToAnotherAddress) {
  EXPECT_EQ(via_fixup(kSource, via("SIP/2.0/UDP bobspc.biloxi.com:5060")).received, kSource.address);
  EXPECT_EQ(via_fixup(kSource, via("SIP/2.0/UDP 10.1.1.1:5060")).received, kSource.address);
  EXPECT_EQ(via_fixup(kSource, via("SIP/2.0/UDP [2001:db8::9]:5060")).received, kSource.address);
}

TEST(ViaFixup, AnotherFormOfTheSameAddressIsTheSame) {
  const base::Endpoint source = *base::Endpoint::parse("[2001:db8::9]:5060");
  EXPECT_TRUE(via_fixup(source, via("SIP/2.0/UDP [2001:DB8:0:0::9]:5060")).empty());
}

TEST(ViaFixup, AReceivedWrittenByTheClientIsReplaced) {
  EXPECT_EQ(via_fixup(kSource, via("SIP/2.0/UDP 192.0.2.7;received=203.0.113.5")).received, kSource.address);
}

// RFC 3581 section 4.
TEST(ViaFixup, RportIsFilledOnlyWhenAskedFor) {
  EXPECT_FALSE(via_fixup(kSource, via("SIP/2.0/UDP 10.1.1.1")).rport);
  const ViaFixup asked = via_fixup(kSource, via("SIP/2.0/UDP 192.0.2.7;rport"));
  EXPECT_EQ(asked.rport, kSource.port);
  EXPECT_EQ(asked.received, kSource.address);
}

TEST(ViaFixup, TheScriptMayForceRport) {
  EXPECT_EQ(via_fixup(kSource, via("SIP/2.0/UDP 10.1.1.1"), true).rport, kSource.port);
}

// RFC 3261 section 18.2.2.
TEST(ResponseTarget, DatagramsGoToTheSourceAddressAndThePortOfSentBy) {
  const Target target = response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1:5080"));
  EXPECT_EQ(target.protocol, Protocol::Udp);
  EXPECT_EQ(target.address, kSource.address);
  EXPECT_EQ(target.port, 5080);
  EXPECT_EQ(target.listener, ListenerId{3});
}

TEST(ResponseTarget, WithoutAPortInSentByItIs5060) {
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP client.example.com")).port, 5060);
}

TEST(ResponseTarget, WithRportDatagramsGoToTheSourcePort) {
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1:5080;rport")).port, kSource.port);
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1:5080"), true).port, kSource.port);
}

TEST(ResponseTarget, DatagramsLeaveFromWhereTheRequestArrived) {
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1;rport")).source, udp_request().local.address);
}

TEST(ResponseTarget, OnAConnectionTheResponseGoesBackOnItOrToSentBysPort) {
  const Target target = response_target(tcp_request(), via("SIP/2.0/TCP 10.1.1.1:5080;rport"));
  EXPECT_EQ(target.connection, ConnectionId{9});
  EXPECT_FALSE(target.only_connection);
  EXPECT_EQ(target.address, kSource.address);
  EXPECT_EQ(target.port, 5080);
}

TEST(ResponseTarget, AMulticastMaddrIsFollowed) {
  const Target target = response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1:5080;maddr=224.0.1.75"));
  EXPECT_EQ(target.address, *base::IpAddress::parse("224.0.1.75"));
  EXPECT_EQ(target.port, 5080);
}

// Danger 14: reflection over UDP.
TEST(ResponseTarget, AStrangersMaddrDoesNotAimOurResponsesAtSomebodyElse) {
  const sip::Via top = via("SIP/2.0/UDP 10.1.1.1;maddr=203.0.113.5");
  EXPECT_EQ(response_target(udp_request(), top).address, kSource.address);
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1;maddr=victim.example.com")).address,
            kSource.address);
  EXPECT_EQ(response_target(udp_request(), top, false, true).address, *base::IpAddress::parse("203.0.113.5"));
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP h;maddr=gw.example.com"), false, true).host,
            "gw.example.com");
}

// Danger 14.
TEST(ResponseTarget, AReceivedInTheRequestIsNotFollowed) {
  EXPECT_EQ(response_target(udp_request(), via("SIP/2.0/UDP 10.1.1.1;received=203.0.113.5")).address, kSource.address);
}

}  // namespace
}  // namespace carillon::transport
