// SPDX-License-Identifier: Apache-2.0
// What stands in the parentheses of $sdp.line() and its kin.
#include "modules/core/sdp_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::core {
namespace {

using Scope = SdpFilter::Scope;

constexpr std::string_view kSdp =
    "v=0\r\n"
    "o=- 1 1 IN IP4 192.0.2.1\r\n"
    "s=-\r\n"
    "a=ptime:10\r\n"
    "m=audio 4000 RTP/AVP 0 8\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=ptime:20\r\n"
    "m=audio 4002 RTP/SAVP 9\r\n"
    "a=ptime:30\r\n"
    "m=video 4004 RTP/AVP 115 116\r\n"
    "a=fmtp:115 bitrate=32000;packetization-mode=1; x=y\r\n"
    "a=fmtp:116 bitrate=64000\r\n"
    "a=nortpproxy:no\r\n"
    "a=sendonly\r\n";

class SdpFilterTest : public testing::Test {
 protected:
  std::string read(std::string_view filter, Scope scope = Scope::Lines) const {
    const auto parsed = SdpFilter::parse(filter, scope);
    if (!parsed) return "error: " + parsed.error().message;
    const auto match = parsed->find(sdp);
    if (!match) return "nothing";
    if (match->whole) return sdp.text(match->lines);
    const std::string line(sdp.line(match->lines.begin));
    return match->token ? line.substr(match->token->begin, match->token->end - match->token->begin) : line;
  }
  // The line that was changed, or why it wasn't.
  std::string write(std::string_view filter, std::string_view value, Scope scope = Scope::Lines) {
    const auto parsed = SdpFilter::parse(filter, scope);
    const auto match = parsed->find(sdp);
    if (!match) return "nothing";
    if (const auto assigned = parsed->assign(sdp, *match, value); !assigned)
      return "error: " + assigned.error().message;
    return std::string(sdp.line(match->lines.begin));
  }
  void remove(std::string_view filter, Scope scope = Scope::Lines) {
    const auto parsed = SdpFilter::parse(filter, scope);
    const auto match = parsed->find(sdp);
    ASSERT_TRUE(match.has_value()) << filter;
    parsed->remove(sdp, *match);
  }

