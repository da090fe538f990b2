// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transaction/transaction_fixture.h"

namespace carillon::transaction {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using State = ClientTransaction::State;
using transport::Protocol;

constexpr std::string_view kInvite = "INVITE sip:bob@example.org SIP/2.0";
constexpr std::string_view kAck = "ACK sip:bob@example.org SIP/2.0";
constexpr std::string_view kCancel = "CANCEL sip:bob@example.org SIP/2.0";
constexpr std::string_view kOptions = "OPTIONS sip:bob@example.org SIP/2.0";

// --- INVITE, figure 5

TEST(InviteClient, TimerASendsItAgainUntilNobodyAnswered) {
  Fixture f;
  f.send("INVITE");
  EXPECT_THAT(f.sent(), ElementsAre(kInvite));
  f.advance(29s);
  EXPECT_THAT(f.sent_times(), ElementsAre(500ms, 1500ms, 3500ms, 7500ms, 15500ms));
  EXPECT_EQ(f.statistics.retransmission_req_T1_1.value(), 1U);
  EXPECT_EQ(f.statistics.retransmission_req_T1_2.value(), 1U);
  EXPECT_EQ(f.statistics.retransmission_req_T1_3.value(), 1U);
  EXPECT_EQ(f.statistics.retransmission_req_T2.value(), 2U);
  f.advance(1s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("no response", "terminated"));
  EXPECT_EQ(f.statistics.timeout_finalresponse.value(), 1U);
  EXPECT_EQ(f.client_state(), State::Terminated);
}

TEST(InviteClient, AProvisionalResponseStopsTimerA) {
  Fixture f;
  f.send("INVITE");
  f.sent();
  f.advance(600ms);
  f.answer(100);
  f.answer(180);
  EXPECT_EQ(f.client_state(), State::Proceeding);
  f.sent();
  f.advance(100s);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.client.heard, ElementsAre("100", "180"));
}

TEST(InviteClient, AcknowledgesAFailureEachTimeItComes) {
  Fixture f;
  f.send("INVITE", {.extra = "Route: <sip:next.example.org;lr>\r\n"});
  f.answer(180);
  f.sent();
  f.answer(486);
  const std::string ack = f.sent_texts().back();
  EXPECT_THAT(ack, StartsWith(kAck));
  EXPECT_THAT(ack, HasSubstr(f.sent_branch()));
  EXPECT_THAT(ack, HasSubstr("To: <sip:bob@example.org>;tag=bob\r\n"));
  EXPECT_THAT(ack, HasSubstr("Route: <sip:next.example.org;lr>\r\n"));
  EXPECT_THAT(ack, HasSubstr("CSeq: 1 ACK\r\n"));
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  EXPECT_THAT(f.client.heard, ElementsAre("180", "486"));
  f.answer(200);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "486")) << "a 2xx behind the final response is nobody's";
  f.advance(31s);
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  f.advance(1s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "486", "terminated"));
}

TEST(InviteClient, AFailureMayBeTheFirstResponse) {
  Fixture f;
  f.send("INVITE");
  f.sent();
  f.answer(503);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  f.advance(20s);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.client.heard, ElementsAre("503"));
}

TEST(InviteClient, Every2xxIsToldWhileTimerMRuns) {
  Fixture f;
  f.send("INVITE");
  f.sent();
  f.answer(200);
  EXPECT_EQ(f.client_state(), State::Accepted);
  f.answer(200);
  f.answer(200, "carol");
  f.answer(180);
  f.answer(486);
  EXPECT_THAT(f.sent(), IsEmpty()) << "the ACK of a 2xx is not ours";
  EXPECT_THAT(f.client.heard, ElementsAre("200", "200", "200"));
  f.advance(31s);
  f.answer(200);
  EXPECT_THAT(f.client.heard, ElementsAre("200", "200", "200", "200"));
  f.advance(1s + 20ms);
  EXPECT_EQ(f.client.heard.back(), "terminated");
  f.answer(200);
  EXPECT_EQ(f.statistics.unmatched_responses.value(), 1U);
}

