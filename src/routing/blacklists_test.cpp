// SPDX-License-Identifier: Apache-2.0
#include "routing/blacklists.h"

#include <gmock/gmock.h>

namespace carillon::routing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using transport::Protocol;

const base::TimePoint kNow{1000s};

Blacklists::Destination to(std::string_view address, std::uint16_t port = 0, std::optional<Protocol> protocol = {},
                           std::string_view request = {}) {
  return {protocol, *base::IpAddress::parse(address), port, request};
}

TEST(Blacklists, RulesAreWrittenInMoreThanOneWay) {
  const auto rule = [](std::string_view text) { return *Blacklists::Rule::parse(text); };
  EXPECT_EQ(rule("(10.0.0.1)").network.prefix, 32);
  EXPECT_EQ(rule(" 10.0.0.0/255.0.0.0 ").network.prefix, 8);
  EXPECT_EQ(rule("(tcp, 10.0.0.1, 5060, \"a,(b)\")").pattern, "a,(b)");
  EXPECT_EQ(rule("tcp,10.0.0.1").protocol, Protocol::Tcp);
  EXPECT_EQ(rule("(any,[2001:db8::]/32,0,'')").network.prefix, 32);
  EXPECT_FALSE(rule("(any,10.0.0.1)").protocol);
  EXPECT_TRUE(rule("!(10.0.0.1)").inverse);
  EXPECT_TRUE(rule("!tcp,10.0.0.1,5060").inverse);
  EXPECT_TRUE(rule("(!10.0.0.1)").inverse);
  EXPECT_FALSE(rule("!(!10.0.0.1)").inverse);
  for (const char* bad : {"", "(", "()", "(tcp)", "(10.0.0.1", "(10.0.0.1,70000)", "(10.0.0.1,x)", "(sip.example.org)",
                          "(tcp,10.0.0.1,1,\"x\",y)", "(10.0.0.1,0,\"(\")", "(10.0.0.0/33)"}) {
    EXPECT_FALSE(Blacklists::Rule::parse(bad)) << bad;
  }
}

TEST(Blacklists, DefinitionsHaveFlags) {
  Blacklists lists;
  ASSERT_TRUE(lists.define("fixed:{ (10.0.0.1), !(tcp,192.0.2.0/24) }"));
  ASSERT_TRUE(lists.define("open / expire , default : {}"));
  ASSERT_TRUE(lists.define("old={(any,10.0.0.9,5060,\"\")}"));
  const auto all = lists.describe(Blacklists::kAll, kNow);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].read_only && !all[0].is_default && all[0].rules.size() == 2);
  EXPECT_TRUE(!all[1].read_only && all[1].is_default && all[1].expires);
  EXPECT_EQ(lists.defaults(), 2U);
  EXPECT_EQ(lists.mask("old"), 4U);
  EXPECT_EQ(lists.mask("nobody"), std::nullopt);
  EXPECT_THAT(lists.define("fixed:{}").error().message, HasSubstr("there is a list 'fixed' already"));
  EXPECT_THAT(lists.define("x/often:{}").error().message, HasSubstr("unknown flag 'often'"));
  for (const char* bad : {"", "x", "{}", ":{}", "}y{", "y:{(10.0.0.1}", "z:{10.0.0.1}"}) {
    EXPECT_FALSE(lists.define(bad)) << bad;
  }
}

TEST(Blacklists, OnlyListsInUseAreLookedAt) {
  Blacklists lists;
  ASSERT_TRUE(lists.define("a:{(10.0.0.1)}"));
  ASSERT_TRUE(lists.define("b:{(10.0.0.0/8,5060)}"));
  EXPECT_EQ(lists.find(3, to("10.0.0.1"), kNow), "a");
  EXPECT_EQ(lists.find(2, to("10.0.0.1"), kNow), std::nullopt);
  EXPECT_EQ(lists.find(2, to("10.0.0.1", 5060), kNow), "b");
  EXPECT_EQ(lists.find(3, to("192.0.2.1", 5060), kNow), std::nullopt);
  EXPECT_TRUE(lists.has_rules(1));
  EXPECT_FALSE(lists.has_rules(0));
}

TEST(Blacklists, APatternLooksAtTheRequest) {
  Blacklists lists;
  ASSERT_TRUE(lists.define("a:{(10.0.0.1,0,\"^INVITE .*secret\")}"));
  EXPECT_TRUE(lists.has_patterns(1));
  EXPECT_TRUE(lists.find(1, to("10.0.0.1", 0, {}, "INVITE sip:Secret"), kNow));
  EXPECT_FALSE(lists.find(1, to("10.0.0.1", 0, {}, "OPTIONS sip:secret"), kNow));
}

TEST(Blacklists, RulesComeGoAndExpire) {
  Blacklists lists;
  ASSERT_TRUE(lists.define("open/expire:{}"));
  ASSERT_TRUE(lists.define("plain/default:{}"));
  auto rule = *Blacklists::Rule::make("10.0.0.1", "udp", 5060, "");
  rule.expires = kNow + 10s;
  ASSERT_TRUE(lists.add("open", rule, kNow));
  const auto destination = to("10.0.0.1", 5060, Protocol::Udp);
  EXPECT_TRUE(lists.find(1, destination, kNow + 9s));
  EXPECT_FALSE(lists.find(1, destination, kNow + 10s));
  // The same again only moves the time on.
  rule.expires = kNow + 20s;
  ASSERT_TRUE(lists.add("open", rule, kNow));
  EXPECT_EQ(lists.describe(1, kNow)[0].rules.size(), 1U);
  EXPECT_TRUE(lists.find(1, destination, kNow + 19s));
  EXPECT_TRUE(*lists.remove("open", rule));
  EXPECT_FALSE(*lists.remove("open", rule));
  EXPECT_FALSE(lists.has_rules(1));
  EXPECT_THAT(lists.add("plain", rule, kNow).error().message, HasSubstr("nothing expires"));
  EXPECT_FALSE(lists.add("nobody", rule, kNow));
}

TEST(Blacklists, AListIsBounded) {
  Blacklists lists;
  ASSERT_TRUE(lists.define("open/expire:{}"));
  Blacklists::Rule rule;
  rule.expires = kNow + 1s;
  for (std::uint32_t i = 0; i < Blacklists::kMaxRules; ++i) {
    rule.network = {base::IpAddress::v4(i), 32};
    ASSERT_TRUE(lists.add("open", rule, kNow));
  }
  rule.network = {base::IpAddress::v4(0xffffffff), 32};
  EXPECT_FALSE(lists.add("open", rule, kNow));
  // What has expired makes room.
  rule.expires = kNow + 9s;
  EXPECT_TRUE(lists.add("open", rule, kNow + 2s));
}

}  // namespace
}  // namespace carillon::routing