  sip::Sdp sdp = std::move(*sip::Sdp::parse(kSdp));
};

TEST_F(SdpFilterTest, ALineByWhatItBeginsWith) {
  EXPECT_EQ(read(""), "v=0");
  EXPECT_EQ(read("a="), "a=ptime:10");
  EXPECT_EQ(read("a=[0]"), "a=ptime:10");
  EXPECT_EQ(read("a=ptime[1]"), "a=ptime:20");
  EXPECT_EQ(read("a=ptime[-1]"), "a=ptime:30");
  EXPECT_EQ(read("a=ptime[-4]"), "nothing");
  EXPECT_EQ(read("a=[100]"), "nothing");
  EXPECT_EQ(read("A="), "nothing") << "types and attributes are told apart by case";
  EXPECT_EQ(read("[4]"), "m=audio 4000 RTP/AVP 0 8");
}

TEST_F(SdpFilterTest, ATokenOfALine) {
  EXPECT_EQ(read("m=audio[1]/[0]"), "audio");
  EXPECT_EQ(read("m=audio/[1]"), "4000");
  EXPECT_EQ(read("m=audio/[-1]"), "8");
  EXPECT_EQ(read("m=audio/[5]"), "nothing");
  EXPECT_EQ(read("m=audio/RTP"), "RTP/AVP");
  EXPECT_EQ(read("m=audio/RTP\\/AVP"), "RTP/AVP");
  EXPECT_EQ(read("m=audio/RTP\\/AVP[0]"), "RTP/AVP");
  EXPECT_EQ(read("m=audio[1]/RTP\\/AVP"), "nothing");
  EXPECT_EQ(read("m=audio/RTP\\/AVP[1]"), "nothing");
  EXPECT_EQ(read("m=audio/RTQ"), "nothing");
  EXPECT_EQ(read("a=fmtp:115/bitrate="), "bitrate=32000");
  EXPECT_EQ(read("a=fmtp:115/x="), "x=y");
  EXPECT_EQ(read("a=nortpproxy:/[0]"), "no") << "tokens of an attribute are those of its value";
  EXPECT_EQ(read("a=sendonly/[0]"), "sendonly");
  EXPECT_EQ(read("o=/[5]"), "192.0.2.1");
}

TEST_F(SdpFilterTest, TheFirstLineThatHasTheToken) {
  EXPECT_EQ(read("a=rtpmap/PCMA\\/"), "PCMA/8000");
  EXPECT_EQ(read("a=rtpmap[0]/PCMA\\/"), "nothing") << "with an index it is that line or none";
  EXPECT_EQ(read("m=/115"), "115");
}

TEST_F(SdpFilterTest, WithinAStream) {
  EXPECT_EQ(read("/a=ptime", Scope::Stream), "a=ptime:20");
  EXPECT_EQ(read("[1]/a=ptime", Scope::Stream), "a=ptime:30");
  EXPECT_EQ(read("audio[1]/a=ptime", Scope::Stream), "a=ptime:30");
  EXPECT_EQ(read("a[-1]/a=ptime", Scope::Stream), "a=ptime:30");
  EXPECT_EQ(read("v/a=ptime", Scope::Stream), "nothing");
  EXPECT_EQ(read("text/a=ptime", Scope::Stream), "nothing");
  EXPECT_EQ(read("video/a=fmtp/packetization-mode=", Scope::Stream), "packetization-mode=1");
  EXPECT_EQ(read("audio[1]", Scope::Stream), "m=audio 4002 RTP/SAVP 9\r\na=ptime:30\r\n");
  EXPECT_EQ(read("", Scope::Stream), sdp.text(sdp.stream(0)));
}

TEST_F(SdpFilterTest, WithinTheSession) {
  EXPECT_EQ(read("a=ptime", Scope::Session), "a=ptime:10");
  EXPECT_EQ(read("a=ptime[1]", Scope::Session), "nothing");
  EXPECT_EQ(read("", Scope::Session), sdp.text(sdp.session()));
}

TEST_F(SdpFilterTest, ThatMakesNoSenseIsRefused) {
  EXPECT_EQ(read("a=[x]"), "error: 'x' is not an index");
  EXPECT_EQ(read("a=[]"), "error: '' is not an index");
  EXPECT_EQ(read("m=/RTP/AVP"), "error: takes line/token; a slash inside is written \\/");
  EXPECT_EQ(read("a/b/c/d", Scope::Stream), "error: takes stream/line/token; a slash inside is written \\/");
  EXPECT_EQ(read("a=\\[x]"), "nothing") << "an escaped bracket is a bracket";
  EXPECT_EQ(read("a=[99999999999]"), "error: '99999999999' is not an index");
  EXPECT_EQ(read("a=ptime\\"), "nothing");
}

TEST_F(SdpFilterTest, AValueTakesThePlaceOfALine) {
  EXPECT_EQ(write("a=ptime[1]", "a=maxptime:40"), "a=maxptime:40");
  EXPECT_EQ(write("a=ptime:", "60"), "a=ptime:60");
  EXPECT_EQ(write("[2]", "s=call"), "s=call");
  EXPECT_EQ(write("[2]", "call"), "error: a line of a session description is x=value");
  EXPECT_EQ(write("a=send", "only\r\na=x"), "error: a line of a session description has no line end in it");
  EXPECT_EQ(write("a=sendonly", "a=recvonly\r\na=label:1"), "a=recvonly") << "several lines take the place of one";
  EXPECT_EQ(read("[15]"), "a=label:1");
  EXPECT_EQ(write("a=label", "a=label:2\r\n\r\n"), "error: a line of a session description is x=value");
  EXPECT_EQ(write("a=label", std::string_view("a=\0", 3)), "error: a line of a session description is x=value");
}

TEST_F(SdpFilterTest, AValueTakesThePlaceOfAToken) {
  EXPECT_EQ(write("a=fmtp:115/bitrate=", "48000"), "a=fmtp:115 bitrate=48000;packetization-mode=1; x=y");
  EXPECT_EQ(write("a=fmtp:115/bitrate=", "bitrate=1"), "a=fmtp:115 bitrate=1;packetization-mode=1; x=y");
  EXPECT_EQ(write("a=nortpproxy:/[0]", "yes"), "a=nortpproxy:yes");
  EXPECT_EQ(write("m=audio/RTP", "RTP/SAVP"), "m=audio 4000 RTP/SAVP 0 8");
  EXPECT_EQ(write("m=audio/[1]", "0"), "m=audio 0 RTP/SAVP 0 8");
  EXPECT_EQ(write("m=audio/[1]", "0\r\na=evil"), "error: a token of a session description has no line end in it");
}

TEST_F(SdpFilterTest, AValueTakesThePlaceOfAStream) {
  EXPECT_EQ(write("audio[1]", "m=text 5000 RTP/AVP 98\r\na=x", Scope::Stream), "m=text 5000 RTP/AVP 98");
  EXPECT_EQ(sdp.streams(), 3U);
  EXPECT_EQ(write("text", "a=x", Scope::Stream), "error: a stream has one m= line, the first");
  EXPECT_EQ(write("text", "m=a 1 b c\r\nm=a 1 b c", Scope::Stream), "error: a stream has one m= line, the first");
  EXPECT_EQ(write("", "v=0\r\ns=x\r\n", Scope::Session), "v=0");
  EXPECT_EQ(sdp.session().end, 2U);
  EXPECT_EQ(write("", "v=0\r\nm=x", Scope::Session), "error: the session part has no m= lines");
}

TEST_F(SdpFilterTest, Removes) {
  remove("a=ptime[0]");
  EXPECT_EQ(read("a=ptime"), "a=ptime:20");
  remove("audio[1]", Scope::Stream);
  EXPECT_EQ(sdp.streams(), 2U);
  remove("m=audio/[3]");
  EXPECT_EQ(read("m=audio"), "m=audio 4000 RTP/AVP 8");
  remove("m=audio/[-1]");
  EXPECT_EQ(read("m=audio"), "m=audio 4000 RTP/AVP");
  remove("a=fmtp:115/packetization");
  EXPECT_EQ(read("a=fmtp:115"), "a=fmtp:115 bitrate=32000;x=y");
  remove("a=fmtp:115/x=");
  EXPECT_EQ(read("a=fmtp:115"), "a=fmtp:115 bitrate=32000");
  remove("a=fmtp:115/bitrate");
  EXPECT_EQ(read("a=fmtp:115"), "a=fmtp:115");
  remove("a=nortpproxy/[0]");
  EXPECT_EQ(read("a=nortpproxy"), "a=nortpproxy:");
}

}  // namespace
}  // namespace carillon::core
