// SPDX-License-Identifier: Apache-2.0
#include "sip/message.h"

#include <gtest/gtest.h>

#include <string>

#include "sip/contact.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

using namespace std::string_literals;

constexpr std::string_view kRegister =
    "REGISTER sip:registrar.example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP a.example;branch=z9hG4bK1, SIP/2.0/TCP b.example;branch=z9hG4bK2\r\n"
    "Via: SIP/2.0/UDP c.example;branch=z9hG4bK3\r\n"
    "Max-Forwards: 70\r\n"
    "t: Bob <sip:bob@example.com>\r\n"
    "f: Bob <sip:bob@example.com>;tag=456248\r\n"
    "i: 843817637684230@998sdasdh09\r\n"
    "CSeq: 1826 REGISTER\r\n"
    "m: <sip:bob@192.0.2.4>;q=0.5, \"B, b\" <sip:bob@192.0.2.5>\r\n"
    "X-Other : first\r\n"
    "k: path, outbound\r\n"
    "Supported: timer\r\n"
    "x-OTHER:second\r\n"
    "  half\r\n"
    "Expires: 7200\r\n"
    "l: 4\r\n"
    "\r\n"
    "body";

std::string with_header(std::string_view line, std::string_view start = "OPTIONS sip:bob@example.com SIP/2.0") {
  return std::string(start) +
         "\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: "
         "x\r\nCSeq: 1 OPTIONS\r\n" +
         std::string(line) + "\r\n\r\n";
}

Verdict verdict_of(std::string_view bytes, Framing framing = Framing::Datagram, const Limits& limits = {}) {
  Message message;
  return message.assign(bytes, framing, limits);
}

#define EXPECT_BAD(bytes, code, phrase)          \
  do {                                           \
    const Verdict refused = verdict_of(bytes);   \
    EXPECT_EQ(refused.kind, Verdict::Kind::Bad); \
    EXPECT_EQ(refused.status, code);             \
    EXPECT_EQ(refused.reason, phrase);           \
  } while (false)

TEST(Message, ReadsARequest) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  EXPECT_TRUE(message.is_request());
  EXPECT_EQ(message.method(), Method::Register);
  EXPECT_EQ(message.method_name(), "REGISTER");
  EXPECT_EQ(message.request_uri_text(), "sip:registrar.example.com");
  EXPECT_EQ(message.request_uri()->host, "registrar.example.com");
  EXPECT_EQ(message.status(), 0);
  EXPECT_EQ(message.top_via().branch, "z9hG4bK1");
  EXPECT_EQ(message.from_tag(), "456248");
  EXPECT_EQ(message.to_tag(), "");
  EXPECT_EQ(message.to().display_name, "Bob");
  EXPECT_EQ(message.call_id(), "843817637684230@998sdasdh09");
  EXPECT_EQ(message.cseq().number, 1826U);
  EXPECT_EQ(message.max_forwards(), 70);
  EXPECT_EQ(message.expires(), 7200U);
  EXPECT_EQ(message.content_length(), 4U);
  EXPECT_EQ(message.body(), "body");
  EXPECT_EQ(message.first_line(), "REGISTER sip:registrar.example.com SIP/2.0");
}

TEST(Message, ReadsAResponse) {
  Message message;
  const std::string bytes = with_header("Content-Length: 0", "SIP/2.0 486 Busy Here");
  ASSERT_TRUE(message.assign(bytes).ok());
  EXPECT_FALSE(message.is_request());
  EXPECT_EQ(message.status(), 486);
  EXPECT_EQ(message.reason(), "Busy Here");
  EXPECT_EQ(message.method(), Method::Options);
  EXPECT_EQ(message.method_name(), "OPTIONS");
}

