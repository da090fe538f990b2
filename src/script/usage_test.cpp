// SPDX-License-Identifier: Apache-2.0
// Routes that nobody calls and variables that nobody sets or reads: told when it is certain, and only then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/stock_scripts.h"

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UsageHost : public testing::StockHost {
 public:
  bool may_set_avp(std::string_view name) const override { return name == "of_a_module"; }
  bool sets_any_avp(std::string_view function) const override { return function == "load"; }
  const TransformationDecl* find_transformation(std::string_view name) const override {
    return name == eval_.name ? &eval_ : nullptr;
  }

 private:
  TransformationDecl eval_{.name = "s.eval", .params = {}, .documentation = ""};
};

class UsageTest : public ::testing::Test {
 protected:
  UsageTest() {
    host.function("arm", {{.name = "route", .names_route = RouteKind::Failure}});
    host.function("load", {});
    host.function("query", {{.name = "query"}, {.name = "avps", .not_expanded = true}});
  }

  // "line:column severity code: message | hint"
  std::vector<std::string> check(std::string_view script) {
    const Source source = Source::from_text(script, "test.cfg");
    const Compilation compiled = compile(source, host);
    std::vector<std::string> lines;
    for (const Diagnostic& d : compiled.diagnostics.all()) {
      lines.push_back(std::to_string(d.position.line) + ":" + std::to_string(d.position.column) + " " +
                      std::string(name_of(d.severity)) + " " + std::string(name_of(d.code)) + ": " + d.message);
      if (!d.hint.empty()) lines.back() += " | " + d.hint;
    }
    return lines;
  }
  std::vector<std::string> check_body(std::string_view body) { return check("route { " + std::string(body) + " }"); }

  UsageHost host;
};

TEST_F(UsageTest, ARouteIsReachedThroughOthers) {
  EXPECT_THAT(check("route { route(a); } route[a] { route(b); } route[b] { exit; }"), IsEmpty());
  EXPECT_THAT(check("route { exit; } route[a] { route(b); } route[b] { route(b); }"),
              ElementsAre("1:23 warning unused-route: route[a] is never called",
                          "1:46 warning unused-route: route[b] is only named by routes that are never called"));
  EXPECT_THAT(check("route { exit; } route[a] { route(a); }"),
              ElementsAre("1:23 warning unused-route: route[a] is never called"));
}

TEST_F(UsageTest, TheServerCallsSomeRoutesItself) {
  EXPECT_THAT(check("onreply_route { route(a); } route[a] { exit; }"), IsEmpty());
  EXPECT_THAT(check("timer_route[t, 5] { exit; } event_route[E_X] { exit; } startup_route { exit; } "
                    "local_route { exit; } error_route { exit; }"),
              IsEmpty());
}

TEST_F(UsageTest, RoutesAreArmedByLiterals) {
  EXPECT_THAT(check("route { arm(\"f\"); } failure_route[f] { exit; } failure_route[g] { exit; }"),
              ElementsAre("1:62 warning unused-route: failure_route[g] is never armed"));
  EXPECT_THAT(check("route { arm(f); } failure_route[f] { arm(\"f\"); }"), IsEmpty());
}

TEST_F(UsageTest, ANameMadeAtRunTimeMayBeAnyOfItsKind) {
  EXPECT_THAT(check("route { route($rU); } route[a] { exit; } route[b] { exit; }"), IsEmpty());
  EXPECT_THAT(check("route { route(\"P_$rU\"); } route[P_1] { exit; }"), IsEmpty());
  EXPECT_THAT(check("route { arm(\"f_$rU\"); } failure_route[f_1] { exit; } route[a] { exit; }"),
              ElementsAre("1:60 warning unused-route: route[a] is never called"));
}

TEST_F(UsageTest, AModuleMayCallARouteThatAParameterNames) {
  EXPECT_THAT(check("loadmodule \"m.so\"\nmodparam(\"m\", \"route\", \"a\")\nroute[a] { exit; }"), IsEmpty());
}

