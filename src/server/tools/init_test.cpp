// SPDX-License-Identifier: Apache-2.0
// The scripts of `carillon init`: each option alone and all together are checked as far as the modules are there.
#include "server/tools/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/script_host.h"
#include "modules/module_list.h"
#include "script/program.h"

namespace carillon::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

InitScript made(const InitOptions& options) {
  auto script = make_script(options);
  EXPECT_TRUE(script.has_value()) << script.error().message;
  return script.value_or(InitScript{});
}

// Without errors; where modules are missing their names are the first of them, and what is theirs is unknown.
void expect_checked(const InitOptions& options) {
  const InitScript script = made(options);
  const script::Source source = script::Source::from_text(script.text, options.name);
  module::Registry registry(modules::all());
  engine::ScriptHost host(registry);
  const script::Compilation compiled = script::compile(source, host);
  if (script.missing.empty()) {
    EXPECT_FALSE(compiled.diagnostics.has_errors()) << script::render(compiled.diagnostics, source);
    EXPECT_THAT(registry.missing_modules(), ElementsAre());
    return;
  }
  std::size_t unloaded = 0;
  for (const script::Diagnostic& found : compiled.diagnostics.all()) {
    const std::string_view line = source.line_text(found.position);
    const bool is_load = line.starts_with("loadmodule");
    unloaded += is_load ? 1 : 0;
    if (found.severity != script::Severity::Error || is_load) continue;
    const bool is_follow_up = found.message.find("not loaded") != std::string::npos ||
                              found.message.find("unknown function") != std::string::npos ||
                              found.message.find("no module") != std::string::npos;
    EXPECT_TRUE(is_follow_up) << script::render(found, source);
  }
  EXPECT_GE(unloaded, script.missing.size());
}

std::vector<const ScriptSwitch*> switches_of(const ScriptTemplate& one) {
  std::vector<const ScriptSwitch*> all;
  for (const ScriptSwitch& option : script_switches()) {
    if ((option.templates & one.mask) != 0) all.push_back(&option);
  }
  return all;
}

TEST(Init, EachTemplateWithoutOptions) {
  for (const ScriptTemplate& one : script_templates()) {
    SCOPED_TRACE(one.name);
    expect_checked({.name = std::string(one.name)});
  }
  EXPECT_THAT(made({.name = "residential"}).missing, ElementsAre());
}

TEST(Init, EachTemplateWithEachOption) {
  for (const ScriptTemplate& one : script_templates()) {
    for (const ScriptSwitch* option : switches_of(one)) {
      SCOPED_TRACE(option->flag);
      InitOptions options{.name = std::string(one.name)};
      const std::string without = made(options).text;
      options.switches.insert(std::string(option->name));
      expect_checked(options);
      EXPECT_NE(made(options).text, without);
    }
  }
}

TEST(Init, EachTemplateWithAllOptions) {
  for (const ScriptTemplate& one : script_templates()) {
    SCOPED_TRACE(one.name);
    InitOptions options{.name = std::string(one.name), .domains = {"example.org"}};
    for (const ScriptSwitch* option : switches_of(one)) options.switches.insert(std::string(option->name));
    expect_checked(options);
  }
}

// Those that need no module that isn't there yet are checked whole.
TEST(Init, WhatUsesOnlyModulesThatAreThereIsCheckedWhole) {
  InitOptions options{.name = "residential",
                      .switches = {"tcp", "aliases", "auth", "dbacc", "dbusrloc", "dialog", "multidomain", "voicemail",
                                   "inbound", "outbound", "http"}};
  EXPECT_THAT(made(options).missing, ElementsAre());
  expect_checked(options);
}

TEST(Init, ValuesStandInTheScript) {
  InitOptions options{.name = "residential",
                      .switches = {"auth", "outbound"},
                      .listen_ip = "2001:db8::1",
                      .domains = {"example.org", "example.net"},
                      .db_url = "mysql://opensips:pw@localhost/opensips",
                      .pstn = "192.0.2.9:5080"};
  const std::string text = made(options).text;
  EXPECT_THAT(text, HasSubstr("carillon init residential --use-auth --have-outbound-pstn"));
  EXPECT_THAT(text, HasSubstr("socket = udp:[2001:db8::1]:5060\n"));
  EXPECT_THAT(text, HasSubstr("alias = \"example.org\"\nalias = \"example.net\"\n"));
  EXPECT_THAT(text, HasSubstr("db_default_url = \"mysql://opensips:pw@localhost/opensips\"\n"));
  EXPECT_THAT(text, HasSubstr("loadmodule \"db_mysql.so\"\n"));
  EXPECT_THAT(text, HasSubstr("$rd = \"192.0.2.9\";\n"));
  EXPECT_THAT(text, Not(HasSubstr("_URI@")));
  EXPECT_THAT(text, Not(HasSubstr("%if")));
  expect_checked(options);
}

TEST(Init, ValuesThatDoNotFitAreRefused) {
  EXPECT_FALSE(make_script({.name = "nonsense"}));
  EXPECT_FALSE(make_script({.name = "residential", .listen_ip = "a b"}));
  EXPECT_FALSE(make_script({.name = "residential", .domains = {"x;y"}}));
  EXPECT_FALSE(make_script({.name = "residential", .db_url = "nonsense"}));
  EXPECT_FALSE(make_script({.name = "residential", .voicemail_uri = "sip:\"; exit; \""}));
  EXPECT_FALSE(make_script({.name = "residential", .pstn = "1.2.3.4"}));
}

TEST(Template, ConditionsAndValues) {
  constexpr std::string_view kText =
      "%if a\nA @X@\n%if b&!c\nB\n%else\nnot B\n%end\n%else\nnot A\n%end\n%if b|c\n@Y@ @\n%end\n";
  EXPECT_EQ(expand_template(kText, {"a"}, {{"X", "x"}}), "A x\nnot B\n");
  EXPECT_EQ(expand_template(kText, {"a", "b"}, {{"X", "x"}}), "A x\nB\n@Y@ @\n");
  EXPECT_EQ(expand_template(kText, {"c"}, {{"Y", "y"}}), "not A\ny @\n");
}

}  // namespace
}  // namespace carillon::server
