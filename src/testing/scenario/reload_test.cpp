// SPDX-License-Identifier: Apache-2.0
// Scripts that were replaced: each lives as long as something runs on it, and no longer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "testing/scenario/world.h"

namespace carillon::testing {
namespace {

std::string script_number(int number) {
  return fmt::format("route {{ xlog(\"script {}\\n\"); exit; }}\ntimer_route[t, 1] {{ xlog(\"timer of {}\\n\"); }}\n",
                     number, number);
}

// The answer of reload_routes.
std::string reload(World& world, int number) {
  world.change_script(script_number(number));
  auto answer = std::make_shared<std::optional<std::string>>();
  EXPECT_TRUE(world.commands()
                  .dispatch(R"({"jsonrpc":"2.0","id":1,"method":"reload_routes"})",
                            [answer](std::string text) { *answer = std::move(text); })
                  .has_value());
  world.advance(std::chrono::milliseconds(1));
  return answer->value_or("no answer");
}

TEST(Reload, AScriptIsGoneOnceNothingRunsOnIt) {
  constexpr int kReloads = 1000;
  World world;
  World::Setup setup;
  setup.path = "reload";
  setup.script = script_number(0);
  const auto started = world.start(setup);
  ASSERT_TRUE(started.has_value()) << started.error().message;
  std::vector<std::weak_ptr<const script::Program>> programs;
  for (int number = 1; number <= kReloads; ++number) {
    programs.emplace_back(world.program());
    ASSERT_NE(reload(world, number).find("\"OK\""), std::string::npos);
    if (number % 100 == 0) world.advance(std::chrono::seconds(2));
  }
  EXPECT_EQ(std::ranges::count_if(programs, [](const auto& program) { return !program.expired(); }), 0);
}

}  // namespace
}  // namespace carillon::testing
