// SPDX-License-Identifier: Apache-2.0
#include "sip/header_lines.h"

#include <gtest/gtest.h>

namespace carillon::sip {
namespace {

TEST(HeaderLines, AcceptsCompleteLinesAndFolds) {
  EXPECT_TRUE(are_header_lines("P-Hint: outbound\r\n"));
  EXPECT_TRUE(are_header_lines("A: b\r\nC : d\r\n e\r\n"));
  EXPECT_TRUE(are_header_lines("Empty:\r\n"));
}

TEST(HeaderLines, RefusesWhatCouldEndTheHeadersOrHideALine) {
  EXPECT_FALSE(are_header_lines(""));
  EXPECT_FALSE(are_header_lines("A: b"));
  EXPECT_FALSE(are_header_lines("A: b\r\n\r\nbody\r\n"));
  EXPECT_FALSE(are_header_lines("A: b\nC: d\r\n"));
  EXPECT_FALSE(are_header_lines("A: b\rC: d\r\n"));
  EXPECT_FALSE(are_header_lines(" A: b\r\n"));
  EXPECT_FALSE(are_header_lines("no colon\r\n"));
  EXPECT_FALSE(are_header_lines("A: b\r\n \r\n"));
  EXPECT_FALSE(are_header_lines(std::string_view("A: b\0c\r\n", 8)));
}

}  // namespace
}  // namespace carillon::sip
