// SPDX-License-Identifier: Apache-2.0
// What a server refuses to start with, and the function that ends one.
#include "modules/cfgutils/cfgutils.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "testing/scenario/player.h"

namespace carillon::cfgutils {
namespace {

// What kept a server with these statements from starting.
std::string refusal(std::string_view setup) {
  const std::string text =
      "load cfgutils\n" + std::string(setup) + "\n\nsend alice OPTIONS sip:example.org\nexpect alice 200\n";
  const auto scenario = testing::Scenario::parse("cfgutils_test.cpp", text);
  const auto played = testing::Player(scenario).play();
  return played ? "none" : played.error().message;
}
bool refuses(std::string_view setup, std::string_view why) {
  const std::string told = refusal(setup);
  if (told.find(why) != std::string::npos) return true;
  ADD_FAILURE() << setup << "\n" << told;
  return false;
}

constexpr std::string_view kScript = "\nscript route { send_reply(200, \"OK\"); }";

TEST(Cfgutils, RefusesParametersThatMeanNothing) {
  EXPECT_EQ(refusal(kScript), "none");
  EXPECT_TRUE(refuses("modparam cfgutils shvset \"debug\"" + std::string(kScript), "name=i:number or name=s:text"));
  EXPECT_TRUE(refuses("modparam cfgutils shvset \"debug=i:x\"" + std::string(kScript), "'x' is not a number"));
  EXPECT_TRUE(refuses("modparam cfgutils varset \"=i:1\"" + std::string(kScript), "name=i:number or name=s:text"));
  EXPECT_TRUE(refuses("modparam cfgutils initial_probability 101" + std::string(kScript), "from 0 to 100"));
  EXPECT_TRUE(refuses("modparam cfgutils hash_file \"/nowhere/at/all\"" + std::string(kScript), "hash_file"));
  EXPECT_TRUE(refuses("modparam cfgutils max_lock_wait -1" + std::string(kScript), "must not be negative"));
}

TEST(Cfgutils, ReadsLiteralsWhenTheScriptIsCompiled) {
  const auto in_route = [](std::string_view statement) { return "script route { " + std::string(statement) + " }"; };
  EXPECT_TRUE(refuses(in_route("check_time_rec(\"20210230T000000\");"), "'20210230T000000' is no dtstart"));
  EXPECT_TRUE(refuses(in_route("check_time_rec(\"Europe/Nowhere|20210101T000000\");"), "there is no time zone"));
  EXPECT_TRUE(refuses(in_route("$var(x) = $ctime(century);"), "must be sec, min"));
  EXPECT_TRUE(refuses(in_route("get_static_lock($ci);"), "has to be a constant"));
  EXPECT_TRUE(refuses(in_route("$env(PATH) = \"x\";"), "can't be written"));
}

TEST(CfgutilsDeathTest, AbortEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(static_cast<void>(refusal("script route { abort(); }")), "");
}

TEST(Cfgutils, TellsWhetherAFileHasChanged) {
  const std::string path = ::testing::TempDir() + "cfgutils_hash_test";
  const auto write = [&path](const char* text) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fputs(text, file);
    std::fclose(file);
  };
  write("abc");
  const std::string text = "load cfgutils\nmodparam cfgutils hash_file \"" + path + "\"" + std::string(kScript) +
                           "\n\ncommand get_config_hash  result ~ \"900150983cd24fb0d6963f7d28e17f72\"\n"
                           "command check_config_hash  result ~ \"is identical\"\n";
  const auto played = testing::Player(testing::Scenario::parse("cfgutils_test.cpp", text)).play();
  EXPECT_TRUE(played.has_value()) << played.error().message;
  std::remove(path.c_str());
}

}  // namespace
}  // namespace carillon::cfgutils