TEST(InviteClient, NothingIsSentAgainOnAReliableTransport) {
  Fixture f({}, Protocol::Tcp);
  f.send("INVITE");
  EXPECT_THAT(f.sent(), ElementsAre(kInvite));
  f.advance(29s);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  f.advance(20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("486", "terminated"));
}

TEST(InviteClient, ExtraHeadersGoIntoItsAckAndCancel) {
  Fixture f;
  f.send("INVITE", {.extra_headers = "X-Call: 7\r\n"});
  f.answer(180);
  f.sent();
  f.cancel("Reason: SIP;cause=200\r\n");
  const std::string cancel = f.sent_texts().back();
  EXPECT_THAT(cancel, StartsWith(kCancel));
  EXPECT_THAT(cancel, HasSubstr("X-Call: 7\r\n"));
  EXPECT_THAT(cancel, HasSubstr("Reason: SIP;cause=200\r\n"));
  EXPECT_TRUE(cancel.ends_with("\r\n\r\n"));
  f.answer(487);
  const std::string ack = f.sent_texts().back();
  EXPECT_THAT(ack, HasSubstr("X-Call: 7\r\n"));
  EXPECT_THAT(ack, Not(HasSubstr("Reason")));
  EXPECT_TRUE(ack.ends_with("\r\n\r\n"));
}

// --- timer C, section 16.8

TEST(TimerC, CancelsABranchThatOnlyRings) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.sent();
  f.advance(119s);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.advance(1s + 20ms);
  EXPECT_THAT(f.sent(), ElementsAre(kCancel));
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response"));
  EXPECT_EQ(f.statistics.timeout_finalresponse_inv.value(), 1U);
  f.answer(180);
  f.answer(487);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response")) << "the user has gone on";
  f.advance(33s);
  EXPECT_EQ(f.client.heard.back(), "terminated");
}

TEST(TimerC, ALate2xxIsTold) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.advance(121s);
  f.answer(200);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response", "200"));
}

TEST(TimerC, EndsABranchThatDoesNotAnswerItsCancel) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.advance(121s);
  f.advance(32s);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response", "terminated"));
}

TEST(TimerC, StartsAgainWithEachProvisionalResponse) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.advance(100s);
  f.answer(180);
  f.advance(100s);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "180"));
  f.advance(21s);
  EXPECT_EQ(f.client.heard.back(), "no final response");
}

TEST(TimerC, StartsOnceIfSoSet) {
  Settings settings;
  settings.restart_fr_on_each_reply = false;
  Fixture f(settings);
  f.send("INVITE");
  f.answer(180);
  f.advance(100s);
  f.answer(180);
  f.advance(21s);
  EXPECT_EQ(f.client.heard.back(), "no final response");
}

TEST(Timeouts, CanBeSetForOneTransaction) {
  Fixture f;
  f.send("INVITE", {.fr_timeout = 3s});
  f.advance(3s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("no response", "terminated"));
  f.client.heard.clear();
  f.send("INVITE", {.fr_inv_timeout = 5s});
  f.answer(180);
  f.advance(5s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response"));
  f.client.heard.clear();
  f.send("INVITE");
  f.inside([&] { f.layer().find(f.client_id)->set_fr_inv_timeout(7s); });
  f.answer(180);
  f.advance(7s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "no final response"));
}

// --- CANCEL, section 9.1

TEST(CancelOfClient, WaitsForAProvisionalResponse) {
  Fixture f;
  f.send("INVITE");
  f.sent();
  f.cancel();
  EXPECT_THAT(f.sent(), IsEmpty());
  f.answer(100);
  const std::string cancel = f.sent_texts().back();
  EXPECT_THAT(cancel, StartsWith(kCancel));
  EXPECT_THAT(cancel, HasSubstr(f.sent_branch()));
  EXPECT_THAT(cancel, HasSubstr("To: <sip:bob@example.org>\r\n"));
  EXPECT_THAT(cancel, HasSubstr("CSeq: 1 CANCEL\r\n"));
  f.cancel();
  EXPECT_THAT(f.sent(), IsEmpty()) << "once";
}

