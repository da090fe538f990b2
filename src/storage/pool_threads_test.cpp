// SPDX-License-Identifier: Apache-2.0
// The pool: order in lanes, parallelism between them, bounds, stopping.
#include "storage/pool.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

namespace carillon::storage {
namespace {

using std::chrono::hours;

TEST(Pool, RunsEveryJob) {
  std::atomic<int> ran = 0;
  Pool pool({.threads = 3});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit([&ran] { ++ran; }));
  EXPECT_EQ(pool.stop(hours(1)), 0U);
  EXPECT_EQ(ran, 1000);
}

TEST(Pool, KeepsTheOrderOfALaneAndRunsOneAtATime) {
  constexpr std::size_t kLanes = 7;
  constexpr std::size_t kJobs = 500;
  std::vector<std::vector<std::size_t>> order(kLanes);  // no lock: only the lane's one running job touches its own
  std::vector<std::atomic<int>> inside(kLanes);
  std::atomic<bool> overlapped = false;
  Pool pool({.threads = 4});
  for (std::size_t job = 0; job < kJobs; ++job) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      ASSERT_TRUE(pool.submit(lane, [&, lane, job] {
        if (++inside[lane] != 1) overlapped = true;
        order[lane].push_back(job);
        --inside[lane];
      }));
    }
  }
  EXPECT_EQ(pool.stop(hours(1)), 0U);
  EXPECT_FALSE(overlapped);
  for (const auto& jobs : order) {
    ASSERT_EQ(jobs.size(), kJobs);
    EXPECT_TRUE(std::ranges::is_sorted(jobs));
  }
}

TEST(Pool, WithoutThreadsRunsJobsWhereItIsTold) {
  Pool pool({.threads = 0});
  std::vector<int> order;
  ASSERT_TRUE(pool.submit(1, [&] {
    order.push_back(1);
    ASSERT_TRUE(pool.submit([&order] { order.push_back(3); }));
  }));
  ASSERT_TRUE(pool.submit([&order] { order.push_back(2); }));
  EXPECT_TRUE(order.empty());
  EXPECT_TRUE(pool.run_pending());
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  EXPECT_FALSE(pool.run_pending());
}

// Two lanes' jobs wait for each other, which only ends when they run side by side; a third one of the first lane must
// not take the second thread.
TEST(Pool, RunsLanesSideBySide) {
  Pool pool({.threads = 2});
  std::latch both(2);
  ASSERT_TRUE(pool.submit(1, [&] { both.arrive_and_wait(); }));
  ASSERT_TRUE(pool.submit(1, [] {}));
  ASSERT_TRUE(pool.submit(2, [&] { both.arrive_and_wait(); }));
  EXPECT_EQ(pool.stop(hours(1)), 0U);
}

class BlockedPoolTest : public ::testing::Test {
 protected:
  // One thread, which is busy until release().
  BlockedPoolTest() {
    EXPECT_TRUE(pool.submit([this] {
      started.set_value();
      gate.get_future().wait();
    }));
    started.get_future().wait();
  }
  void release() { gate.set_value(); }

  std::promise<void> started;
  std::promise<void> gate;
  Pool pool{{.threads = 1, .queued_jobs = 3}};
};

TEST_F(BlockedPoolTest, AnswersAFullQueueWithAnError) {
  int ran = 0;
  EXPECT_TRUE(pool.submit([&] { ++ran; }));
  EXPECT_TRUE(pool.submit(9, [&] { ++ran; }));
  EXPECT_TRUE(pool.submit(9, [&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 3U);
  auto held = std::make_shared<int>(1);
  const auto refused = pool.submit(9, [held] { FAIL() << "must not run"; });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the storage pool's queue is full");
  EXPECT_EQ(held.use_count(), 1) << "a refused job is destroyed at once";
  release();
  EXPECT_EQ(pool.stop(hours(1)), 0U);
  EXPECT_EQ(ran, 3);
}

TEST_F(BlockedPoolTest, DropsWhatIsLeftWhenTheBoundHasPassed) {
  auto held = std::make_shared<int>(1);
  const auto job = [held] { FAIL() << "must not run"; };
  ASSERT_TRUE(pool.submit(job));
  ASSERT_TRUE(pool.submit(5, job));
  std::promise<std::size_t> dropped;
  std::thread stopper([&] { dropped.set_value(pool.stop(std::chrono::nanoseconds(1))); });
  // The bound has passed when the queue is emptied; the running job is still waited for.
  while (pool.queued() > 0) std::this_thread::yield();
  EXPECT_FALSE(pool.submit([] {}));
  release();
  stopper.join();
  EXPECT_EQ(dropped.get_future().get(), 2U);
  EXPECT_EQ(held.use_count(), 2) << "this one and `job`";
  EXPECT_EQ(pool.stop(hours(1)), 0U) << "a second stop does nothing";
}

TEST(Pool, SubmitsFromAJob) {
  std::promise<int> result;
  Pool pool({.threads = 1});
  ASSERT_TRUE(pool.submit(3, [&] { EXPECT_TRUE(pool.submit(3, [&] { result.set_value(42); })); }));
  EXPECT_EQ(result.get_future().get(), 42);
}

}  // namespace
}  // namespace carillon::storage
