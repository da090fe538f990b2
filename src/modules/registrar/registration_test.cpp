// SPDX-License-Identifier: Apache-2.0
// What a REGISTER says, and how hostile ones are refused; the AoR of a URI.
#include "modules/registrar/registration.h"

#include <gtest/gtest.h>

#include <string>

#include "modules/registrar/aor.h"

namespace carillon::registrar {
namespace {

// A REGISTER with further headers; keeps the bytes that the message is a view of.
class Request {
 public:
  explicit Request(const std::string& headers)
      : bytes_(
            "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
            "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:alice@example.org>\r\nCall-ID: call-1\r\n"
            "CSeq: 7 REGISTER\r\n" +
            headers + "Content-Length: 0\r\n\r\n") {
    EXPECT_TRUE(
        message_.assign(bytes_, sip::Framing::Datagram, {.message_bytes = 1 << 20, .header_bytes = 1 << 20}).ok())
        << headers.substr(0, 200);
  }
  [[nodiscard]] auto read(PathMode path = PathMode::Off) const { return read_registration(message_, 255, path); }
  [[nodiscard]] std::string_view refusal() const {
    const auto registration = read();
    return registration ? std::string_view{} : registration.error().text;
  }

 private:
  std::string bytes_;
  sip::Message message_;
};

TEST(Registration, ReadsAllContactsInAllForms) {
  const Request request(
      "m: \"A, B\" <sip:a@192.0.2.1>;q=0.5;expires=60;methods=\"INVITE, BYE\"\r\n"
      "Contact: sip:b@192.0.2.1;expires=0, <sip:c@192.0.2.1;x=y>;+sip.instance=\"<urn:uuid:1>\";reg-id=3\r\n"
      "Expires: 100\r\nUser-Agent: phone\r\nSupported: path\r\nPath: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n");
  const auto registration = request.read();
  ASSERT_TRUE(registration) << registration.error().text;
  ASSERT_EQ(registration->contacts.size(), 3U);
  EXPECT_EQ(registration->contacts[0].q, 500);
  EXPECT_EQ(registration->contacts[0].expires, 60U);
  EXPECT_EQ(registration->contacts[0].methods, "INVITE, BYE");
  EXPECT_EQ(registration->contacts[1].address.uri_text, "sip:b@192.0.2.1");
  EXPECT_EQ(registration->contacts[1].expires, 0U);
  EXPECT_EQ(registration->contacts[2].instance, "urn:uuid:1");
  EXPECT_EQ(registration->contacts[2].reg_id, 3U);
  EXPECT_EQ(registration->expires, 100U);
  EXPECT_EQ(registration->cseq, 7U);
  EXPECT_EQ(registration->path, "<sip:p1;lr>,<sip:p2;lr>");
  EXPECT_TRUE(registration->supports_path);
}

TEST(Registration, TenThousandContactsAreRefusedAfterAHundred) {
  std::string headers = "Contact: <sip:x@192.0.2.1>";
  for (int i = 0; i < 10'000; ++i) headers += ",<sip:" + std::to_string(i) + "@192.0.2.1>";
  EXPECT_EQ(Request(headers + "\r\n").refusal(), kTooManyInRequest.text);
}

TEST(Registration, AHundredContactsAreRead) {
  std::string headers = "Contact: <sip:x@192.0.2.1>";
  for (int i = 1; i < 100; ++i) headers += ",<sip:" + std::to_string(i) + "@192.0.2.1>";
  const Request request(headers + "\r\n");
  const auto registration = request.read();
  ASSERT_TRUE(registration);
  EXPECT_EQ(registration->contacts.size(), 100U);
}

TEST(Registration, HostileContactsAreRefused) {
  for (const char* contact : {
           "<sip:a@192.0.2.1",
           "<>",
           "sip:",
           "<sip:@192.0.2.1>",
           "<sip:a@192.0.2.1:99999>",
           "<sip:a@[::1>",
           "<sip:a b@192.0.2.1>",
           "<sip:a@192.0.2.1>;q=1.5",
           "<sip:a@192.0.2.1>;reg-id=0",
           "<sip:a@192.0.2.1>;+sip.instance=\"<urn:x\\\">\"",
           "<sip:a@192.0.2.1>;received=\"not a uri\"",
           "<sip:a@192.0.2.1>;+sip.instance=\"<urn:x>\r\n y\"",
       }) {
    EXPECT_EQ(Request("Contact: " + std::string(contact) + "\r\n").refusal(), kBadContact.text) << contact;
  }
}

TEST(Registration, LengthsHaveLimits) {
  const std::string longish(300, 'a');
  EXPECT_EQ(Request("Contact: <sip:" + longish + "@192.0.2.1>\r\n").refusal(), kContactTooLong.text);
  EXPECT_EQ(Request("Contact: <sip:a@192.0.2.1>;+sip.instance=\"<" + longish + ">\"\r\n").refusal(),
            kContactTooLong.text);
  EXPECT_EQ(Request("Path: <sip:" + longish + ";lr>\r\n").refusal(), kBadPath.text);
  const Request long_agent("User-Agent: " + longish + "\r\n");
  EXPECT_EQ(long_agent.read()->user_agent.size(), 255U);
}

TEST(Registration, ExpiresBeyondNumbersReadsAsAnHour) {
  const Request request("Contact: <sip:a@192.0.2.1>;expires=4294967296\r\nExpires: -1\r\n");
  const auto registration = request.read();
  ASSERT_TRUE(registration);
  EXPECT_EQ(registration->contacts[0].expires, 3600U);
  EXPECT_EQ(registration->expires, 3600U);
}

TEST(Registration, AStarStandsAlone) {
  EXPECT_EQ(Request("Contact: *\r\n").refusal(), kStarWithExpires.text);
  EXPECT_EQ(Request("Contact: *\r\nExpires: 1\r\n").refusal(), kStarWithExpires.text);
  EXPECT_EQ(Request("Contact: *\r\nContact: *\r\nExpires: 0\r\n").refusal(), kStarAndContacts.text);
  const Request star("Contact: *\r\nExpires: 0\r\n");
  EXPECT_TRUE(star.read()->removes_all);
}

TEST(Registration, APathIsMadeOfSipUrisInBracketsAndBeginsWithALooseRouter) {
  for (const char* path : {"sip:p1;lr", "<tel:+1>", "<sip:p1;lr", "<sip:p1;lr>, x", "<sip:p1>", "<sip:p1>;lr"}) {
    EXPECT_EQ(Request("Path: " + std::string(path) + "\r\n").refusal(), kBadPath.text) << path;
  }
}

TEST(Registration, WithoutAFlagThereIsNoPath) {
  const Request request("Path: not an address\r\n");
  const auto registration = request.read(PathMode::Ignore);
  ASSERT_TRUE(registration);
  EXPECT_EQ(registration->path, "");
}

std::string aor(std::string_view uri, const AorRules& rules = {}) {
  const auto extracted = extract_aor(uri, rules);
  return extracted ? *extracted : "! " + std::string(extracted.error().text);
}

TEST(Aor, IsTheUserAtTheDomainInLowerCase) {
  EXPECT_EQ(aor("sip:Alice:secret@EXAMPLE.org:5070;x=y?h=v"), "Alice@example.org");
  EXPECT_EQ(aor("sips:%61lice@example.org"), "alice@example.org");
  EXPECT_EQ(aor("alice@example.org"), "alice@example.org");
  EXPECT_EQ(aor("sip:alice@[2001:DB8::1]"), "alice@[2001:db8::1]");
}

TEST(Aor, FollowsItsRules) {
  EXPECT_EQ(aor("sip:Alice@example.org", {.case_sensitive = false}), "alice@example.org");
  EXPECT_EQ(aor("sip:alice@example.org", {.use_domain = false}), "alice");
  EXPECT_EQ(aor("sip:alice@sip.example.org", {.realm_prefix = "sip."}), "alice@example.org");
  EXPECT_EQ(aor("tel:+4930123", {.use_domain = false}), "+4930123");
}

TEST(Aor, RefusesWhatIsNone) {
  EXPECT_EQ(aor("sip:example.org"), "! No username in To URI");
  EXPECT_EQ(aor(""), "! Error while parsing AOR");
  EXPECT_EQ(aor("sip:a b@example.org"), "! Error while parsing AOR");
  EXPECT_EQ(aor("tel:+4930123"), "! Error while parsing AOR");
  EXPECT_EQ(aor("sip:alice@example.org", {.max_username = 4}), "! Address Of Record too long");
  EXPECT_EQ(aor("sip:alice@example.org", {.max_domain = 4}), "! Address Of Record too long");
  EXPECT_EQ(aor("sip:alice@example.org", {.max_aor = 10}), "! Address Of Record too long");
}

}  // namespace
}  // namespace carillon::registrar
