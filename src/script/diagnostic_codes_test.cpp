// SPDX-License-Identifier: Apache-2.0
// Every code is the one of some mistake, and its name is what it has always been.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <set>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::Contains;

class CodesHost : public testing::FakeHost {
 public:
  CodesHost() {
    function("relay", {}, {}, mask_of(RouteKind::Request));
    function("flag", {{.name = "flag", .compile = [](const Value&, void*) -> base::Result<Constant> {
                         return base::fail("no such flag");
                       }}});
    function("matches", {{.name = "pattern", .kind = ParamKind::Regex}});
  }
  Answer set_parameter(std::string_view name, const Value& value) override {
    if (name == "children") return Answer::accepted("there are no children");
    if (name == "port") return Answer::refused("out of range");
    return FakeHost::set_parameter(name, value);
  }
  Answer load_module(std::string_view name) override {
    return name == "drouting" ? Answer::refused("this server has it not") : FakeHost::load_module(name);
  }
  std::vector<std::string_view> missing_for(std::string_view module) const override {
    if (module != "registrar") return {};
    return {"usrloc"};
  }
  Suggestion suggest(NameKind kind, std::string_view name) const override {
    if (name == "do_routing") return {.nearest = {}, .module = {}, .note = {}, .lacking = "drouting"};
    return FakeHost::suggest(kind, name);
  }
};

struct Sample {
  DiagnosticCode code;
  std::string_view name;
  std::string_view script;
};

constexpr auto kSamples = std::to_array<Sample>({
    {DiagnosticCode::Syntax, "syntax", "route { t(; }"},
    {DiagnosticCode::Unclosed, "unclosed", "route { t();"},
    {DiagnosticCode::UnknownParameter, "unknown-parameter", "no_such_parameter = 1"},
    {DiagnosticCode::UnknownParameter, "unknown-parameter", "loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_timer\", 1)"},
    {DiagnosticCode::UnknownModule, "unknown-module", "loadmodule \"no_such.so\""},
    {DiagnosticCode::UnavailableModule, "unavailable-module", "loadmodule \"drouting.so\""},
    {DiagnosticCode::ModuleNotLoaded, "module-not-loaded", "modparam(\"tm\", \"fr_timeout\", 5)"},
    {DiagnosticCode::ModuleNeeded, "module-needed", "loadmodule \"registrar.so\""},
    {DiagnosticCode::ParameterType, "parameter-type", "loadmodule \"tm.so\"\nmodparam(\"tm\", \"fr_timeout\", \"5\")"},
    {DiagnosticCode::ParameterValue, "parameter-value", "port = 99999"},
    {DiagnosticCode::NotNeeded, "not-needed", "children = 4"},
    {DiagnosticCode::OlderSpelling, "older-spelling", "listen = udp:127.0.0.1"},
    {DiagnosticCode::Socket, "socket", "socket = udp:127.0.0.1:nine"},
    {DiagnosticCode::Socket, "socket", "socket = 127.0.0.1"},
    {DiagnosticCode::UnknownRoute, "unknown-route", "route { route(nowhere); }"},
    {DiagnosticCode::DuplicateRoute, "duplicate-route", "route { exit; } route { exit; }"},
    {DiagnosticCode::UnusedRoute, "unused-route", "route[a] { exit; }"},
    {DiagnosticCode::Unreachable, "unreachable", "route { exit; t(); }"},
    {DiagnosticCode::Unreachable, "unreachable", "route { return(1); t(); }"},
    {DiagnosticCode::Unreachable, "unreachable", "route { drop; t(); }"},
    {DiagnosticCode::DuplicateCase, "duplicate-case", "route { switch ($rm) { case \"A\": exit; case \"a\": exit; } }"},
    {DiagnosticCode::UnknownFunction, "unknown-function", "route { nothing_like_it(); }"},
    {DiagnosticCode::MissingLoadmodule, "missing-loadmodule", "route { ds_select_dst(1, 4); }"},
    {DiagnosticCode::UnavailableName, "unavailable-name", "route { do_routing(); }"},
    {DiagnosticCode::WrongRoute, "wrong-route", "onreply_route { relay(); }"},
    {DiagnosticCode::WrongRoute, "wrong-route", "timer_route[t, 5] { async(t(), a); } route[a] { exit; }"},
    {DiagnosticCode::ArgumentCount, "argument-count", "route { code(); }"},
    {DiagnosticCode::ArgumentCount, "argument-count", "route { code(1, 2); }"},
    {DiagnosticCode::ArgumentType, "argument-type", "route { code(\"one\"); }"},
    {DiagnosticCode::ArgumentType, "argument-type", "route { set(1, \"v\"); }"},
    {DiagnosticCode::ArgumentValue, "argument-value", "route { flag(\"x\"); }"},
    {DiagnosticCode::ArgumentValue, "argument-value", "route { xlog(\"L_LOUD\", \"x\"); }"},
    {DiagnosticCode::QuotedArgument, "quoted-argument", "route { code(\"1\"); }"},
    {DiagnosticCode::Regex, "regex", "route { matches(\"(\"); }"},
    {DiagnosticCode::Regex, "regex", "route { if ($ru =~ \"(\") exit; }"},
    {DiagnosticCode::UnknownVariable, "unknown-variable", "route { xlog(\"$nope\"); }"},
    {DiagnosticCode::UnknownTransformation, "unknown-transformation", "route { xlog(\"$(ru{s.nope})\"); }"},
    {DiagnosticCode::UnknownTransformation, "unknown-transformation", "route { xlog(\"$(ru{no.such})\"); }"},
    {DiagnosticCode::UnknownContext, "unknown-context", "route { xlog(\"$(<no>hdr(x))\"); }"},
    {DiagnosticCode::VariableForm, "variable-form", "route { xlog(\"$ru(x)\"); }"},
    {DiagnosticCode::VariableForm, "variable-form", "route { xlog(\"$(avp(x)[one])\"); }"},
    {DiagnosticCode::ReadOnly, "read-only", "route { $si = \"x\"; }"},
    {DiagnosticCode::NeverSet, "never-set", "route { xlog(\"$var(x)\"); }"},
    {DiagnosticCode::NeverRead, "never-read", "route { $var(x) = 1; }"},
    {DiagnosticCode::NoEffect, "no-effect", "route { error(\"a\", \"b\"); }"},
    {DiagnosticCode::NoEffect, "no-effect", "route { xlog(\"$(<reply>ru)\"); }"},
    {DiagnosticCode::AssignmentInCondition, "assignment-in-condition", "route { if ($ru = \"x\") exit; }"},
    {DiagnosticCode::NotExpanded, "not-expanded", "route { if ($ru == \"$fu\") exit; }"},
});

