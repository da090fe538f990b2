// SPDX-License-Identifier: Apache-2.0
// Compound assignments of many threads to one variable: none is lost.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "modules/cfgutils/shared_variables.h"
#include "testing/simulation.h"

namespace carillon::cfgutils {
namespace {

TEST(SharedVariablesThreads, LoseNoAddition) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 5000;
  carillon::testing::Simulation simulation;
  SharedVariables variables(simulation.shards(), {.variables = 10, .bytes = 100});
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&variables] {
      base::Arena arena;
      for (int n = 0; n < kTimes; ++n) {
        EXPECT_TRUE(variables.update("sum", script::Operator::Add, script::Value::integer(1), arena).has_value());
        EXPECT_TRUE(variables.write("text", script::Value::text("a text that is longer than a small one")).has_value());
        EXPECT_NE(variables.read("text", arena).as_text().size(), 1U);
        EXPECT_TRUE(n % 1000 != 0 || !variables.all().empty());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  base::Arena arena;
  EXPECT_EQ(variables.read("sum", arena).as_integer(), kThreads * kTimes);
}

}  // namespace
}  // namespace carillon::cfgutils
