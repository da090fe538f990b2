// SPDX-License-Identifier: Apache-2.0
// Counters, gauges, histograms and their names.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "metrics/counter.h"
#include "metrics/histogram.h"
#include "metrics/registry.h"

namespace carillon::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names(const std::vector<Sample>& samples) {
  std::vector<std::string> result;
  for (const Sample& sample : samples) result.push_back(sample.group + ":" + sample.name);
  return result;
}

TEST(Counter, CountsFromZeroAndResets) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0U);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42U);
  counter.reset();
  EXPECT_EQ(counter.value(), 0U);
  counter.add(3);
  EXPECT_EQ(counter.value(), 3U);
}

TEST(Counter, CellsOfADestroyedCounterStartFromZeroForTheNext) {
  for (int i = 0; i < 20; ++i) {
    Counter counter;
    EXPECT_EQ(counter.value(), 0U);
    counter.add(5);
  }
}

TEST(Histogram, BucketsFollowOneAnotherWithoutGapsAndErrByAnEighth) {
  std::size_t previous = 0;
  for (std::uint64_t value = 0; value < 100'000; ++value) {
    const std::size_t bucket = HistogramBuckets::of(value);
    ASSERT_TRUE(bucket == previous || bucket == previous + 1) << value;
    ASSERT_LE(HistogramBuckets::lower_bound(bucket), value);
    ASSERT_GT(HistogramBuckets::lower_bound(bucket + 1), value);
    ASSERT_LE(HistogramBuckets::lower_bound(bucket + 1) - HistogramBuckets::lower_bound(bucket), value / 8 + 1);
    previous = bucket;
  }
  EXPECT_EQ(HistogramBuckets::of((std::uint64_t{1} << 32) - 1), HistogramBuckets::kCount - 1);
  EXPECT_EQ(HistogramBuckets::of(std::uint64_t{1} << 31), HistogramBuckets::kCount - 8);
  EXPECT_EQ(HistogramBuckets::of(~std::uint64_t{0}), HistogramBuckets::kCount - 1);
}

TEST(Histogram, Quantiles) {
  Histogram histogram;
  EXPECT_EQ(histogram.snapshot().quantile(0.5), 0U);
  for (std::uint64_t value = 1; value <= 1000; ++value) histogram.record(value);
  const Histogram::Snapshot snapshot = histogram.snapshot();
  EXPECT_EQ(snapshot.count, 1000U);
  EXPECT_EQ(snapshot.sum, 500'500U);
  EXPECT_NEAR(static_cast<double>(snapshot.quantile(0.5)), 500, 500.0 / 8);
  EXPECT_NEAR(static_cast<double>(snapshot.quantile(0.99)), 990, 990.0 / 8);
  EXPECT_GE(snapshot.quantile(1.0), 1000U);
  EXPECT_EQ(snapshot.quantile(0.001), 1U);
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    EXPECT_TRUE(registry.add("tm", "received_replies", replies, "Replies received."));
    EXPECT_TRUE(registry.add("tm", "inuse_transactions", in_use));
    EXPECT_TRUE(registry.add("core", "timestamp", [] { return std::uint64_t{77}; }));
    EXPECT_TRUE(registry.add("core", "received_replies", core_replies));
  }

  Counter replies;
  Counter core_replies;
  Gauge in_use;
  Registry registry;
};

TEST_F(RegistryTest, SelectsByEveryForm) {
  EXPECT_THAT(names(registry.read("all")),
              ElementsAre("core:timestamp", "core:received_replies", "tm:received_replies", "tm:inuse_transactions"));
  EXPECT_THAT(names(registry.read("tm:")), ElementsAre("tm:received_replies", "tm:inuse_transactions"));
  EXPECT_THAT(names(registry.read("tm:received_replies")), ElementsAre("tm:received_replies"));
  EXPECT_THAT(names(registry.read("received_replies")), ElementsAre("core:received_replies"));
  EXPECT_THAT(registry.read("nothing"), IsEmpty());
  EXPECT_THAT(registry.read("nothing:"), IsEmpty());
  EXPECT_THAT(registry.read("tm:nothing"), IsEmpty());
  EXPECT_THAT(registry.read(""), IsEmpty());
}

TEST_F(RegistryTest, ReadsValuesAndKinds) {
  replies.add(3);
  in_use.add(2);
  EXPECT_EQ(registry.read("tm:received_replies").at(0).value, 3U);
  EXPECT_EQ(registry.read("tm:received_replies").at(0).kind, Kind::Incremental);
  EXPECT_EQ(registry.read("tm:inuse_transactions").at(0).value, 2U);
  EXPECT_EQ(registry.read("tm:inuse_transactions").at(0).kind, Kind::NonIncremental);
  EXPECT_EQ(registry.read("timestamp").at(0).value, 77U);
  in_use.subtract(5);
  EXPECT_EQ(registry.read("tm:inuse_transactions").at(0).value, 0U) << "a gauge never reads as a huge number";
  EXPECT_EQ(registry.help("tm", "received_replies"), "Replies received.");
}

TEST_F(RegistryTest, ResetsCountersOnly) {
  replies.add(3);
  core_replies.add(4);
  in_use.add(2);
  EXPECT_TRUE(registry.reset("tm:"));
  EXPECT_EQ(replies.value(), 0U);
  EXPECT_EQ(core_replies.value(), 4U);
  EXPECT_EQ(in_use.value(), 2);
  EXPECT_FALSE(registry.reset("nothing"));
  EXPECT_TRUE(registry.reset("timestamp"));
}

TEST_F(RegistryTest, RefusesANameThatIsTaken) {
  Counter other;
  const auto result = registry.add("tm", "received_replies", other);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "statistic tm:received_replies exists already");
}

TEST_F(RegistryTest, KeepsCountersNamedAtRunTime) {
  Counter* first = registry.counter("location", "location-users").value();
  first->add(9);
  EXPECT_EQ(registry.counter("location", "location-users").value(), first);
  EXPECT_EQ(registry.read("location-users").at(0).value, 9U);
  EXPECT_EQ(registry.counter("tm", "received_replies").value(), &replies);
  EXPECT_FALSE(registry.counter("core", "timestamp"));
}

TEST_F(RegistryTest, ListsHistograms) {
  Histogram latency;
  ASSERT_TRUE(registry.add("core", "latency", latency, "Microseconds."));
  EXPECT_FALSE(registry.add("core", "latency", latency));
  latency.record(5);
  ASSERT_EQ(registry.histograms().size(), 1U);
  EXPECT_EQ(registry.histograms().at(0).histogram->snapshot().count, 1U);
}

}  // namespace
}  // namespace carillon::metrics
