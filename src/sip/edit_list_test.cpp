// SPDX-License-Identifier: Apache-2.0
#include "sip/edit_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace carillon::sip {
namespace {

using Place = EditList::Place;

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport, SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
    "Route: <sip:p1;lr>, <sip:p2;lr> , <sip:p3;lr>\r\n"
    "Route: <sip:p4;lr>\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:a@b>;tag=1\r\n"
    "To: <sip:c@d>\r\n"
    "Call-ID: x\r\n"
    "CSeq: 1 INVITE\r\n"
    "Content-Length: 4\r\n"
    "\r\n"
    "v=0\n";

class EditListTest : public testing::Test {
 protected:
  EditListTest() { EXPECT_TRUE(message.assign(kInvite).ok()); }

  // The message as edited, with `from` in the received bytes replaced by `to`.
  static std::string replaced(std::string_view from, std::string_view to, std::string text = std::string(kInvite)) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  std::uint32_t offset(std::string_view piece) const { return static_cast<std::uint32_t>(kInvite.find(piece)); }
  Span span(std::string_view piece) const {
    return {offset(piece), offset(piece) + static_cast<std::uint32_t>(piece.size())};
  }
  std::vector<ListItem> routes() const {
    std::vector<ListItem> items;
    for (const ListItem& item : message.items(HeaderId::Route)) items.push_back(item);
    return items;
  }

