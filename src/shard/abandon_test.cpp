// SPDX-License-Identifier: Apache-2.0
// What becomes of coroutines that wait when the server stops, on one thread with a fake clock.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "shard/shards.h"
#include "shard/suspension.h"
#include "shard/turns.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

constexpr ShardId kHere = 3;
constexpr ShardId kThere = 200;

using Log = std::vector<std::string>;

// A local variable that says when it is gone, and where that was.
class Local {
 public:
  Local(Log& log, std::string name) : log_(log), name_(std::move(name)) {}
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  ~Local() { log_.push_back(name_ + (context.shard == nullptr ? " gone outside" : " gone")); }

 private:
  Log& log_;
  std::string name_;
};

class AbandonTest : public ::testing::Test {
 protected:
  template <typename F>
  void inside(ShardId id, F&& f) {
    worker_.as_worker([&] { ASSERT_EQ(shards_.enter(id, std::ref(f)), Entry::Ran); });
  }
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }

  testing::FakeClock clock_;
  Log log_;
  Shards shards_{clock_};
  ManualWorker worker_{shards_};
};

base::Task<int> ask(Shard& shard, Log& log, Handle<int>& handle) {
  const Local inner(log, "inner");
  auto answer = shard.suspend<int>();
  handle = answer.handle();
  co_return co_await answer;
}

base::Task<> ask_and_tell(Shard& shard, Log& log, Handle<int>& handle) {
  const Local outer(log, "outer");
  const int answer = co_await ask(shard, log, handle);
  log.push_back("went on with " + std::to_string(answer));
}

base::Task<> nap(Shard& shard, Log& log, std::string name) {
  const Local local(log, std::move(name));
  co_await shard.sleep(1s);
  log.push_back("woke");
}

TEST_F(AbandonTest, WhatWaitsIsDestroyedWhereItWaits) {
  Handle<int> handle;
  inside(kHere, [&](Shard& shard) { shard.start(ask_and_tell(shard, log_, handle), [&] { log_.push_back("done"); }); });
  EXPECT_TRUE(log_.empty());
  shards_.abandon();
  EXPECT_EQ(log_, (Log{"inner gone", "outer gone"}));
}

TEST_F(AbandonTest, ACompletionThatComesLateFindsNothing) {
  Handle<int> before;
  Handle<int> after;
  inside(kHere, [&](Shard& shard) {
    shard.start(ask_and_tell(shard, log_, before), [] {});
    shard.start(ask_and_tell(shard, log_, after), [] {});
  });
  shards_.resume(before, 1);  // lies in the mailbox when the server stops
  shards_.abandon();
  shards_.resume(after, 2);
  worker_.run_until_idle();
  inside(kHere, [&](Shard& shard) { after.complete(shard, 3); });
  EXPECT_EQ(log_, (Log{"inner gone", "outer gone", "inner gone", "outer gone"}));
}

TEST_F(AbandonTest, WhoSleepsIsNotWoken) {
  inside(kHere, [&](Shard& shard) { shard.start(nap(shard, log_, "sleeper"), [] {}); });
  shards_.abandon();
  advance(2s);
  EXPECT_EQ(log_, (Log{"sleeper gone"}));
}

TEST_F(AbandonTest, TheNewestOfAShardIsFirstAndLetGoIsLast) {
  for (const ShardId id : {kThere, kHere}) {
    inside(id, [&](Shard& shard) {
      for (const char* const name : {"first", "second", "third"}) shard.start(nap(shard, log_, name), [] {});
    });
  }
  unsigned visited = 0;
  shards_.abandon([&](Shard& shard) {
    EXPECT_EQ(context.shard, &shard);
    EXPECT_EQ(shard.id(), visited++);
    if (shard.id() == kHere || shard.id() == kThere) log_.push_back("let go");
  });
  EXPECT_EQ(visited, kShards);
  EXPECT_EQ(log_, (Log{"third gone", "second gone", "first gone", "let go",  //
                       "third gone", "second gone", "first gone", "let go"}));
}

