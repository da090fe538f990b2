// SPDX-License-Identifier: Apache-2.0
// Codecs of session descriptions as phones and browsers write them.
#include "modules/sipmsgops/sdp_codecs.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "base/strings.h"

namespace carillon::sipmsgops {
namespace {

class SdpCodecs : public testing::Test {
 protected:
  void describe(std::string_view text) { sdp = std::move(*sip::Sdp::parse(text)); }
  static auto named(std::string_view name) {
    return [name](const Codec& codec) { return base::iequals(codec.name, name); };
  }

  sip::Sdp sdp = std::move(*sip::Sdp::parse(""));
};

constexpr std::string_view kPhone =
    "v=0\r\n"
    "m=audio 4000/2 RTP/AVP 0 8 18 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=fmtp:18 annexb=no\r\n"
    "a=ptime:20\r\n";

TEST_F(SdpCodecs, AreNamedByTheirMapOrByTheStaticTable) {
  describe(kPhone);
  std::string seen;
  static_cast<void>(has_codec(sdp, [&](const Codec& codec) {
    seen.append(codec.payload).append(" ").append(codec.name).append("/").append(codec.clock).append(";");
    return false;
  }));
  EXPECT_EQ(seen, "0 PCMU/8000;8 PCMA/8000;18 G729/8000;101 telephone-event/8000;");
  describe("m=audio 4000 RTP/AVP 111 0 77\r\na=rtpmap:0 special/16000\r\na=rtpmap:111 opus/48000/2\r\n");
  seen.clear();
  static_cast<void>(has_codec(sdp, [&](const Codec& codec) {
    seen.append(codec.payload).append(" ").append(codec.name).append("/").append(codec.clock).append(";");
    return false;
  }));
  EXPECT_EQ(seen, "111 opus/48000/2;0 special/16000;77 /;");
}

TEST_F(SdpCodecs, AreDeletedWithTheirAttributes) {
  describe(kPhone);
  EXPECT_TRUE(delete_codecs(sdp, named("g729")));
  EXPECT_FALSE(delete_codecs(sdp, named("g729")));
  EXPECT_TRUE(delete_codecs(sdp, named("telephone-event")));
  EXPECT_EQ(sdp.text(), "v=0\r\nm=audio 4000/2 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n");
}

TEST_F(SdpCodecs, AreMoved) {
  describe(kPhone);
  const auto either = [](const Codec& codec) { return codec.name == "G729" || codec.name == "PCMA"; };
  EXPECT_TRUE(move_codecs(sdp, either, End::Front));
  EXPECT_EQ(sdp.line(1), "m=audio 4000/2 RTP/AVP 8 18 0 101");
  EXPECT_TRUE(move_codecs(sdp, either, End::Back));
  EXPECT_EQ(sdp.line(1), "m=audio 4000/2 RTP/AVP 0 101 8 18");
  EXPECT_TRUE(move_codecs(sdp, either, End::Back)) << "found, though they are there already";
  EXPECT_FALSE(move_codecs(sdp, named("speex"), End::Front));
  EXPECT_FALSE(move_codecs(sdp, named("speex"), End::Back));
}

TEST_F(SdpCodecs, WithoutAnyLeftAStreamIsRejected) {
  describe("v=0\r\nm=audio 4000/2 RTP/AVP 0 96\r\na=rtpmap:96 x/1\r\nm=audio 4002 RTP/AVP 8\r\n");
  EXPECT_TRUE(delete_codecs(sdp, [](const Codec& codec) { return codec.name != "PCMA"; }));
  EXPECT_EQ(sdp.text(), "v=0\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\n");
  EXPECT_FALSE(has_codec(sdp, named("PCMU"))) << "what was deleted isn't there";
}

constexpr std::string_view kBrowser =
    "v=0\r\n"
    "a=group:BUNDLE 0 1 2\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 127\r\n"
    "a=mid:0\r\n"
    "a=rtpmap:96 VP8/90000\r\n"
    "a=rtcp-fb:96 nack\r\n"
    "a=rtcp-fb:* ccm fir\r\n"
    "a=imageattr:96 send *\r\n"
    "a=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\n"
    "a=rtpmap:98 H264/90000\r\n"
    "a=fmtp:98 packetization-mode=1;profile-level-id=42e01f\r\n"
    "a=rtpmap:99 rtx/90000\r\n"
    "a=fmtp:99 rtx-time=3000; apt=98\r\n"
    "a=rtpmap:127 red/90000\r\n"
    "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"
    "a=bundle-only\r\n"
    "a=mid:1\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "a=mid:2\r\n";

TEST_F(SdpCodecs, TakeTheirRetransmissionsAlong) {
  describe(kBrowser);
  EXPECT_TRUE(delete_codecs(sdp, named("VP8")));
  EXPECT_EQ(sdp.text(sdp.stream(0)),
            "m=video 9 UDP/TLS/RTP/SAVPF 98 99 127\r\n"
            "a=mid:0\r\n"
            "a=rtcp-fb:* ccm fir\r\n"
            "a=rtpmap:98 H264/90000\r\n"
            "a=fmtp:98 packetization-mode=1;profile-level-id=42e01f\r\n"
            "a=rtpmap:99 rtx/90000\r\n"
            "a=fmtp:99 rtx-time=3000; apt=98\r\n"
            "a=rtpmap:127 red/90000\r\n");
  EXPECT_TRUE(delete_codecs(sdp, named("H264")));
  EXPECT_EQ(sdp.line(2), "m=video 9 UDP/TLS/RTP/SAVPF 127");
}

TEST_F(SdpCodecs, AreThereInAStreamThatIsOnlyBundled) {
  describe(kBrowser);
  EXPECT_TRUE(has_codec(sdp, named("PCMU")));
  EXPECT_TRUE(delete_codecs(sdp, named("PCMU")));
  EXPECT_EQ(sdp.text(sdp.stream(1)), "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n");
  EXPECT_FALSE(has_codec(sdp, named("PCMU")));
}

TEST_F(SdpCodecs, AreNoneInOtherStreams) {
  describe("m=image 4000 udptl t38\r\nm=audio 0 RTP/AVP 0\r\nm=audio\r\nm=\r\nm=audio 1 RTP/AVP\r\n");
  EXPECT_FALSE(has_codec(sdp, [](const Codec&) { return true; }));
  EXPECT_FALSE(delete_codecs(sdp, [](const Codec&) { return true; }));
  EXPECT_FALSE(move_codecs(sdp, [](const Codec&) { return true; }, End::Front));
}

TEST_F(SdpCodecs, StreamsAreFoundByMediaAndTransport) {
  describe(kBrowser);
  const auto datachannel = [](const sip::SdpMedia& media) { return media.transport == "UDP/DTLS/SCTP"; };
  EXPECT_TRUE(has_stream(sdp, datachannel));
  EXPECT_TRUE(delete_streams(sdp, datachannel));
  EXPECT_FALSE(has_stream(sdp, datachannel));
  EXPECT_FALSE(delete_streams(sdp, datachannel));
  EXPECT_EQ(sdp.line(1), "a=group:BUNDLE 0 1");
}

// As much as fits into a datagram takes no longer than a description of a phone takes often.
TEST_F(SdpCodecs, OfAHugeDescription) {
  std::string text = "m=audio 4000 RTP/AVP";
  for (int i = 0; i < 3000; ++i) text += " " + std::to_string(i);
  text += "\r\n";
  for (int i = 0; i < 1500; ++i) text += "a=rtpmap:" + std::to_string(i) + " c" + std::to_string(i % 2) + "/8000\r\n";
  describe(text);
  EXPECT_TRUE(delete_codecs(sdp, named("c0")));
  EXPECT_EQ(sdp.size(), 751U);
  EXPECT_TRUE(move_codecs(sdp, named("c1"), End::Back));
  EXPECT_TRUE(sdp.line(0).ends_with(" 1497 1499"));
}

}  // namespace
}  // namespace carillon::sipmsgops