TEST(Message, ListsRunOverSeveralLinesAndCommas) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  std::vector<std::string> branches;
  for (const ListItem& item : message.items(HeaderId::Via)) branches.emplace_back(Via::parse(item.value)->branch);
  EXPECT_EQ(branches, (std::vector<std::string>{"z9hG4bK1", "z9hG4bK2", "z9hG4bK3"}));
  std::vector<std::string> contacts;
  for (const ListItem& item : message.items(HeaderId::Contact))
    contacts.emplace_back(Contact::parse(item.value)->address.uri_text);
  EXPECT_EQ(contacts, (std::vector<std::string>{"sip:bob@192.0.2.4", "sip:bob@192.0.2.5"}));
  EXPECT_TRUE(message.items(HeaderId::Route).empty());
  EXPECT_TRUE(message.has_token(HeaderId::Supported, "OUTBOUND"));
  EXPECT_TRUE(message.has_token(HeaderId::Supported, "timer"));
  EXPECT_FALSE(message.has_token(HeaderId::Supported, "pat"));
}

TEST(Message, EmptyListHeadersHaveNoItems) {
  Message message;
  const std::string bytes = with_header("Supported:\r\nSupported: ,\r\nSupported: a");
  ASSERT_TRUE(message.assign(bytes).ok());
  const auto items = message.items(HeaderId::Supported);
  EXPECT_EQ(std::ranges::distance(items.begin(), items.end()), 1);
}

TEST(Message, FindsHeadersByNameCompactFormAndCase) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  EXPECT_EQ(message.headers("x-other").count(), 2U);
  EXPECT_EQ(message.headers("CONTACT").count(), 1U);
  EXPECT_EQ(message.find("m")->value, message.find("Contact")->value);
  EXPECT_EQ(message.find(HeaderId::To)->name, "t");
  EXPECT_FALSE(message.find("X-Missing"));
  EXPECT_FALSE(message.find(HeaderId::Route));
  EXPECT_FALSE(message.find(""));
  EXPECT_EQ(message.headers(HeaderId::Other).count(), 2U);
  EXPECT_EQ(message.headers().count(), 14U);
}

TEST(Message, HeaderLinesTileTheHead) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  std::uint32_t at = message.headers_begin();
  for (const HeaderLine& line : message.lines()) {
    EXPECT_EQ(line.begin, at);
    at = line.end;
  }
  EXPECT_EQ(at, message.headers_end());
  EXPECT_EQ(message.bytes().substr(message.headers_end(), 2), "\r\n");
}

TEST(Message, AnswersStayRightAfterRebase) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  const std::string copy(message.bytes());
  Message kept = message;
  kept.rebase(copy);
  const std::string other = with_header("Foo: bar");
  ASSERT_TRUE(message.assign(other).ok());
  EXPECT_GE(kept.top_via().branch.data(), copy.data());
  EXPECT_LT(kept.top_via().branch.data(), copy.data() + copy.size());
  EXPECT_EQ(kept.from_tag(), "456248");
  EXPECT_EQ(kept.request_uri()->host, "registrar.example.com");
}

TEST(Message, IsReusable) {
  Message message;
  ASSERT_TRUE(message.assign(kRegister).ok());
  const std::string response = with_header("Foo: bar", "SIP/2.0 200 OK");
  ASSERT_TRUE(message.assign(response).ok());
  EXPECT_FALSE(message.has(HeaderId::Contact));
  EXPECT_EQ(message.request_uri_text(), "");
  EXPECT_EQ(message.to_tag(), "");
  EXPECT_FALSE(message.expires());
}

TEST(Message, AnEmptyMessageAnswersEmptily) {
  const Message message;
  EXPECT_EQ(message.call_id(), "");
  EXPECT_EQ(message.method(), Method::Unknown);
  EXPECT_EQ(message.top_via().text, "");
  EXPECT_FALSE(message.request_uri());
  EXPECT_TRUE(message.headers().empty());
  EXPECT_FALSE(message.has(HeaderId::Via));
}