TEST_F(AbandonTest, WhatIsDoneIsNotThereAnyMore) {
  inside(kHere, [&](Shard& shard) {
    shard.start(nap(shard, log_, "sleeper"), [&] { log_.push_back("done"); });
    shard.start([]() -> base::Task<> { co_return; }(), [&] { log_.push_back("done at once"); });
  });
  advance(2s);
  const Log before{"done at once", "woke", "sleeper gone", "done"};
  EXPECT_EQ(log_, before);
  shards_.abandon();
  EXPECT_EQ(log_, before);
}

TEST_F(AbandonTest, DestructorsStartNothing) {
  // When it is gone, it would start somebody else and have something done in another shard.
  struct Starter {
    Shards& shards;
    Shard& shard;
    Log& log;
    ~Starter() {
      shard.start(nap(shard, log, "late"), [] {});
      EXPECT_EQ(shards.enter(kThere, [&all = log](Shard&) { all.push_back("entered"); }), Entry::Queued);
    }
  };
  const auto wait = [](Shards& shards, Shard& shard, Log& log) -> base::Task<> {
    const Starter starter{shards, shard, log};
    co_await shard.sleep(1s);
  };
  inside(kHere, [&](Shard& shard) { shard.start(wait(shards_, shard, log_), [] {}); });
  shards_.abandon();
  advance(2s);
  EXPECT_TRUE(log_.empty());
  EXPECT_FALSE(shards_.has_mail());
}

TEST_F(AbandonTest, MailIsDroppedWithAllItOwns) {
  auto owned = std::make_shared<int>(1);
  for (const ShardId id : {kHere, kThere}) {
    shards_.post(id, [this, owned](Shard&) { log_.push_back("ran"); });
  }
  EXPECT_EQ(owned.use_count(), 3);
  shards_.abandon();
  EXPECT_EQ(owned.use_count(), 1);
  worker_.run_until_idle();
  EXPECT_TRUE(log_.empty());
}

// The turn goes from one to the other by mail, and each drops it.
TEST_F(AbandonTest, ATurnIsPassedOnUntilNobodyIsLeft) {
  Turns turns(shards_, 10);
  const auto take = [](Turns& all, Shard& shard, Log& log, std::string name) -> base::Task<> {
    const Local local(log, std::move(name));
    auto taking = all.take(shard, "door");
    const auto turn = co_await taking;
    co_await shard.sleep(1s);
    log.push_back("was in");
  };
  for (const ShardId id : {kThere, kHere, kThere}) {
    inside(id, [&](Shard& shard) { shard.start(take(turns, shard, log_, std::to_string(id)), [] {}); });
  }
  shards_.abandon();
  EXPECT_EQ(log_, (Log{"3 gone", "200 gone", "200 gone"}));
  EXPECT_TRUE(turns.try_take("door"));
}

TEST_F(AbandonTest, ShardsThatAreGoneHaveEndedWhatWaited) {
  Log log;
  {
    Shards shards(clock_);
    ManualWorker worker(shards);
    worker.as_worker([&] {
      const auto run = [&](Shard& shard) { shard.start(nap(shard, log, "sleeper"), [] {}); };
      ASSERT_EQ(shards.enter(kHere, run), Entry::Ran);
    });
  }
  EXPECT_EQ(log, (Log{"sleeper gone"}));
}

TEST_F(AbandonTest, ATaskMayBeEndedBefore) {
  inside(kHere, [&](Shard& shard) {
    shard.start(nap(shard, log_, "first"), [] {});
    const auto second = shard.start(nap(shard, log_, "second"), [] {});
    shard.start(nap(shard, log_, "third"), [] {});
    second.destroy();
  });
  shards_.abandon();
  EXPECT_EQ(log_, (Log{"second gone", "third gone", "first gone"}));
}

}  // namespace
}  // namespace carillon::shard
