// SPDX-License-Identifier: Apache-2.0
#include "modules/uuid/identifier.h"

#include <gtest/gtest.h>

#include <set>

namespace carillon::uuid {
namespace {

constexpr std::string_view kDns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
constexpr std::int64_t kNewYear = 1'767'225'600'000'000;  // 2026

TEST(Identifier, IsReadAndWritten) {
  ASSERT_TRUE(Identifier::parse(kDns).has_value());
  EXPECT_EQ(Identifier::parse(kDns)->text(), kDns);
  EXPECT_EQ(Identifier::parse("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")->text(), kDns);
  EXPECT_FALSE(Identifier::parse("").has_value());
  EXPECT_FALSE(Identifier::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c").has_value());
  EXPECT_FALSE(Identifier::parse("6ba7b8109dad-11d1-80b4-00c04fd430c8-").has_value());
  EXPECT_FALSE(Identifier::parse("6ba7b810-9dad-11d1-80b4-00c04fd430cg").has_value());
}

// RFC 9562, appendices A.2 and A.4.
TEST(Identifier, OfANameIsAsInTheRfc) {
  const auto dns = *Identifier::parse(kDns);
  EXPECT_EQ(Identifier::of_name_md5(dns, "www.example.com")->text(), "5df41881-3aed-3515-88a7-2f4a814cf09e");
  EXPECT_EQ(Identifier::of_name_sha1(dns, "www.example.com")->text(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Identifier, TellsItsVersion) {
  const std::string chance = Identifier::random().text();
  EXPECT_EQ(chance[14], '4');
  EXPECT_NE(std::string("89ab").find(chance[19]), std::string::npos);
  const std::string time = Identifier::of_time(kNewYear).text();
  EXPECT_EQ(time.substr(0, 15), "019b76da-a800-7");
  EXPECT_NE(std::string("89ab").find(time[19]), std::string::npos);
}

TEST(Identifier, OfANodeIsNeverTheSameAgain) {
  Node node;
  std::set<std::string> made;
  for (int i = 0; i < 1000; ++i) made.insert(node.next(kNewYear - i).text());
  EXPECT_EQ(made.size(), 1000U);
  const std::string first = *made.begin();
  EXPECT_EQ(first[14], '1');
  // 0x1f0e6a4d0c3c000 tenths of microseconds since 1582, the low parts first.
  EXPECT_EQ(Node().next(kNewYear).text().substr(0, 18), "d0c3c000-e6a4-11f0");
  EXPECT_NE(Node().next(kNewYear).text().substr(24), Node().next(kNewYear).text().substr(24));
}

}  // namespace
}  // namespace carillon::uuid
