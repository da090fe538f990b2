// SPDX-License-Identifier: Apache-2.0
#include "shard/turns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/simulation.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

class TurnsTest : public ::testing::Test {
 protected:
  // A coroutine in the shard that takes a turn, has it for a while and leaves a line when it has it or not.
  base::Running visitor(ShardId in, std::string who, base::Duration stays, base::Duration longest = {}) {
    Shard& shard = simulation_.shards().shard(in);
    auto taking = turns_.take(shard, "door", longest);
    auto turn = co_await taking;
    if (!turn) {
      lines_.push_back(who + " gave up " + std::to_string(turn.error().code));
      co_return;
    }
    lines_.push_back(who + " in");
    co_await shard.sleep(stays);
    lines_.push_back(who + " out");
  }
  void enter(ShardId in, const std::string& who, base::Duration stays, base::Duration longest = {}) {
    simulation_.shards().post(in, [=, this](Shard&) { running_.push_back(visitor(in, who, stays, longest)); });
    simulation_.settle();
  }

  carillon::testing::Simulation simulation_;
  Turns turns_{simulation_.shards(), 2};
  std::vector<std::string> lines_;
  std::vector<base::Running> running_;
};

using Lines = std::vector<std::string>;

TEST_F(TurnsTest, AreGivenInOrderAndAcrossShards) {
  running_.reserve(8);
  enter(1, "a", 1s);
  enter(2, "b", 1s);
  enter(1, "c", 1s);
  EXPECT_EQ(lines_, Lines({"a in"}));
  EXPECT_FALSE(turns_.try_take("door").has_value());
  EXPECT_TRUE(turns_.try_take("window").has_value());
  enter(3, "d", 1s);
  EXPECT_EQ(lines_, Lines({"a in", "d gave up 1"}));
  simulation_.advance(10s);
  EXPECT_EQ(lines_, Lines({"a in", "d gave up 1", "a out", "b in", "b out", "c in", "c out"}));
  EXPECT_TRUE(turns_.try_take("door").has_value());
}

TEST_F(TurnsTest, GoPastWhoHasGivenUp) {
  running_.reserve(8);
  enter(1, "a", 5s);
  enter(2, "b", 1s, 2s);
  enter(3, "c", 1s);
  simulation_.advance(3s);
  EXPECT_EQ(lines_, Lines({"a in", "b gave up 2"}));
  simulation_.advance(4s);
  EXPECT_EQ(lines_, Lines({"a in", "b gave up 2", "a out", "c in", "c out"}));
}

TEST_F(TurnsTest, MayBeDroppedWhenTheirGiverIsGone) {
  std::optional<Turn> turn;
  {
    Turns other(simulation_.shards(), 1);
    turn = other.try_take("x");
    EXPECT_EQ(turn->name(), "x");
  }
  turn.reset();
}

}  // namespace
}  // namespace carillon::shard
