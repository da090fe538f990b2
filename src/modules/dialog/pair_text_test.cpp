// SPDX-License-Identifier: Apache-2.0
// Names of dialogs and the texts of their columns.
#include "modules/dialog/pair_text.h"

#include <gtest/gtest.h>

#include "modules/dialog/dialog_id.h"

namespace carillon::dialog {
namespace {

TEST(PairText, WhatSeparatesIsEscaped) {
  std::string text;
  append_pair(text, "na#me", "a|b\\c");
  append_pair(text, "empty", "");
  EXPECT_EQ(text, "na\\#me#a\\|b\\\\c|empty#|");
  std::string_view rest = text;
  const auto first = take_pair(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->name, "na#me");
  EXPECT_EQ(first->value, "a|b\\c");
  const auto second = take_pair(rest);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->name, "empty");
  EXPECT_EQ(second->value, "");
  EXPECT_FALSE(take_pair(rest));
}

TEST(PairText, WhatIsNotWholeIsLeftOut) {
  for (const std::string_view text : {"name", "name#value", "#", "a\\", "a#b\\|"}) {
    std::string_view rest = text;
    EXPECT_FALSE(take_pair(rest)) << text;
    EXPECT_TRUE(rest.empty());
  }
}

TEST(DialogId, ACookieHasItsDigitsReversed) {
  const DialogId id{.entry = 0xd5, .number = 0xf16a3};
  EXPECT_EQ(id.cookie(), "5d.3a61f");
  EXPECT_EQ(DialogId::from_cookie("5d.3a61f"), id);
  EXPECT_EQ(DialogId::from_cookie("5D.3A61F"), id);
  EXPECT_EQ((DialogId{.entry = 0, .number = 0x10}.cookie()), "0.01");
  EXPECT_EQ(DialogId::unpacked(id.packed()), id);
  EXPECT_EQ(id.packed(), 0xd5'000f16a3ULL);
}

TEST(DialogId, WhatIsNoCookieIsRefused) {
  for (const std::string_view text : {"", ".", "1", "1.", ".1", "1.0", "g.1", "1.123456789", "1.1.1", "1 .1", "-1.1"}) {
    EXPECT_FALSE(DialogId::from_cookie(text)) << text;
  }
}

TEST(DialogId, EntriesAreWithinTheTable) {
  for (const std::string_view call_id : {"", "a", "ab", "abc", "abcd", "3c26700c1adb-xyz@10.0.0.1", "\xff\xfe\xfd"}) {
    EXPECT_LT(hash_entry(call_id, 4096), 4096U);
    EXPECT_EQ(hash_entry(call_id, 1), 0U);
  }
  // Four bytes are one word: w + (w >> 3), folded.
  const std::uint32_t word = 0x61626364U;
  const std::uint32_t hash = word ^ (word >> 3U);
  EXPECT_EQ(hash_entry("abcd", 1U << 24U), (hash + (hash >> 11U) + (hash >> 13U) + (hash >> 23U)) & 0xffffffU);
}

}  // namespace
}  // namespace carillon::dialog
