// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "sip/request_builder.h"
#include "sip/response_builder.h"

namespace carillon::sip {
namespace {

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport, SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
    "Via: SIP/2.0/UDP c.example;branch=z9hG4bK3\r\n"
    "Record-Route: <sip:p1;lr>\r\n"
    "Route: <sip:p2;lr>, <sip:p3;lr>\r\n"
    "Max-Forwards: 69\r\n"
    "From: Alice\r\n"
    "  <sip:a@b>;tag=1\r\n"
    "t: <sip:c@d>\r\n"
    "i: x@y\r\n"
    "CSeq: 7 INVITE\r\n"
    "Timestamp: 54\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

class BuilderTest : public testing::Test {
 protected:
  BuilderTest() { EXPECT_TRUE(request.assign(kInvite).ok()); }
  Message request;
};

TEST_F(BuilderTest, ResponseCopiesWhatSection8261Names) {
  EXPECT_EQ(build_response(request, {.status = 404, .to_tag = "t9", .server = "Carillon"}),
            "SIP/2.0 404 Not Found\r\n"
            "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport, SIP/2.0/UDP b.example;branch=z9hG4bK2\r\n"
            "Via: SIP/2.0/UDP c.example;branch=z9hG4bK3\r\n"
            "From: Alice\r\n  <sip:a@b>;tag=1\r\n"
            "To: <sip:c@d>;tag=t9\r\n"
            "Call-ID: x@y\r\n"
            "CSeq: 7 INVITE\r\n"
            "Server: Carillon\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST_F(BuilderTest, ResponseStampsOnlyTheTopVia) {
  const std::string bytes = build_response(request, {.status = 100, .received = "198.51.100.7", .rport = 4000});
  Message response;
  ASSERT_TRUE(response.assign(bytes).ok());
  EXPECT_EQ(response.top_via().received, "198.51.100.7");
  EXPECT_EQ(response.top_via().rport, 4000);
  EXPECT_EQ(bytes.find("received", bytes.find("received") + 1), std::string::npos);
  EXPECT_EQ(response.value(HeaderId::Timestamp), "54");
  EXPECT_EQ(response.to_tag(), "");
}

TEST_F(BuilderTest, ResponseWithBodyHeadersAndRecordRoute) {
  const std::string bytes = build_response(request, {.status = 200,
                                                     .reason = "Fine",
                                                     .to_tag = "t",
                                                     .extra_headers = "Contact: <sip:x@y>\r\nExpires: 5\r\n",
                                                     .content_type = "text/plain",
                                                     .body = "hello",
                                                     .copy_record_route = true});
  Message response;
  ASSERT_TRUE(response.assign(bytes, Framing::Stream).ok());
  EXPECT_EQ(response.reason(), "Fine");
  EXPECT_EQ(response.value(HeaderId::RecordRoute), "<sip:p1;lr>");
  EXPECT_EQ(response.value(HeaderId::Contact), "<sip:x@y>");
  EXPECT_EQ(response.body(), "hello");
}

TEST_F(BuilderTest, ResponseKeepsATagThatIsThere) {
  std::string in_dialog(kInvite);
  in_dialog.insert(in_dialog.find("<sip:c@d>") + 9, ";tag=theirs");
  ASSERT_TRUE(request.assign(in_dialog).ok());
  const std::string bytes = build_response(request, {.status = 481, .to_tag = "ours"});
  EXPECT_EQ(bytes.find("ours"), std::string::npos);
  EXPECT_NE(bytes.find("tag=theirs"), std::string::npos);
}

TEST_F(BuilderTest, ResponseLeavesOutHeadersThatWouldInject) {
  const std::string bytes =
      build_response(request, {.status = 200, .reason = "OK\r\nX: y", .extra_headers = "A: b\r\n\r\nbody"});
  EXPECT_TRUE(bytes.starts_with("SIP/2.0 200 OK\r\nVia:"));
  EXPECT_EQ(bytes.find("X: y"), std::string::npos);
  EXPECT_EQ(bytes.find("A: b"), std::string::npos);
}

TEST_F(BuilderTest, ABrokenRequestCanBeAnswered) {
  const std::string broken =
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\nbad line\r\n\r\n";
  EXPECT_EQ(request.assign(broken).reason, "Bad Header Line");
  EXPECT_EQ(build_response(request, {.status = 400, .reason = "Bad Header Line", .to_tag = "x"}),
            "SIP/2.0 400 Bad Header Line\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\nContent-Length: "
            "0\r\n\r\n");
}

TEST_F(BuilderTest, WhatARequestIsRefusedForIsNotRepeated) {
  using namespace std::string_literals;
  const std::string broken =
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: \"A\rEvil: 1\" <sip:a@b>;tag=1\r\n"
      "To: <sip:c@d>\n ;x=y\r\nCall-ID: a\0b\r\nCSeq: 1 INVITE\r\n\r\n"s;
  EXPECT_EQ(request.assign(broken).reason, "NUL or Bare CR in Header");
  EXPECT_EQ(build_response(request, {.status = 400, .to_tag = "x", .received = "192.0.2.1"}),
            "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.1\r\n"
            "To: <sip:c@d>\r\n ;x=y;tag=x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
}

TEST_F(BuilderTest, NorIsItWhenTheHeadHasNoEnd) {
  const std::string broken =
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=\r1\r\nTo: <sip:c@d>\n"
      "CSeq: 1 INVITE\r\n";
  EXPECT_EQ(request.assign(broken).reason, "Missing Empty Line After Headers");
  EXPECT_EQ(build_response(request, {.status = 400}),
            "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTo: <sip:c@d>\r\n"
            "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(request.assign("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;x=\rb\r\n").kind, Verdict::Kind::Drop);
}

TEST_F(BuilderTest, AckTakesTheWayOfTheInvite) {
  const std::string bytes = build_response(request, {.status = 486, .to_tag = "callee"});
  Message response;
  ASSERT_TRUE(response.assign(bytes).ok());
  EXPECT_EQ(build_ack(request, response),
            "ACK sip:bob@example.com SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport\r\n"
            "Max-Forwards: 70\r\n"
            "Route: <sip:p2;lr>, <sip:p3;lr>\r\n"
            "From: Alice\r\n  <sip:a@b>;tag=1\r\n"
            "To: <sip:c@d>;tag=callee\r\n"
            "Call-ID: x@y\r\n"
            "CSeq: 7 ACK\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST_F(BuilderTest, CancelTakesTheWayOfTheRequest) {
  const std::string bytes = build_cancel(request);
  Message cancel;
  ASSERT_TRUE(cancel.assign(bytes, Framing::Stream).ok());
  EXPECT_EQ(cancel.method(), Method::Cancel);
  EXPECT_EQ(cancel.request_uri_text(), request.request_uri_text());
  EXPECT_EQ(cancel.top_via().branch, "z9hG4bK1");
  EXPECT_EQ(cancel.headers(HeaderId::Via).count(), 1U);
  EXPECT_EQ(cancel.cseq().number, 7U);
  EXPECT_EQ(cancel.to_tag(), "");
  EXPECT_EQ(cancel.from_tag(), "1");
  EXPECT_EQ(cancel.value(HeaderId::Route), "<sip:p2;lr>, <sip:p3;lr>");
}

TEST(RequestBuilder, BuildsARequest) {
  EXPECT_EQ(RequestBuilder("OPTIONS", "sip:a@b")
                .header(HeaderId::Via, "SIP/2.0/UDP h;branch=z9hG4bK1")
                .header("X-Test", "1")
                .cseq(5)
                .body("text/plain", "hi")
                .build(),
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nX-Test: 1\r\nCSeq: 5 OPTIONS\r\n"
            "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
}

TEST(RequestBuilder, LeavesOutWhatWouldInject) {
  const std::string bytes = RequestBuilder("OPTIONS", "sip:a@b")
                                .header("X", "1\r\nEvil: 2")
                                .header("Y\r\nEvil", "3")
                                .header("Z", "4")
                                .build();
  EXPECT_EQ(bytes, "OPTIONS sip:a@b SIP/2.0\r\nZ: 4\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace carillon::sip