  Message message;
  EditList edits;
};

TEST_F(EditListTest, NoEditsWriteWhatWasReceived) { EXPECT_EQ(write(message, edits), kInvite); }

TEST_F(EditListTest, InsertionsAtOnePositionKeepTheOrderAsked) {
  const std::uint32_t at = message.headers_begin();
  edits.insert(at, "B: 2\r\n");
  edits.insert(at, "C: 3\r\n");
  edits.insert(at, "A: 1\r\n", Place::Front);
  EXPECT_EQ(write(message, edits), replaced("Via:", "A: 1\r\nB: 2\r\nC: 3\r\nVia:"));
}

TEST_F(EditListTest, EditsInAnyOrderOfCallsAreWrittenInOrderOfPosition) {
  edits.replace(span("70"), "69");
  edits.remove(span("Call-ID: x\r\n"));
  edits.insert(message.headers_begin(), "A: 1\r\n");
  std::string expected = replaced("70", "69");
  expected = replaced("Call-ID: x\r\n", "", expected);
  EXPECT_EQ(write(message, edits), replaced("Via:", "A: 1\r\nVia:", expected));
}

TEST_F(EditListTest, OverlappingRemovalsAreTheirUnion) {
  edits.remove({10, 20});
  edits.remove({15, 30});
  edits.remove({12, 14});
  edits.remove({10, 20});
  std::string expected(kInvite);
  expected.erase(10, 20);
  EXPECT_EQ(write(message, edits), expected);
  EXPECT_TRUE(edits.covers({10, 30}));
  EXPECT_FALSE(edits.covers({10, 31}));
  EXPECT_FALSE(edits.covers({9, 11}));
}

TEST_F(EditListTest, WhatIsInsideARemovedRangeGoesWithIt) {
  edits.replace(span("70"), "69");
  edits.insert(offset("70"), "x");
  edits.remove(span("Max-Forwards: 70\r\n"));
  EXPECT_EQ(write(message, edits), replaced("Max-Forwards: 70\r\n", ""));
}

TEST_F(EditListTest, InsertionsAtTheBordersOfARemovedRangeStay) {
  const Span line = span("Max-Forwards: 70\r\n");
  edits.insert(line.end, "Behind: 1\r\n");
  edits.remove(line);
  edits.remove(span("From: <sip:a@b>;tag=1\r\n"));  // adjacent
  edits.insert(line.begin, "Before: 1\r\n");
  EXPECT_EQ(write(message, edits),
            replaced("Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\n", "Before: 1\r\nBehind: 1\r\n"));
}

TEST_F(EditListTest, TheLaterReplacementOfOneSpanHolds) {
  edits.replace(span("70"), "69");
  edits.replace(span("70"), "10");
  EXPECT_EQ(write(message, edits), replaced("70", "10"));
  edits.remove(span("70"));
  EXPECT_EQ(write(message, edits), replaced("70", ""));
}

TEST_F(EditListTest, ACopyGrowsOnItsOwn) {
  replace_request_uri(edits, message, "sip:x@y");
  EditList branch = edits;
  replace_request_uri(branch, message, "sip:z@w");
  EXPECT_EQ(write(message, edits), replaced("sip:bob@example.com", "sip:x@y"));
  EXPECT_EQ(write(message, branch), replaced("sip:bob@example.com", "sip:z@w"));
  branch.clear();
  EXPECT_TRUE(branch.empty());
}

TEST_F(EditListTest, EditsHoldForACopyOfTheBytes) {
  set_header(edits, message, HeaderId::MaxForwards, "69");
  const std::string copy(kInvite);
  Message kept = message;
  kept.rebase(copy);
  EXPECT_EQ(write(kept, edits), replaced("70", "69"));
}

TEST_F(EditListTest, RemovesTheFirstListValueWithItsComma) {
  remove_item(edits, message, routes()[0]);
  EXPECT_EQ(write(message, edits), replaced("<sip:p1;lr>, ", ""));
}

TEST_F(EditListTest, RemovesTheLastListValueWithItsComma) {
  remove_item(edits, message, routes()[2]);
  EXPECT_EQ(write(message, edits), replaced(" , <sip:p3;lr>", ""));
}

TEST_F(EditListTest, RemovesTheLineOfALoneValue) {
  remove_item(edits, message, routes()[3]);
  EXPECT_EQ(write(message, edits), replaced("Route: <sip:p4;lr>\r\n", ""));
}

TEST_F(EditListTest, RemovingAllValuesInAnyOrderRemovesTheLine) {
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    EditList list;
    for (const std::size_t i : order) remove_item(list, message, routes()[i]);
    EXPECT_EQ(write(message, list), replaced("Route: <sip:p1;lr>, <sip:p2;lr> , <sip:p3;lr>\r\n", ""));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(EditListTest, RemovingTwoOfThreeValuesLeavesACleanList) {
  const std::vector<std::string> left = {"<sip:p3;lr>", "<sip:p2;lr>", "<sip:p1;lr>"};
  for (const auto& [first, second] : {std::pair{0U, 1U}, {0U, 2U}, {1U, 2U}, {2U, 1U}, {2U, 0U}, {1U, 0U}}) {
    EditList list;
    remove_item(list, message, routes()[first]);
    remove_item(list, message, routes()[second]);
    const std::string written = write(message, list);
    Message again;
    ASSERT_TRUE(again.assign(written).ok());
    std::vector<std::string> values;
    for (const ListItem& item : again.items(HeaderId::Route)) values.emplace_back(item.value);
    EXPECT_EQ(values, (std::vector<std::string>{left[first + second - 1], "<sip:p4;lr>"}));
  }
}

TEST_F(EditListTest, SetHeaderReplacesOrAppends) {
  set_header(edits, message, HeaderId::MaxForwards, "69");
  set_header(edits, message, HeaderId::UserAgent, "x");
  std::string expected = replaced("70", "69");
  EXPECT_EQ(write(message, edits), replaced("4\r\n\r\n", "4\r\nUser-Agent: x\r\n\r\n", expected));
}

TEST_F(EditListTest, SetHeaderTwiceAppendsOnce) {
  append_header(edits, message, "Before: 1\r\n");
  set_header(edits, message, HeaderId::UserAgent, "x");
  set_header(edits, message, HeaderId::Subject, "y");
  set_header(edits, message, HeaderId::UserAgent, "z");
  EXPECT_EQ(write(message, edits), replaced("4\r\n\r\n", "4\r\nBefore: 1\r\nSubject: y\r\nUser-Agent: z\r\n\r\n"));
}

TEST_F(EditListTest, SetHeaderAfterRemovalAppends) {
  edits.remove(message.span(message.find(HeaderId::MaxForwards)->line));
  set_header(edits, message, HeaderId::MaxForwards, "5");
  std::string expected = replaced("Max-Forwards: 70\r\n", "");
  EXPECT_EQ(write(message, edits), replaced("4\r\n\r\n", "4\r\nMax-Forwards: 5\r\n\r\n", expected));
}

TEST_F(EditListTest, LineFeedsThatStandAloneAreWrittenWithTheirCr) {
  std::string bytes = replaced("Call-ID: x\r\nCSeq: 1 INVITE\r\n", "Call-ID: x\nCSeq: 1\n INVITE\n");
  bytes = replaced("Content-Length: 4\r\n\r\nv=0\n", "Content-Length: 4\n\nv=0\n", bytes);
  ASSERT_TRUE(message.assign(bytes).ok());
  const std::string expected = replaced("Call-ID: x\r\nCSeq: 1 INVITE\r\n", "Call-ID: x\r\nCSeq: 1\r\n INVITE\r\n");
  EXPECT_EQ(write(message, edits), expected);
  EXPECT_EQ(written_size(message, edits), expected.size());
  edits.replace(message.span(message.call_id()), "y");
  prepend_header(edits, message, "A: 1\r\n");
  EXPECT_EQ(write(message, edits), replaced("Via:", "A: 1\r\nVia:", replaced("Call-ID: x", "Call-ID: y", expected)));
  EXPECT_EQ(edited(message, EditList{}, message.value(HeaderId::CSeq)), "1\r\n INVITE");
}

TEST_F(EditListTest, ContentLengthsThatAgreeBecomeOne) {
  const std::string bytes = replaced("Content-Length: 4\r\n", "Content-Length: 4\r\nX: y\r\nl: 04\r\n");
  ASSERT_TRUE(message.assign(bytes).ok());
  EXPECT_EQ(write(message, edits), replaced("Content-Length: 4\r\n", "Content-Length: 4\r\nX: y\r\n"));
}

TEST_F(EditListTest, ANewBodyCorrectsContentLength) {
  set_body(edits, message, "text/plain", "twelve bytes");
  std::string expected = replaced("Content-Length: 4", "Content-Length: 12");
  expected = replaced("12\r\n\r\n", "12\r\nContent-Type: text/plain\r\n\r\n", expected);
  EXPECT_EQ(write(message, edits), replaced("v=0\n", "twelve bytes", expected));
  set_body(edits, message, {}, "");
  EXPECT_EQ(write(message, edits).substr(write(message, edits).find("\r\n\r\n")), "\r\n\r\n");
}

TEST_F(EditListTest, EditsWithinTheBodyCorrectContentLength) {
  edits.insert(message.body_begin(), "first");
  edits.insert(static_cast<std::uint32_t>(message.bytes().size()), "last");
  const std::string expected = replaced("Content-Length: 4", "Content-Length: 13");
  EXPECT_EQ(write(message, edits), replaced("v=0\n", "firstv=0\nlast", expected));
}

TEST_F(EditListTest, ContentLengthNeverGetsLostOrWrong) {
  EditList removed;
  removed.remove(span("Content-Length: 4\r\n"));
  EXPECT_EQ(write(message, removed), kInvite);
  EditList wrong;
  wrong.replace(span("4\r\n\r\n"), "9\r\n\r\n");
  Message again;
  EditList value;
  value.replace(message.span(message.find(HeaderId::ContentLength)->value), "999");
  EXPECT_EQ(write(message, value), kInvite);
  EditList line;
  line.replace(span("Content-Length: 4\r\n"), "Foo: bar\r\n");
  const std::string written = write(message, line);
  EXPECT_TRUE(again.assign(written, Framing::Stream).ok());
}

TEST_F(EditListTest, ContentLengthIsAddedForStreams) {
  const std::string datagram = replaced("Content-Length: 4\r\n", "");
  ASSERT_TRUE(message.assign(datagram).ok());
  const std::string written = write(message, edits);
  Message again;
  ASSERT_TRUE(again.assign(written, Framing::Stream).ok());
  EXPECT_EQ(again.body(), "v=0\n");
}

TEST_F(EditListTest, BytesBehindADatagramsBodyAreNotForwarded) {
  const std::string longer = std::string(kInvite) + "SMUGGLED";
  ASSERT_TRUE(message.assign(longer).ok());
  EXPECT_EQ(write(message, edits), kInvite);
}

TEST_F(EditListTest, StampsTheTopVia) {
  stamp_top_via(edits, message, "198.51.100.7", 40000);
  std::string expected = replaced("rport,", "rport=40000;received=198.51.100.7,");
  EXPECT_EQ(write(message, edits), expected);
}

TEST_F(EditListTest, StampOverwritesWhatTheSenderClaims) {
  const std::string lying = replaced("rport,", "rport=1;received=203.0.113.1;x,");
  ASSERT_TRUE(message.assign(lying).ok());
  stamp_top_via(edits, message, "198.51.100.7", 40000);
  EXPECT_EQ(write(message, edits), replaced("rport,", "rport=40000;received=198.51.100.7;x,"));
}

TEST_F(EditListTest, StampAddsNothingWhenSentByIsTheSource) {
  const std::string plain = replaced(";rport,", ",");
  ASSERT_TRUE(message.assign(plain).ok());
  stamp_top_via(edits, message, "192.0.2.1", std::nullopt);
  EXPECT_EQ(write(message, edits), plain);
}

// force_rport(): the client did not ask, the script did.
TEST_F(EditListTest, StampAddsRportThatTheClientDidNotAskFor) {
  const std::string plain = replaced(";rport,", ",");
  ASSERT_TRUE(message.assign(plain).ok());
  stamp_top_via(edits, message, "192.0.2.1", 40000);
  EXPECT_EQ(edited(message, edits, message.top_via().text),
            "SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport=40000;received=192.0.2.1");
}

TEST_F(EditListTest, WritesIntoABufferOrSaysItIsTooSmall) {
  set_header(edits, message, HeaderId::MaxForwards, "69");
  const std::string expected = write(message, edits);
  EXPECT_EQ(written_size(message, edits), expected.size());
  std::string out(expected.size(), '\0');
  EXPECT_EQ(write(message, edits, std::span(out)), expected.size());
  EXPECT_EQ(out, expected);
  EXPECT_EQ(write(message, edits, std::span(out).first(out.size() - 1)), 0U);
}

TEST_F(EditListTest, OverwritingForgetsWhatWasDoneThere) {
  const Span body = span("v=0\n");
  edits.replace({body.begin + 2, body.begin + 3}, "1");
  edits.insert(body.begin, "before");
  edits.insert(body.end, "behind");
  edits.replace(span("70"), "69");
  edits.overwrite(body, "v=2\n");
  EXPECT_EQ(edited(message, edits, message.body()), "v=2\n");
  edits.overwrite(body, "a longer body\n");
  EXPECT_EQ(write(message, edits),
            replaced("70", "69", replaced("h: 4", "h: 14", replaced("v=0\n", "a longer body\n"))));
}

TEST_F(EditListTest, EditedValueIsTheOneThatWillBeWritten) {
  EXPECT_EQ(edited_value(message, edits, HeaderId::MaxForwards), "70");
  EXPECT_EQ(edited_value(message, edits, HeaderId::ContentType), std::nullopt);
  set_header(edits, message, HeaderId::MaxForwards, "69");
  set_header(edits, message, HeaderId::ContentType, "text/plain");
  EXPECT_EQ(edited_value(message, edits, HeaderId::MaxForwards), "69");
  EXPECT_EQ(edited_value(message, edits, HeaderId::ContentType), "text/plain");
  remove_headers(edits, message, HeaderId::MaxForwards);
  remove_headers(edits, message, HeaderId::ContentType);
  EXPECT_EQ(edited_value(message, edits, HeaderId::MaxForwards), std::nullopt);
  EXPECT_EQ(edited_value(message, edits, HeaderId::ContentType), std::nullopt);
  EXPECT_EQ(write(message, edits), replaced("Max-Forwards: 70\r\n", ""));
  set_header(edits, message, HeaderId::MaxForwards, "1");
  EXPECT_EQ(edited_value(message, edits, HeaderId::MaxForwards), "1");
}

TEST_F(EditListTest, EditedPiece) {
  stamp_top_via(edits, message, "198.51.100.7", 40000);
  EXPECT_EQ(edited(message, edits, message.top_via().text),
            "SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport=40000;received=198.51.100.7");
}

// Against a model that marks bytes: any edits, in any order, lose nothing and double nothing.
TEST_F(EditListTest, RandomEditsAgreeWithAModel) {
  std::mt19937 random(1);
  const auto below = [&random](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  const auto head = message.headers_begin();  // stay clear of Content-Length, which write() looks after
  for (int round = 0; round < 2000; ++round) {
    EditList list;
    std::vector<bool> removed(head, false);
    for (int i = 0; i < 6; ++i) {
      const std::uint32_t begin = below(head);
      const std::uint32_t end = begin + below(head - begin);
      if (begin == end) continue;
      list.remove({begin, end});
      std::fill(removed.begin() + begin, removed.begin() + end, true);
    }
    std::string expected;
    for (std::uint32_t i = 0; i < head; ++i) {
      if (!removed[i]) expected += kInvite[i];
    }
    expected += kInvite.substr(head);
    ASSERT_EQ(write(message, list), expected);
  }
}

}  // namespace
}  // namespace carillon::sip
