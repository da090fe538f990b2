// SPDX-License-Identifier: Apache-2.0
#include "sip/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/message.h"

namespace carillon::sip {
namespace {

using Kind = Frame::Kind;

std::string options(std::string_view length_line, std::string_view body = {}) {
  return "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: "
         "<sip:c@d>\r\nCall-ID: x\r\n"
         "CSeq: 1 OPTIONS\r\n" +
         std::string(length_line) + "\r\n" + std::string(body);
}

const std::string kEmpty = options("Content-Length: 0\r\n");
const std::string kWithBody = options("l : 5\r\n", "a\r\n\r\n");

// Feeds a stream in pieces of `step` bytes and gives the messages cut out of it.
std::vector<std::string> cut(std::string_view stream, std::size_t step) {
  Framer framer;
  std::string buffer;
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    buffer += stream.substr(at, step);
    while (true) {
      const Frame frame = framer.next(buffer);
      if (frame.kind == Kind::Incomplete) break;
      EXPECT_NE(frame.kind, Kind::Bad);
      if (frame.kind == Kind::Message) messages.push_back(buffer.substr(0, frame.size));
      if (frame.kind == Kind::Ping) messages.emplace_back("ping");
      buffer.erase(0, frame.size);
    }
  }
  EXPECT_TRUE(buffer.empty());
  return messages;
}

TEST(Framer, CutsPipelinedAndPartialMessages) {
  const std::string stream = kEmpty + kWithBody + "\r\n\r\n" + kEmpty + "\r\n" + kWithBody;
  const std::vector<std::string> expected = {kEmpty, kWithBody, "ping", kEmpty, kWithBody};
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 1000U, 100000U}) EXPECT_EQ(cut(stream, step), expected) << step;
}

TEST(Framer, WaitsForTheRestOfAPing) {
  Framer framer;
  EXPECT_EQ(framer.next("").kind, Kind::Incomplete);
  EXPECT_EQ(framer.next("\r").kind, Kind::Incomplete);
  EXPECT_EQ(framer.next("\r\n").kind, Kind::Incomplete);
  EXPECT_EQ(framer.next("\r\n\r").kind, Kind::Incomplete);
  EXPECT_EQ(framer.next("\r\n\r\n").kind, Kind::Ping);
  EXPECT_EQ(framer.next("\r\nO").kind, Kind::LineEnd);
}

TEST(Framer, RefusesWhatSaysNotHowLongItIs) {
  for (const char* length :
       {"", "Content-Length: -1\r\n", "Content-Length: 99999999999\r\n", "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 4294967296\r\n", "Content-Length: 1\r\nl: 2\r\n", "Content-Length:\r\n",
        "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n"}) {
    Framer framer;
    const std::string bytes = options(length, "12345");
    const Frame frame = framer.next(bytes);
    ASSERT_EQ(frame.kind, Kind::Bad) << length;
    EXPECT_EQ(frame.verdict.status, 400) << length;
    EXPECT_EQ(frame.size, bytes.size() - 5) << length;
    Message message;
    EXPECT_FALSE(message.assign(bytes.substr(0, frame.size), Framing::Stream).ok()) << length;
  }
}

TEST(Framer, RefusesWhatIsTooLargeBeforeItHasArrived) {
  Framer framer({.message_bytes = 1000});
  const Frame frame = framer.next(options("Content-Length: 5000\r\n"));
  EXPECT_EQ(frame.kind, Kind::Bad);
  EXPECT_EQ(frame.verdict.status, 413);
  Framer endless({.message_bytes = 1000});
  EXPECT_EQ(endless.next(std::string(1000, 'x')).kind, Kind::Incomplete);
  EXPECT_EQ(endless.next(std::string(1001, 'x')).kind, Kind::Bad);
}

TEST(Framer, AgreesWithMessageOnFoldsAndSpaces) {
  const std::string folded = options("Content-Length \t:\r\n 5\r\n", "12345");
  Framer framer;
  const Frame frame = framer.next(folded);
  ASSERT_EQ(frame.kind, Kind::Message);
  EXPECT_EQ(frame.size, folded.size());
  Message message;
  EXPECT_TRUE(message.assign(folded, Framing::Stream).ok());
  // A line that looks like Content-Length inside a fold is none.
  EXPECT_EQ(framer.next(options("X: y\r\n Content-Length: 5\r\n", "12345")).kind, Kind::Bad);
}

}  // namespace
}  // namespace carillon::sip
