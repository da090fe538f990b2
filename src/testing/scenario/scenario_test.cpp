// SPDX-License-Identifier: Apache-2.0
// Plays every file of tests/scenarios/.
#include "testing/scenario/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/strings.h"
#include "testing/scenario/player.h"

namespace carillon::testing {
namespace {

constexpr const char* kFolder = "tests/scenarios";

std::vector<std::string> scenario_files() {
  std::vector<std::string> files;
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder, missing)) {
    if (entry.path().extension() == ".scn") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

// "tests/scenarios/proxy/basic_call.scn" is the case proxy_basic_call.
std::string case_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::relative(info.param, kFolder).replace_extension().string();
  std::ranges::replace_if(name, [](char c) { return !base::is_alpha(c) && !base::is_digit(c); }, '_');
  return name;
}

class ScenarioFile : public ::testing::TestWithParam<std::string> {};

TEST_P(ScenarioFile, Plays) {
  const auto scenario = Scenario::load(GetParam());
  ASSERT_TRUE(scenario.has_value()) << scenario.error().message;
  Player player(*scenario, {.script = {}, .recorded = true});
  const auto played = player.play();
  ASSERT_TRUE(played.has_value()) << played.error().message;
  const auto stopped = player.stop_server();
  EXPECT_TRUE(stopped.has_value()) << stopped.error().message;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, ScenarioFile, ::testing::ValuesIn(scenario_files()), case_name);

// Without this an empty folder would pass.
TEST(Scenarios, AreThere) { EXPECT_FALSE(scenario_files().empty()) << "run from the root of the repository"; }

}  // namespace
}  // namespace carillon::testing
