// SPDX-License-Identifier: Apache-2.0
#include "transaction/stored_message.h"

#include <gtest/gtest.h>

#include <string>

namespace carillon::transaction {
namespace {

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;rport\r\n"
    "From: <sip:alice@example.org>;tag=1\r\nTo: <sip:bob@example.org>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n"
    "Content-Length: 4\r\n\r\nbody";

TEST(StoredMessage, OutlivesTheReceiveBuffer) {
  StoredMessagePool pool;
  StoredMessagePtr stored;
  {
    std::string buffer = "\r\n" + std::string(kInvite);
    sip::Message received;
    ASSERT_TRUE(received.assign(buffer).ok());
    EXPECT_EQ(received.from_tag(), "1");
    transport::Flow flow;
    flow.remote = *base::Endpoint::parse("198.51.100.7:5062");
    stored = pool.store(received, flow, transport::via_fixup(flow.remote, received.top_via()));
    std::ranges::fill(buffer, '?');
  }
  EXPECT_EQ(stored->bytes(), kInvite);
  EXPECT_EQ(stored->message().from_tag(), "1");
  EXPECT_EQ(stored->message().top_via().branch, "z9hG4bK1");
  EXPECT_EQ(stored->message().body(), "body");
  EXPECT_EQ(stored->flow().remote.port, 5062);
  EXPECT_EQ(stored->via_fixup().rport, 5062);
}

TEST(StoredMessage, ForcedRportIsAsIfTheClientHadAsked) {
  StoredMessagePool pool;
  std::string text(kInvite);
  text.replace(text.find(";rport"), 6, "");
  sip::Message received;
  ASSERT_TRUE(received.assign(text).ok());
  transport::Flow flow;
  flow.remote = *base::Endpoint::parse("198.51.100.7:5062");
  const StoredMessagePtr stored = pool.store(received, flow, transport::via_fixup(flow.remote, received.top_via()));
  EXPECT_FALSE(stored->via_fixup().rport);
  stored->force_rport();
  EXPECT_EQ(stored->via_fixup().rport, 5062);
}

TEST(StoredMessage, LivesAsLongAsSomebodyRefersToIt) {
  StoredMessagePool pool;
  StoredMessagePtr first = pool.blank();
  StoredMessagePtr second = first;
  first.reset();
  EXPECT_EQ(pool.live(), 1U);
  EXPECT_EQ(second->arena().copy("kept"), "kept");
  const StoredMessagePtr& itself = second;
  second = itself;
  EXPECT_TRUE(second);
  StoredMessagePtr third = std::move(second);
  EXPECT_FALSE(second);
  third = pool.blank();
  EXPECT_EQ(pool.live(), 1U);
  third = {};
  EXPECT_EQ(pool.live(), 0U);
}

TEST(StoredMessage, ABlankOneIsEmptyAlsoWhenItsMemoryWasUsedBefore) {
  StoredMessagePool pool;
  sip::Message received;
  ASSERT_TRUE(received.assign(kInvite).ok());
  StoredMessage* const first = pool.store(received, {}).get();
  const StoredMessagePtr blank = pool.blank();
  EXPECT_EQ(blank.get(), first) << "memory is used again";
  EXPECT_TRUE(blank->bytes().empty());
  EXPECT_TRUE(blank->message().lines().empty());
}

TEST(StoredMessage, LargeOnesGoBackToTheSystem) {
  StoredMessagePool pool;
  {
    const StoredMessagePtr stored = pool.blank();
    static_cast<void>(stored->arena().characters(100'000));
    EXPECT_GT(stored->footprint(), 100'000U);
  }
  EXPECT_LT(pool.blank()->footprint(), 10'000U);
}

}  // namespace
}  // namespace carillon::transaction