TEST(CancelOfClient, IsNotSentWhenTheFirstResponseIsFinal) {
  Fixture f;
  f.send("INVITE");
  f.sent();
  f.cancel();
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  f.cancel();
  EXPECT_THAT(f.sent(), IsEmpty());
}

TEST(CancelOfClient, IsATransactionOfItsOwn) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.sent();
  f.cancel();
  EXPECT_THAT(f.sent(), ElementsAre(kCancel));
  f.advance(4s);
  EXPECT_THAT(f.sent_times(), ElementsAre(500ms, 1500ms, 3500ms));
  f.answer_cancel(200);
  f.advance(4s);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.client.heard, ElementsAre("180")) << "the answer to the CANCEL is not the user's";
  f.answer(487);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "487"));
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
}

TEST(CancelOfClient, EndsTheBranchThatDoesNotAnswer) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.cancel();
  f.answer_cancel(200);
  f.advance(31s);
  f.answer(183);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "183"));
  f.advance(1s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "183", "not cancelled", "terminated"));
}

TEST(CancelOfClient, MayCrossA2xx) {
  Fixture f;
  f.send("INVITE");
  f.answer(180);
  f.cancel();
  f.answer(200);
  f.answer_cancel(481);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "200"));
  EXPECT_EQ(f.client_state(), State::Accepted);
}

TEST(CancelOfClient, IsNotForOtherMethods) {
  Fixture f;
  f.send("OPTIONS");
  f.answer(100);
  f.sent();
  f.cancel();
  EXPECT_THAT(f.sent(), IsEmpty());
}

// --- other methods, figure 6

TEST(NonInviteClient, TimerESendsItAgainUpToT2) {
  Fixture f;
  f.send("OPTIONS");
  f.sent();
  f.advance(29s);
  EXPECT_THAT(f.sent_times(), ElementsAre(500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms));
  f.advance(1s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("no response", "terminated"));
}

TEST(NonInviteClient, AProvisionalResponseSlowsTimerE) {
  Fixture f;
  f.send("OPTIONS");
  f.sent();
  f.answer(100);
  EXPECT_EQ(f.client_state(), State::Proceeding);
  f.advance(10s);
  EXPECT_THAT(f.sent_times(), ElementsAre(500ms, 4500ms, 8500ms));
  f.advance(20s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("100", "no response", "terminated"));
}

TEST(NonInviteClient, TimerKAbsorbsTheResponseThatComesAgain) {
  Fixture f;
  f.send("OPTIONS");
  f.sent();
  f.answer(200);
  EXPECT_EQ(f.client_state(), State::Completed);
  f.answer(200);
  f.advance(4s);
  f.answer(200);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.client.heard, ElementsAre("200"));
  f.advance(1s + 20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("200", "terminated"));
}

TEST(NonInviteClient, AFailureNeedsNoAck) {
  Fixture f;
  f.send("REGISTER");
  f.sent();
  f.answer(403);
  EXPECT_THAT(f.sent(), IsEmpty());
  EXPECT_THAT(f.client.heard, ElementsAre("403"));
}

TEST(NonInviteClient, TimersEAndKAreNotForReliableTransports) {
  Fixture f({}, Protocol::Tcp);
  f.send("OPTIONS");
  EXPECT_THAT(f.sent(), ElementsAre(kOptions));
  f.advance(10s);
  EXPECT_THAT(f.sent(), IsEmpty());
  f.answer(200);
  f.advance(20ms);
  EXPECT_THAT(f.client.heard, ElementsAre("200", "terminated"));
}

// --- matching, section 17.1.3

TEST(ResponseMatching, NeedsTheWholeBranchAndTheMethod) {
  Fixture f;
  f.send("INVITE");
  const std::string response = f.answer_text(180);
  const std::string branch(f.sent_branch());
  std::string forged_key = branch;
  forged_key[15] = forged_key[15] == '0' ? '1' : '0';
  std::string forged_index = branch;
  forged_index.back() = forged_index.back() == '0' ? '1' : '0';
  for (const auto& [from, to] : {std::pair<std::string, std::string>{branch, forged_key},
                                 {branch, forged_index},
                                 {branch, "z9hG4bKsomebody"},
                                 {"1 INVITE", "1 OPTIONS"},
                                 {"1 INVITE", "1 CANCEL"}}) {
    std::string forged = response;
    forged.replace(forged.find(from), from.size(), to);
    f.receive_text(forged);
    EXPECT_THAT(f.client.heard, IsEmpty()) << forged;
  }
  EXPECT_EQ(f.statistics.received_replies.value(), 0U);
  EXPECT_GE(f.statistics.unmatched_responses.value(), 3U);
  f.receive_text(response);
  EXPECT_THAT(f.client.heard, ElementsAre("180"));
}

