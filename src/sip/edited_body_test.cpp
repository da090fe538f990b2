// SPDX-License-Identifier: Apache-2.0
// Changes of a body, seen in the message that is written.
#include "sip/edited_body.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::sip {
namespace {

constexpr std::string_view kHead =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
    "From: <sip:a@b>;tag=1\r\n"
    "To: <sip:c@d>\r\n"
    "Call-ID: x\r\n"
    "CSeq: 1 INVITE\r\n";

constexpr std::string_view kSipI =
    "--u\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 5\r\n"
    "\r\n"
    "v=0\r\n"
    "\r\n"
    "--u\r\n"
    "Content-Type: application/isup;version=x\r\n"
    "Content-Disposition: signal;handling=optional\r\n"
    "\r\n"
    "ISUP\r\n"
    "--u--\r\n";

class EditedBodyTest : public testing::Test {
 protected:
  // `headers`: further complete lines.
  void receive(std::string_view headers, std::string_view body) {
    bytes = std::string(kHead) + std::string(headers) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
            std::string(body);
    ASSERT_TRUE(message.assign(bytes).ok());
    edits.clear();
  }
  // Of the message as written, which has to be sound.
  void write_it() {
    written = write(message, edits);
    ASSERT_TRUE(out.assign(written, Framing::Stream).ok());
  }
  std::string body() {
    write_it();
    return std::string(out.body());
  }
  std::string header(std::string_view name) {
    write_it();
    std::string all;
    for (const Header& one : out.headers(name)) all += (all.empty() ? "" : "|") + std::string(one.value);
    return all;
  }
  void set_sdp(std::string_view text) {
    const EditedBody body(message, edits);
    ASSERT_NE(body.parts().sdp(), nullptr);
    set_part(edits, message, body, *body.parts().sdp(), text);
  }
  std::size_t remove(std::string_view type) {
    return remove_parts(edits, message, [type](const BodyPart& part) { return is_media_type(part.type, type); });
  }

