// SPDX-License-Identifier: Apache-2.0
// Bodies as gateways send them, and as attackers do.
#include "sip/body_parts.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sip {
namespace {

constexpr std::string_view kMixed = "multipart/mixed;boundary=b1";
constexpr std::string_view kTwoParts =
    "a preamble\r\n"
    "--b1\r\n"
    "Content-Type: application/sdp\r\n"
    "\r\n"
    "v=0\r\n"
    "\r\n"
    "--b1  \r\n"
    "c: application/isup; version=itu-t92+\r\n"
    "Content-Disposition: signal;handling=optional\r\n"
    "\r\n"
    "\x01\x11\r\n"
    "--b1--\r\n"
    "an epilogue\r\n";

std::string_view content(const BodyPart* part) { return part != nullptr ? part->content : "nothing"; }

TEST(MediaType, IsWhatStandsBeforeTheParameters) {
  EXPECT_EQ(media_type(" application/sdp ; charset=utf-8"), "application/sdp");
  EXPECT_TRUE(is_media_type("Application/SDP;x", "application/sdp"));
  EXPECT_FALSE(is_media_type("application/sdpx", "application/sdp"));
  EXPECT_FALSE(is_media_type("", "application/sdp"));
}

TEST(MultipartBoundary, IsAParameter) {
  EXPECT_EQ(multipart_boundary("multipart/mixed; BOUNDARY=\"a b;c\""), "a b;c");
  EXPECT_EQ(multipart_boundary("multipart/mixed"), std::nullopt);
  EXPECT_EQ(multipart_boundary("multipart/mixed;boundary="), std::nullopt);
  EXPECT_EQ(multipart_boundary("text/plain;boundary=a"), std::nullopt);
  EXPECT_EQ(multipart_boundary("multipart/mixed;boundary=" + std::string(257, 'a')), std::nullopt);
}

TEST(BodyParts, ABodyIsItsOnlyPart) {
  const BodyParts parts("application/sdp", "", "v=0\r\n");
  EXPECT_FALSE(parts.is_multipart());
  ASSERT_EQ(parts.all().size(), 1U);
  EXPECT_EQ(content(parts.at(0)), "v=0\r\n");
  EXPECT_EQ(content(parts.at(-1)), "v=0\r\n");
  EXPECT_EQ(parts.at(1), nullptr);
  EXPECT_EQ(parts.at(-2), nullptr);
  EXPECT_EQ(content(parts.sdp()), "v=0\r\n");
}

TEST(BodyParts, WithoutATypeItIsASessionDescription) {
  EXPECT_EQ(content(BodyParts("", "", "v=0\r\n").sdp()), "v=0\r\n");
  EXPECT_TRUE(BodyParts("", "", "").all().empty());
  EXPECT_EQ(BodyParts("application/sdp", "", "").sdp(), nullptr);
}

TEST(BodyParts, OfAMultipartAreBetweenItsBoundaries) {
  const BodyParts parts(kMixed, "", kTwoParts);
  EXPECT_TRUE(parts.is_multipart());
  ASSERT_EQ(parts.all().size(), 2U);
  EXPECT_EQ(parts.all()[0].headers, "Content-Type: application/sdp\r\n");
  EXPECT_EQ(content(parts.at(0)), "v=0\r\n") << "the line end before a boundary belongs to the boundary";
  EXPECT_EQ(content(parts.at(-1)), "\x01\x11");
  EXPECT_EQ(parts.at(1)->type, "application/isup; version=itu-t92+");
  EXPECT_EQ(content(parts.find("APPLICATION/isup")), "\x01\x11");
  EXPECT_EQ(parts.find("application/isup", 1), nullptr);
  EXPECT_EQ(parts.find("text/plain"), nullptr);
  EXPECT_EQ(content(parts.sdp()), "v=0\r\n");
}

TEST(BodyParts, LinesMayEndWithLineFeedsAlone) {
  std::string text(kTwoParts);
  std::erase(text, '\r');
  const BodyParts parts(kMixed, "", text);
  ASSERT_EQ(parts.all().size(), 2U);
  EXPECT_EQ(content(parts.at(0)), "v=0\n");
  EXPECT_EQ(content(parts.at(1)), "\x01\x11");
}

TEST(BodyParts, AMultipartThatIsNotClosedGoesToTheEnd) {
  const BodyParts parts(kMixed, "", "--b1\r\n\r\none\r\n--b1\r\nContent-Type: a/b\r\n\r\ntwo\r\n");
  ASSERT_EQ(parts.all().size(), 2U);
  EXPECT_EQ(parts.at(0)->type, "text/plain");
  EXPECT_EQ(content(parts.at(0)), "one");
  EXPECT_EQ(content(parts.at(1)), "two\r\n");
}

TEST(BodyParts, WithoutABoundaryThereIsOnePart) {
  const std::string_view body = "--b1\r\n\r\none\r\n--b1--\r\n";
  for (const std::string_view type : {"multipart/mixed", "multipart/mixed;boundary=other", "multipart/mixed;boundary=b",
                                      "multipart/mixed;boundary=\"\"", "text/plain;boundary=b1"}) {
    const BodyParts parts(type, "", body);
    EXPECT_FALSE(parts.is_multipart()) << type;
    EXPECT_EQ(content(parts.at(0)), body) << type;
    EXPECT_EQ(parts.at(0)->type, type);
  }
}

TEST(BodyParts, ABoundaryIsAWholeLine) {
  const BodyParts parts(kMixed, "", "--b1\r\n\r\n--b12\r\n --b1\r\nx--b1\r\n--b1-\r\n--b1--x\r\n--b1--");
  ASSERT_EQ(parts.all().size(), 1U);
  EXPECT_EQ(content(parts.at(0)), "--b12\r\n --b1\r\nx--b1\r\n--b1-\r\n--b1--x");
}

TEST(BodyParts, MayBeEmpty) {
  EXPECT_EQ(content(BodyParts(kMixed, "", "--b1\r\n--b1--").at(0)), "");
  EXPECT_EQ(content(BodyParts(kMixed, "", "--b1\r\n\r\n--b1--").at(0)), "");
  const BodyParts headers(kMixed, "", "--b1\r\nContent-Type: application/sdp\r\n\r\n--b1--");
  EXPECT_EQ(headers.at(0)->type, "application/sdp");
  EXPECT_EQ(content(headers.at(0)), "");
  EXPECT_FALSE(BodyParts(kMixed, "", "--b1--\r\n").is_multipart()) << "none at all";
}

TEST(BodyParts, WithSomethingElseWhereHeadersBelongHaveNone) {
  const BodyParts parts(kMixed, "", "--b1\r\nhello\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b1--");
  EXPECT_EQ(parts.at(0)->headers, "");
  EXPECT_EQ(parts.at(0)->type, "text/plain");
  EXPECT_EQ(content(parts.at(0)), "hello\r\nContent-Type: application/sdp\r\n\r\nv=0");
}

constexpr std::string_view kNested =
    "--b1\r\n"
    "Content-Type: multipart/alternative; boundary=b1x\r\n"
    "\r\n"
    "--b1x\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "hello\r\n"
    "--b1x\r\n"
    "Content-Type: application/sdp\r\n"
    "\r\n"
    "v=0\r\n"
    "--b1x--\r\n"
    "\r\n"
    "--b1\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "last\r\n"
    "--b1--\r\n";

TEST(BodyParts, MayBeMultipartsThemselves) {
  const BodyParts parts(kMixed, "", kNested);
  ASSERT_EQ(parts.all().size(), 4U);
  EXPECT_TRUE(parts.all()[0].is_multipart);
  EXPECT_EQ(parts.all()[1].level, 1U);
  EXPECT_EQ(parts.all()[3].level, 0U);
  EXPECT_EQ(content(parts.at(1)), "last");
  EXPECT_EQ(content(parts.find("text/plain")), "hello");
  EXPECT_EQ(content(parts.find("text/plain", -1)), "last");
  EXPECT_EQ(content(parts.sdp()), "v=0");
}

TEST(BodyParts, BeyondTheLimitsAreContent) {
  const BodyParts flat(kMixed, "", kNested, {.parts = 100, .levels = 1});
  ASSERT_EQ(flat.all().size(), 2U);
  EXPECT_FALSE(flat.all()[0].is_multipart);
  const BodyParts whole(kMixed, "", kNested, {.parts = 3, .levels = 8});
  EXPECT_FALSE(whole.is_multipart());
  EXPECT_EQ(content(whole.at(0)), kNested);
}

TEST(BodyParts, ThatAreEncodedCannotBeRead) {
  EXPECT_EQ(BodyParts("application/sdp", "gzip", "\x1f\x8b").sdp(), nullptr);
  EXPECT_NE(BodyParts("application/sdp", "gzip", "\x1f\x8b").find("application/sdp"), nullptr);
  EXPECT_NE(BodyParts("application/sdp", "Identity", "v=0\r\n").sdp(), nullptr);
  EXPECT_FALSE(BodyParts(kMixed, "gzip", kTwoParts).is_multipart());
  const auto encoded = [](std::string_view how) {
    return "--b1\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: " + std::string(how) +
           "\r\n\r\ndj0w\r\n--b1--";
  };
  EXPECT_EQ(BodyParts(kMixed, "", encoded("base64")).sdp(), nullptr);
  EXPECT_NE(BodyParts(kMixed, "", encoded("Binary")).sdp(), nullptr);
}

}  // namespace
}  // namespace carillon::sip
