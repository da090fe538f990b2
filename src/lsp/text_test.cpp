// SPDX-License-Identifier: Apache-2.0
#include "lsp/text.h"

#include <gtest/gtest.h>

namespace carillon::lsp {
namespace {

TEST(LineIndex, CountsCharactersInUtf16) {
  // a, ä (2 bytes, 1 unit), € (3 bytes, 1 unit), 😀 (4 bytes, 2 units), b
  const LineIndex index("aä€😀b");
  EXPECT_EQ(index.place(0), (Place{0, 0}));
  EXPECT_EQ(index.place(1), (Place{0, 1}));
  EXPECT_EQ(index.place(3), (Place{0, 2}));
  EXPECT_EQ(index.place(6), (Place{0, 3}));
  EXPECT_EQ(index.place(10), (Place{0, 5}));
  for (const std::size_t offset : {0U, 1U, 3U, 6U, 10U, 11U}) EXPECT_EQ(index.offset(index.place(offset)), offset);
}

TEST(LineIndex, APlaceInsideACharacterIsWhereItBegins) {
  const LineIndex index("😀b");
  EXPECT_EQ(index.offset({0, 1}), 0U);
  EXPECT_EQ(index.place(2), (Place{0, 0}));
}

TEST(LineIndex, LinesEndAsTheProtocolSays) {
  const LineIndex index("a\nb\r\nc\rd");
  EXPECT_EQ(index.place(2), (Place{1, 0}));
  EXPECT_EQ(index.place(5), (Place{2, 0}));
  EXPECT_EQ(index.place(7), (Place{3, 0}));
  EXPECT_EQ(index.offset({1, 99}), 3U);  // before its "\r\n"
  EXPECT_EQ(index.offset({2, 1}), 6U);
}

TEST(LineIndex, PlacesOutsideAreClamped) {
  const LineIndex index("ab\n");
  EXPECT_EQ(index.offset({7, 0}), 3U);
  EXPECT_EQ(index.offset({0, 4'000'000'000U}), 2U);
  EXPECT_EQ(index.place(99), (Place{1, 0}));
  EXPECT_EQ(LineIndex("").place(0), (Place{0, 0}));
  EXPECT_EQ(LineIndex("").offset({0, 1}), 0U);
}

TEST(LineIndex, WhatIsNoUtf8CountsByBytes) {
  const LineIndex index("\xff\xc3(\xe2\x82");
  EXPECT_EQ(index.place(5), (Place{0, 5}));
  EXPECT_EQ(index.offset({0, 5}), 5U);
}

TEST(LineIndex, FindsTheScriptsOwnPositions) {
  const LineIndex index("ab\ncd\re\nf");
  EXPECT_EQ(index.byte_of(1, 1), 0U);
  EXPECT_EQ(index.byte_of(2, 2), 4U);
  EXPECT_EQ(index.byte_of(3, 1), 8U);
  EXPECT_EQ(index.byte_of(9, 1), 9U);
  EXPECT_EQ(index.byte_of(0, 0), 0U);
}

}  // namespace
}  // namespace carillon::lsp