  std::string bytes;
  Message message;
  EditList edits;
  std::string written;
  Message out;
};

TEST_F(EditedBodyTest, IsWhatWasReceivedUntilItIsEdited) {
  receive("Content-Type: application/sdp\r\n", "v=0\r\n");
  set_header(edits, message, HeaderId::MaxForwards, "1");
  const EditedBody body(message, edits);
  EXPECT_TRUE(body.as_received());
  EXPECT_EQ(body.content().data(), message.body().data());
  EXPECT_EQ(body.parts().sdp()->content, "v=0\r\n");
}

TEST_F(EditedBodyTest, ASinglePartIsReplaced) {
  receive("Content-Type: application/sdp;x=y\r\n", "v=0\r\n");
  set_sdp("v=0\r\ns=-\r\n");
  EXPECT_EQ(EditedBody(message, edits).parts().sdp()->content, "v=0\r\ns=-\r\n");
  EXPECT_FALSE(EditedBody(message, edits).as_received());
  set_sdp("v=1\r\n");
  EXPECT_EQ(body(), "v=1\r\n");
  EXPECT_EQ(header("Content-Type"), "application/sdp;x=y");
}

TEST_F(EditedBodyTest, EditsOfOthersInTheBodyAreSeenAndKept) {
  receive("Content-Type: application/sdp\r\n", "v=0\r\na=x\r\n");
  const Span line = message.span(message.body().substr(5, 3));
  edits.replace(line, "a=y");
  edits.insert(line.end + 2, "a=z\r\n");
  EXPECT_EQ(EditedBody(message, edits).content(), "v=0\r\na=y\r\na=z\r\n");
  set_sdp(std::string(EditedBody(message, edits).content()) + "a=last\r\n");
  EXPECT_EQ(body(), "v=0\r\na=y\r\na=z\r\na=last\r\n");
}

TEST_F(EditedBodyTest, APartOfAMultipartIsReplaced) {
  receive("Content-Type: multipart/mixed;boundary=u\r\nMIME-Version: 1.0\r\n", kSipI);
  set_sdp("v=0\r\ns=-\r\n");
  std::string expected(kSipI);
  expected.replace(expected.find("v=0"), 5, "v=0\r\ns=-\r\n");
  expected.replace(expected.find("Content-Length: 5"), 17, "Content-Length: 10");
  EXPECT_EQ(body(), expected);
  EXPECT_EQ(header("Content-Type"), "multipart/mixed;boundary=u");
}

TEST_F(EditedBodyTest, ABoundaryThatAPartWouldHoldIsReplaced) {
  receive("Content-Type: multipart/mixed; boundary=\"u\" ; x=y\r\n",
          "--u\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--u--");
  set_sdp("v=0\r\ns=--unique-boundary-7\r\ni=unique-boundary-00000000012\r\n");
  EXPECT_EQ(header("Content-Type"), "multipart/mixed; boundary=unique-boundary-8 ; x=y");
  EXPECT_EQ(EditedBody(message, edits).parts().sdp()->content,
            "v=0\r\ns=--unique-boundary-7\r\ni=unique-boundary-00000000012\r\n");
}

TEST_F(EditedBodyTest, AnInnerPartIsReplacedAndNothingElse) {
  const std::string inner =
      "--v\r\nContent-Type: text/plain\r\n\r\nhello\r\n--v\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--v--";
  const std::string whole =
      "--u\r\nContent-Type: text/plain\r\n\r\nfirst\r\n--u\r\nContent-Type: "
      "multipart/alternative;boundary=v\r\n\r\n" +
      inner + "\r\n--u\r\n\r\nlast\r\n--u--\r\n";
  receive("Content-Type: multipart/mixed;boundary=u\r\n", whole);
  set_sdp("v=1");
  std::string expected = whole;
  expected.replace(expected.find("v=0"), 3, "v=1");
  expected.insert(expected.find("--v--") + 5, "\r\n");
  EXPECT_EQ(body(), expected);
}

TEST_F(EditedBodyTest, ABodyBecomesTheFirstPartWhenOneIsAdded) {
  receive(
      "Content-Type: application/sdp\r\nContent-Disposition: session;\r\n handling=required\r\nContent-ID: <1@a>\r\n",
      "v=0\r\n");
  add_part(edits, message, "text/plain", "Content-Language: en\r\n", "hello");
  EXPECT_EQ(header("Content-Type"), "multipart/mixed;boundary=unique-boundary-1");
  EXPECT_EQ(header("Content-Disposition"), "");
  EXPECT_EQ(header("Content-ID"), "");
  EXPECT_EQ(
      body(),
      "--unique-boundary-1\r\nContent-Type: application/sdp\r\nContent-Disposition: session; handling=required\r\n"
      "Content-ID: <1@a>\r\n\r\nv=0\r\n\r\n"
      "--unique-boundary-1\r\nContent-Type: text/plain\r\nContent-Language: en\r\n\r\nhello\r\n"
      "--unique-boundary-1--\r\n");
  add_part(edits, message, "a/b", "", "third");
  EXPECT_EQ(header("Content-Type"), "multipart/mixed;boundary=unique-boundary-1");
  EXPECT_EQ(EditedBody(message, edits).parts().at(2)->content, "third");
}

TEST_F(EditedBodyTest, APartIsAddedToNothing) {
  receive("", "");
  add_part(edits, message, "text/plain", "Content-Disposition: render\r\nX-Own: 1\r\n", "hello");
  EXPECT_EQ(body(), "hello");
  EXPECT_EQ(header("Content-Type"), "text/plain");
  EXPECT_EQ(header("Content-Disposition"), "render");
  EXPECT_EQ(header("X-Own"), "1");
  EXPECT_EQ(remove("text/plain"), 1U);
  EXPECT_EQ(body(), "");
  EXPECT_EQ(header("Content-Type"), "");
  EXPECT_EQ(header("Content-Disposition"), "");
  add_part(edits, message, "a/b", "", "again");
  EXPECT_EQ(header("Content-Type"), "a/b");
}

TEST_F(EditedBodyTest, OtherMultipartsAreWrapped) {
  receive("Content-Type: multipart/alternative;boundary=u\r\n", kSipI);
  add_part(edits, message, "text/plain", "", "hello");
  const EditedBody edited_body(message, edits);
  EXPECT_TRUE(is_media_type(edited_body.type(), "multipart/mixed"));
  ASSERT_EQ(edited_body.parts().all().size(), 4U);
  EXPECT_EQ(edited_body.parts().at(0)->content, kSipI);
  EXPECT_EQ(edited_body.parts().at(1)->content, "hello");
}

TEST_F(EditedBodyTest, ABrokenMultipartIsAPartLikeAnyOther) {
  receive("Content-Type: multipart/mixed\r\n", "--u\r\n\r\nx\r\n--u--");
  add_part(edits, message, "text/plain", "", "hello");
  const EditedBody edited_body(message, edits);
  ASSERT_EQ(edited_body.parts().all().size(), 2U);
  EXPECT_EQ(edited_body.parts().at(0)->content, "--u\r\n\r\nx\r\n--u--");
}

TEST_F(EditedBodyTest, WhatIsLeftAloneBecomesTheBody) {
  receive("Content-Type: multipart/mixed;boundary=u\r\nContent-Disposition: whole\r\n", kSipI);
  EXPECT_EQ(remove("application/isup"), 1U);
  EXPECT_EQ(body(), "v=0\r\n");
  EXPECT_EQ(header("Content-Type"), "application/sdp");
  EXPECT_EQ(header("Content-Disposition"), "");
}

TEST_F(EditedBodyTest, WhatIsLeftTakesItsDispositionAlong) {
  receive("Content-Type: multipart/mixed;boundary=u\r\n", kSipI);
  EXPECT_EQ(remove("application/sdp"), 1U);
  EXPECT_EQ(body(), "ISUP");
  EXPECT_EQ(header("Content-Type"), "application/isup;version=x");
  EXPECT_EQ(header("Content-Disposition"), "signal;handling=optional");
}

// A Content-ID that somebody refers to, a transfer encoding, or a lone CR has no place in a message's head.
TEST_F(EditedBodyTest, APartWithHeadersOfItsOwnStaysAPart) {
  for (const std::string header_line :
       {"Content-ID: <1@a>\r\n", "Content-Transfer-Encoding: base64\r\n", "X-A: b\r\n", "Content-Language: a\rb\r\n"}) {
    receive("Content-Type: multipart/mixed;boundary=u\r\n",
            "--u\r\n\r\nhello\r\n--u\r\nContent-Type: a/b\r\n" + header_line + "\r\nleft\r\n--u--");
    EXPECT_EQ(remove("text/plain"), 1U);
    EXPECT_EQ(body(), "--u\r\nContent-Type: a/b\r\n" + header_line + "\r\nleft\r\n--u--\r\n");
  }
}

TEST_F(EditedBodyTest, PartsGoAtEveryLevelAndEmptyMultipartsWithThem) {
  const std::string inner = "--v\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--v--";
  receive("Content-Type: multipart/mixed;boundary=u\r\n", "--u\r\nContent-Type: multipart/related;boundary=v\r\n\r\n" +
                                                              inner + "\r\n--u\r\n\r\none\r\n--u\r\n\r\ntwo\r\n--u--");
  EXPECT_EQ(remove("application/sdp"), 1U);
  EXPECT_EQ(body(), "--u\r\n\r\none\r\n--u\r\n\r\ntwo\r\n--u--\r\n");
  EXPECT_EQ(remove("multipart/related"), 0U);
  EXPECT_EQ(remove("text/plain"), 2U);
  EXPECT_EQ(body(), "");
  EXPECT_EQ(header("Content-Type"), "");
}

TEST_F(EditedBodyTest, NothingHappensWhenThereIsNothingToRemove) {
  receive("Content-Type: multipart/mixed;boundary=u\r\n", kSipI);
  EXPECT_EQ(remove("text/plain"), 0U);
  EXPECT_TRUE(edits.empty());
}

TEST_F(EditedBodyTest, TheBodyGoesWithWhatIsSaidOfIt) {
  receive("Content-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Language: en\r\nContent-Description: x\r\n",
          "hello");
  remove_body(edits, message);
  EXPECT_EQ(body(), "");
  for (const std::string_view name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Description"}) {
    EXPECT_EQ(header(name), "") << name;
  }
  EXPECT_EQ(header("Content-Length"), "0");
}

}  // namespace
}  // namespace carillon::sip
