// SPDX-License-Identifier: Apache-2.0
#include "sip/multipart.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sip {
namespace {

constexpr std::string_view kType = "multipart/mixed;boundary=b";

TEST(Multipart, PartsLieBetweenTheBoundaries) {
  const auto parts = body_parts(
      kType, "pre\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b \r\n\r\nx\r\n--b--\r\nafter");
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].content_type, "application/sdp");
  EXPECT_EQ(parts[0].headers, "Content-Type: application/sdp\r\n\r\n");
  EXPECT_EQ(parts[0].body, "v=0\r\n");
  EXPECT_EQ(parts[1].content_type, "text/plain");
  EXPECT_EQ(parts[1].body, "x");
}

TEST(Multipart, OtherBodiesAreOnePart) {
  EXPECT_TRUE(body_parts("text/plain", "").empty());
  ASSERT_EQ(body_parts("text/plain", "a").size(), 1U);
  EXPECT_EQ(body_parts("", "a")[0].body, "a");
  EXPECT_EQ(body_parts("multipart/mixed", "--b\r\n\r\nx").size(), 1U) << "without a boundary";
  EXPECT_EQ(body_parts("MULTIPART/mixed;boundary=\"b\"", "--b\r\n\r\nx")[0].body, "x");
}

TEST(Multipart, BrokenOnesEndWithTheBody) {
  EXPECT_TRUE(body_parts(kType, "no boundary").empty());
  EXPECT_TRUE(body_parts(kType, "--b--").empty());
  EXPECT_EQ(body_parts(kType, "--b").at(0).body, "");
  EXPECT_EQ(body_parts(kType, "--b\n\nx\n--bb\n--b-\n").at(0).body, "x\n--bb\n--b-\n");
  EXPECT_EQ(body_parts(kType, "--b\r\nno headers end").at(0).body, "");
}

TEST(Multipart, SoManyPartsAndNoMore) {
  std::string body;
  for (std::size_t i = 0; i < 2 * kMaxBodyParts; ++i) body += "--b\r\n\r\nx\r\n";
  EXPECT_EQ(body_parts(kType, body).size(), kMaxBodyParts);
}

TEST(Multipart, MediaTypesHaveNoParameters) {
  EXPECT_EQ(media_type(" text/plain ; charset=x"), "text/plain");
  EXPECT_EQ(media_type(""), "");
}

}  // namespace
}  // namespace carillon::sip
