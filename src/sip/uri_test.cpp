// SPDX-License-Identifier: Apache-2.0
#include "sip/uri.h"

#include <gtest/gtest.h>

#include <string>

#include "sip/contact.h"
#include "sip/name_addr.h"
#include "sip/via.h"

namespace carillon::sip {
namespace {

bool same(std::string_view a, std::string_view b) {
  const auto first = Uri::parse(a);
  const auto second = Uri::parse(b);
  EXPECT_TRUE(first) << a;
  EXPECT_TRUE(second) << b;
  const bool forth = equivalent(*first, *second);
  EXPECT_EQ(forth, equivalent(*second, *first)) << "not symmetric: " << a << " " << b;
  return forth;
}

TEST(Uri, SplitsIntoItsParts) {
  const auto uri = Uri::parse("sips:alice:secret@atlanta.example.com:5070;transport=tcp;lr;maddr=[::1]?subject=a&to=b");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, Uri::Scheme::Sips);
  EXPECT_EQ(uri->user, "alice");
  EXPECT_EQ(uri->password, "secret");
  EXPECT_EQ(uri->host, "atlanta.example.com");
  EXPECT_EQ(uri->port, 5070);
  EXPECT_EQ(uri->transport(), "tcp");
  EXPECT_TRUE(uri->is_loose_router());
  EXPECT_EQ(uri->maddr(), "[::1]");
  EXPECT_EQ(uri->headers.find("to"), "b");
  EXPECT_TRUE(uri->is_sip());
}

TEST(Uri, DefaultPorts) {
  EXPECT_EQ(Uri::parse("sip:a")->port_or_default(), 5060);
  EXPECT_EQ(Uri::parse("sips:a")->port_or_default(), 5061);
  EXPECT_EQ(Uri::parse("sip:a;transport=TLS")->port_or_default(), 5061);
  EXPECT_EQ(Uri::parse("sip:a:99")->port_or_default(), 99);
}

TEST(Uri, KeepsTheBracketsOfIpv6References) {
  const auto uri = Uri::parse("sip:bob@[2001:db8::10]:5070");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->host, "[2001:db8::10]");
  EXPECT_EQ(uri->port, 5070);
}

TEST(Uri, UserPartMayHoldReservedCharacters) {
  const auto uri = Uri::parse("sip:user;par=u%40example.net?x/y@example.com;p");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "user;par=u%40example.net?x/y");
  EXPECT_EQ(uri->host, "example.com");
  EXPECT_TRUE(uri->params.contains("p"));
}

TEST(Uri, Tel) {
  const auto uri = Uri::parse("tel:+1-201-555-0123;phone-context=example.com");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(uri->is_tel());
  EXPECT_EQ(uri->user, "+1-201-555-0123");
  EXPECT_EQ(uri->param("phone-context"), "example.com");
  EXPECT_FALSE(Uri::parse("tel:"));
  EXPECT_FALSE(Uri::parse("tel:--"));
  EXPECT_FALSE(Uri::parse("tel:12 34"));
}

TEST(Uri, OtherSchemesAreOpaque) {
  const auto uri = Uri::parse("soap.beep://192.0.2.103:3002");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, Uri::Scheme::Other);
  EXPECT_EQ(uri->scheme_text, "soap.beep");
  EXPECT_FALSE(uri->is_sip());
}

TEST(Uri, UserPartsAsPhonesDialThem) {
  for (const char* uri : {"sip:*72#123@h", "sip:#31#+4930@h", "sip:J\xc3\xbcrgen@h", "sip:a[b]@h", "sip:a#%41@h"})
    EXPECT_TRUE(Uri::parse(uri)) << uri;
  for (const char* uri : {"sip:a b@h", "sip:a<b@h", "sip:a\"b@h", "sip:a#%4@h", "sip:a\x7f@h", "sip:#\x01@h"})
    EXPECT_FALSE(Uri::parse(uri)) << uri;
  EXPECT_TRUE(same("sip:*72#@h", "sip:*72%23@h"));
  EXPECT_EQ(canonical_aor(*Uri::parse("sip:*72#@h")), canonical_aor(*Uri::parse("sip:%2A72%23@h")));
}