TEST(ResponseMatching, TellsBranchesOfOneTransactionApart) {
  Fixture f;
  f.send("INVITE", {.index = 0});
  const std::string first = f.answer_text(486);
  f.send("INVITE", {.index = 1});
  const ClientTransactionId second = f.client_id;
  f.receive_text(first);
  f.inside([&] { EXPECT_EQ(f.layer().find(second)->last_status(), 0); });
  EXPECT_THAT(f.client.heard, ElementsAre("486"));
}

// --- failures of the transport

TEST(ClientTransport, WhatCannotBeSentMakesNoTransaction) {
  Fixture f({}, Protocol::Tcp);
  f.close_peer();
  EXPECT_EQ(f.try_send("INVITE").error().code, 477);
  EXPECT_EQ(f.layer().client_transactions(), 0U);
  EXPECT_EQ(f.layer().unfinished(), 0U);
  EXPECT_THAT(f.client.heard, IsEmpty());
}

TEST(ClientTransport, ARefusedDatagramEndsTheBranch) {
  Fixture f;
  f.refuse_datagrams(true);
  f.send("INVITE");
  f.advance(10ms);
  EXPECT_THAT(f.client.heard, ElementsAre("transport error", "terminated"));
}

TEST(ClientTransport, ARefusedDatagramThatWasAnsweredMeansNothing) {
  Fixture f;
  f.leave_peer();
  f.send("INVITE");
  f.answer(180);
  f.advance(3s);
  EXPECT_THAT(f.client.heard, ElementsAre("180"));
  f.answer(200);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "200"));
}

// --- lives and limits

TEST(ClientLife, RefusesWhatIsTooMany) {
  Settings settings;
  settings.max_client_transactions = shard::kShards;
  Fixture f(settings);
  f.send("INVITE");
  f.answer(180);
  EXPECT_EQ(f.try_send("INVITE").error().code, 503);
  f.sent();
  f.cancel();
  EXPECT_THAT(f.sent(), ElementsAre(kCancel)) << "a CANCEL is never refused";
}

TEST(ClientLife, EverythingMayBeDoneInACall) {
  Fixture f;
  f.client.then = [&](ClientTransaction& transaction, std::string_view event) {
    if (event == "180") {
      transaction.cancel();
      f.send_inside("INVITE", {.index = 7});
    }
    if (event == "487") transaction.detach();
  };
  f.send("INVITE");
  const std::string ringing = f.answer_text(180);
  const std::string terminated = f.answer_text(487);
  f.sent();
  f.receive_text(ringing);
  EXPECT_THAT(f.sent(), ElementsAre(kCancel, kInvite));
  f.receive_text(terminated);
  f.advance(33s);
  EXPECT_THAT(f.client.heard, ElementsAre("180", "487", "no response", "terminated"));
  EXPECT_EQ(f.layer().client_transactions(), 0U);
}

TEST(ClientLife, AnIdNamesOneTransactionOnly) {
  Fixture f;
  f.send("OPTIONS");
  const ClientTransactionId first = f.client_id;
  f.answer(200);
  f.advance(6s);
  f.send("OPTIONS");
  f.inside([&] {
    EXPECT_EQ(f.layer().find(first), nullptr);
    EXPECT_NE(f.layer().find(f.client_id), nullptr);
  });
}

TEST(ClientLife, DetachedItStillAcknowledges) {
  Fixture f;
  f.send("INVITE");
  f.inside([&] { f.layer().find(f.client_id)->detach(); });
  f.sent();
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre(kAck));
  EXPECT_THAT(f.client.heard, IsEmpty());
}

}  // namespace
}  // namespace carillon::transaction
