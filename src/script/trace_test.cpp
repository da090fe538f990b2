// SPDX-License-Identifier: Apache-2.0
// What a watched run tells.
#include "script/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using Kind = TraceEvent::Kind;

class Recorder final : public Tracer {
 public:
  void on_event(const Run& /*run*/, const TraceEvent& event) override {
    const std::string name(event.name);
    switch (event.kind) {
      case Kind::Begin:
        return add("begin " + name);
      case Kind::Line:
        return add(fmt::format("line {}", event.position.line));
      case Kind::Read:
        return add(fmt::format("read {}={}", name, testing::show(event.value)));
      case Kind::Transform:
        return add(fmt::format("transform {}={}", name, testing::show(event.value)));
      case Kind::Write:
        return add(fmt::format("write {}={} {}", name, testing::show(event.value), event.code));
      case Kind::Call:
        return add(fmt::format("call {} {}", name, event.code));
      case Kind::Enter:
        return add("enter " + name);
      case Kind::Leave:
        return add(fmt::format("leave {}", event.code));
      case Kind::Condition:
        return add(fmt::format("condition {}", event.code));
      case Kind::Log:
        return add(fmt::format("log {} {}", event.code, testing::show(event.value)));
      case Kind::Wait:
        return add("wait " + name);
      case Kind::Resume:
        return add("resume " + name);
      case Kind::End:
        return add(fmt::format("end {} {}", name, event.code));
    }
  }

  std::vector<std::string> events;

 private:
  void add(std::string text) { events.push_back(std::move(text)); }
};

class Trace : public ::testing::Test {
 protected:
  Outcome run(std::string_view script, RouteKind kind = RouteKind::Request) {
    const Source source = Source::from_text(script, "test.cfg");
    Compilation compiled = compile(source, host);
    EXPECT_NE(compiled.program, nullptr) << render(compiled.diagnostics, source);
    program = compiled.program;
    machine.watch(recorder);
    return machine.start(program, *program->find_route(kind), environment);
  }

  testing::FakeHost host;
  testing::FakeEnvironment environment;
  Recorder recorder;
  std::shared_ptr<const Program> program;
  script::Run machine;
};

TEST_F(Trace, TellsLinesValuesAndCodes) {
  environment.variables["rU"] = Value::text("bob");
  run("route {\n"
      "  $var(x) = $(rU{s.len});\n"
      "  if ($var(x) == 3 &&\n"
      "      t())\n"
      "    f();\n"
      "  else\n"
      "    t();\n"
      "  xlog(\"L_ERR\", \"x is $var(x)\");\n"
      "  exit;\n"
      "}\n");
  EXPECT_THAT(recorder.events,
              ElementsAre("begin route", "line 2", "read $rU=bob", "transform {s.len}=3", "write $var(x)=3 1", "line 3",
                          "read $var(x)=3", "line 4", "call t 1", "condition 1", "line 5", "call f -1", "line 8",
                          "read $var(x)=3", "log -1 x is 3", "line 9", "end exit 0"));
}

TEST_F(Trace, TellsOfRoutesAndBackAgainWithoutRepeatingTheLine) {
  run("route {\n  if (route(sub, \"p\")) t();\n}\n"
      "route[sub] {\n  $avp(a) = $param(1);\n  return(-4);\n}\n");
  EXPECT_THAT(recorder.events,
              ElementsAre("begin route", "line 2", "enter route[sub]", "line 5", "read $param(1)=p",
                          "write $avp(a)=p 1", "line 6", "leave -4", "condition 0", "end end of the route 1"));
}

TEST_F(Trace, ALoopComesToItsLinesAgain) {
  run("route {\n"
      "  $var(i) = 0;\n"
      "  while ($var(i) < 2) {\n"
      "    $var(i) += 1;\n"
      "  }\n"
      "  t();\n"
      "}\n");
  EXPECT_THAT(recorder.events, ElementsAre("begin route", "line 2", "write $var(i)=0 1", "line 3", "read $var(i)=0",
                                           "condition 1", "line 4", "write $var(i)=1 1", "line 3", "read $var(i)=1",
                                           "condition 1", "line 4", "write $var(i)=2 1", "line 3", "read $var(i)=2",
                                           "condition 0", "line 6", "call t 1", "end end of the route 1"));
}

TEST_F(Trace, NamesThatAreBuiltAndOutputsOfFunctions) {
  run("route {\n"
      "  $var(n) = \"a\";\n"
      "  $avp($var(n)) = 1;\n"
      "  set($(avp($var(n))[0]), \"two\");\n"
      "  $refuses = 1;\n"
      "}\n");
  EXPECT_THAT(recorder.events,
              ElementsAre("begin route", "line 2", "write $var(n)=a 1", "line 3", "read $var(n)=a", "write $avp(a)=1 1",
                          "line 4", "read $var(n)=a", "write $(avp(a)[0])=two 1", "call set 1", "line 5",
                          ::testing::StartsWith("log -1 "), "write $refuses=1 -1", "end end of the route -1"));
}

TEST_F(Trace, WaitsAreTold) {
  run("route {\n  waits();\n  xlog(\"$waits\");\n  async(waits(), later);\n}\nroute[later] {\n  drop;\n}\n");
  EXPECT_THAT(recorder.events, ElementsAre("begin route", "line 2", "wait waits"));
  recorder.events.clear();
  machine.resume(-2);
  EXPECT_THAT(recorder.events, ElementsAre("resume waits", "call waits -2", "line 3", "wait $waits"));
  recorder.events.clear();
  machine.resume_value(Value::text("v"));
  EXPECT_THAT(recorder.events, ElementsAre("resume $waits", "read $waits=v", "log 2 v", "line 4", "wait waits"));
  recorder.events.clear();
  machine.resume(1);
  EXPECT_THAT(recorder.events,
              ElementsAre("resume waits", "call waits 1", "enter route[later]", "line 7", "end drop 0"));
}

TEST_F(Trace, ALaunchedCallAndItsRoute) {
  run("route {\n  launch(waits(), done);\n}\nroute[done] {\n  xlog(\"$rc\");\n}\n");
  ASSERT_EQ(environment.launches.size(), 1U);
  recorder.events.clear();
  testing::FakeEnvironment other;
  machine.start_launch(environment.launches.front(), other);
  machine.resume(5);
  EXPECT_THAT(recorder.events,
              ElementsAre("begin launch", "wait waits", "resume waits", "call waits 5", "enter route[done]", "line 5",
                          "read $rc=5", "log 2 5", "end end of the route 1"));
}

// A run forgets the one before, also one that waited.
TEST_F(Trace, AStartAnewIsABeginning) {
  run("route {\n  waits();\n}\n");
  recorder.events.clear();
  machine.start(program, *program->find_route(RouteKind::Request), environment);
  EXPECT_THAT(recorder.events, ElementsAre("begin route", "line 2", "wait waits"));
}

TEST_F(Trace, ARunawayIsTold) {
  run("route {\n  while (1) t();\n}\n");
  EXPECT_EQ(recorder.events.back(), "end end of the route 1");
  recorder.events.clear();
  run("route {\n  route(again);\n}\nroute[again] {\n  route(again);\n}\n");
  EXPECT_EQ(recorder.events.back(), "end stopped -1");
}

}  // namespace
}  // namespace carillon::script
