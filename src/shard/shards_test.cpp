// SPDX-License-Identifier: Apache-2.0
// Entering, posting and waiting, on one thread with a fake clock.
#include "shard/shards.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "shard/suspension.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::shard {
namespace {

using namespace std::chrono_literals;

constexpr ShardId kHere = 3;
constexpr ShardId kThere = 200;

class ShardsTest : public ::testing::Test {
 protected:
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }
  // Runs `f` inside a shard, as a worker would.
  template <typename F>
  void inside(ShardId id, F&& f) {
    worker_.as_worker([&] { ASSERT_EQ(shards_.enter(id, std::ref(f)), Entry::Ran); });
  }

  testing::FakeClock clock_;
  Shards shards_{clock_, {.mailbox = 4, .items_per_entry = 2}};
  ManualWorker worker_{shards_};
  std::vector<std::string> log_;
};

TEST_F(ShardsTest, RunsAtOnceWhenNobodyIsInside) {
  inside(kHere, [&](Shard& shard) {
    EXPECT_EQ(shard.id(), kHere);
    EXPECT_EQ(context.shard, &shard);
    log_.push_back("ran");
  });
  EXPECT_EQ(log_.size(), 1U);
  EXPECT_EQ(context.shard, nullptr);
}

TEST_F(ShardsTest, EnteringFromInsideRunsAfterLeaving) {
  inside(kHere, [&](Shard&) {
    const Entry entry = shards_.enter(kHere, [&](Shard&) { log_.push_back("second"); });
    EXPECT_EQ(entry, Entry::Queued);
    log_.push_back("first");
  });
  EXPECT_EQ(log_, (std::vector<std::string>{"first", "second"}));
}

TEST_F(ShardsTest, WhatIsKeptIsMadeOnlyWhenItMustWait) {
  int copies = 0;
  const auto keep = [&] {
    ++copies;
    return Item([&](Shard&) { log_.push_back("kept"); });
  };
  worker_.as_worker([&] {
    EXPECT_EQ(shards_.enter(kHere, [&](Shard&) { log_.push_back("direct"); }, keep), Entry::Ran);
    EXPECT_EQ(copies, 0);
  });
  inside(kThere, [&](Shard&) {
    EXPECT_EQ(shards_.enter(kHere, [&](Shard&) { log_.push_back("direct"); }, keep), Entry::Queued);
  });
  EXPECT_EQ(copies, 1);
  worker_.run_until_idle();
  EXPECT_EQ(log_, (std::vector<std::string>{"direct", "kept"}));
}

TEST_F(ShardsTest, PostToAnotherShardRunsAfterThePosterHasLeft) {
  inside(kHere, [&](Shard&) {
    shards_.post(kThere, [&](Shard& shard) { log_.push_back("there " + std::to_string(shard.id())); });
    log_.push_back("here");
  });
  EXPECT_EQ(log_, (std::vector<std::string>{"here"}));
  worker_.run_until_idle();
  EXPECT_EQ(log_, (std::vector<std::string>{"here", "there 200"}));
}

TEST_F(ShardsTest, PostsFromOutsideWorkersWaitForAWorker) {
  shards_.post(kHere, [&](Shard&) { log_.push_back("posted"); });
  EXPECT_TRUE(shards_.has_mail());
  EXPECT_TRUE(log_.empty());
  EXPECT_TRUE(worker_.run_round());
  EXPECT_EQ(log_.size(), 1U);
  EXPECT_FALSE(shards_.has_mail());
}

TEST_F(ShardsTest, MailRunsBeforeWhoComesLater) {
  shards_.post(kHere, [&](Shard&) { log_.push_back("earlier"); });
  inside(kHere, [&](Shard&) { log_.push_back("later"); });
  EXPECT_EQ(log_, (std::vector<std::string>{"earlier", "later"}));
}

TEST_F(ShardsTest, AFullMailboxRefusesButNotCompletions) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(shards_.try_post(kHere, [&](Shard&) { log_.push_back("taken"); }));
  EXPECT_FALSE(shards_.try_post(kHere, [&](Shard&) { log_.push_back("refused"); }));
  inside(kThere,
         [&](Shard&) { EXPECT_EQ(shards_.enter(kHere, [&](Shard&) { log_.push_back("refused"); }), Entry::Refused); });
  shards_.post(kHere, [&](Shard&) { log_.push_back("completion"); });
  worker_.run_until_idle();
  EXPECT_EQ(log_, (std::vector<std::string>{"taken", "taken", "taken", "taken", "completion"}));
}

TEST_F(ShardsTest, AnEntryEndsAfterItsShareOfItems) {
  for (int i = 0; i < 3; ++i) shards_.post(kHere, [&](Shard&) { log_.push_back("item"); });
  EXPECT_TRUE(worker_.run_round());
  EXPECT_EQ(log_.size(), 2U);
  EXPECT_TRUE(shards_.has_mail());
  EXPECT_TRUE(worker_.run_round());
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_FALSE(worker_.run_round());
}

TEST_F(ShardsTest, TimersFireInsideTheirShard) {
  struct Owner {
    void on_timer() { inside = context.shard; }
    Shard* inside = nullptr;
    Timer timer = Timer::calling<&Owner::on_timer>(this);
  } owner;
  inside(kHere, [&](Shard& shard) { shard.schedule(owner.timer, 500ms); });
  EXPECT_LE(shards_.next_due(), clock_.now() + 510ms);
  advance(499ms);
  EXPECT_EQ(owner.inside, nullptr);
  advance(11ms);
  EXPECT_EQ(owner.inside, &shards_.shard(kHere));
  EXPECT_EQ(shards_.next_due(), base::TimePoint::max());
}