TEST(Message, LineEndsBeforeTheStartLineAreSkipped) {
  Message message;
  const std::string bytes = "\r\n\r\n" + with_header("Foo: bar");
  ASSERT_TRUE(message.assign(bytes).ok());
  EXPECT_EQ(message.span(message.first_line()).begin, 0U);
}

TEST(Message, LineFeedAloneEndsALine) {
  std::string bytes = with_header("Foo: bar");
  std::erase(bytes, '\r');
  Message message;
  ASSERT_TRUE(message.assign(bytes).ok());
  EXPECT_EQ(message.find("foo")->value, "bar");
}

TEST(Message, ALineFeedAloneIsNoticedWhereverItStands) {
  // At every offset relative to the blocks of 64 bytes the scanner works in.
  for (std::size_t padding = 0; padding < 130; ++padding) {
    const std::string good = with_header("Pad: " + std::string(padding, 'x') + "\r\nFoo: bar\r\n\tfold") + "\n\n";
    Message message;
    ASSERT_TRUE(message.assign(good).ok()) << padding;
    EXPECT_FALSE(message.has_bare_line_feeds()) << padding;
    EXPECT_FALSE(message.has_odd_bytes()) << padding;
    for (const std::string_view line_end : {"x\r\nFoo", "bar\r\n", "fold\r\n"}) {
      std::string bytes = good;
      const std::size_t at = bytes.find(line_end);
      if (at == std::string::npos) continue;
      bytes.erase(bytes.find('\r', at), 1);
      ASSERT_TRUE(message.assign(bytes).ok()) << padding;
      EXPECT_TRUE(message.has_bare_line_feeds()) << padding << " " << line_end;
    }
  }
}

TEST(Message, TheVersionIsReadWithoutRegardToCase) {
  EXPECT_TRUE(verdict_of(with_header("A: b", "OPTIONS sip:a@b sip/2.0")).ok());
  EXPECT_BAD(with_header("A: b", "OPTIONS sip:a@b SIP/2.1"), 505, "Version Not Supported");
  EXPECT_BAD(with_header("A: b", "OPTIONS sip:a@b SIP/22.0"), 505, "Version Not Supported");
}

TEST(Message, WhatIsNoSipIsDropped) {
  for (const auto& bytes :
       {""s, "\r\n\r\n"s, "hello"s, "hello\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"s, "OPTIONS sip:a@b\r\n\r\n"s,
        "\0\0\0\0"s, "SIP/2.0\r\n\r\n"s, "SIP/2.0 99 x\r\n\r\n"s, "SIP/2.0 700 x\r\n\r\n"s, "SIP/2.0 2000 x\r\n\r\n"s,
        "SIP/2.0 -20 x\r\n\r\n"s, "SIP/3.0 200 OK\r\n\r\n"s, "SIP/2.0/UDP x SIP/2.0\r\n\r\n"s})
    EXPECT_EQ(verdict_of(bytes).kind, Verdict::Kind::Drop) << bytes;
}

TEST(Message, AnAckOrAResponseIsNeverAnswered) {
  std::string ack = with_header("Max-Forwards: 300", "ACK sip:bob@example.com SIP/2.0");
  ack.replace(ack.find("1 OPTIONS"), 9, "1 ACK");
  EXPECT_EQ(verdict_of(ack).kind, Verdict::Kind::Drop);
  EXPECT_EQ(verdict_of(ack).reason, "Bad Max-Forwards header");
  EXPECT_EQ(verdict_of(with_header("Max-Forwards: 300", "SIP/2.0 200 OK")).kind, Verdict::Kind::Drop);
}

TEST(Message, WithoutAViaThereIsNoAnswer) {
  const Verdict verdict = verdict_of("OPTIONS sip:a@b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\n\r\n");
  EXPECT_EQ(verdict.kind, Verdict::Kind::Drop);
  EXPECT_EQ(verdict.reason, "Missing Via header");
}

