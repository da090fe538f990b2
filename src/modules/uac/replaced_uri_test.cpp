// SPDX-License-Identifier: Apache-2.0
#include "modules/uac/replaced_uri.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sip/grammar.h"

namespace carillon::uac {
namespace {

constexpr std::string_view kAlice = "sip:alice@example.org";
constexpr std::string_view kNumber = "sip:+49301234567@gateway.example.net;user=phone";

TEST(ReplacedUriTest, FindsEitherFromTheOther) {
  const ReplacedUri replaced("secret");
  for (const auto& [original, replacement] : {std::pair(kAlice, kNumber), std::pair(kNumber, kAlice)}) {
    const std::string text = replaced.encode(original, replacement);
    EXPECT_TRUE(sip::is_token(text)) << text;
    EXPECT_EQ(replaced.replacement_of(original, text), replacement);
    EXPECT_EQ(replaced.original_of(replacement, text), original);
  }
}

TEST(ReplacedUriTest, ShowsNeitherToOthers) {
  const std::string text = ReplacedUri("secret").encode(kAlice, kNumber);
  EXPECT_NE(text, ReplacedUri("other").encode(kAlice, kNumber));
  EXPECT_FALSE(ReplacedUri("other").replacement_of(kAlice, text));
  EXPECT_FALSE(ReplacedUri("").original_of(kNumber, text));
}

TEST(ReplacedUriTest, TellsWhoIsNeither) {
  const ReplacedUri replaced("secret");
  const std::string text = replaced.encode(kAlice, kNumber);
  EXPECT_FALSE(replaced.replacement_of(kNumber, text));
  EXPECT_FALSE(replaced.original_of(kAlice, text));
  EXPECT_FALSE(replaced.replacement_of("sip:bob@example.org", text));
  EXPECT_FALSE(replaced.replacement_of("", text));
}

TEST(ReplacedUriTest, RefusesWhatItDidNotWrite) {
  const ReplacedUri replaced("secret");
  std::string text = replaced.encode(kAlice, kNumber);
  for (char& c : text) {
    const char before = c;
    c = c == 'A' ? 'B' : 'A';
    const auto found = replaced.replacement_of(kAlice, text);
    // Only the bits that fill up the last character mean nothing.
    EXPECT_TRUE(!found || (&c == &text.back() && *found == kNumber));
    c = before;
  }
  EXPECT_FALSE(replaced.replacement_of(kAlice, ""));
  EXPECT_FALSE(replaced.replacement_of(kAlice, "AAAA"));
  EXPECT_FALSE(replaced.replacement_of(kAlice, text + "%"));
  EXPECT_FALSE(replaced.replacement_of(kAlice, std::string(5000, 'A')));
}

TEST(ReplacedUriTest, KeepsNothingThatIsTooLong) {
  EXPECT_EQ(ReplacedUri("").encode(kAlice, "sip:" + std::string(kMostUri, 'x')), "");
}

}  // namespace
}  // namespace carillon::uac