TEST_F(UsageTest, AMisspeltRouteIsToldOnce) {
  EXPECT_THAT(check("route { route(relai); } route[relay] { exit; }"),
              ElementsAre("1:15 error unknown-route: there is no route[relai] | did you mean 'relay'?"));
}

TEST_F(UsageTest, WhatNothingSetsIsNull) {
  EXPECT_THAT(check_body("if ($var(x)) exit; xlog(\"$var(x)\");"),
              ElementsAre("1:13 warning never-set: $var(x) is read, but nothing sets it | it is always NULL"));
  EXPECT_THAT(check_body("$avp(callee) = 1; xlog(\"$avp(calee)\");"),
              ElementsAre("1:33 warning never-set: $avp(calee) is read, but nothing sets it | did you mean "
                          "$avp(callee)?"));
  EXPECT_THAT(check_body("$var(x) += 1;"), IsEmpty());
}

TEST_F(UsageTest, EveryWayToSetCounts) {
  EXPECT_THAT(check_body("xlog(\"$var(x)\"); $var(x) = 1;"), IsEmpty());
  EXPECT_THAT(check("route { xlog(\"$avp(x)\"); } onreply_route { $avp(x) := 1; }"), IsEmpty());
  EXPECT_THAT(check_body("set($var(x), \"v\"); xlog(\"$var(x)\");"), IsEmpty());
  EXPECT_THAT(check_body("$avp(l) = 1; for ($var(i) in $(avp(l)[*])) xlog(\"$var(i)\");"), IsEmpty());
  EXPECT_THAT(check_body("query(\"select\", \"$avp(a);$avp(b)\"); xlog(\"$avp(a) $avp(b)\");"), IsEmpty());
  EXPECT_THAT(check("loadmodule \"m.so\"\nmodparam(\"m\", \"avp\", \"$avp(x)\")\nroute { xlog(\"$avp(x)\"); }"),
              IsEmpty());
  EXPECT_THAT(check_body("xlog(\"$avp(of_a_module)\");"), IsEmpty());
  EXPECT_THAT(check_body("load(); xlog(\"$avp(from_the_database)\");"), IsEmpty());
  EXPECT_THAT(check_body("load(); xlog(\"$var(of_its_code)\"); $var(for_it) = 1;"), IsEmpty());
  EXPECT_THAT(check_body("query(\"select\", \"\"); xlog(\"$avp(1)\");"), IsEmpty());
  EXPECT_THAT(check_body("$avp($rU) = 1; xlog(\"$avp(x)\");"), IsEmpty());
}

TEST_F(UsageTest, AVariableOfOneKindIsNoneOfTheOther) {
  EXPECT_THAT(check_body("$avp(x) = 1; xlog(\"$var(x)\");"),
              ElementsAre("1:28 warning never-set: $var(x) is read, but nothing sets it | it is always NULL"));
}

TEST_F(UsageTest, WhatNothingReadsIsNoted) {
  EXPECT_THAT(check_body("$var(x) = 1;"), ElementsAre("1:9 note never-read: $var(x) is set, but nothing reads it"));
  EXPECT_THAT(check_body("set($var(x), \"v\");"), IsEmpty());
  EXPECT_THAT(check_body("$var(x) = 1; set($var(x), \"v\");"), IsEmpty());
  EXPECT_THAT(check_body("$var(x) = 1; xlog(\"$var($rU)\");"), IsEmpty());
  EXPECT_THAT(check_body("$var(x) = 1; $var(t) = \"$$var(x)\"; xlog(\"$(var(t){s.eval})\");"), IsEmpty());
  EXPECT_THAT(check_body("$avp(x) = 1;"), IsEmpty());
}

TEST_F(UsageTest, NothingIsToldOfATreeWithGaps) {
  EXPECT_THAT(check("route { t(; } route[a] { xlog(\"$var(x)\"); }").size(), 1U);
}

TEST_F(UsageTest, StockScriptsRaiseNoAlarm) {
  EXPECT_THAT(check(testing::kResidential), IsEmpty());
  EXPECT_THAT(check(testing::kRedirect), ElementsAre(HasSubstr("warning older-spelling: 'listen' is an older")));
}

}  // namespace
}  // namespace carillon::script
