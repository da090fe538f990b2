// SPDX-License-Identifier: Apache-2.0
#include "transport/listener_table.h"

#include <gtest/gtest.h>

#include "transport/outgoing_address.h"

namespace carillon::transport {
namespace {

class ListenerTableTest : public ::testing::Test {
 protected:
  ListenerTableTest() {
    add({.protocol = Protocol::Udp, .tag = "inside"}, "192.0.2.1:5060");
    add({.protocol = Protocol::Tcp}, "192.0.2.1:5060");
    add({.protocol = Protocol::Udp, .advertised_host = "sip.example.com", .advertised_port = 5070}, "192.0.2.2:5060");
    add({.protocol = Protocol::Udp, .advertised_host = "2001:db8::99"}, "[2001:db8::1]:5060");
  }
  void add(const ListenOptions& options, std::string_view local) { table_.add(options, *base::Endpoint::parse(local)); }
  ListenerTable table_;
};

TEST_F(ListenerTableTest, WhatIsWrittenIsTheAddressOrWhatIsAdvertised) {
  EXPECT_EQ(table_.get(ListenerId{0}).sent_by, "192.0.2.1:5060");
  EXPECT_FALSE(table_.get(ListenerId{0}).advertised);
  EXPECT_EQ(table_.get(ListenerId{2}).sent_by, "sip.example.com:5070");
  EXPECT_EQ(table_.get(ListenerId{3}).sent_by, "[2001:db8::99]:5060");
  EXPECT_EQ(table_.get(ListenerId{3}).name, "udp:[2001:db8::1]:5060");
}

TEST_F(ListenerTableTest, AWildcardAddressIsNeverWritten) {
  const Listener& wildcard = table_.add({.protocol = Protocol::Udp}, *base::Endpoint::parse("0.0.0.0:5080"));
  EXPECT_EQ(wildcard.host, outgoing_address(base::Family::V4).to_string());
  EXPECT_NE(wildcard.host, "0.0.0.0");
}

TEST_F(ListenerTableTest, IsFoundByNameTagAndAdvertisedAddress) {
  EXPECT_EQ(table_.find("udp:192.0.2.1:5060"), &table_.get(ListenerId{0}));
  EXPECT_EQ(table_.find("INSIDE"), &table_.get(ListenerId{0}));
  EXPECT_EQ(table_.find("TCP:192.0.2.1:5060"), &table_.get(ListenerId{1}));
  EXPECT_EQ(table_.find("udp:SIP.example.com:5070"), &table_.get(ListenerId{2}));
  EXPECT_EQ(table_.find("udp:[2001:db8::99]:5060"), &table_.get(ListenerId{3}));
  EXPECT_EQ(table_.find("tls:192.0.2.1:5060"), nullptr);
  EXPECT_EQ(table_.find(""), nullptr);
}

TEST_F(ListenerTableTest, ABondGivesTheMemberThatFits) {
  ASSERT_TRUE(table_.add_bond("out", {"udp:192.0.2.2:5060", "inside", "udp:[2001:db8::1]:5060"}));
  const Listener* bond = table_.find("BOND:out");
  ASSERT_NE(bond, nullptr);
  EXPECT_EQ(table_.name_of(bond->id), "bond:out");
  EXPECT_EQ(table_.choose(Protocol::Udp, base::Family::V4, bond->id, ListenerId{0})->id, ListenerId{2});
  EXPECT_EQ(table_.choose(Protocol::Udp, base::Family::V6, bond->id, ListenerId{0})->id, ListenerId{3});
  EXPECT_EQ(table_.choose(Protocol::Tcp, base::Family::V4, bond->id, ListenerId{1}), nullptr);
  EXPECT_TRUE(table_.is_in_bond(ListenerId{0}, "out"));
  EXPECT_TRUE(table_.is_in_bond(ListenerId{0}, "bond:OUT"));
  EXPECT_FALSE(table_.is_in_bond(ListenerId{1}, "out"));
  EXPECT_FALSE(table_.is_in_bond(ListenerId{0}, "none"));
  EXPECT_FALSE(table_.add_bond("OUT", {"inside"})) << "a second one of this name";
  EXPECT_FALSE(table_.add_bond("empty", {}));
  EXPECT_FALSE(table_.add_bond("strange", {"udp:192.0.2.99:5060"}));
  EXPECT_FALSE(table_.add_bond("bonds", {"bond:out"}));
  EXPECT_EQ(table_.name_of(ListenerId{0}), "udp:192.0.2.1:5060");
  EXPECT_EQ(table_.name_of(ListenerId::None), "");
}

TEST_F(ListenerTableTest, TheReceivingListenerSendsUnlessItDoesNotFit) {
  const auto choose = [this](Protocol protocol, base::Family family, ListenerId received_on) {
    return table_.choose(protocol, family, ListenerId::None, received_on);
  };
  EXPECT_EQ(choose(Protocol::Udp, base::Family::V4, ListenerId{2})->id, ListenerId{2});
  EXPECT_EQ(choose(Protocol::Tcp, base::Family::V4, ListenerId{2})->id, ListenerId{1});
  EXPECT_EQ(choose(Protocol::Udp, base::Family::V6, ListenerId{2})->id, ListenerId{3});
  EXPECT_EQ(choose(Protocol::Udp, base::Family::V4, ListenerId::None)->id, ListenerId{0});
  EXPECT_EQ(choose(Protocol::Tcp, base::Family::V6, ListenerId{0}), nullptr);
}

TEST_F(ListenerTableTest, AForcedListenerIsUsedOrNone) {
  EXPECT_EQ(table_.choose(Protocol::Udp, base::Family::V4, ListenerId{2}, ListenerId{0})->id, ListenerId{2});
  EXPECT_EQ(table_.choose(Protocol::Udp, base::Family::V6, ListenerId{2}, ListenerId{3}), nullptr);
  EXPECT_EQ(table_.choose(Protocol::Udp, base::Family::V4, ListenerId{77}, ListenerId::None), nullptr);
}

TEST_F(ListenerTableTest, KnowsTheViasItsListenersWrite) {
  const auto wrote = [this](std::string_view via) { return table_.wrote(sip::Via::parse(via).value()); };
  EXPECT_TRUE(wrote("SIP/2.0/UDP 192.0.2.1"));
  EXPECT_TRUE(wrote("SIP/2.0/UDP 192.0.2.1:5060"));
  EXPECT_TRUE(wrote("SIP/2.0/UDP sip.Example.com:5070"));
  EXPECT_TRUE(wrote("SIP/2.0/UDP [2001:db8::99]"));
  EXPECT_FALSE(wrote("SIP/2.0/UDP sip.example.com"));
  EXPECT_FALSE(wrote("SIP/2.0/TLS 192.0.2.1:5060"));
  EXPECT_FALSE(wrote("SIP/2.0/UDP 203.0.113.5"));
  EXPECT_FALSE(wrote("SIP/2.0/QUIC 192.0.2.1"));
}

}  // namespace
}  // namespace carillon::transport
