// SPDX-License-Identifier: Apache-2.0
// Runs: waiting and going on, limits, async and launch, reuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class VirtualMachine : public ::testing::Test {
 protected:
  std::shared_ptr<const Program> load(std::string_view script) {
    const Source source = Source::from_text(script, "test.cfg");
    Compilation compiled = compile(source, host, options);
    EXPECT_NE(compiled.program, nullptr) << render(compiled.diagnostics, source);
    program = compiled.program;
    return program;
  }
  Outcome run(RouteKind kind = RouteKind::Request, std::string_view name = {}) {
    return machine.start(program, *program->find_route(kind, name), environment);
  }

  testing::FakeHost host;
  testing::FakeEnvironment environment;
  CompileOptions options;
  std::shared_ptr<const Program> program;
  script::Run machine;
};

TEST_F(VirtualMachine, GoesOnBehindTheFunctionThatWaited) {
  load("route { $var(x) = 1; $avp(y) = \"a\"; waits(); xlog(\"$rc $var(x) $avp(y)\"); }");
  EXPECT_TRUE(run().suspended());
  EXPECT_TRUE(machine.suspended());
  EXPECT_EQ(machine.position().line, 1U);
  EXPECT_THAT(environment.logged, IsEmpty());
  const Outcome outcome = machine.resume(-5);
  EXPECT_FALSE(outcome.suspended());
  EXPECT_EQ(outcome.end, End::Returned);
  EXPECT_THAT(environment.logged, ElementsAre("-5 1 a"));
}

TEST_F(VirtualMachine, WaitsInsideConditionsLoopsAndSubRoutes) {
  load(
      "route { if (!waits(\"cond\") || f()) xlog(\"no\"); else xlog(\"yes\"); route(sub, \"p\"); xlog(\"$rc\"); }"
      "route[sub] { for ($var(i) in $(avp(l)[*])) waits(\"$var(i)\"); while (waits(\"loop\")) { } return(7); }"
      "startup_route { $avp(l) = 1; $avp(l) = 2; }");
  run(RouteKind::Startup);
  EXPECT_TRUE(run().suspended());
  EXPECT_TRUE(machine.resume(1).suspended());   // "2"
  EXPECT_TRUE(machine.resume(-1).suspended());  // "1"
  EXPECT_TRUE(machine.resume(1).suspended());   // loop
  EXPECT_EQ(machine.current_route().name, "sub");
  EXPECT_TRUE(machine.resume(1).suspended());
  EXPECT_EQ(machine.resume(-1).end, End::Returned);
  EXPECT_THAT(environment.calls,
              ElementsAre("waits(cond)", "f()", "waits(2)", "waits(1)", "waits(loop)", "waits(loop)"));
  EXPECT_THAT(environment.logged, ElementsAre("yes", "7"));
}

TEST_F(VirtualMachine, AResumedZeroEndsTheScript) {
  load("route { waits(); xlog(\"no\"); }");
  run();
  EXPECT_EQ(machine.resume(0).end, End::Exited);
  EXPECT_THAT(environment.logged, IsEmpty());
}

TEST_F(VirtualMachine, VariablesAndTransformationsMayWaitToo) {
  load(
      "route { xlog(\"<$waits|$(rU{ip.resolve})>\"); if ($waits == \"v\") xlog(\"equal\"); $var(x) = $waits + 1; "
      "xlog(\"$var(x)\"); t(); }");
  environment.variables["rU"] = Value::text("bob");
  EXPECT_TRUE(run().suspended());
  EXPECT_TRUE(machine.resume_value(Value::text("one")).suspended());
  EXPECT_TRUE(machine.resume_value(Value::text("two")).suspended());
  EXPECT_TRUE(machine.resume_value(Value::text("V")).suspended());
  EXPECT_FALSE(machine.resume_value(Value::integer(4)).suspended());
  EXPECT_THAT(environment.logged, ElementsAre("<one|two>", "equal", "5"));
}

TEST_F(VirtualMachine, OutputsAreWrittenBeforeItGoesOn) {
  const VariableRef* output = nullptr;
  host.function("fetch", {{.name = "into", .kind = ParamKind::Variable}}, [&](const Call& call) {
    output = call.arguments[0].variable;
    return CallResult::pending();
  });
  load("route { $var(n) = \"name\"; fetch($avp($var(n))); xlog(\"$avp(name)\"); }");
  run();
  EXPECT_TRUE(machine.assign(*output, Value::text("fetched")));
  EXPECT_EQ(machine.read(*output), Value::text("fetched"));
  machine.resume(1);
  EXPECT_THAT(environment.logged, ElementsAre("fetched"));
}

