// SPDX-License-Identifier: Apache-2.0
// What routing decides without a network: order of responses and targets, our own names, flags, destinations.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "routing/best_response.h"
#include "routing/flag_names.h"
#include "routing/identity.h"
#include "routing/outgoing_request.h"
#include "routing/target_set.h"

namespace carillon::routing {
namespace {

TEST(BestResponse, FollowsTheOrderOfClassesAndLowerCodes) {
  const std::vector<int> order{200, 603, 604, 300, 302, 401, 407, 415, 420, 484, 400, 404, 486, 500, 504, 408, 503};
  std::vector<int> shuffled(order.rbegin(), order.rend());
  std::ranges::stable_sort(shuffled, {}, [](int status) { return rank(status, false); });
  EXPECT_EQ(shuffled, order);
}

TEST(BestResponse, A487WinsOnlyWhenTheCallerCancelled) {
  EXPECT_LT(rank(487, true), rank(603, true));
  EXPECT_GT(rank(487, false), rank(401, false));
}

TEST(TargetSetOrder, GroupsByQAndKeepsTheOrderInsideAGroup) {
  TargetSet targets(4);
  targets[0].uri = "sip:a";
  targets[0].q = 500;
  targets[1].uri = "sip:b";
  targets[1].q = 900;
  targets[2].uri = "sip:c";
  targets[2].q = 500;
  targets[3].uri = "sip:d";  // no q counts as 1.0
  const auto groups = group_by_q(targets);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0][0].uri, "sip:d");
  EXPECT_EQ(groups[1][0].uri, "sip:b");
  ASSERT_EQ(groups[2].size(), 2U);
  EXPECT_EQ(groups[2][0].uri, "sip:a");
  EXPECT_EQ(groups[2][1].uri, "sip:c");
}

TEST(IdentityNames, ComparesHostsWithoutCaseAndPortsOnlyWhenGiven) {
  Identity identity;
  identity.add({"Example.org", 0, false});
  identity.add({"192.0.2.1", 5060, false});
  identity.add({"[2001:DB8::1]", 5060, false});
  identity.add({"sub.example.net", 0, true});
  EXPECT_TRUE(identity.is_myself("EXAMPLE.ORG"));
  EXPECT_TRUE(identity.is_myself("example.org", 5080));
  EXPECT_TRUE(identity.is_myself("192.0.2.1"));
  EXPECT_FALSE(identity.is_myself("192.0.2.1", 5061));
  EXPECT_TRUE(identity.is_myself("2001:db8:0::1", 5060));
  EXPECT_TRUE(identity.is_myself("[2001:db8::1]"));
  EXPECT_TRUE(identity.is_myself("a.sub.example.net"));
  EXPECT_FALSE(identity.is_myself("asub.example.net"));
  EXPECT_FALSE(identity.is_myself("example.com"));
}

TEST(IdentityNames, AUriWithForeignMaddrIsNotOurs) {
  Identity identity;
  identity.add({"example.org", 0, false});
  EXPECT_TRUE(identity.is_myself(*sip::Uri::parse("sip:alice@example.org")));
  EXPECT_FALSE(identity.is_myself(*sip::Uri::parse("sip:alice@example.org;maddr=192.0.2.9")));
  EXPECT_FALSE(identity.is_myself(*sip::Uri::parse("tel:+123")));
}

TEST(FlagNameTable, GivesOutBitsInOrderAndRefusesThe33rd) {
  FlagNames names;
  EXPECT_EQ(*names.mask(FlagSpace::Message, "NAT"), 1U);
  EXPECT_EQ(*names.mask(FlagSpace::Message, "ACC"), 2U);
  EXPECT_EQ(*names.mask(FlagSpace::Message, "NAT"), 1U);
  EXPECT_EQ(*names.mask(FlagSpace::Branch, "ACC"), 1U);
  for (int i = 2; i < 32; ++i) ASSERT_TRUE(names.mask(FlagSpace::Message, "f" + std::to_string(i)));
  EXPECT_FALSE(names.mask(FlagSpace::Message, "one_more"));
  EXPECT_EQ(names.names(FlagSpace::Message, 3), "NAT ACC");
  EXPECT_EQ(names.parse(FlagSpace::Message, "ACC NAT"), 3U);
}

TEST(Destinations, AreReadWithAndWithoutProtocolAndPort) {
  const auto full = parse_destination("tcp:[2001:db8::1]:5070");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->protocol, transport::Protocol::Tcp);
  EXPECT_EQ(full->address.to_string(), "2001:db8::1");
  EXPECT_EQ(full->port, 5070);

  const auto bare = parse_destination("gw.example.org");
  ASSERT_TRUE(bare);
  EXPECT_FALSE(bare->protocol);
  EXPECT_EQ(bare->host, "gw.example.org");
  EXPECT_EQ(bare->port, 0);

  const auto uri = parse_destination("sip:192.0.2.1:5080;transport=tcp");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->protocol, transport::Protocol::Tcp);
  EXPECT_EQ(uri->port, 5080);

  EXPECT_FALSE(parse_destination("192.0.2.1:99999"));
  EXPECT_FALSE(parse_destination(""));
  EXPECT_FALSE(parse_destination("udp:"));
}

TEST(Destinations, UnknownSchemesAndTransportsHaveNone) {
  EXPECT_FALSE(target_of("mailto:alice@example.org"));
  EXPECT_FALSE(target_of("sip:alice@example.org;transport=carrier-pigeon"));
  const auto maddr = target_of("sip:alice@example.org;maddr=192.0.2.7");
  ASSERT_TRUE(maddr);
  EXPECT_EQ(maddr->address.to_string(), "192.0.2.7");
}

}  // namespace
}  // namespace carillon::routing
