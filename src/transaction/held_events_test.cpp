// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transaction/transaction_fixture.h"

namespace carillon::transaction {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A proxied INVITE: a server transaction, and a branch of it.
struct Proxied : Fixture {
  explicit Proxied(const Settings& settings = {}) : Fixture(settings) {
    server.then = [this](ServerTransaction&, std::string_view event) { order.emplace_back(event); };
    client.then = [this](ClientTransaction&, std::string_view event) { order.emplace_back(event); };
    receive(RequestText{});
    send("INVITE", {.for_server = true});
  }
  void hold_server() {
    inside([&] { layer().find(server_id)->hold(); });
  }
  void release_server() {
    inside([&] { layer().find(server_id)->release(); });
  }
  void hold_client() {
    inside([&] { layer().find(client_id)->hold(); });
  }
  void release_client() {
    inside([&] { layer().find(client_id)->release(); });
  }

  std::vector<std::string> order;
};

TEST(Holding, KeepsTheOrderOfServerAndBranches) {
  Proxied f;
  f.hold_server();
  f.answer(100);
  f.receive(RequestText{.method = "CANCEL"});
  f.answer(180);
  EXPECT_THAT(f.order, IsEmpty());
  f.inside(
      [&] { EXPECT_TRUE(f.layer().find(f.server_id)->cancelled()) << "the suspended run sees it when it goes on"; });
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("100", "cancel", "180"));
}

TEST(Holding, ABranchHoldsOnlyItself) {
  Proxied f;
  const ClientTransactionId first = f.client_id;
  f.hold_client();
  f.answer(180);
  f.send("INVITE", {.index = 1, .for_server = true});
  f.answer(183);
  EXPECT_THAT(f.order, ElementsAre("183"));
  f.inside([&] { f.layer().find(first)->release(); });
  EXPECT_THAT(f.order, ElementsAre("183", "180"));
}

TEST(Holding, Nests) {
  Proxied f;
  f.hold_server();
  f.hold_server();
  f.answer(180);
  f.release_server();
  EXPECT_THAT(f.order, IsEmpty());
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("180"));
  f.release_server();
  f.answer(200);
  EXPECT_THAT(f.order, ElementsAre("180", "200"));
}

TEST(Holding, OrderSurvivesAMoveFromOneToTheOther) {
  Proxied f;
  f.hold_server();
  f.answer(180);
  f.hold_client();
  f.answer(181);
  f.release_server();  // the 180 joins the 181, which came later
  EXPECT_THAT(f.order, IsEmpty());
  f.hold_server();
  f.receive(RequestText{.method = "CANCEL"});
  f.release_client();  // and both join the CANCEL, which came last
  EXPECT_THAT(f.order, IsEmpty());
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("180", "181", "cancel"));
}

TEST(Holding, MayBeginAgainWhileEventsAreHandedOut) {
  Proxied f;
  f.hold_server();
  f.answer(180);
  f.answer(181);
  f.client.then = [&](ClientTransaction&, std::string_view event) {
    f.order.emplace_back(event);
    if (event == "180") f.layer().find(f.server_id)->hold();
  };
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("180"));
  f.answer(182);
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("180", "181", "182"));
}

TEST(Holding, TheMachineRunsOnMeanwhile) {
  Proxied f;
  f.hold_client();
  f.sent();
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre("ACK sip:bob@example.org SIP/2.0"));
  f.answer(486);
  EXPECT_THAT(f.sent(), ElementsAre("ACK sip:bob@example.org SIP/2.0"));
  f.advance(33s);
  EXPECT_THAT(f.order, IsEmpty());
  f.release_client();
  EXPECT_THAT(f.order, ElementsAre("486", "terminated"));
}

TEST(Holding, TimeoutsWaitToo) {
  Proxied f;
  f.hold_server();
  f.advance(31s);
  EXPECT_THAT(f.order, IsEmpty());
  f.release_server();
  EXPECT_THAT(f.order, ElementsAre("no response", "terminated"));
}

TEST(Holding, ACancelThatWaitedBehindAFinalResponseIsNotTold) {
  Proxied f;
  f.hold_server();
  f.receive(RequestText{.method = "CANCEL"});
  f.respond(480);
  f.release_server();
  EXPECT_THAT(f.order, IsEmpty());
}

TEST(Holding, TheServerTransactionStaysUntilItIsReleased) {
  Proxied f;
  f.hold_server();
  f.respond(486);
  f.advance(33s);
  f.inside([&] {
    ASSERT_NE(f.layer().find(f.server_id), nullptr);
    EXPECT_EQ(f.layer().find(f.server_id)->state(), ServerTransaction::State::Terminated);
  });
  f.release_server();
  EXPECT_THAT(f.server.heard, ElementsAre("no ack", "terminated"));
  f.inside([&] { EXPECT_EQ(f.layer().find(f.server_id), nullptr); });
}

TEST(Holding, ABranchOutlivesItsServerTransaction) {
  Proxied f;
  f.answer(180);
  f.inside([&] { f.layer().find(f.server_id)->detach(); });
  f.answer(200);
  EXPECT_THAT(f.order, ElementsAre("180", "200"));
}

TEST(Holding, DetachingLetsEverythingGo) {
  Proxied f;
  f.hold_server();
  f.answer(180);
  f.receive(RequestText{.method = "CANCEL"});
  f.inside([&] { f.layer().find(f.server_id)->detach(); });
  EXPECT_THAT(f.order, ElementsAre("180")) << "the branch has its own user";
  f.answer(183);
  EXPECT_THAT(f.order, ElementsAre("180", "183"));
}

TEST(Holding, IsBounded) {
  Proxied f;
  f.hold_client();
  for (int i = 0; i < 100; ++i) f.answer(180);
  for (int i = 0; i < 100; ++i) f.answer(200);
  EXPECT_EQ(f.statistics.held_events_dropped.value(), 200U - HeldEvents::kMaxResponses - 1);
  f.release_client();
  EXPECT_EQ(f.order.size(), HeldEvents::kMaxResponses + 1);
  EXPECT_EQ(f.order.back(), "200") << "a first final response always finds room";
}

}  // namespace
}  // namespace carillon::transaction