TEST_F(VirtualMachine, AsyncGoesOnInItsRouteAndForgetsVars) {
  load(
      "route { $var(v) = 1; $avp(a) = 2; route(sub, \"p\"); } "
      "route[sub] { async(waits(\"x\"), done, 5); xlog(\"never\"); }"
      "route[done] { xlog(\"$rc $var(v) $avp(a) $param(1) $route\"); return(4); }");
  EXPECT_TRUE(run().suspended());
  const Outcome outcome = machine.resume(-3);
  EXPECT_EQ(outcome.end, End::Returned);
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(environment.logged, ElementsAre("-3 <null> 2 <null> route[done]"));
}

TEST_F(VirtualMachine, AsyncOfWhatDoesNotWaitRunsOnAtOnce) {
  int timeout = 0;
  host.function("slow", {}, [&](const Call& call) {
    timeout = call.timeout_seconds;
    return CallResult::done(0);
  });
  load("route { $var(t) = 9; async(slow(), \"done\", $var(t)); } route[done] { xlog(\"$rc\"); }");
  EXPECT_EQ(run().end, End::Returned);
  EXPECT_EQ(timeout, 9);
  EXPECT_THAT(environment.logged, ElementsAre("0"));
}

TEST_F(VirtualMachine, LaunchesRunOnTheirOwn) {
  load(
      "route { $var(x) = \"arg\"; launch(waits(\"$var(x)\"), report, \"p$var(x)\"); xlog(\"$rc\"); $var(x) = \"b\"; "
      "launch(set($avp(out), \"v\"), report); launch(t()); }"
      "route[report] { xlog(\"report $rc $param(1) $avp(out)\"); }");
  EXPECT_EQ(run().end, End::Returned);
  EXPECT_THAT(environment.logged, ElementsAre("1"));
  EXPECT_THAT(environment.calls, IsEmpty());
  ASSERT_EQ(environment.launches.size(), 3U);
  testing::FakeEnvironment other;
  script::Run second;
  EXPECT_TRUE(second.start_launch(environment.launches[0], other).suspended());
  EXPECT_THAT(other.calls, ElementsAre("waits(arg)"));
  EXPECT_EQ(second.resume(-2).end, End::Returned);
  EXPECT_THAT(other.logged, ElementsAre("report -2 parg <null>"));
  EXPECT_EQ(second.start_launch(environment.launches[1], other).end, End::Returned);
  EXPECT_THAT(other.logged, ElementsAre("report -2 parg <null>", "report 1 <null> v"));
  EXPECT_EQ(second.start_launch(environment.launches[2], other).code, 1);
}

