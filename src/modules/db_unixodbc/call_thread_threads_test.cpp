// SPDX-License-Identifier: Apache-2.0
// Calls that come back, late or never.
#include "modules/db_unixodbc/call_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <vector>

namespace carillon::db_unixodbc {
namespace {

using std::chrono::milliseconds;

// For a thread of a busy machine to begin.
constexpr base::Duration kSoon = milliseconds(500);
constexpr base::Duration kLong = std::chrono::seconds(20);

class CallThreadTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<CallThread> start() const {
    auto thread = std::move(CallThread::start(left).value());
    EXPECT_TRUE(thread->run([] {}, kLong));  // it is there
    return thread;
  }

  // A call that lasts until `end`, and notes that it and what it owns are gone.
  static Calls::Call lasting(std::shared_future<void> end, std::promise<void> gone) {
    struct Noting {
      std::promise<void> gone;
      ~Noting() { gone.set_value(); }
    };
    return [end = std::move(end), noting = std::make_unique<Noting>(std::move(gone))] { end.wait(); };
  }
  void wait_for_count(std::size_t count) const {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (left->count() != count && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(left->count(), count);
  }

  std::shared_ptr<LeftBehind> left = std::make_shared<LeftBehind>(2);
};

TEST_F(CallThreadTest, RunsOneAfterTheOther) {
  const auto thread = start();
  std::vector<int> ran;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(thread->run([&ran, i] { ran.push_back(i); }, kLong));
    ASSERT_EQ(ran.size(), static_cast<std::size_t>(i) + 1);
  }
  ASSERT_TRUE(thread->run([&ran] { ran.clear(); }, CallThread::kForEver));
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(left->count(), 0U);
}

TEST_F(CallThreadTest, LeavesWhatDoesntComeBack) {
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  std::promise<void> first;
  std::promise<void> second;
  auto first_gone = first.get_future();
  auto second_gone = second.get_future();
  {
    const auto thread = start();
    EXPECT_FALSE(thread->run(lasting(ended, std::move(first)), kSoon));
    EXPECT_TRUE(thread->was_left());
    EXPECT_FALSE(left->is_full());
    EXPECT_FALSE(start()->run(lasting(ended, std::move(second)), kSoon));
  }
  EXPECT_TRUE(left->is_full());
  EXPECT_EQ(first_gone.wait_for(milliseconds(0)), std::future_status::timeout) << "it still runs";
  EXPECT_TRUE(start()->run([] {}, kLong)) << "others aren't held up";
  end.set_value();
  first_gone.wait();
  second_gone.wait();
  wait_for_count(0);
}

TEST_F(CallThreadTest, ACallThatCallsBackIsHeard) {
  const auto thread = start();
  Calls& calls = thread->calls();
  int called = 0;
  const auto calling = [&calls, &called] {
    for (int i = 0; i < 4; ++i) {
      std::this_thread::sleep_for(milliseconds(60));
      calls.call_back([&called] {
        std::this_thread::sleep_for(milliseconds(240));  // who waits takes longer than the call may
        return ++called > 0;
      });
    }
  };
  EXPECT_TRUE(thread->run(calling, milliseconds(200)));
  EXPECT_EQ(called, 4);
}

TEST_F(CallThreadTest, NobodyIsCalledBackWhoHasLeft) {
  std::promise<void> end;
  std::promise<bool> wanted;
  auto was_wanted = wanted.get_future();
  {
    const auto thread = start();
    EXPECT_FALSE(thread->run(
        [ended = end.get_future(), &calls = thread->calls(), wanted = std::move(wanted)]() mutable {
          ended.wait();
          wanted.set_value(calls.call_back([] { return true; }));
        },
        kSoon));
  }
  end.set_value();
  EXPECT_FALSE(was_wanted.get());
  wait_for_count(0);
}

}  // namespace
}  // namespace carillon::db_unixodbc
