// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transaction/transaction_fixture.h"

namespace carillon::transaction {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = RequestMatch::Kind;
using State = ServerTransaction::State;
using transport::Protocol;

// --- INVITE, figure 7

TEST(InviteServer, AbsorbsTheInviteUntilThereIsAResponse) {
  Fixture f;
  f.receive(RequestText{});
  EXPECT_EQ(f.kind, Kind::NewRequest);
  f.receive(RequestText{});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_EQ(f.statistics.absorbed_requests.value(), 1U);
}

TEST(InviteServer, SendsTheLastProvisionalResponseAgain) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(100);
  f.respond(180);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 100 Trying", "SIP/2.0 180 Ringing"));
  f.receive(RequestText{});
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 180 Ringing"));
  f.advance(200s);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_EQ(f.server_state(), State::Proceeding);
}

TEST(InviteServer, TimerGSendsAFailureAgainUntilTimerHGivesUp) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(486);
  EXPECT_EQ(f.server_state(), State::Completed);
  f.sent();
  f.advance(31s);
  EXPECT_THAT(f.sent_times(), ElementsAre(500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms));
  EXPECT_EQ(f.statistics.retransmission_rpl_T2.value(), 9U);
  EXPECT_THAT(f.server.heard, IsEmpty());
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("no ack", "terminated"));
  EXPECT_EQ(f.server_state(), State::Terminated);
  EXPECT_EQ(f.statistics.transactions_4xx.value(), 1U);
  EXPECT_EQ(f.statistics.inuse_transactions.value(), 0);
}

TEST(InviteServer, SendsTheFailureAgainForTheInvite) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(486);
  f.sent();
  f.receive(RequestText{});
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 486 Busy Here"));
}