TEST_F(VirtualMachine, ARefusedLaunchIsFalse) {
  environment.accept_launches = false;
  load("route { launch(t()); xlog(\"$rc\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("-1"));
}

TEST_F(VirtualMachine, LoopsAreLeftAfterTooManyTurns) {
  options.limits.max_loop_iterations = 50;
  load("route {\n  while (1) {\n    $var(n) = $var(m) + 1;\n    $var(m) = $var(n);\n  }\n  xlog(\"$var(m)\");\n}");
  EXPECT_EQ(run().end, End::Returned);
  EXPECT_THAT(environment.logged, ElementsAre("50"));
  EXPECT_THAT(environment.complaints, ElementsAre("test.cfg:2: this loop was left after 50 turns"));
}

TEST_F(VirtualMachine, NestedLoopsAreEndedByTheirSteps) {
  options.limits.max_steps = 10'000;
  load("route {\n  while (1) {\n    while (1) {\n      t();\n    }\n  }\n  xlog(\"never\");\n}");
  environment.record_calls = false;
  EXPECT_EQ(run().end, End::Stopped);
  EXPECT_THAT(environment.logged, IsEmpty());
  ASSERT_EQ(environment.complaints.size(), 1U);
  EXPECT_THAT(environment.complaints[0], HasSubstr("the script was ended after 10000 steps"));
  EXPECT_THAT(environment.complaints[0], HasSubstr("test.cfg:"));
}

TEST_F(VirtualMachine, ARunHasSoMuchOfTheProcessor) {
  options.limits.max_steps = 1'000'000'000'000;
  options.limits.max_run_text = 1ULL << 60U;
  options.limits.max_time = std::chrono::milliseconds(5);
  load("route {\n  while (1) while (1) while (1) $var(n) += 1;\n  xlog(\"never\");\n}");
  EXPECT_EQ(run().end, End::Stopped);
  ASSERT_FALSE(environment.complaints.empty());
  EXPECT_THAT(environment.complaints.back(), HasSubstr("test.cfg:2: the script was ended after 5 ms"));
}

TEST_F(VirtualMachine, WorkOnLongTextsCountsByTheirLength) {
  options.limits.max_steps = 100'000;
  const std::string text(16'000, 'x');
  environment.variables["ru"] = Value::text(text);
  load("route {\n  while (1) {\n    $var(n) = $(ru{s.crc32});\n    $avp(turns) := $avp(turns) + 1;\n  }\n}");
  EXPECT_EQ(run().end, End::Stopped);
  EXPECT_LT(environment.avps().get("turns").as_integer(), 200);
}

TEST_F(VirtualMachine, MemoryIsBounded) {
  options.limits.max_steps = 1'000'000'000;
  options.limits.max_run_memory = 1 << 20;
  load("route {\n  while (1) while (1) $avp(many) = 12345;\n}");
  EXPECT_EQ(run().end, End::Stopped);
  EXPECT_THAT(environment.complaints.back(), HasSubstr("bytes of memory"));
}

TEST_F(VirtualMachine, RoutesThatCallThemselvesAreEnded) {
  load("route { route(a); }\nroute[a] { route(b); }\nroute[b] { route(a); }");
  EXPECT_EQ(run().end, End::Stopped);
  EXPECT_THAT(environment.complaints[0], HasSubstr("routes call one another more than 100 deep"));
}

TEST_F(VirtualMachine, TextIsBounded) {
  options.limits.max_text = 1000;
  load(
      "route { $var(x) = \"0123456789\"; while (1) { $var(x) = $var(x) + $var(x); if ($rc < 0) break; } "
      "xlog(\"$(var(x){s.len})\"); $var(y) = \"$var(x)$var(x)\"; xlog(\"$rc\"); xlog(\"$var(x)$var(x)\"); "
      "xlog(\"$rc\"); "
      "set($ru, \"$var(x)$var(x)\"); xlog(\"$rc\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("640", "-1", "-1", "-1"));
  EXPECT_THAT(environment.calls, IsEmpty());
  options.limits.max_run_text = 100'000;
  load(
      "route { while (1) { $var(x) = \"$var(x)0123456789\"; $var(x) = NULL; while ($var(i) < 5) { xlog(\"L_ERR\", "
      "\"\"); "
      "$avp(grows) = \"0123456789012345678901234567890123456789\"; } } }");
  EXPECT_EQ(run().end, End::Stopped);
  EXPECT_THAT(environment.complaints.back(), HasSubstr("bytes of text"));
}

TEST_F(VirtualMachine, AnErrorInsideATextFailsWhatItStandsIn) {
  load(
      "route { $var(x) = \"<$fails>\"; xlog(\"$rc $var(x)\"); waits(\"$fails\"); xlog(\"$rc\"); xlog(\"$fails\"); "
      "switch ($fails) { default: t(); } $var(x) = 1; xlog(\"$rc\"); }");
  EXPECT_EQ(run().end, End::Returned);
  EXPECT_THAT(environment.logged, ElementsAre("-1 <null>", "-1", "1"));
}

TEST_F(VirtualMachine, EventsGiveNamedParameters) {
  load(
      "event_route[E_X] { xlog(\"$param(source) $param(1) $param(none)\"); route(sub, \"inner\"); } "
      "route[sub] { xlog(\"$param(1)\"); }");
  const Value positional[] = {Value::text("first")};
  const NamedValue named[] = {{"source", Value::text("192.0.2.1")}};
  machine.start(program, *program->find_route(RouteKind::Event, "E_X"), environment, positional, named);
  EXPECT_THAT(environment.logged, ElementsAre("192.0.2.1 first <null>", "inner"));
}

TEST_F(VirtualMachine, ARunKeepsItsProgramAndStartsAfresh) {
  load("route { waits(); xlog(\"old $var(x)\"); }");
  run();
  std::weak_ptr<const Program> old = program;
  load("route { xlog(\"new $var(x) $rc\"); $var(x) = 1; }");
  EXPECT_FALSE(old.expired());
  machine.resume(1);
  run();
  EXPECT_TRUE(old.expired());
  run();
  EXPECT_THAT(environment.logged, ElementsAre("old <null>", "new <null> 1", "new <null> 1"));
}

TEST_F(VirtualMachine, ASuspendedRunMayBeForgotten) {
  load("route { waits(); xlog(\"never\"); }");
  run();
  std::weak_ptr<const Program> held = program;
  program.reset();
  EXPECT_FALSE(held.expired());
  machine.reset();
  EXPECT_TRUE(held.expired());
  EXPECT_FALSE(machine.suspended());
}

}  // namespace
}  // namespace carillon::script
