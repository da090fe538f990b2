// SPDX-License-Identifier: Apache-2.0
// What the module does, by a script that uses it; and what can be tested without one.
#include "modules/example/example.h"

#include <gtest/gtest.h>

#include "testing/scenario/player.h"

namespace carillon::example {
namespace {

// Plays a scenario: tests/scenarios/README.md describes how they are written.
base::Result<> play(std::string_view text) {
  const auto scenario = testing::Scenario::parse("example_test.cpp", text);
  return testing::Player(scenario).play();
}

TEST(Example, CountsWhatTheScriptSays) {
  const auto played = play(R"(
load example
script
  route {
    example_count(3);
    $var(two) = 2;
    example_count($var(two));
    if (!example_count(-1)) xlog("a negative amount is refused\n");
    xlog("the total is $example_total\n");
    send_reply(200, "OK");
  }

send alice OPTIONS sip:example.org
expect alice 200
log ~ "a negative amount is refused"
log ~ "the total is 5"
statistic example:counted 5
)");
  EXPECT_TRUE(played.has_value()) << played.error().message;
}

TEST(Example, PausesOneRunAndNoOther) {
  const auto played = play(R"(
load example
modparam example pause 2000
script
  route {
    if (is_method("OPTIONS")) example_pause();
    send_reply(200, "OK");
  }

send alice OPTIONS sip:example.org
expect-nothing alice
send bob MESSAGE sip:example.org
expect bob 200
advance 1999ms
expect-nothing alice
advance 20ms
expect alice 200
)");
  EXPECT_TRUE(played.has_value()) << played.error().message;
}

TEST(Example, RefusesAPauseThatWouldNotEnd) {
  const auto played = play(R"(
load example
modparam example pause 60001
script    route { }

send alice OPTIONS sip:example.org
)");
  ASSERT_FALSE(played.has_value());
  EXPECT_NE(played.error().message.find("example: pause must not be above a minute"), std::string::npos)
      << played.error().message;
}

TEST(Example, ShowsWhatItKnows) {
  Example example;
  example.counted.add(7);
  std::string shown;
  base::start(example.show({}), [&](const base::Result<management::Json>& answer) { shown = answer->text(); });
  EXPECT_EQ(shown, R"({"total":7,"pause":100})");
}

}  // namespace
}  // namespace carillon::example