TEST(InviteServer, AckStopsTimerGAndTimerIEndsIt) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(404);
  f.receive(RequestText{.method = "ACK", .to_tag = "ours"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_EQ(f.server_state(), State::Confirmed);
  f.sent();
  f.advance(4s);
  f.receive(RequestText{.method = "ACK", .to_tag = "ours"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  f.receive(RequestText{});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.server.heard, IsEmpty());
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

TEST(InviteServer, AcceptedAbsorbsTheInviteAndLetsFurther2xxPass) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(200);
  EXPECT_EQ(f.server_state(), State::Accepted);
  f.sent();
  f.receive(RequestText{});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.respond(200);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 200 OK"));
  EXPECT_FALSE(f.try_respond(486));
  EXPECT_FALSE(f.try_respond(180));
  EXPECT_THAT(f.sent(), IsEmpty());
  f.advance(31s);
  EXPECT_EQ(f.server_state(), State::Accepted);
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
  EXPECT_EQ(f.statistics.transactions_2xx.value(), 1U);
}

TEST(InviteServer, AFinalResponseIsTheLast) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(404);
  EXPECT_FALSE(f.try_respond(200));
  EXPECT_FALSE(f.try_respond(180));
  f.receive(RequestText{.method = "ACK", .to_tag = "ours"});
  EXPECT_FALSE(f.try_respond(404));
}

TEST(InviteServer, NothingIsSentAgainOnAReliableTransport) {
  Fixture f({}, Protocol::Tcp);
  f.receive(RequestText{.transport = "TCP"});
  f.respond(486);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 486 Busy Here"));
  f.advance(31s);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.receive(RequestText{.method = "ACK", .to_tag = "ours", .transport = "TCP"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  f.advance(20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

TEST(InviteServer, WithoutAnAckTimerHEndsItOnAReliableTransportToo) {
  Fixture f({}, Protocol::Tcp);
  f.receive(RequestText{.transport = "TCP"});
  f.respond(486);
  f.advance(32s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("no ack", "terminated"));
}

TEST(InviteServer, TimersFollowT1T2AndT4) {
  Settings settings;
  settings.t1 = 100ms;
  settings.t2 = 300ms;
  settings.t4 = 1s;
  Fixture f(settings);
  f.receive(RequestText{});
  f.respond(486);
  f.sent();
  f.advance(1s);
  EXPECT_THAT(f.sent_times(), ElementsAre(100ms, 300ms, 600ms, 900ms));
  f.receive(RequestText{.method = "ACK", .to_tag = "ours"});
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

// --- the ACK of a 2xx

TEST(AckOf2xx, IsForwardedAndToldOnce) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(200);
  for (const std::string branch : {"z9hG4bKack1", "z9hG4bKack1", "z9hG4bKpeer"}) {
    f.receive(RequestText{.method = "ACK", .branch = branch, .to_tag = "ours"});
    EXPECT_EQ(f.kind, Kind::AckFor2xx);
    EXPECT_TRUE(f.matched);
  }
  EXPECT_THAT(f.server.heard, ElementsAre("ack"));
}

TEST(AckOf2xx, IsForwardedWithoutATransactionToo) {
  Fixture f;
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKack1", .to_tag = "theirs"});
  EXPECT_EQ(f.kind, Kind::AckFor2xx);
  EXPECT_FALSE(f.matched);
  f.receive(RequestText{});
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKack1", .to_tag = "theirs"});
  EXPECT_EQ(f.kind, Kind::AckFor2xx);
  EXPECT_FALSE(f.matched) << "the INVITE has no final response yet";
}

TEST(AckOf2xx, BelongsToTheInviteWithItsNumber) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(200);
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKack2", .to_tag = "ours", .cseq = 2});
  EXPECT_EQ(f.kind, Kind::AckFor2xx);
  EXPECT_FALSE(f.matched);
}

TEST(AckOf2xx, OfASpiralReachesEachTransactionInTurn) {
  Fixture f;
  f.receive(RequestText{.branch = "z9hG4bKfirst"});
  f.respond(200);
  f.receive(RequestText{.branch = "z9hG4bKsecond"});
  f.respond(200);
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKack1", .to_tag = "ours"});
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKack2", .to_tag = "ours"});
  EXPECT_THAT(f.server.heard, ElementsAre("ack", "ack"));
  EXPECT_TRUE(f.matched);
}

// --- other methods, figure 8

TEST(NonInviteServer, AbsorbsTheRequestUntilThereIsAResponse) {
  Fixture f;
  f.receive(RequestText{.method = "OPTIONS"});
  f.receive(RequestText{.method = "OPTIONS"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_EQ(f.server_state(), State::Trying);
}

TEST(NonInviteServer, SendsTheLastResponseAgainForTheRequestOnly) {
  Fixture f;
  f.receive(RequestText{.method = "OPTIONS"});
  f.respond(100);
  EXPECT_EQ(f.server_state(), State::Proceeding);
  f.sent();
  f.receive(RequestText{.method = "OPTIONS"});
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 100 Trying"));
  f.respond(200);
  EXPECT_EQ(f.server_state(), State::Completed);
  f.sent();
  f.advance(31s);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.receive(RequestText{.method = "OPTIONS"});
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 200 OK"));
  EXPECT_FALSE(f.try_respond(200));
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
  f.receive(RequestText{.method = "OPTIONS"});
  EXPECT_EQ(f.kind, Kind::NewRequest);
}

TEST(NonInviteServer, TimerJIsZeroOnAReliableTransport) {
  Fixture f({}, Protocol::Tcp);
  f.receive(RequestText{.method = "OPTIONS", .transport = "TCP"});
  f.respond(404);
  f.advance(20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

// --- matching, section 17.2.3

TEST(RequestMatching, NeedsBranchSentByAndMethod) {
  Fixture f;
  f.receive(RequestText{});
  for (const RequestText& other : {
           RequestText{.branch = "z9hG4bKother"},
           RequestText{.sent_by = "192.0.2.1:5061"},
           RequestText{.sent_by = "192.0.2.1"},
           RequestText{.method = "BYE"},
           RequestText{.method = "PLAY"},
           RequestText{.method = "invite"},
       }) {
    f.receive(other);
    EXPECT_EQ(f.kind, Kind::NewRequest) << other.text();
  }
  EXPECT_EQ(f.statistics.uas_transactions.value(), 7U);
}

TEST(RequestMatching, IgnoresWhatElseDiffers) {
  Fixture f;
  f.receive(RequestText{.sent_by = "Peer.Example.org"});
  f.receive(RequestText{.cseq = 2, .sent_by = "peer.example.ORG", .extra = "Subject: another\r\n"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
}

TEST(RequestMatching, TakesBranchesLongerThanItsBuffer) {
  Fixture f;
  const std::string branch = "z9hG4bK" + std::string(1500, 'x');
  f.receive(RequestText{.branch = branch + "1"});
  f.receive(RequestText{.branch = branch + "1"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  f.receive(RequestText{.branch = branch + "2"});
  EXPECT_EQ(f.kind, Kind::NewRequest);
}

TEST(RequestMatching, WithoutTheCookieByTheWholeRequest) {
  for (const std::string branch : {"", "1", "z9hG4bK"}) {
    Fixture f;
    f.receive(RequestText{.branch = branch});
    f.receive(RequestText{.branch = branch});
    EXPECT_EQ(f.kind, Kind::Absorbed) << branch;
    f.receive(RequestText{.branch = branch, .cseq = 2});
    EXPECT_EQ(f.kind, Kind::NewRequest) << branch;
    f.receive(RequestText{.method = "BYE", .branch = branch, .to_tag = "a", .cseq = 3});
    EXPECT_EQ(f.kind, Kind::NewRequest) << branch;
    f.receive(RequestText{.method = "BYE", .branch = branch, .to_tag = "b", .cseq = 3});
    EXPECT_EQ(f.kind, Kind::NewRequest) << branch;
    f.receive(RequestText{.method = "BYE", .branch = branch, .to_tag = "a", .cseq = 3});
    EXPECT_EQ(f.kind, Kind::Absorbed) << branch;
  }
}

TEST(RequestMatching, WithoutTheCookieAnAckNeedsTheTagOfOurResponse) {
  Fixture f;
  f.receive(RequestText{.branch = "1"});
  f.respond(486);
  f.receive(RequestText{.method = "ACK", .branch = "1", .to_tag = "theirs"});
  EXPECT_EQ(f.kind, Kind::AckFor2xx);
  EXPECT_EQ(f.server_state(), State::Completed);
  f.receive(RequestText{.method = "ACK", .branch = "1", .to_tag = "ours"});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_EQ(f.server_state(), State::Confirmed);
}

TEST(RequestMatching, AnAckMatchesNothingButAnInvite) {
  Fixture f;
  f.receive(RequestText{.method = "OPTIONS"});
  f.respond(404);
  f.receive(RequestText{.method = "ACK", .to_tag = "ours"});
  EXPECT_EQ(f.kind, Kind::AckFor2xx);
  EXPECT_FALSE(f.matched);
}

TEST(RequestMatching, FindsMergedRequests) {
  Fixture f;
  f.receive(RequestText{});
  f.inside([&] {
    sip::Message same;
    const std::string same_text = RequestText{}.text();
    same.assign(same_text);
    EXPECT_EQ(f.layer().find_merged(same), nullptr);
    sip::Message other_way;
    const std::string other_text = RequestText{.branch = "z9hG4bKother"}.text();
    other_way.assign(other_text);
    EXPECT_NE(f.layer().find_merged(other_way), nullptr);
    sip::Message other_call;
    const std::string call_text = RequestText{.branch = "z9hG4bKother", .cseq = 7}.text();
    other_call.assign(call_text);
    EXPECT_EQ(f.layer().find_merged(other_call), nullptr);
  });
}

// --- CANCEL, section 9.2

TEST(CancelOfServer, ReachesTheInviteOnce) {
  Fixture f;
  f.receive(RequestText{});
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_EQ(f.kind, Kind::Cancel);
  EXPECT_TRUE(f.matched);
  EXPECT_THAT(f.server.heard, ElementsAre("cancel"));
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_EQ(f.kind, Kind::Absorbed) << "it has a transaction of its own";
  EXPECT_THAT(f.server.heard, ElementsAre("cancel"));
}

TEST(CancelOfServer, WithoutAnInviteFindsNone) {
  Fixture f;
  f.receive(RequestText{.method = "OPTIONS"});
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_EQ(f.kind, Kind::Cancel);
  EXPECT_FALSE(f.matched);
}

TEST(CancelOfServer, ComesTooLateAfterTheFinalResponse) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(200);
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_EQ(f.kind, Kind::Cancel);
  EXPECT_TRUE(f.matched);
  EXPECT_THAT(f.server.heard, IsEmpty());
}

// --- ACKs of stateless replies

TEST(StatelessReply, ItsAckIsAbsorbed) {
  Fixture f;
  f.receive(RequestText{});
  const std::string tag = f.stateless_tag(RequestText{.branch = "z9hG4bKstateless", .cseq = 5});
  f.receive(RequestText{.method = "ACK", .branch = "z9hG4bKstateless", .to_tag = tag, .cseq = 5});
  EXPECT_EQ(f.kind, Kind::Absorbed);
  EXPECT_EQ(f.statistics.received_ACKs.value(), 1U);
  for (const RequestText& forged : {
           RequestText{.method = "ACK", .branch = "z9hG4bKother", .to_tag = tag, .cseq = 5},
           RequestText{.method = "ACK", .branch = "z9hG4bKstateless", .to_tag = tag, .cseq = 6},
           RequestText{.method = "ACK", .branch = "z9hG4bKstateless", .to_tag = "crl-0000000000000000", .cseq = 5},
           RequestText{.method = "ACK", .branch = "z9hG4bKstateless", .to_tag = tag + "0", .cseq = 5},
       }) {
    f.receive(forged);
    EXPECT_EQ(f.kind, Kind::AckFor2xx) << forged.text();
  }
}

// --- failures of the transport

TEST(ServerTransport, ARefusedDatagramIsTold) {
  Fixture f;
  f.receive(RequestText{});
  f.refuse_datagrams(true);
  f.respond(180);
  f.advance(10ms);
  EXPECT_THAT(f.server.heard, ElementsAre("transport error"));
  EXPECT_EQ(f.server_state(), State::Proceeding) << "RFC 6026 section 8.8";
  f.refuse_datagrams(false);
  f.respond(200);
  EXPECT_EQ(f.server_state(), State::Accepted);
}

TEST(ServerTransport, AClosedConnectionIsOpenedAgain) {
  Fixture f({}, Protocol::Tcp);
  f.listen_as_peer();
  f.receive(RequestText{.sent_by = f.peer_sent_by(), .transport = "TCP"});
  f.respond(180);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 180 Ringing"));
  f.close_peer();
  f.respond(183);
  f.respond(200);
  f.advance(100ms);
  EXPECT_EQ(f.sent_on_new_connection().back(), "SIP/2.0 200 OK");
  EXPECT_THAT(f.server.heard, IsEmpty());
}

TEST(ServerTransport, LivesUntilTheNewConnectionIsUp) {
  Fixture f({}, Protocol::Tcp);
  f.listen_as_peer();
  f.receive(RequestText{.method = "OPTIONS", .sent_by = f.peer_sent_by(), .transport = "TCP"});
  f.close_peer();
  f.set_latency(20ms);
  f.respond(200);
  f.advance(15ms);
  f.receive(RequestText{.method = "OPTIONS", .branch = "z9hG4bKother", .transport = "TCP"});
  EXPECT_THAT(f.sent_on_new_connection(), IsEmpty());
  f.advance(100ms);
  EXPECT_THAT(f.sent_on_new_connection(), ElementsAre("SIP/2.0 200 OK"));
  f.advance(33s);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

TEST(ServerTransport, AConnectionThatCannotBeOpenedIsTold) {
  Fixture f({}, Protocol::Tcp);
  f.receive(RequestText{.sent_by = f.peer_sent_by(), .transport = "TCP"});
  f.close_peer();
  f.respond(200);
  f.advance(10s);
  EXPECT_THAT(f.server.heard, ElementsAre("transport error"));
}

// --- lives and limits

TEST(ServerLife, RefusesWhatIsTooMany) {
  Settings settings;
  settings.max_server_transactions = 2 * shard::kShards;
  Fixture f(settings);
  for (const std::string branch : {"z9hG4bK1", "z9hG4bK2", "z9hG4bK3"})
    f.receive(RequestText{.method = "OPTIONS", .branch = branch});
  EXPECT_EQ(f.refusal, 503);
  EXPECT_EQ(f.statistics.refused_transactions.value(), 1U);
  EXPECT_EQ(f.layer().server_transactions(), 2U);
  f.respond(200);
  f.advance(33s);
  f.refusal = 0;
  f.receive(RequestText{.method = "OPTIONS", .branch = "z9hG4bK4"});
  EXPECT_EQ(f.refusal, 0);
}

TEST(ServerLife, AFloodLeavesMemoryFlat) {
  Settings settings;
  settings.max_server_transactions = 10 * shard::kShards;
  Fixture f(settings);
  for (int i = 0; i < 1000; ++i) f.receive(RequestText{.branch = "z9hG4bK" + std::to_string(i)});
  EXPECT_EQ(f.layer().server_transactions(), 10U);
  EXPECT_EQ(f.statistics.refused_transactions.value(), 990U);
}

TEST(ServerLife, AnIdNamesOneTransactionOnly) {
  Fixture f;
  f.receive(RequestText{.method = "OPTIONS", .branch = "z9hG4bK1"});
  const ServerTransactionId first = f.server_id;
  f.respond(200);
  f.advance(33s);
  f.receive(RequestText{.method = "OPTIONS", .branch = "z9hG4bK2"});
  f.inside([&] {
    EXPECT_EQ(f.layer().find(first), nullptr);
    EXPECT_NE(f.layer().find(f.server_id), nullptr);
    EXPECT_EQ(f.layer().find(ServerTransactionId{}), nullptr);
  });
}

TEST(ServerLife, TheRequestIsReleasedWithTheFinalResponse) {
  Fixture f;
  f.receive(RequestText{});
  f.inside([&] { EXPECT_TRUE(f.layer().find(f.server_id)->request()); });
  f.respond(180);
  f.inside([&] { EXPECT_TRUE(f.layer().find(f.server_id)->request()); });
  f.respond(486);
  f.inside([&] { EXPECT_FALSE(f.layer().find(f.server_id)->request()); });
}

TEST(ServerLife, DetachedItGoesOnAlone) {
  Fixture f;
  f.receive(RequestText{});
  f.respond(486);
  f.inside([&] { f.layer().find(f.server_id)->detach(); });
  f.sent();
  f.advance(600ms);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 486 Busy Here"));
  f.advance(32s);
  EXPECT_THAT(f.server.heard, IsEmpty());
  EXPECT_EQ(f.layer().server_transactions(), 0U);
}

TEST(ServerLife, DetachedWithoutAFinalResponseItEnds) {
  Fixture f;
  f.receive(RequestText{});
  f.inside([&] { f.layer().find(f.server_id)->detach(); });
  EXPECT_EQ(f.layer().server_transactions(), 0U);
  EXPECT_THAT(f.server.heard, IsEmpty());
  f.receive(RequestText{});
  EXPECT_EQ(f.kind, Kind::NewRequest);
}

TEST(ServerLife, EverythingMayBeDoneInACall) {
  Fixture f;
  f.server.then = [&](ServerTransaction& transaction, std::string_view event) {
    if (event != "cancel") return;
    EXPECT_TRUE(transaction.cancelled());
    EXPECT_TRUE(transaction.respond(487, f.response_text(487)));
    transaction.detach();
  };
  f.receive(RequestText{});
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 487 Request Terminated"));
  EXPECT_THAT(f.server.heard, ElementsAre("cancel"));
}

TEST(ServerLife, AnotherUserTakesOver) {
  Fixture f;
  f.receive(RequestText{});
  ServerRecorder successor;
  f.inside([&] { f.layer().find(f.server_id)->set_user(successor); });
  f.receive(RequestText{.method = "CANCEL"});
  EXPECT_THAT(f.server.heard, IsEmpty());
  EXPECT_THAT(successor.heard, ElementsAre("cancel"));
}

// --- shutting down

TEST(ShutDown, RefusesNewRequestsAndLetsLiveOnesFinish) {
  Fixture f;
  f.receive(RequestText{.branch = "z9hG4bK1"});
  EXPECT_EQ(f.layer().unfinished(), 1U);
  f.inside([&] { f.layer().shut_down(10s); });
  f.receive(RequestText{.branch = "z9hG4bK2"});
  EXPECT_EQ(f.refusal, 503);
  f.respond(200);
  EXPECT_THAT(f.sent(), ElementsAre("SIP/2.0 200 OK"));
  EXPECT_EQ(f.layer().unfinished(), 0U);
  f.advance(9s);
  EXPECT_EQ(f.layer().server_transactions(), 1U);
  f.advance(1s + 20ms);
  EXPECT_EQ(f.layer().server_transactions(), 0U);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
}

TEST(ShutDown, EndsWhatDoesNotFinish) {
  Fixture f;
  f.receive(RequestText{});
  f.inside([&] { f.layer().shut_down(1s); });
  f.advance(1s + 20ms);
  EXPECT_THAT(f.server.heard, ElementsAre("terminated"));
  EXPECT_EQ(f.layer().unfinished(), 0U);
}

}  // namespace
}  // namespace carillon::transaction
