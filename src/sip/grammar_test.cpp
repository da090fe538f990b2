// SPDX-License-Identifier: Apache-2.0
#include "sip/grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/cseq.h"
#include "sip/digest.h"
#include "sip/header.h"
#include "sip/header_id.h"
#include "sip/list.h"
#include "sip/method.h"
#include "sip/status.h"

namespace carillon::sip {
namespace {

using namespace std::string_literals;

std::vector<std::string> values(std::string_view list) {
  std::vector<std::string> out;
  for (const std::string_view value : CommaList(list)) out.emplace_back(value);
  return out;
}

TEST(Method, NamesAreCaseSensitive) {
  EXPECT_EQ(parse_method("INVITE"), Method::Invite);
  EXPECT_EQ(parse_method("REFER"), Method::Refer);
  EXPECT_EQ(parse_method("invite"), Method::Unknown);
  EXPECT_EQ(parse_method("INVITES"), Method::Unknown);
  EXPECT_EQ(parse_method(""), Method::Unknown);
}

TEST(Method, EveryNameParsesToItself) {
  for (int i = 1; i <= static_cast<int>(Method::Refer); ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(parse_method(method_name(method)), method) << i;
  }
}

TEST(MethodSet, HoldsWhatWasInserted) {
  MethodSet set;
  EXPECT_TRUE(set.empty());
  set.insert(Method::Invite);
  set.insert(Method::Ack);
  EXPECT_TRUE(set.contains(Method::Invite));
  EXPECT_TRUE(set.contains(Method::Ack));
  EXPECT_FALSE(set.contains(Method::Bye));
  EXPECT_EQ(MethodSet::from_bits(set.bits()), set);
}

TEST(HeaderName, EveryNameAndCompactFormIsFoundWithoutRegardToCase) {
  for (std::size_t i = 1; i < kHeaderIdCount; ++i) {
    const auto id = static_cast<HeaderId>(i);
    const HeaderInfo& info = header_info(id);
    std::string name(info.name);
    EXPECT_EQ(parse_header_name(name), id) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(parse_header_name(name), id) << name;
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(parse_header_name(name), id) << name;
    if (info.compact != '\0') {
      const std::string compact = {info.compact};
      EXPECT_EQ(parse_header_name(compact), id) << compact;
      const std::string upper = {static_cast<char>(std::toupper(info.compact))};
      EXPECT_EQ(parse_header_name(upper), id) << upper;
    }
  }
}

TEST(HeaderName, OtherForWhatIsNotKnown) {
  for (const std::string_view name : {"", "X-Foo", "Vi", "Viaa", "q", "Call_ID", "Call\rID", "z", "\xff"})
    EXPECT_EQ(parse_header_name(name), HeaderId::Other) << name;
}

TEST(CommaList, CommasInQuotesAndBracketsDoNotCount) {
  EXPECT_EQ(values(R"(<sip:a@b;x=1,2>;q=1, "a, b" <sip:c@d>,sip:e@f)"),
            (std::vector<std::string>{"<sip:a@b;x=1,2>;q=1", "\"a, b\" <sip:c@d>", "sip:e@f"}));
  EXPECT_EQ(values(R"("say \", <" <sip:a@b>, c)"), (std::vector<std::string>{R"("say \", <" <sip:a@b>)", "c"}));
}

TEST(CommaList, EmptyValuesAreLeftOut) {
  EXPECT_TRUE(values("").empty());
  EXPECT_TRUE(values(" , ,,\t").empty());
  EXPECT_EQ(values(", a ,, b ,"), (std::vector<std::string>{"a", "b"}));
}

TEST(CommaList, AnOpenQuoteOrBracketReachesToTheEnd) {
  EXPECT_EQ(values("\"a, b"), (std::vector<std::string>{"\"a, b"}));
  EXPECT_EQ(values("<a, b"), (std::vector<std::string>{"<a, b"}));
  EXPECT_EQ(values("\"a\\"), (std::vector<std::string>{"\"a\\"}));
}

TEST(Params, FindsWithoutRegardToCaseAndTellsEmptyFromAbsent) {
  const Params params(R"(branch=z9hG4bK1 ; rport;Name = "a;b" ;empty=)");
  EXPECT_EQ(params.find("BRANCH"), "z9hG4bK1");
  EXPECT_EQ(params.find("rport"), "");
  EXPECT_EQ(params.find("name"), "\"a;b\"");
  EXPECT_EQ(params.find("empty"), "");
  EXPECT_FALSE(params.find("port"));
  auto param = params.begin();
  EXPECT_TRUE(param->has_value);
  ++param;
  EXPECT_FALSE(param->has_value);
}

TEST(Params, TheFirstOfTwoHolds) { EXPECT_EQ(Params("a=1;a=2").find("a"), "1"); }

TEST(Params, WellFormed) {
  for (const char* good : {"a", "a=1;b", "a = 1 ; b", "a=\"x;y\\\"\"", "a=", "tag=x"})
    EXPECT_TRUE(Params(good).well_formed()) << good;
  for (const char* bad : {";", "a;", ";a", "a;;b", "=1", "a b=1", "a=\"x", "a=\"x\"y", "a=\"x\\\""})
    EXPECT_FALSE(Params(bad).well_formed()) << bad;
}

TEST(HostPort, AcceptsNamesAndAddresses) {
  EXPECT_EQ(parse_host_port("example.com")->host, "example.com");
  EXPECT_EQ(parse_host_port("192.0.2.1:5062")->port, 5062);
  EXPECT_EQ(parse_host_port("[2001:db8::1]:5062")->host, "[2001:db8::1]");
  EXPECT_EQ(parse_host_port("[2001:db8::1]:5062")->port, 5062);
  EXPECT_EQ(parse_host_port("[2001:db8::1:5062]")->port, std::nullopt);
  EXPECT_EQ(parse_host_port("host : 5060")->port, 5060);
}

TEST(HostPort, RefusesTheRest) {
  for (const char* bad : {"", ":5060", "host:", "host:0", "host:65536", "host:-1", "host:99999999999", "2001:db8::1",
                          "[2001:db8::1", "[]", "[:]x", "[::1]x", "ho st", "host;x", "[1.2.3.4]", "a@b", "host:5060:1"})
    EXPECT_FALSE(parse_host_port(bad)) << bad;
}

TEST(Quoting, ThereAndBack) {
  EXPECT_EQ(unquote(R"("a \"b\" \\")"), R"(a "b" \)");
  EXPECT_EQ(unquote("plain"), "plain");
  EXPECT_EQ(unquote("\""), "\"");
  EXPECT_EQ(quote(R"(a "b" \)"), R"("a \"b\" \\")");
}

TEST(Unfold, LineEndsBecomeOneSpace) {
  EXPECT_EQ(unfold("a  \r\n\t b\r\n c"), "a b c");
  EXPECT_EQ(unfold("a  b"), "a  b");
}

TEST(Escapes, ThereAndBack) {
  EXPECT_EQ(unescape("a%20b%zz%4"), "a b%zz%4");
  EXPECT_EQ(unescape("%00"), "\0"s);
  EXPECT_EQ(escape_user("a b@c;d"), "a%20b%40c;d");
  EXPECT_EQ(escape_param("a;b=\xc3"), "a%3Bb%3D%C3");
}

TEST(SafeHeaderValue, RefusesWhatWouldStartALine) {
  for (const auto& safe : {"plain"s, ""s, "folded\r\n value"s, "folded\n\tvalue"s})
    EXPECT_TRUE(is_safe_header_value(safe)) << safe;
  for (const auto& unsafe : {"a\r\nX: b"s, "a\nb"s, "a\rb"s, "a\r\n"s, "a\n"s, "a\r"s, "a\0b"s, "a\r\n\r\n body"s})
    EXPECT_FALSE(is_safe_header_value(unsafe)) << unsafe;
}

TEST(CSeq, Parses) {
  const auto cseq = CSeq::parse("0009\r\n  INVITE");
  ASSERT_TRUE(cseq);
  EXPECT_EQ(cseq->number, 9U);
  EXPECT_EQ(cseq->method, Method::Invite);
  EXPECT_EQ(CSeq::parse("2147483647 NEW")->method_name, "NEW");
}

TEST(CSeq, RefusesNumbersFromTwoToThe31AndText) {
  for (const char* bad : {"", "1", "INVITE", "1INVITE", "-1 INVITE", "+1 INVITE", "2147483648 INVITE",
                          "4294967297 INVITE", "18446744073709551617 INVITE", "1 INV ITE", "0x1 INVITE", "1.0 INVITE"})
    EXPECT_FALSE(CSeq::parse(bad)) << bad;
}

TEST(Digest, ReadsCredentials) {
  const auto digest = DigestFields::parse(
      R"(Digest username="bob", realm="a, b", nonce="n=1", uri="sip:x@y;z=1", response="6629", qop=auth, nc=00000001, cnonce="c")");
  ASSERT_TRUE(digest);
  EXPECT_TRUE(digest->is_digest());
  EXPECT_EQ(digest->username, "bob");
  EXPECT_EQ(digest->realm, "a, b");
  EXPECT_EQ(digest->nonce, "n=1");
  EXPECT_EQ(digest->uri, "sip:x@y;z=1");
  EXPECT_EQ(digest->qop, "auth");
  EXPECT_EQ(digest->nonce_count, "00000001");
}

TEST(Digest, OtherSchemesPass) {
  const auto other = DigestFields::parse("NoOneKnowsThisScheme opaque-data=here");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->is_digest());
  EXPECT_EQ(other->fields.find("opaque-data"), "here");
}

TEST(Digest, RefusesTruncatedAndDoubledFields) {
  for (const char* bad : {"", "Digest", "Digest ", "Digest username=\"bob", "Digest username", "\"Digest\" a=b",
                          "Digest realm=\"a\", realm=\"b\"", "Digest =x", "Digest a=b,,c=d"}) {
    const auto digest = DigestFields::parse(bad);
    EXPECT_TRUE(!digest || digest->username.empty()) << bad;
  }
  EXPECT_FALSE(DigestFields::parse("Digest realm=\"a\", realm=\"b\""));
  EXPECT_FALSE(DigestFields::parse("Digest username=\"bob"));
}

TEST(Status, DefaultReasons) {
  EXPECT_EQ(default_reason(100), "Trying");
  EXPECT_EQ(default_reason(608), "Rejected");
  EXPECT_EQ(default_reason(499), "Client Error");
  EXPECT_EQ(default_reason(99), "");
  EXPECT_EQ(default_reason(700), "");
  EXPECT_EQ(default_reason(-1), "");
}

}  // namespace
}  // namespace carillon::sip