TEST(Uri, ParameterNamesMayBeEscaped) {
  const auto uri = Uri::parse("sip:caller@host5.example.net;%6C%72;n%61me=v%61lue;%4Daddr=x");
  ASSERT_TRUE(uri);
  EXPECT_TRUE(uri->is_loose_router());
  EXPECT_EQ(uri->param("NAME"), "v%61lue");
  EXPECT_EQ(uri->maddr(), "x");
  EXPECT_FALSE(uri->param("nam"));
  EXPECT_TRUE(same("sip:a@b;%74ransport=tcp", "sip:a@b;transport=TCP"));
  EXPECT_FALSE(same("sip:a@b;%74ransport=tcp", "sip:a@b"));
}

TEST(Uri, RefusesWhatTheGrammarRefuses) {
  for (const char* bad : {"",
                          ":",
                          "sip",
                          "sip:",
                          "sip:@host",
                          "sip:a@",
                          "sip:a@b@c",
                          "sip:a@b:",
                          "sip:a@b:99999",
                          "sip:a@b;",
                          "sip:a@b;;c",
                          "sip:a@b;=c",
                          "sip:a@b?",
                          "sip:a b@c",
                          "sip:a@b c",
                          "sip: a@b",
                          "sip:a@b ",
                          "1sip:a@b",
                          "<sip:a@b>",
                          "sip:a%@b",
                          "sip:a%4@b",
                          "sip:a%zz@b",
                          "sip:a\"b@c",
                          "sip:2001:db8::10",
                          "sip:[2001:db8::10",
                          "s p:a",
                          "x:a b",
                          "x:\n",
                          "sip:a@b;c=\"d\""})
    EXPECT_FALSE(Uri::parse(bad)) << bad;
}

TEST(Uri, ParametersAreBounded) {
  std::string uri = "sip:a@b";
  for (int i = 0; i < 64; ++i) uri += ";p";
  EXPECT_TRUE(Uri::parse(uri));
  EXPECT_FALSE(Uri::parse(uri + ";p"));
  std::string headers = "sip:a@b?h=1";
  for (int i = 0; i < 64; ++i) headers += "&h=1";
  EXPECT_FALSE(Uri::parse(headers));
}

TEST(UriEquivalence, AUriIsEquivalentToItself) {
  for (const char* uri : {"sip:a@b;x=1;x=2", "sip:a@b;x;X=2", "sip:a@b?h=1&h=2", "tel:1;a=1;a=2", "x:y"})
    EXPECT_TRUE(same(uri, uri)) << uri;
}