TEST(DiagnosticCodes, BelongToTheirMistakes) {
  for (const Sample& sample : kSamples) {
    CodesHost host;
    const Source source = Source::from_text(sample.script);
    const Compilation compiled = compile(source, host);
    std::vector<DiagnosticCode> codes;
    for (const Diagnostic& diagnostic : compiled.diagnostics.all()) codes.push_back(diagnostic.code);
    EXPECT_THAT(codes, Contains(sample.code)) << sample.script << "\n" << render(compiled.diagnostics, source);
    EXPECT_EQ(name_of(sample.code), sample.name);
  }
}

TEST(DiagnosticCodes, AllHaveASampleAndANameOfTheirOwn) {
  std::set<std::string_view> names;
  std::set<DiagnosticCode> shown{DiagnosticCode::Misuse, DiagnosticCode::Unreadable};
  for (const Sample& sample : kSamples) shown.insert(sample.code);
  for (std::size_t i = 0; i < kDiagnosticCodes; ++i) {
    const auto code = static_cast<DiagnosticCode>(i);
    EXPECT_TRUE(names.insert(name_of(code)).second) << name_of(code);
    EXPECT_TRUE(shown.contains(code)) << name_of(code);
  }
}

// Tests run in the root of the repository.
TEST(DiagnosticCodes, AreAllExplained) {
  std::ifstream in("docs/checking-scripts.md");
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t i = 0; i < kDiagnosticCodes; ++i) {
    const std::string name(name_of(static_cast<DiagnosticCode>(i)));
    EXPECT_NE(page.find("| `" + name + "` |"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace carillon::script
