// SPDX-License-Identifier: Apache-2.0
// The reactor: jobs in order, no more at once than the limit, descriptors and moments that are told, and its end.
#include "module/reactor.h"

#include <gmock/gmock.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace carillon::module {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Each job is an eventfd that is waited for, or a moment.
class Waits final : public Reactor::Work {
 public:
  explicit Waits(storage::Pool& pool, const Reactor::Limits& limits) : reactor(*this, pool, limits) {
    EXPECT_TRUE(reactor.start());
  }
  ~Waits() override { reactor.stop(base::Duration::zero()); }

  // Any thread.
  [[nodiscard]] bool wait_for(int descriptor) {
    return reactor
        .submit([this, descriptor] {
          EXPECT_TRUE(reactor.watch(descriptor, EPOLLIN));
          descriptors_.push_back(descriptor);
          note_begin();
        })
        .has_value();
  }
  [[nodiscard]] bool wait_for(base::Duration time) {
    return reactor
        .submit([this, time] {
          moments_.push_back(std::chrono::steady_clock::now() + time);
          note_begin();
        })
        .has_value();
  }

  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::atomic<int> most = 0;
  std::atomic<int> abandoned = 0;
  std::vector<int> order;  // of descriptors that were ready; read once it has stopped
  Reactor reactor;

 private:
  void note_begin() {
    ++begun;
    most = std::max(most.load(), static_cast<int>(under_way()));
  }
  void on_ready(int descriptor, std::uint32_t /*events*/) override {
    reactor.forget(descriptor);
    std::erase(descriptors_, descriptor);
    order.push_back(descriptor);
    ++ended;
  }
  [[nodiscard]] base::TimePoint due() const override {
    return moments_.empty() ? base::TimePoint::max() : *std::ranges::min_element(moments_);
  }
  void on_due(base::TimePoint now) override {
    ended += static_cast<int>(std::erase_if(moments_, [now](base::TimePoint moment) { return moment <= now; }));
  }
  [[nodiscard]] std::size_t under_way() const override { return descriptors_.size() + moments_.size(); }
  void abandon() override { abandoned = static_cast<int>(under_way()); }

  std::vector<int> descriptors_;
  std::vector<base::TimePoint> moments_;
};

class Event {
 public:
  Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Event() { ::close(descriptor_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  void happen() const { ASSERT_EQ(::eventfd_write(descriptor_, 1), 0); }

 private:
  int descriptor_;
};

bool wait_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class ReactorTest : public ::testing::Test {
 protected:
  storage::Pool pool_{{.threads = 1}};
};

TEST_F(ReactorTest, TellsWhatIsReadyInTheOrderOfEvents) {
  Waits waits(pool_, {});
  const std::vector<Event> events(5);
  for (const Event& event : events) ASSERT_TRUE(waits.wait_for(event.descriptor()));
  ASSERT_TRUE(wait_until([&] { return waits.begun == 5; }));
  std::vector<int> expected;
  for (const std::size_t at : {3U, 0U, 4U, 1U, 2U}) {
    expected.push_back(events[at].descriptor());
    events[at].happen();
    ASSERT_TRUE(wait_until([&] { return waits.ended == static_cast<int>(expected.size()); }));
  }
  waits.reactor.stop(10s);
  EXPECT_EQ(waits.order, expected);
}

TEST_F(ReactorTest, TellsWhenItIsTime) {
  Waits waits(pool_, {});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(waits.wait_for(std::chrono::milliseconds(i)));
  EXPECT_TRUE(wait_until([&] { return waits.ended == 10; }));
}

TEST_F(ReactorTest, BeginsNoMoreThanTheLimitAndTheOthersLater) {
  Waits waits(pool_, {.under_way = 3, .queued = 100});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(waits.wait_for(1ms));
  EXPECT_TRUE(wait_until([&] { return waits.ended == 20; }));
  EXPECT_EQ(waits.most, 3);
}

TEST_F(ReactorTest, RefusesWhatWouldBeTooMany) {
  Waits waits(pool_, {.under_way = 1, .queued = 2});
  const Event never;
  ASSERT_TRUE(waits.wait_for(never.descriptor()));
  ASSERT_TRUE(wait_until([&] { return waits.begun == 1; }));
  EXPECT_TRUE(waits.wait_for(1ms));
  EXPECT_TRUE(waits.wait_for(1ms));
  EXPECT_FALSE(waits.wait_for(1ms));
}

TEST_F(ReactorTest, TakesJobsFromManyThreads) {
  Waits waits(pool_, {.under_way = 1000, .queued = 100'000});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&waits] {
      for (int job = 0; job < 500; ++job) EXPECT_TRUE(waits.wait_for(base::Duration::zero()));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(wait_until([&] { return waits.ended == 2000; }));
}

TEST_F(ReactorTest, LetsWhatIsUnderWayEndWhenItStops) {
  Waits waits(pool_, {.under_way = 2, .queued = 100});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(waits.wait_for(10ms));
  waits.reactor.stop(30s);
  EXPECT_EQ(waits.ended, 6);
  EXPECT_EQ(waits.abandoned, 0);
  EXPECT_FALSE(waits.wait_for(1ms));
}

TEST_F(ReactorTest, AbandonsWhatDoesNotEnd) {
  Waits waits(pool_, {});
  const Event never;
  ASSERT_TRUE(waits.wait_for(never.descriptor()));
  ASSERT_TRUE(wait_until([&] { return waits.begun == 1; }));
  waits.reactor.stop(10ms);
  EXPECT_EQ(waits.abandoned, 1);
}

TEST_F(ReactorTest, WithoutThreadsWorksWhereThePoolIsRun) {
  storage::Pool none({.threads = 0});
  Waits waits(none, {});
  ASSERT_TRUE(waits.wait_for(1ms));
  ASSERT_TRUE(waits.wait_for(2ms));
  EXPECT_EQ(waits.begun, 0);
  EXPECT_TRUE(none.run_pending());
  EXPECT_EQ(waits.ended, 2);
}

}  // namespace
}  // namespace carillon::module
