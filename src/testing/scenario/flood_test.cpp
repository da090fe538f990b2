// SPDX-License-Identifier: Apache-2.0
// Floods of what strangers can send without being asked: what the server keeps for it doesn't grow, however long it
// lasts.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>

#include "testing/peer.h"
#include "testing/scenario/world.h"

#if defined(__SANITIZE_ADDRESS__)
extern "C" std::size_t
__sanitizer_get_current_allocated_bytes();  // of the run-time library, whose header may be missing
#endif

namespace carillon::testing {
namespace {

constexpr int kMessages = 2000;     // of one round
constexpr int kTransactions = 512;  // allowed at a time
constexpr int kRounds = 4;

std::size_t allocated_bytes() {
#if defined(__SANITIZE_ADDRESS__)
  return __sanitizer_get_current_allocated_bytes();
#else
  return ::mallinfo2().uordblks;
#endif
}

struct Kind {
  const char* name;
  const char* message;  // with {} for a number that makes it new
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class Flood : public ::testing::TestWithParam<Kind> {
 protected:
  Flood() {
    World::Setup setup;
    setup.path = "flood";
    setup.script = R"(
route {
  if (is_method("REGISTER")) {
    if (!pv_www_authorize("example.org")) www_challenge("example.org", "auth", "SHA-256,MD5");
    exit;
  }
  $ru = "sip:bob@10.0.0.12:5060";
  t_relay();
})";
    setup.modules = {"auth"};
    setup.parameters = {{"tm", "max_transactions", fmt::format("{}", kTransactions)}};
    const auto started = world_.start(setup);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    world_.network().set_black_hole(*base::IpAddress::parse("10.0.0.12"));
    attacker_ = std::make_unique<DatagramPeer>(world_.network(), *base::Endpoint::parse("10.0.0.66:5060"));
  }

  // Answers to it; the clock stands still.
  std::size_t flood() {
    const base::Endpoint server = *base::Endpoint::parse("10.0.0.1:5060");
    std::size_t answers = 0;
    for (int i = 0; i < kMessages; ++i) {
      attacker_->send(server, fmt::format(fmt::runtime(GetParam().message), number_++));
      world_.advance(base::Duration::zero());
      while (attacker_->take()) ++answers;
    }
    return answers;
  }
  [[nodiscard]] std::uint64_t transactions() { return world_.statistics().read("tm:inuse_transactions").front().value; }

  World world_;
  std::unique_ptr<DatagramPeer> attacker_;
  int number_ = 0;
};

TEST_P(Flood, LeavesMemoryFlat) {
  // The first round fills what there is; from then on every second of the flood finds things as the one before.
  flood();
  world_.advance(std::chrono::seconds(1));
  flood();
  const std::size_t before = allocated_bytes();
  for (int round = 0; round < kRounds; ++round) {
    world_.advance(std::chrono::seconds(1));
    EXPECT_LE(flood(), static_cast<std::size_t>(kMessages));
    EXPECT_LE(transactions(), static_cast<std::uint64_t>(kTransactions));
  }
  const std::size_t after = allocated_bytes();
  EXPECT_LT(after, before + 64 * 1024) << "for " << kRounds * kMessages << " messages";

  world_.advance(std::chrono::minutes(10));
  EXPECT_EQ(transactions(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Of, Flood,
    ::testing::Values(
        Kind{
            "Invites",
            "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
            "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>\r\nCall-ID: {0}\r\nCSeq: 1 INVITE\r\n"
            "Content-Length: 0\r\n\r\n"},
        Kind{"Options",
             "OPTIONS sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: "
             "70\r\n"
             "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>\r\nCall-ID: {0}\r\nCSeq: 1 OPTIONS\r\n"
             "Content-Length: 0\r\n\r\n"},
        Kind{"Registrations",
             "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
             "From: <sip:x@example.org>;tag={0}\r\nTo: <sip:x@example.org>\r\nCall-ID: {0}\r\nCSeq: 1 REGISTER\r\n"
             "Content-Length: 0\r\n\r\n"},
        Kind{"Guesses",
             "REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
             "From: <sip:x@example.org>;tag={0}\r\nTo: <sip:x@example.org>\r\nCall-ID: {0}\r\nCSeq: 1 REGISTER\r\n"
             "Authorization: Digest username=\"x{0}\", realm=\"example.org\", uri=\"sip:example.org\", "
             "nonce=\"{0:036}\", "
             "response=\"{0:032}\"\r\nContent-Length: 0\r\n\r\n"},
        Kind{"OldBranches",
             "MESSAGE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66\r\nMax-Forwards: 70\r\n"
             "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>\r\nCall-ID: {0}\r\nCSeq: {0} MESSAGE\r\n"
             "Content-Length: 0\r\n\r\n"},
        Kind{"Acks",
             "ACK sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
             "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>;tag={0}\r\nCall-ID: {0}\r\nCSeq: 1 ACK\r\n"
             "Content-Length: 0\r\n\r\n"},
        Kind{
            "Cancels",
            "CANCEL sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n"
            "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>\r\nCall-ID: {0}\r\nCSeq: 1 CANCEL\r\n"
            "Content-Length: 0\r\n\r\n"},
        Kind{"Responses",
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKc{0:030}\r\nVia: SIP/2.0/UDP 10.0.0.66\r\n"
             "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>;tag={0}\r\nCall-ID: {0}\r\nCSeq: 1 INVITE\r\n"
             "Content-Length: 0\r\n\r\n"},
        Kind{"BadRequests",
             "OPTIONS sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{0}\r\n"
             "From: <sip:x@y>;tag={0}\r\nTo: <sip:bob@example.org>\r\nCall-ID: {0}\r\nCSeq: -1 OPTIONS\r\n\r\n"},
        Kind{"Noise", "\x01 nothing that was ever SIP {0}"}),
    [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace carillon::testing