TEST(Message, MandatoryHeaders) {
  const std::string all = with_header("Foo: bar");
  for (const char* name : {"From", "To", "Call-ID", "CSeq"}) {
    std::string bytes = all;
    const std::size_t at = bytes.find("\r\n"s + name + ":") + 2;
    bytes.erase(at, bytes.find("\r\n", at) + 2 - at);
    EXPECT_BAD(bytes, 400, "Missing "s + name + " header");
    std::string empty = all;
    const std::size_t value = empty.find(":", at) + 1;
    empty.erase(value, empty.find("\r\n", value) - value);
    EXPECT_BAD(empty, 400, "Bad "s + name + " header");
  }
}

TEST(Message, IndexesAfterAProblemSoThatItCanBeAnswered) {
  const std::string bytes = with_header("no colon here\r\nFoo: bar");
  Message message;
  const Verdict verdict = message.assign(bytes);
  EXPECT_EQ(verdict.status, 400);
  EXPECT_EQ(verdict.reason, "Bad Header Line");
  EXPECT_EQ(message.find("foo")->value, "bar");
  EXPECT_EQ(message.cseq().number, 1U);
  EXPECT_BAD(with_header(": no name"), 400, "Bad Header Line");
  EXPECT_BAD(with_header("two words: x"), 400, "Bad Header Line");
  EXPECT_BAD(with_header("Foo: bar").substr(0, 100), 400, "Missing Empty Line After Headers");
}

TEST(Message, LimitsAreAnswered) {
  const std::string bytes = with_header("Content-Length: 3") + "abc";
  const auto check = [&](const Limits& limits, int status, std::string_view reason) {
    const Verdict verdict = verdict_of(bytes, Framing::Datagram, limits);
    EXPECT_EQ(verdict.kind, Verdict::Kind::Bad);
    EXPECT_EQ(verdict.status, status);
    EXPECT_EQ(verdict.reason, reason);
  };
  check({.message_bytes = bytes.size() - 1}, 413, "Message Too Large");
  check({.header_lines = 5}, 400, "Too Many Header Lines");
  check({.header_bytes = 30}, 400, "Header Too Long");
  check({.uri_bytes = 5}, 414, "Request-URI Too Long");
  EXPECT_TRUE(verdict_of(bytes, Framing::Datagram, {.message_bytes = bytes.size(), .header_lines = 6}).ok());
}

TEST(Message, TheBodyOfADatagramIsCutToContentLength) {
  Message message;
  const std::string bytes = with_header("Content-Length: 3") + "abcdef";
  ASSERT_TRUE(message.assign(bytes).ok());
  EXPECT_EQ(message.body(), "abc");
  const std::string without = with_header("Foo: bar") + "abcdef";
  ASSERT_TRUE(message.assign(without).ok());
  EXPECT_EQ(message.body(), "abcdef");
}

TEST(Message, AStreamNeedsContentLength) {
  const Verdict verdict = verdict_of(with_header("Foo: bar"), Framing::Stream);
  EXPECT_EQ(verdict.kind, Verdict::Kind::Bad);
  EXPECT_EQ(verdict.reason, "Missing Content-Length header");
  EXPECT_TRUE(verdict_of(with_header("Content-Length: 0"), Framing::Stream).ok());
}

TEST(Message, LinesAcrossScannerBlocksAreFound) {
  // Line ends at every offset relative to the blocks of 64 bytes the scanner works in.
  for (std::size_t padding = 0; padding < 200; ++padding) {
    const std::string bytes =
        with_header("Pad: " + std::string(padding, 'x') + "\r\nFoo: bar\r\n\tfold\r\nContent-Length: 2") + "\0\r"s;
    Message message;
    ASSERT_TRUE(message.assign(bytes).ok()) << padding;
    EXPECT_EQ(unfold(message.find("foo")->value), "bar fold");
    EXPECT_EQ(message.body().size(), 2U);
  }
}

}  // namespace
}  // namespace carillon::sip
