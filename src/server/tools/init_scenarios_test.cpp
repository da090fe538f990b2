// SPDX-License-Identifier: Apache-2.0
// The scripts of `carillon init` at work: the scenarios of tests/init, whose first line says how the script is made.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "server/tools/init.h"
#include "testing/scenario/player.h"

namespace carillon::server {
namespace {

// "# residential --use-auth --domain example.org"
InitOptions options_in(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> words = testing::split_words(line);
  InitOptions options{.name = words.at(1)};
  for (std::size_t at = 2; at < words.size(); ++at) {
    const std::string flag = words[at].substr(2);
    if (flag == "domain") {
      options.domains.push_back(words.at(++at));
    } else if (flag == "voicemail-uri") {
      options.voicemail_uri = words.at(++at);
    } else {
      const auto all = script_switches();
      const auto found = std::ranges::find(all, flag, &ScriptSwitch::flag);
      EXPECT_NE(found, all.end()) << words[at];
      if (found != all.end()) options.switches.insert(std::string(found->name));
    }
  }
  return options;
}

TEST(InitScenarios, Play) {
  int played = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/init")) {
    if (entry.path().extension() != ".scn") continue;
    const auto script = make_script(options_in(entry.path().string()));
    ASSERT_TRUE(script.has_value()) << script.error().message;
    const auto scenario = testing::Scenario::load(entry.path().string());
    ASSERT_TRUE(scenario.has_value());
    testing::Player player(*scenario,
                           {.script = script::Source::from_text(script->text, "init.cfg"), .recorded = true});
    const auto result = player.play();
    EXPECT_TRUE(result.has_value()) << result.error().message;
    ++played;
  }
  EXPECT_GE(played, 2) << "run from the root of the repository";
}

}  // namespace
}  // namespace carillon::server
