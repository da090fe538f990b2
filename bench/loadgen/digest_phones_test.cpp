// SPDX-License-Identifier: Apache-2.0
// Phones that are challenged: their credentials, and the requests that carry them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "loadgen/call_load.h"
#include "loadgen/digest_phones.h"
#include "loadgen/register_load.h"
#include "sip/digest.h"
#include "sip/response_builder.h"

namespace carillon::bench {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string challenge_value(int nonce) {
  return fmt::format(R"(Digest realm="bench.test",nonce="n{}",qop="auth-int,auth",algorithm=MD5,opaque="o")", nonce);
}

std::string challenge_text(int status, int nonce) {
  return fmt::format(
      "SIP/2.0 {} Unauthorized\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
      "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n{}: {}\r\nContent-Length: 0\r\n\r\n",
      status, status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate", challenge_value(nonce));
}

constexpr DigestRequest kRequest{.user = 2, .method = "REGISTER", .uri = "sip:bench.test"};

std::string answer(DigestPhones& phones, const std::string& challenge) {
  sip::Message message;
  EXPECT_TRUE(message.index(challenge).ok());
  return phones.answer(kRequest, message);
}

// Whether a header with credentials is right for user 7 and its password.
void expect_credentials(std::string_view line, std::string_view header, std::string_view nonce,
                        std::string_view count) {
  ASSERT_THAT(line, StartsWith(header));
  ASSERT_THAT(line, testing::EndsWith("\r\n"));
  const auto fields = sip::DigestFields::parse(line.substr(header.size(), line.size() - header.size() - 2));
  ASSERT_TRUE(fields) << line;
  EXPECT_EQ(fields->username, "user000000007");
  EXPECT_EQ(fields->nonce, nonce);
  EXPECT_EQ(fields->nonce_count, count);
  EXPECT_EQ(fields->opaque, "o");
  sip::DigestCalculator calculator;
  const auto ha1 = calculator.ha1(sip::DigestHash::Md5, "user000000007", "bench.test", "pw000000007");
  const auto response = calculator.response({.qop = sip::Qop::Auth,
                                             .method = "REGISTER",
                                             .uri = "sip:bench.test",
                                             .nonce = nonce,
                                             .cnonce = fields->cnonce,
                                             .nonce_count = count},
                                            ha1.view());
  EXPECT_EQ(fields->response, response.view());
}

TEST(DigestPhones, AnswerEachChallengeAfresh) {
  DigestPhones phones(AuthMode::Fresh, 5, 3);
  expect_credentials(answer(phones, challenge_text(401, 1)), "Authorization: ", "n1", "00000001");
  EXPECT_EQ(phones.unasked(kRequest, false), "");
  expect_credentials(answer(phones, challenge_text(407, 2)), "Proxy-Authorization: ", "n2", "00000001");
}

TEST(DigestPhones, ReuseTheLastChallengeOfAKind) {
  DigestPhones phones(AuthMode::Reuse, 5, 3);
  EXPECT_EQ(phones.unasked(kRequest, false), "");
  expect_credentials(answer(phones, challenge_text(401, 1)), "Authorization: ", "n1", "00000001");
  expect_credentials(phones.unasked(kRequest, false), "Authorization: ", "n1", "00000002");
  EXPECT_EQ(phones.unasked(kRequest, true), "");
  expect_credentials(answer(phones, challenge_text(401, 2)), "Authorization: ", "n2", "00000001");
}

TEST(DigestPhones, LeaveWhatTheyDoNotUnderstand) {
  DigestPhones none(AuthMode::None, 5, 3);
  EXPECT_FALSE(none.answers_challenges());
  EXPECT_EQ(answer(none, challenge_text(401, 1)), "");
  DigestPhones fresh(AuthMode::Fresh, 5, 3);
  std::string other = challenge_text(401, 1);
  other.replace(other.find("bench.test"), 10, "other.test");
  EXPECT_EQ(answer(fresh, other), "");
  other = challenge_text(401, 1);
  other.replace(other.find("=MD5"), 4, "=XYZ");
  EXPECT_EQ(answer(fresh, other), "");
}

// The server's socket is read by the test, which answers as it likes.
class Challenged : public testing::Test {
 protected:
  Challenged() {
    const base::Endpoint loopback{*base::IpAddress::parse("127.0.0.1"), 0};
    server_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    socklen_t length = loopback.to_sockaddr(address);
    EXPECT_EQ(bind(server_, reinterpret_cast<sockaddr*>(&address), length), 0);
    length = sizeof address;
    getsockname(server_, reinterpret_cast<sockaddr*>(&address), &length);
    const base::Endpoint server = base::Endpoint::from_sockaddr(address);
    sockets_ =
        std::make_unique<Sockets>(UdpBatch::open(loopback, server).value(), UdpBatch::open(loopback, server).value());
  }
  ~Challenged() override { close(server_); }

  // The next datagram of the load; empty when there is none.
  std::string received() {
    sockets_->uac.flush();
    std::string bytes(kDatagramSize, '\0');
    const auto size = recv(server_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }

  void respond(Load& load, const std::string& request, int status, std::string_view headers) {
    sip::Message message;
    ASSERT_TRUE(message.index(request).ok());
    sip::ResponseFields fields;
    fields.status = status;
    fields.to_tag = "server";
    fields.extra_headers = headers;
    load.on_uac_datagram(sip::build_response(message, fields), std::chrono::steady_clock::now());
  }

  int server_ = -1;
  std::unique_ptr<Sockets> sockets_;
  DigestPhones phones_{AuthMode::Fresh, 0, 1};
};

TEST_F(Challenged, ARegistrationGoesOutAgainWithCredentials) {
  RegisterLoad load(*sockets_, phones_, {.run = 1, .first_user = 0, .users = 1, .timeout = seconds{8}});
  load.start(std::chrono::steady_clock::now(), true);
  const std::string first = received();
  EXPECT_THAT(first, Not(HasSubstr("Authorization: ")));
  const std::string challenge = "WWW-Authenticate: " + challenge_value(1) + "\r\n";
  respond(load, first, 401, challenge);
  const std::string second = received();
  EXPECT_THAT(second, HasSubstr("CSeq: 000002 REGISTER\r\n"));
  EXPECT_THAT(second,
              HasSubstr("\r\nAuthorization: Digest username=\"user000000000\",realm=\"bench.test\",nonce=\"n1\""));
  respond(load, first, 401, challenge);  // a late copy
  EXPECT_EQ(received(), "");
  respond(load, second, 200, "Contact: <sip:a@b>\r\n");
  EXPECT_EQ(load.statistics().challenged, 1U);
  EXPECT_EQ(load.statistics().succeeded, 1U);
}

TEST_F(Challenged, ARegistrationThatIsChallengedTwiceHasFailed) {
  RegisterLoad load(*sockets_, phones_, {.run = 1, .first_user = 0, .users = 1, .timeout = seconds{8}});
  load.start(std::chrono::steady_clock::now(), true);
  for (int nonce = 0; nonce < 2; ++nonce)
    respond(load, received(), 401, "WWW-Authenticate: " + challenge_value(nonce) + "\r\n");
  EXPECT_EQ(received(), "");
  EXPECT_EQ(load.statistics().rejected, 1U);
  EXPECT_EQ(load.pending(), 0U);
}

TEST_F(Challenged, ACallAcknowledgesTheChallengeAndInvitesAgain) {
  CallLoad load(*sockets_, phones_, {.run = 1, .users = 1, .timeout = seconds{8}});
  const base::TimePoint begin = std::chrono::steady_clock::now();
  load.start(begin, true);
  const std::string first = received();
  const std::string challenge = "Proxy-Authenticate: " + challenge_value(1) + "\r\n";
  respond(load, first, 407, challenge);
  const std::string acknowledgement = received();
  EXPECT_THAT(acknowledgement, StartsWith("ACK sip:user000000000@bench.test "));
  EXPECT_THAT(acknowledgement, HasSubstr("CSeq: 1 ACK\r\n"));
  EXPECT_THAT(acknowledgement, HasSubstr(";tag=server\r\n"));
  EXPECT_THAT(first, HasSubstr(acknowledgement.substr(acknowledgement.find("Via: "), 80)));
  const std::string second = received();
  EXPECT_THAT(second, HasSubstr("CSeq: 2 INVITE\r\n"));
  EXPECT_THAT(second, HasSubstr("Proxy-Authorization: Digest username=\"user000000000\""));
  EXPECT_THAT(second, HasSubstr("uri=\"sip:user000000000@bench.test\""));
  respond(load, first, 407, challenge);  // its ACK was lost
  EXPECT_EQ(received(), acknowledgement);
  EXPECT_EQ(received(), "");
  load.run_timers(begin + kT1);  // the first INVITE isn't repeated any more
  load.run_timers(std::chrono::steady_clock::now() + kT1);
  EXPECT_THAT(received(), HasSubstr("CSeq: 2 INVITE\r\n"));
  EXPECT_EQ(received(), "");
  EXPECT_EQ(load.statistics().challenged, 1U);
  EXPECT_EQ(load.pending(), 1U);
}

}  // namespace
}  // namespace carillon::bench
