// SPDX-License-Identifier: Apache-2.0
// Which names become rows, and what is said of the others.
#include "server/account.h"

#include <gmock/gmock.h>

#include "server/password_hashes.h"

namespace carillon::server {
namespace {

using ::testing::HasSubstr;

std::string parsed(std::string_view text, std::string_view domain = "") {
  const auto account = Account::parse(text, domain);
  return account ? account->text() : "error: " + account.error().message;
}

TEST(Account, IsUserAndDomain) {
  EXPECT_EQ(parsed("alice@Example.ORG"), "alice@example.org");
  EXPECT_EQ(parsed("sip:alice@example.org"), "alice@example.org");
  EXPECT_EQ(parsed("Alice", "example.org"), "Alice@example.org");
  EXPECT_EQ(parsed("o'brien;x=1&y@example.org"), "o'brien;x=1&y@example.org");
  EXPECT_EQ(parsed("+49(30)123@10.0.0.1"), "+49(30)123@10.0.0.1");
  EXPECT_EQ(parsed("a@[2001:DB8::1]"), "a@[2001:db8::1]");
}

TEST(Account, SaysWhatIsWrong) {
  EXPECT_THAT(parsed("alice"), HasSubstr("no domain"));
  EXPECT_THAT(parsed("@example.org"), HasSubstr("user name is empty"));
  EXPECT_THAT(parsed("alice@"), HasSubstr("domain is empty"));
  EXPECT_THAT(parsed("a b@example.org"), HasSubstr("0x20"));
  EXPECT_THAT(parsed("a\"b@example.org"), HasSubstr("'\"'"));
  EXPECT_THAT(parsed(std::string_view("a\0b@example.org", 15)), HasSubstr("0x00"));
  EXPECT_THAT(parsed("a@b@example.org"), HasSubstr("'@'"));
  EXPECT_THAT(parsed("a@exa'mple.org"), HasSubstr("'''"));
  EXPECT_THAT(parsed("a@example..org"), HasSubstr("no domain"));
  EXPECT_THAT(parsed("a@-x"), HasSubstr("no domain"));
  EXPECT_THAT(parsed("a@::1"), HasSubstr("':'"));
  EXPECT_THAT(parsed(std::string(65, 'a') + "@example.org"), HasSubstr("longer than 64"));
  EXPECT_THAT(parsed("a@" + std::string(65, 'a')), HasSubstr("longer than 64"));
}

TEST(Account, GroupsAreWords) {
  EXPECT_TRUE(parse_group("int-l_1.x"));
  for (const char* name : {"", "a b", "a'b", "a;b"}) EXPECT_FALSE(parse_group(name)) << name;
}

// RFC 7616 section 3.9.1 and RFC 8760 section 2.6 have the user "Mufasa" of "http-auth@example.org".
TEST(PasswordHashes, AreThoseOfDigest) {
  const auto hashes = password_hashes("Mufasa", "http-auth@example.org", "Circle of Life");
  EXPECT_EQ(hashes.md5, "3d78807defe7de2157e2b0b6573a855f");
  EXPECT_EQ(hashes.sha256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
  EXPECT_EQ(hashes.sha512t256.size(), 64U);
  EXPECT_EQ(password_hashes("alice", "example.org", "secret").sha512t256,
            "bb26296e6f753ae34f4465323f4e1505bf959f55a87ee9347d34355a1e88627a");
}

}  // namespace
}  // namespace carillon::server
