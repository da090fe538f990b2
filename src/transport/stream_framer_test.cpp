// SPDX-License-Identifier: Apache-2.0
#include "transport/stream_framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace carillon::transport {
namespace {

using Kind = StreamFramer::Kind;

std::string message(std::string_view content_length, std::string_view body) {
  std::string text =
      "MESSAGE sip:bob@example.org SIP/2.0\r\n"
      "Via: SIP/2.0/TCP 192.0.2.7:5060;branch=z9hG4bK1\r\n"
      "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\nCall-ID: a\r\nCSeq: 1 MESSAGE\r\n";
  if (!content_length.empty()) text.append("Content-Length: ").append(content_length).append("\r\n");
  return text.append("\r\n").append(body);
}

struct Seen {
  Kind kind;
  std::string bytes;
  int status = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

void take_all(StreamFramer& framer, std::vector<Seen>& seen) {
  for (;;) {
    const StreamFramer::Piece piece = framer.next();
    if (piece.kind == Kind::NeedMore) return;
    // The bytes of a refused head end where it was refused, which a split may move.
    seen.push_back({piece.kind, piece.kind == Kind::Bad ? "" : std::string(piece.bytes), piece.verdict.status});
  }
}

// The pieces of `stream` when it arrives `step` bytes at a time.
std::vector<Seen> frame(std::string_view stream, std::size_t step, const sip::Limits& limits = {}) {
  StreamFramer framer(limits);
  std::vector<Seen> seen;
  while (!stream.empty()) {
    const std::string part(stream.substr(0, step));  // goes away: what is kept must be a copy
    stream.remove_prefix(part.size());
    framer.feed(part);
    take_all(framer, seen);
  }
  return seen;
}

void expect_pieces(std::string_view stream, const std::vector<Seen>& expected, const sip::Limits& limits = {}) {
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    ASSERT_EQ(frame(stream, step, limits), expected) << "in steps of " << step;
  }
}

TEST(StreamFramer, AWholeMessageIsHandedOutInPlace) {
  const std::string whole = message("5", "hello");
  StreamFramer framer{sip::Limits{}};
  framer.feed(whole);
  const StreamFramer::Piece piece = framer.next();
  EXPECT_EQ(piece.kind, Kind::Message);
  EXPECT_EQ(piece.bytes.data(), whole.data());
  EXPECT_EQ(piece.bytes.size(), whole.size());
  EXPECT_EQ(framer.next().kind, Kind::NeedMore);
  EXPECT_FALSE(framer.in_message());
}

TEST(StreamFramer, PipelinedMessagesComeOutOneByOneHoweverTheyAreSplit) {
  const std::string first = message("5", "hello");
  const std::string second = message("0", "");
  const std::string third = message("3", "\r\n\r");
  expect_pieces(first + second + third, {{Kind::Message, first}, {Kind::Message, second}, {Kind::Message, third}});
}

TEST(StreamFramer, TheRestBehindACompletedMessageIsHandedOutInPlace) {
  const std::string first = message("5", "hello");
  const std::string rest = "llo" + message("0", "");
  StreamFramer framer{sip::Limits{}};
  framer.feed(std::string_view(first).substr(0, first.size() - 3));
  EXPECT_EQ(framer.next().kind, Kind::NeedMore);
  EXPECT_TRUE(framer.in_message());
  framer.feed(rest);
  EXPECT_EQ(framer.next().bytes, first);
  EXPECT_EQ(framer.next().bytes.data(), rest.data() + 3);
}

TEST(StreamFramer, TwoLineEndsBetweenMessagesAreAPing) {
  const std::string whole = message("0", "");
  expect_pieces("\r\n\r\n" + whole + "\r\n\r\n\r\n\r\n",
                {{Kind::Ping, "\r\n\r\n"}, {Kind::Message, whole}, {Kind::Ping, "\r\n\r\n"}, {Kind::Ping, "\r\n\r\n"}});
}

TEST(StreamFramer, ASingleLineEndIsSkipped) {
  const std::string whole = message("0", "");
  expect_pieces("\r\n" + whole, {{Kind::LineEnd, "\r\n"}, {Kind::Message, whole}});
}

TEST(StreamFramer, WaitingForAPingToEndIsNotBeingInAMessage) {
  StreamFramer framer{sip::Limits{}};
  framer.feed("\r\n\r");
  std::vector<Seen> seen;
  take_all(framer, seen);
  EXPECT_FALSE(framer.in_message());
}

// Danger 6: framing.
TEST(StreamFramer, AMissingContentLengthIsRefused) { expect_pieces(message("", ""), {{Kind::Bad, "", 400}}); }

TEST(StreamFramer, NothingIsFramedBehindARefusedHead) {
  expect_pieces(message("x", "") + message("0", ""), {{Kind::Bad, "", 400}});
}

// Danger 2: wrap and truncation.
TEST(StreamFramer, ContentLengthsThatAreNoLengthAreRefused) {
  for (const std::string_view bad : {"-1", "+5", "0x5", "5 5", "4294967296", "4294967301", "18446744073709551616",
                                     "18446744073709551621", "99999999999999999999999"}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
      const std::vector<Seen> seen = frame(message(bad, "hello"), step);
      ASSERT_EQ(seen.size(), 1U) << bad;
      EXPECT_EQ(seen[0].kind, Kind::Bad) << bad;
    }
  }
}

// Danger 4: contradictory headers.
TEST(StreamFramer, TwoContentLengthsThatDifferAreRefused) {
  std::string twice = message("5", "hello");
  twice.insert(twice.find("Content-Length"), "l: 0\r\n");
  expect_pieces(twice, {{Kind::Bad, "", 400}});
}

// Danger 5: smuggling by form.
TEST(StreamFramer, EverySpellingOfContentLengthCounts) {
  for (const std::string_view spelling :
       {"l: 5", "L:5", "Content-Length : 5", "content-length:\r\n 5", "CONTENT-LENGTH:5"}) {
    std::string spelled = message("5", "hello");
    spelled.replace(spelled.find("Content-Length: 5"), 17, spelling);
    expect_pieces(spelled + message("0", ""), {{Kind::Message, spelled}, {Kind::Message, message("0", "")}});
  }
}

TEST(StreamFramer, AMessageLargerThanTheLimitIsRefusedByItsHead) {
  sip::Limits limits;
  limits.message_bytes = 500;
  EXPECT_EQ(frame(message("1000", ""), 1000, limits), (std::vector<Seen>{{Kind::Bad, "", 413}}));
  EXPECT_EQ(frame(message("100", std::string(100, 'x')), 1000, limits).at(0).kind, Kind::Message);
}

// Danger 6: a head that never ends.
TEST(StreamFramer, AnEndlessHeadIsRefusedAndNotKept) {
  sip::Limits limits;
  limits.message_bytes = 2000;
  StreamFramer framer(limits);
  std::vector<Seen> seen;
  std::string stream = "OPTIONS sip:a SIP/2.0\r\n";
  for (int line = 0; line < 1000 && seen.empty(); ++line) {
    framer.feed(stream);
    take_all(framer, seen);
    stream = "X-Filler: some text to fill the line with\r\n";
    ASSERT_LT(line, 100) << "still waiting";
  }
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Kind::Bad);
}

// Danger 6: NULs are legal in a body.
TEST(StreamFramer, ABodyMayHoldAnything) {
  const std::string binary = message("6", std::string_view("\0\r\n\r\n\0", 6));
  expect_pieces(binary + binary, {{Kind::Message, binary}, {Kind::Message, binary}});
}

}  // namespace
}  // namespace carillon::transport
