// SPDX-License-Identifier: Apache-2.0
// Every script of tests/scenarios/ and the embedded default are formatted: nothing but blanks and line ends changes,
// and only once. That what is formatted has the same tokens is checked by script::format() itself, which fails
// otherwise.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "engine/script_host.h"
#include "modules/module_list.h"
#include "script/formatter.h"
#include "script/program.h"
#include "server/default_script.h"
#include "testing/scenario/scenario.h"

namespace carillon::testing {
namespace {

void expect_formatted(const std::string& text, const std::string& name) {
  const auto once = script::format(text, name);
  ASSERT_TRUE(once.has_value()) << once.error().message;
  const auto twice = script::format(*once, name);
  ASSERT_TRUE(twice.has_value()) << twice.error().message;
  EXPECT_EQ(*twice, *once) << name;
}

std::size_t diagnostics_of(const std::string& text) {
  module::Registry registry(modules::all());
  engine::ScriptHost host(registry);
  return script::compile(script::Source::from_text(text), host).diagnostics.all().size();
}

TEST(FormattedScripts, OfTheScenarios) {
  int scripts = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("tests/scenarios")) {
    if (entry.path().extension() != ".scn") continue;
    const auto scenario = Scenario::load(entry.path().string());
    ASSERT_TRUE(scenario.has_value());
    std::string text;
    for (const Statement& statement : scenario->statements) {
      if (statement.keyword == "script") text += statement.text + "\n";
    }
    // Scenarios about mistakes have them.
    if (text.empty() || !script::format(text, "").has_value()) continue;
    ++scripts;
    expect_formatted(text, entry.path().string());
  }
  EXPECT_GT(scripts, 100) << "run from the root of the repository";
}

TEST(FormattedScripts, TheEmbeddedDefault) {
  for (const char* url : {"", "sqlite:///tmp/x.sqlite", "mysql://user:pw@host/db"}) {
    const std::string text = server::default_script({.db_url = url});
    expect_formatted(text, "embedded default");
    EXPECT_EQ(diagnostics_of(text), diagnostics_of(script::format(text, "embedded default").value()));
  }
}

}  // namespace
}  // namespace carillon::testing
