// SPDX-License-Identifier: Apache-2.0
#include "lsp/framing.h"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::lsp {
namespace {

std::vector<std::string> frames(Framer& framer) {
  std::vector<std::string> all;
  while (auto frame = framer.next()) {
    all.push_back(frame->problem.empty() ? frame->content : "!" + std::string(frame->problem));
  }
  return all;
}

using Frames = std::vector<std::string>;

TEST(FramerTest, MessagesComeByteByByte) {
  Framer framer;
  const std::string stream = framed("{}") + "content-length: 3\r\nContent-Type: x\r\n\r\n[1]" + framed("");
  Frames found;
  for (const char c : stream) {
    framer.feed({&c, 1});
    for (std::string& one : frames(framer)) found.push_back(std::move(one));
  }
  EXPECT_EQ(found, (Frames{"{}", "[1]", ""}));
}

TEST(FramerTest, SeveralMessagesComeAtOnce) {
  Framer framer;
  framer.feed(framed("a") + framed("b") + "Content-Length: 2\r\n\r\nc");
  EXPECT_EQ(frames(framer), (Frames{"a", "b"}));
  framer.feed("d");
  EXPECT_EQ(frames(framer), (Frames{"cd"}));
}

TEST(FramerTest, AHeaderWithoutALengthIsReadPast) {
  for (const std::string_view header :
       {"X: y", "Content-Length: -1", "Content-Length: ten", "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 99999999999999999999999", "Content-Length:", ""}) {
    Framer framer;
    framer.feed(std::string(header) + "\r\n\r\n" + framed("a"));
    EXPECT_EQ(frames(framer), (Frames{"!a header without a Content-Length that is a number", "a"})) << header;
    EXPECT_FALSE(framer.lost());
  }
}

TEST(FramerTest, AMessageTooLargeIsReadPastAndNotKept) {
  Framer framer;
  framer.feed("Content-Length: " + std::to_string(kMaxMessage + 1) + "\r\n\r\nabc");
  EXPECT_EQ(frames(framer), (Frames{"!a message that is too large"}));
  const std::string block(1U << 20, 'x');
  std::size_t left = kMaxMessage + 1 - 3;
  for (; left > block.size(); left -= block.size()) {
    framer.feed(block);
    EXPECT_TRUE(frames(framer).empty());
  }
  framer.feed(block.substr(0, left) + framed("a"));
  EXPECT_EQ(frames(framer), (Frames{"a"}));
}

TEST(FramerTest, AHeaderWithoutEndIsTheEnd) {
  Framer framer;
  framer.feed(std::string(kMaxHeader + 1, 'x'));
  EXPECT_EQ(frames(framer), (Frames{"!a header that has no end"}));
  EXPECT_TRUE(framer.lost());
  framer.feed("\r\n\r\n" + framed("a"));
  EXPECT_TRUE(frames(framer).empty());
}

}  // namespace
}  // namespace carillon::lsp
