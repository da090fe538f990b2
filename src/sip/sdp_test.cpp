// SPDX-License-Identifier: Apache-2.0
#include "sip/sdp.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace carillon::sip {
namespace {

constexpr std::string_view kTwoStreams =
    "v=0\r\n"
    "o=- 1 1 IN IP4 192.0.2.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE a v\r\n"
    "m=audio 4000 RTP/AVP 0 8\r\n"
    "a=mid:a\r\n"
    "m=video 4002/2 RTP/AVP 96\r\n"
    "a=mid:v\r\n"
    "a=sendonly\r\n";

Sdp parse(std::string_view text) {
  auto sdp = Sdp::parse(text);
  EXPECT_TRUE(sdp.has_value());
  return std::move(*sdp);
}

TEST(Sdp, HasLinesASessionAndStreams) {
  const Sdp sdp = parse(kTwoStreams);
  EXPECT_EQ(sdp.size(), 10U);
  EXPECT_EQ(sdp.session().end, 5U);
  ASSERT_EQ(sdp.streams(), 2U);
  EXPECT_EQ(sdp.stream(0).begin, 5U);
  EXPECT_EQ(sdp.text(sdp.stream(1)), "m=video 4002/2 RTP/AVP 96\r\na=mid:v\r\na=sendonly\r\n");
  EXPECT_EQ(sdp.field(4).value, "group:BUNDLE a v");
  EXPECT_EQ(sdp.attribute(sdp.stream(1), "mid"), "v");
  EXPECT_EQ(sdp.attribute(sdp.stream(1), "sendonly"), "");
  EXPECT_EQ(sdp.attribute(sdp.stream(0), "sendonly"), std::nullopt);
  EXPECT_EQ(sdp.text(), kTwoStreams);
}

// What is no line of a description goes through as it came.
TEST(Sdp, IsWrittenAsItCame) {
  for (const std::string_view text : {"", "v", "\n", "\r\n\r\n", "v=0\nm=", "v=0\r\n\r\nnonsense\r\nm=audio",
                                      "m=a\rb\nm=\r\n", "=\n==\n", "\0=\0\r\n"}) {
    EXPECT_EQ(parse(text).text(), text);
  }
}

TEST(Sdp, LinesEndWithEitherLineEnd) {
  Sdp sdp = parse("v=0\ns=-\na=x");
  EXPECT_EQ(sdp.size(), 3U);
  EXPECT_EQ(sdp.line(2), "a=x");
  sdp.replace({3, 3}, "a=y\r\na=z");
  EXPECT_EQ(sdp.text(), "v=0\ns=-\na=x\na=y\na=z\n") << "new lines end as the others do";
}

TEST(Sdp, LinesAreReplacedByFewerOrMore) {
  Sdp sdp = parse(kTwoStreams);
  sdp.replace({6, 7}, "a=mid:a\na=ptime:20\r\n");
  EXPECT_EQ(sdp.text(sdp.stream(0)), "m=audio 4000 RTP/AVP 0 8\r\na=mid:a\r\na=ptime:20\r\n");
  EXPECT_EQ(sdp.stream(1).begin, 8U);
  sdp.set_line(7, "m=text 5000 RTP/AVP 98");
  EXPECT_EQ(sdp.streams(), 3U);
  sdp.erase(sdp.stream(1));
  EXPECT_EQ(sdp.streams(), 2U);
  sdp.erase(sdp.all());
  EXPECT_EQ(sdp.text(), "");
  EXPECT_EQ(sdp.streams(), 0U);
  sdp.replace(sdp.all(), "v=0");
  EXPECT_EQ(sdp.text(), "v=0\r\n");
}

TEST(Sdp, AStreamThatGoesLeavesItsGroups) {
  Sdp sdp = parse(kTwoStreams);
  constexpr std::array<std::size_t, 1> kSecond = {1};
  sdp.erase_streams(kSecond);
  EXPECT_EQ(sdp.text(),
            "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE a\r\n"
            "m=audio 4000 RTP/AVP 0 8\r\na=mid:a\r\n");
}

TEST(Sdp, ManyStreamsGoAtOnce) {
  std::string text = "v=0\r\na=group:BUNDLE";
  for (int i = 0; i < 900; ++i) text += " " + std::to_string(i);
  text += "\r\n";
  std::vector<std::size_t> even;
  for (std::size_t i = 0; i < 900; ++i) {
    text += "m=audio 4000 RTP/AVP 0\r\na=mid:" + std::to_string(i) + "\r\n";
    if (i % 2 == 0) even.push_back(i);
  }
  Sdp sdp = parse(text);
  sdp.erase_streams(even);
  EXPECT_EQ(sdp.streams(), 450U);
  EXPECT_TRUE(sdp.line(1).starts_with("a=group:BUNDLE 1 3 5 "));
}

TEST(Sdp, OfTooManyLinesIsRefused) {
  std::string text;
  for (int i = 0; i < 5; ++i) text += "a=x\n";
  EXPECT_TRUE(Sdp::parse(text, {.lines = 5}).has_value());
  EXPECT_FALSE(Sdp::parse(text + "a=x\n", {.lines = 5}).has_value());
}

TEST(SdpMedia, IsTakenApart) {
  const auto media = SdpMedia::parse("audio  49170/2 RTP/AVP 0 8 ");
  ASSERT_TRUE(media.has_value());
  EXPECT_EQ(media->media, "audio");
  EXPECT_EQ(media->port, "49170/2");
  EXPECT_EQ(media->transport, "RTP/AVP");
  EXPECT_EQ(media->formats, "0 8");
  EXPECT_FALSE(SdpMedia::parse("audio 0").has_value());
  EXPECT_FALSE(SdpMedia::parse("").has_value());
  EXPECT_EQ(SdpMedia::parse("audio 0 RTP/AVP")->formats, "");
}

TEST(SdpField, IsALetterAndAValue) {
  EXPECT_EQ(SdpField::parse("a=").type, 'a');
  EXPECT_EQ(SdpField::parse("a").type, '\0');
  EXPECT_EQ(SdpField::parse("=a").type, '\0');
  EXPECT_EQ(SdpField::parse("a =b").type, '\0');
  EXPECT_EQ(SdpField::parse("a=b=c").value, "b=c");
}

}  // namespace
}  // namespace carillon::sip