// The examples of RFC 3261 section 19.1.4.
TEST(UriEquivalence, EqualByTheRfc) {
  EXPECT_TRUE(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(same("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(same("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                   "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(same("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                   "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
}

TEST(UriEquivalence, DifferentByTheRfc) {
  EXPECT_FALSE(same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
}

TEST(UriEquivalence, SchemePasswordAndUserCount) {
  EXPECT_FALSE(same("sip:a@b", "sips:a@b"));
  EXPECT_FALSE(same("sip:a:x@b", "sip:a@b"));
  EXPECT_FALSE(same("sip:b", "sip:a@b"));
  EXPECT_FALSE(same("sip:a@b;maddr=x", "sip:a@b"));
  EXPECT_FALSE(same("sip:a%3Bb@c", "sip:a;b@c"));
  EXPECT_FALSE(same("sip:a@b?x=1&x=1&y=2", "sip:a@b?x=1&y=2&y=2"));
}

TEST(UriEquivalence, Tel) {
  EXPECT_TRUE(same("tel:+1-201-555-0123", "tel:+12015550123"));
  EXPECT_TRUE(same("tel:123;a=1;b=2", "tel:123;B=2;a=1"));
  EXPECT_FALSE(same("tel:123;a=1", "tel:123"));
}

TEST(CanonicalAor, DropsWhatIsNoPartOfIt) {
  const auto aor = [](const char* text) { return canonical_aor(*Uri::parse(text)); };
  EXPECT_EQ(aor("sip:%61lice:pw@Example.ORG;transport=tcp?x=y"), "sip:alice@example.org");
  EXPECT_EQ(aor("SIP:a%20b%40c@Example.org:5070"), "sip:a%20b%40c@example.org:5070");
  EXPECT_EQ(aor("tel:+1-23"), "tel:+123");
  EXPECT_EQ(aor("sip:Example.org"), "sip:example.org");
}

TEST(NameAddr, Forms) {
  const auto quoted = NameAddr::parse(R"("A. \"G.\" Bell" <sip:a@b;x=1?y=2> ; tag=88 )");
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->display_name, R"("A. \"G.\" Bell")");
  EXPECT_EQ(quoted->uri_text, "sip:a@b;x=1?y=2");
  EXPECT_EQ(quoted->tag(), "88");
  EXPECT_TRUE(quoted->in_brackets);

  const auto plain = NameAddr::parse("sip:a@b;tag=88;x");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->uri_text, "sip:a@b");
  EXPECT_EQ(plain->tag(), "88");
  EXPECT_FALSE(plain->in_brackets);

  const auto tokens = NameAddr::parse("Alice Liddell\r\n <sip:a@b>");
  ASSERT_TRUE(tokens);
  EXPECT_EQ(tokens->display_name, "Alice Liddell");
  EXPECT_EQ(NameAddr::parse("J\xc3\xbcrgen <sip:a@b>")->display_name, "J\xc3\xbcrgen");
  EXPECT_EQ(NameAddr::parse("<name:John_Smith>")->uri_text, "name:John_Smith");
  EXPECT_EQ(NameAddr::parse("a@b.example (work) <sip:a@b>")->display_name, "a@b.example (work)");
}

TEST(NameAddr, Refuses) {
  for (const char* bad : {"",
                          " ",
                          "alice",
                          "<>",
                          "<alice>",
                          "<sip:a@b",
                          "\"a <sip:a@b>",
                          "\"a\"",
                          "\"a\" sip:a@b",
                          "a, b <sip:a@b>",
                          "< sip:a@b>",
                          "<sip:a@b >",
                          "<sip:a@b> x",
                          "<sip:a@b>;",
                          "<sip:a@b>;;tag=1",
                          "sip:a@b?x=y",
                          "sip:a@b,c",
                          "sip:a@b x",
                          ";tag=1",
                          "<<sip:a@b>>",
                          "\"\\",
                          "sip:a@b;tag=\"x"})
    EXPECT_FALSE(NameAddr::parse(bad)) << bad;
}

TEST(Contact, ReadsTheParametersOfARegistrar) {
  const auto contact = Contact::parse(
      R"("B" <sip:bob@192.0.2.2;transport=tcp>;q=0.75;expires=60;+sip.instance="<urn:uuid:1-2>";reg-id=1;methods="INVITE, BYE";received="sip:1.2.3.4")");
  ASSERT_TRUE(contact);
  EXPECT_EQ(contact->q, 750);
  EXPECT_EQ(contact->expires, 60U);
  EXPECT_EQ(contact->instance, "urn:uuid:1-2");
  EXPECT_EQ(contact->reg_id, 1U);
  EXPECT_EQ(contact->methods, "INVITE, BYE");
  EXPECT_EQ(contact->received, "sip:1.2.3.4");
  EXPECT_FALSE(contact->star);
}

TEST(Contact, Star) {
  EXPECT_TRUE(Contact::parse(" * ")->star);
  EXPECT_FALSE(Contact::parse("*;q=1"));
}

TEST(Contact, OverflowingExpiresReadsAsTheDefault) {
  EXPECT_EQ(Contact::parse("<sip:a@b>;expires=280297596632815")->expires, 3600U);
  EXPECT_EQ(Contact::parse("<sip:a@b>;expires=-1")->expires, 3600U);
  EXPECT_EQ(Contact::parse("<sip:a@b>;expires=4294967295")->expires, 4294967295U);
  EXPECT_EQ(Contact::parse("<sip:a@b>;expires")->expires, 3600U);
}

TEST(Contact, RefusesBadQAndRegId) {
  EXPECT_FALSE(Contact::parse("<sip:a@b>;q=2"));
  EXPECT_FALSE(Contact::parse("<sip:a@b>;q="));
  EXPECT_FALSE(Contact::parse("<sip:a@b>;reg-id=0"));
  EXPECT_FALSE(Contact::parse("<sip:a@b>;reg-id=99999999999"));
}

TEST(QValue, Grammar) {
  EXPECT_EQ(parse_qvalue("0"), 0);
  EXPECT_EQ(parse_qvalue("1"), 1000);
  EXPECT_EQ(parse_qvalue("0."), 0);
  EXPECT_EQ(parse_qvalue("0.5"), 500);
  EXPECT_EQ(parse_qvalue("0.123"), 123);
  EXPECT_EQ(parse_qvalue("1.000"), 1000);
  for (const char* bad : {"", "2", "0.1234", "1.001", "0,5", ".5", "-1", "0.x", "00"})
    EXPECT_FALSE(parse_qvalue(bad)) << bad;
  EXPECT_EQ(format_qvalue(750), "0.75");
  EXPECT_EQ(format_qvalue(5), "0.005");
  EXPECT_EQ(format_qvalue(1000), "1");
  EXPECT_EQ(format_qvalue(0), "0");
}

TEST(Via, ReadsItsParameters) {
  const auto via =
      Via::parse("SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK77;rport=6000;received=192.0.2.9;ttl=16;maddr=x;alias");
  ASSERT_TRUE(via);
  EXPECT_EQ(via->transport, "UDP");
  EXPECT_EQ(via->sent_by, "192.0.2.1:5062");
  EXPECT_EQ(via->host, "192.0.2.1");
  EXPECT_EQ(via->port, 5062);
  EXPECT_EQ(via->branch, "z9hG4bK77");
  EXPECT_TRUE(via->has_rfc3261_branch());
  EXPECT_EQ(via->rport, 6000);
  EXPECT_EQ(via->rport_text, "rport=6000");
  EXPECT_EQ(via->received, "192.0.2.9");
  EXPECT_EQ(via->ttl, 16);
  EXPECT_EQ(via->maddr, "x");
  EXPECT_TRUE(via->alias);
}

TEST(Via, RportWithoutValue) {
  const auto via = Via::parse("SIP/2.0/TCP [2001:db8::9:1];rport;branch=z9hG4bK");
  ASSERT_TRUE(via);
  EXPECT_TRUE(via->has_rport);
  EXPECT_FALSE(via->rport);
  EXPECT_EQ(via->host, "[2001:db8::9:1]");
  EXPECT_FALSE(via->has_rfc3261_branch());
}

TEST(Via, WhiteSpaceAroundEverything) {
  const auto via = Via::parse(" SIP  / 2.0\r\n /UDP\r\n\t host.example : 5060 \r\n ; branch\r\n = z9hG4bK1 ");
  ASSERT_TRUE(via);
  EXPECT_EQ(via->host, "host.example");
  EXPECT_EQ(via->port, 5060);
  EXPECT_EQ(via->branch, "z9hG4bK1");
}

TEST(Via, Refuses) {
  for (const char* bad : {"",
                          " ",
                          "SIP",
                          "SIP/2.0",
                          "SIP/2.0/",
                          "SIP/2.0/UDP",
                          "SIP/2.0/UDP ",
                          "SIP/2.0/UDPhost;x",
                          "SIP/2.0/UDP ;x",
                          "SIP/2.0/UDP host;",
                          "SIP/2.0/UDP host;;x",
                          "SIP/2.0/UDP host:0",
                          "SIP/2.0/UDP host:65536",
                          "SIP/2.0/UDP host;rport=65536",
                          "SIP/2.0/UDP host;ttl=256",
                          "SIP/2.0/UDP h;branch=a;branch=b",
                          "SIP/2.0/UDP [::1",
                          "/2.0/UDP host",
                          "SIP//UDP host",
                          "SIP/2.0/UDP ho st",
                          "SIP/2.0/UDP host;=x"})
    EXPECT_FALSE(Via::parse(bad)) << bad;
}

}  // namespace
}  // namespace carillon::sip
