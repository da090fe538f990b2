// SPDX-License-Identifier: Apache-2.0
// Session descriptions as phones write them, and as attackers do.
#include "modules/sipmsgops/sdp_questions.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sipmsgops {
namespace {

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";

std::string sdp(std::string_view rest) { return std::string(kHead) + std::string(rest); }

TEST(SdpProblem, IsNoneInASoundDescription) {
  EXPECT_EQ(sdp_problem(kHead), "");
  EXPECT_EQ(sdp_problem(sdp("m=audio 4000/2 RTP/AVP 0 8\r\nc=IN IP4 192.0.2.1\r\na=rtpmap:0 PCMU/8000\r\n")), "");
}

TEST(SdpProblem, NamesTheLine) {
  EXPECT_EQ(sdp_problem(""), "no v=0 line");
  EXPECT_EQ(sdp_problem("v=0\r\nt=0 0\r\n"), "no o= line");
  EXPECT_EQ(sdp_problem("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"), "no t= line");
  EXPECT_EQ(sdp_problem(sdp("\r\n")), "a line that is not x=value");
  EXPECT_EQ(sdp_problem(sdp("m=audio\r\n")), "bad m= line");
  EXPECT_EQ(sdp_problem(sdp("m=audio 65536 RTP/AVP 0\r\n")), "bad m= line");
  EXPECT_EQ(sdp_problem(sdp("m=audio 4000 RTP/AVP\r\n")), "bad m= line");
  EXPECT_EQ(sdp_problem(sdp("c=IN IP4\r\n")), "bad c= line");
  EXPECT_EQ(sdp_problem(std::string("v=0\0\r\n", 6)), "no o= line");
}

TEST(AudioHold, IsSeenInTheAddress) {
  EXPECT_EQ(audio_hold(sdp("c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n")), Hold::NullAddress);
  EXPECT_EQ(audio_hold(sdp("c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n")), Hold::None);
}

TEST(AudioHold, IsSeenInTheDirection) {
  EXPECT_EQ(audio_hold(sdp("m=audio 4000 RTP/AVP 0\r\na=inactive\r\n")), Hold::Direction);
  EXPECT_EQ(audio_hold(sdp("a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n")), Hold::Direction) << "of the session";
  EXPECT_EQ(audio_hold(sdp("a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n")), Hold::None);
  EXPECT_EQ(audio_hold(sdp("m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n")), Hold::None);
}

TEST(AudioHold, LooksAtAudioOnly) {
  EXPECT_EQ(audio_hold(sdp("m=video 4000 RTP/AVP 96\r\na=inactive\r\n")), Hold::None);
  EXPECT_EQ(audio_hold(sdp("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\nm=video 4002 RTP/AVP 96\r\n")), Hold::Direction);
  EXPECT_EQ(audio_hold(sdp("m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\na=sendonly\r\n")), Hold::Direction);
  EXPECT_EQ(audio_hold(""), Hold::None);
  EXPECT_EQ(audio_hold("\r\n\r\nnonsense"), Hold::None);
}

}  // namespace
}  // namespace carillon::sipmsgops