TEST_F(ShardsTest, IdleShardsAreNeverDue) { EXPECT_EQ(shards_.next_due(), base::TimePoint::max()); }

base::Task<std::string> ask(Shard& shard, Handle<std::string>& handle) {
  auto answer = shard.suspend<std::string>();
  handle = answer.handle();
  co_return co_await answer + "!";
}

TEST_F(ShardsTest, ACompletionResumesInsideTheShard) {
  Handle<std::string> handle;
  inside(kHere, [&](Shard& shard) {
    base::start(ask(shard, handle), [&](std::string answer) {
      EXPECT_EQ(context.shard, &shards_.shard(kHere));
      log_.push_back(std::move(answer));
    });
  });
  EXPECT_TRUE(log_.empty());
  shards_.resume(handle, "answer");
  EXPECT_TRUE(log_.empty());
  worker_.run_until_idle();
  EXPECT_EQ(log_, (std::vector<std::string>{"answer!"}));
  shards_.resume(handle, "again");
  worker_.run_until_idle();
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(ShardsTest, AWorkerOutsideOfShardsCompletesAtOnce) {
  std::vector<Handle<std::string>> handles(4);
  inside(kHere, [&](Shard& shard) {
    for (auto& handle : handles) {
      base::start(ask(shard, handle), [&](std::string answer) {
        EXPECT_EQ(context.shard, &shards_.shard(kHere));
        log_.push_back(std::move(answer));
      });
    }
  });
  worker_.as_worker([&] {
    shards_.resume_here(handles[0], "first");
    EXPECT_EQ(log_, (std::vector<std::string>{"first!"}));
    shards_.resume_here(handles[0], "again");
    EXPECT_EQ(log_.size(), 1U);
  });
  inside(kThere, [&](Shard&) { shards_.resume_here(handles[1], "second"); });
  inside(kHere, [&](Shard&) {
    shards_.resume_here(handles[2], "third");
    log_.push_back("inside");
  });
  shards_.resume_here(handles[3], "fourth");  // no worker
  EXPECT_TRUE(shards_.has_mail());
  worker_.run_until_idle();
  EXPECT_EQ(log_, (std::vector<std::string>{"first!", "second!", "inside", "third!", "fourth!"}));
}

TEST_F(ShardsTest, WhatIsCompletedBeforeItIsAwaitedNeverWaits) {
  const auto ask_at_once = [](Shards& shards, Shard& in) -> base::Task<std::string> {
    auto answer = in.suspend<std::string>();
    shards.resume_here(answer.handle(), "at once");
    co_return co_await answer;
  };
  inside(kHere, [&](Shard& shard) {
    base::start(ask_at_once(shards_, shard), [&](std::string answer) { log_.push_back(std::move(answer)); });
    log_.push_back("after");
  });
  EXPECT_EQ(log_, (std::vector<std::string>{"at once", "after"}));
}

TEST_F(ShardsTest, ACompletionMayComeBeforeTheWait) {
  inside(kHere, [&](Shard& shard) {
    const auto run = [](Shards& shards, Shard& in, std::vector<std::string>& log) -> base::Task<> {
      auto answer = in.suspend<std::unique_ptr<int>>();
      shards.resume(answer.handle(), std::make_unique<int>(7));
      co_await in.sleep(1s);
      log.push_back(std::to_string(*co_await answer));
    };
    base::start(run(shards_, shard, log_), [] {});
  });
  advance(500ms);
  EXPECT_TRUE(log_.empty());
  advance(510ms);
  EXPECT_EQ(log_, (std::vector<std::string>{"7"}));
}

TEST_F(ShardsTest, StaleCompletionsAreDropped) {
  Handle<void> stale;
  Handle<void> fresh;
  inside(kHere, [&](Shard& shard) {
    {
      const auto ended = shard.suspend<void>();
      stale = ended.handle();
    }
    const auto wait = [](Shard& in, Handle<void>& handle, std::vector<std::string>& log) -> base::Task<> {
      auto done = in.suspend<void>();  // takes the place of the one that ended
      handle = done.handle();
      co_await done;
      log.push_back("done");
    };
    base::start(wait(shard, fresh, log_), [] {});
  });
  shards_.resume(stale);
  shards_.resume(Handle<void>{});
  worker_.run_until_idle();
  EXPECT_TRUE(log_.empty());
  shards_.resume(fresh);
  worker_.run_until_idle();
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(ShardsTest, SleepEndsWithTheCoroutine) {
  const auto nap = [](Shard& in, std::vector<std::string>& log) -> base::Task<> {
    co_await in.sleep(1s);
    log.push_back("woke");
  };
  inside(kHere, [&](Shard& shard) {
    auto task = nap(shard, log_);
    task.await_suspend(std::noop_coroutine()).resume();
  });
  advance(2s);
  EXPECT_TRUE(log_.empty());
  inside(kHere, [&](Shard& shard) { base::start(nap(shard, log_), [] {}); });
  advance(2s);
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(ShardsTest, NowIsReadOnceAnItem) {
  inside(kHere, [&](Shard& shard) {
    const base::TimePoint first = shard.now();
    clock_.advance(1s);
    EXPECT_EQ(shard.now(), first);
  });
  inside(kHere, [&](Shard& shard) { EXPECT_EQ(shard.now(), clock_.now()); });
}

TEST(ShardsDeathTest, OnlyWorkersEnter) {
  const testing::FakeClock clock;
  Shards shards(clock);
  EXPECT_DEATH(static_cast<void>(shards.enter(0, [](Shard&) {})), "kNoWorker");
}

}  // namespace
}  // namespace carillon::shard
