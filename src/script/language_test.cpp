// SPDX-License-Identifier: Apache-2.0
// What scripts mean: statements, expressions, assignments, variables, return codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Language : public ::testing::Test {
 protected:
  // Compiles a whole script; the diagnostics must be free of errors.
  void load(std::string_view script) {
    const Source source = Source::from_text(script);
    Compilation compiled = compile(source, host, options);
    ASSERT_NE(compiled.program, nullptr) << render(compiled.diagnostics, source);
    program = compiled.program;
  }
  Outcome run(RouteKind kind = RouteKind::Request, std::string_view name = {}) {
    return machine.start(program, *program->find_route(kind, name), environment);
  }
  // Runs the body of a route and returns what it logged.
  std::vector<std::string> logs(std::string_view body) {
    environment.logged.clear();
    environment.complaints.clear();
    load("route { " + std::string(body) + " }");
    if (program != nullptr) outcome = run();
    return environment.logged;
  }
  // The value of an expression, as text.
  std::string value(std::string_view expression) {
    const auto lines = logs("$var(result) = " + std::string(expression) + "; xlog(\"$var(result)\");");
    return lines.empty() ? "" : lines.front();
  }
  bool holds(std::string_view condition) {
    const auto lines = logs("if (" + std::string(condition) + ") xlog(\"yes\"); else xlog(\"no\");");
    return lines == std::vector<std::string>{"yes"};
  }

  testing::FakeHost host;
  testing::FakeEnvironment environment;
  CompileOptions options;
  std::shared_ptr<const Program> program;
  script::Run machine;
  Outcome outcome;
};

// --- Arithmetic ------------------------------------------------------------------------------------------------------

TEST_F(Language, MultiplicationBindsNoTighterThanAddition) {
  EXPECT_EQ(value("1 + 2 * 3"), "9");
  EXPECT_EQ(value("1 + (2 * 3)"), "7");
  EXPECT_EQ(value("7 - 2 - 1"), "4");
  EXPECT_EQ(value("17 % 5 * 2"), "4");
}

TEST_F(Language, BitOperatorsBindLooserThanArithmeticOnes) {
  EXPECT_EQ(value("1 | 2 + 4"), "7");
  EXPECT_EQ(value("1 << 2 + 1"), "8");
  EXPECT_EQ(value("12 & 10 ^ 1"), "9");
  EXPECT_EQ(value("~0"), "-1");
}

TEST_F(Language, NumbersAreThirtyTwoBitsWide) {
  EXPECT_EQ(value("2147483647 + 1"), "-2147483648");
  EXPECT_EQ(value("0x10 + 010"), "24");
  EXPECT_EQ(value("-5"), "-5");
  EXPECT_EQ(value("1 << 40"), "0");
}

TEST_F(Language, PlusJoinsTextsWhenTheLeftOneIsAText) {
  EXPECT_EQ(value(R"("sip:" + "bob" + "@x")"), "sip:bob@x");
  EXPECT_EQ(value(R"("port " + 5060)"), "port 5060");
  EXPECT_EQ(value(R"("a" + $avp(none))"), "a");
  EXPECT_EQ(value("5 + $avp(none)"), "5");
}

TEST_F(Language, MixedTypesFailTheAssignment) {
  EXPECT_THAT(logs("$var(x) = 5 + \"a\"; xlog(\"$rc $var(x)\");"), ElementsAre("-1 <null>"));
  EXPECT_THAT(environment.complaints, ElementsAre(HasSubstr("a number + a text")));
  EXPECT_THAT(logs("$var(x) = 1 / 0; xlog(\"$rc\");"), ElementsAre("-1"));
  EXPECT_THAT(logs("$var(x) = 1 % 0; xlog(\"$rc\");"), ElementsAre("-1"));
}

TEST_F(Language, TextsOfOneLengthCombineBitByBit) {
  EXPECT_EQ(value(R"("abc" | "   ")"), "abc");
  EXPECT_EQ(value(R"("a" ^ " ")"), "A");
  EXPECT_THAT(logs(R"($var(x) = "a" & "ab"; xlog("$rc");)"), ElementsAre("-1"));
}

// --- Conditions ------------------------------------------------------------------------------------------------------

TEST_F(Language, AndBindsNoTighterThanOr) {
  EXPECT_FALSE(holds("t() || t() && f()"));
  EXPECT_TRUE(holds("t() || (t() && f())"));
  EXPECT_TRUE(holds("f() && t() || t()"));
  EXPECT_TRUE(holds("not f() and t() or f()"));
}

TEST_F(Language, TheRightSideIsNotEvaluatedInVain) {
  static_cast<void>(holds("t() || f()"));
  EXPECT_THAT(environment.calls, ElementsAre("t()"));
  environment.calls.clear();
  static_cast<void>(holds("f() && t()"));
  EXPECT_THAT(environment.calls, ElementsAre("f()"));
}

TEST_F(Language, TextsCompareWithoutRegardToCase) {
  environment.variables["ru"] = Value::text("sip:Bob@Example.ORG");
  EXPECT_TRUE(holds(R"($ru == "SIP:bob@example.org")"));
  EXPECT_TRUE(holds(R"($ru =~ "^sip:BOB@.*org$")"));
  EXPECT_FALSE(holds(R"($ru !~ "example")"));
  EXPECT_TRUE(holds(R"($ru < "sip:carol")"));
}

TEST_F(Language, ValuesWithBothFormsCompareWithBothKinds) {
  environment.variables["rs"] = Value::both("200", 200);
  EXPECT_TRUE(holds("$rs == 200"));
  EXPECT_TRUE(holds(R"($rs == "200")"));
  EXPECT_TRUE(holds(R"($rs =~ "^2[0-9][0-9]$")"));
  EXPECT_TRUE(holds("$rs < 300"));
}

TEST_F(Language, AnErrorInAComparisonPoisonsTheChain) {
  EXPECT_THAT(logs(R"($var(x) = "200"; if ($var(x) == 200 || t()) xlog("yes"); else xlog("no");)"), ElementsAre("no"));
  EXPECT_THAT(environment.complaints, ElementsAre(HasSubstr("a number is compared with a text")));
  EXPECT_THAT(environment.calls, IsEmpty());
  EXPECT_FALSE(holds("!($fails == \"x\")"));
}

TEST_F(Language, NullEqualsNullOnly) {
  EXPECT_TRUE(holds("$ru == NULL"));
  EXPECT_FALSE(holds("$ru != null"));
  EXPECT_TRUE(holds(R"($ru != "x")"));
  EXPECT_TRUE(holds(R"($ru !~ "x")"));
  EXPECT_FALSE(holds(R"($ru == "")"));
  EXPECT_FALSE(holds("$ru < 5"));
  environment.variables["ru"] = Value::text("");
  EXPECT_FALSE(holds("$ru == NULL"));
}

TEST_F(Language, AVariableAloneIsTrueWhenItHasSomething) {
  EXPECT_FALSE(holds("$ru"));
  environment.variables["ru"] = Value::text("0");
  EXPECT_TRUE(holds("$ru"));
  environment.variables["ru"] = Value::text("");
  EXPECT_FALSE(holds("$ru"));
  environment.variables["ru"] = Value::integer(0);
  EXPECT_FALSE(holds("$ru"));
}

TEST_F(Language, BracketsTestArithmetic) {
  EXPECT_THAT(logs("$var(a) = 6; if ([$var(a) & 4]) xlog(\"set\"); if ([$var(a) & 1]) xlog(\"odd\");"),
              ElementsAre("set"));
}

TEST_F(Language, AddressesCompareWithNetworks) {
  environment.variables["si"] = Value::text("10.1.2.3");
  EXPECT_TRUE(holds("$si == 10.0.0.0/8"));
  EXPECT_TRUE(holds("$si == 10.0.0.0/255.0.0.0"));
  EXPECT_FALSE(holds("$si == 192.168.0.0/16"));
  EXPECT_TRUE(holds("$si != 2001:db8::/32"));
  environment.variables["si"] = Value::text("2001:db8::7");
  EXPECT_TRUE(holds("$si == [2001:db8::7]"));
  EXPECT_FALSE(holds("$si == 0.0.0.0/0"));
}

TEST_F(Language, AComparisonMayBeAssigned) {
  environment.variables["rU"] = Value::text("alice");
  EXPECT_EQ(value(R"($rU == "ALICE")"), "1");
  EXPECT_EQ(value(R"($rU == "bob")"), "0");
}

TEST_F(Language, AssigningInAConditionToWhatCannotBeWrittenCompares) {
  environment.variables["si"] = Value::text("192.0.2.1");
  EXPECT_TRUE(holds(R"($si = "192.0.2.1")"));
  EXPECT_FALSE(holds(R"($si = "192.0.2.2")"));
}

TEST_F(Language, ARegexInAVariableIsCompiledWhenNeeded) {
  EXPECT_THAT(logs(R"($var(re) = "^a+$$"; $var(x) = "aaa"; if ($var(x) =~ $var(re)) xlog("match");)"),
              ElementsAre("match"));
  EXPECT_THAT(logs(R"($var(re) = "("; $var(x) = "a"; if ($var(x) =~ $var(re) || t()) xlog("yes"); else xlog("no");)"),
              ElementsAre("no"));
  EXPECT_THAT(environment.complaints, ElementsAre(HasSubstr("bad regular expression")));
}

TEST_F(Language, AComparedTextIsOneLine) {
  environment.variables["ru"] = Value::text("m=audio\r\na=sendonly");
  EXPECT_TRUE(holds(R"($ru =~ "audio.*sendonly")"));
  EXPECT_FALSE(holds(R"($ru =~ "^a=")"));
  EXPECT_FALSE(holds(R"($ru =~ "audio$")"));
  EXPECT_THAT(logs(R"($var(re) = "audio.*sendonly"; if ($ru =~ $var(re)) xlog("match");)"), ElementsAre("match"));
}

TEST_F(Language, ARegexMatchesLongTexts) {
  const std::string body(60'000, 'a');
  environment.variables["ru"] = Value::text(body);
  EXPECT_TRUE(holds(R"($ru =~ "^(a|b)*$")"));
  EXPECT_THAT(environment.complaints, IsEmpty());
}

TEST_F(Language, NumbersOfTheServerAreTextsToo) {
  environment.variables["rs"] = Value::integer(486);
  EXPECT_TRUE(holds(R"($rs == "486")"));
  EXPECT_TRUE(holds("$rs == 486"));
  EXPECT_THAT(logs("code(-2); if ($rc == \"-2\") xlog(\"yes\");"), ElementsAre("yes"));
  EXPECT_EQ(value("$rs + 1"), "487");
}

// --- Return codes ----------------------------------------------------------------------------------------------------

TEST_F(Language, AFunctionThatAnswersZeroEndsTheScript) {
  EXPECT_THAT(logs("xlog(\"a\"); zero(); xlog(\"b\");"), ElementsAre("a"));
  EXPECT_EQ(outcome.end, End::Exited);
  EXPECT_THAT(logs("if (!zero()) xlog(\"b\");"), IsEmpty());
  load("route { route(sub); xlog(\"after\"); } route[sub] { zero(); }");
  EXPECT_EQ(run().end, End::Exited);
}

TEST_F(Language, RcIsTheCodeOfTheLastAction) {
  EXPECT_THAT(logs("code(-7); xlog(\"$rc\"); xlog(\"$retcode\");"), ElementsAre("-7", "1"));
  EXPECT_THAT(logs("code(5); $var(x) = 1; xlog(\"$rc\");"), ElementsAre("1"));
  EXPECT_THAT(logs("if (!code(-3)) { xlog(\"$rc\"); }"), ElementsAre("-3"));
  EXPECT_THAT(logs("if (f()) { } xlog(\"$rc\");"), ElementsAre("0"));
  EXPECT_THAT(logs("if (t()) { code(-2); } xlog(\"$rc\");"), ElementsAre("-2"));
}

TEST_F(Language, ARouteYieldsTheCodeOfItsLastAction) {
  load(
      "route { route(a); xlog(\"$rc\"); route(b); xlog(\"$rc\"); route(c); xlog(\"$rc\"); route(d); xlog(\"$rc\"); }"
      "route[a] { code(-4); } route[b] { xlog(\"in b\"); } route[c] { } route[d] { if (f()) { xlog(\"x\"); } }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("-4", "in b", "1", "1", "1"));
}

TEST_F(Language, LoopsAndSwitchesThatDoNothingYieldOne) {
  load(
      "route { route(a); xlog(\"$rc\"); route(b); xlog(\"$rc\"); route(c); xlog(\"$rc\"); route(d); xlog(\"$rc\"); }"
      "route[a] { code(-4); switch ($ru) { case \"x\": t(); } }"
      "route[b] { code(-4); for ($var(it) in $(avp(none)[*])) { t(); } }"
      "route[c] { $var(i) = 0; while ($var(i) < 2) { $var(i) += 1; code(-3); } }"
      "route[d] { while (t()) { code(-3); break; } }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("1", "1", "1", "-3"));
  EXPECT_THAT(logs("while (f()) t(); xlog(\"$rc\");"), ElementsAre("0"));
}

TEST_F(Language, ReturnGivesACodeAndValues) {
  load(
      "route { route(a); xlog(\"$rc $return(0) $return(1) $return(2)\"); route(b); xlog(\"$rc $return(0)\"); }"
      "route[a] { $var(n) = 7; return(3, \"x$var(n)\", $var(n)); } route[b] { return -2; }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("3 x7 7 <null>", "-2 <null>"));
}

TEST_F(Language, ReturnOfWhatIsNoNumber) {
  load(
      "route { route(a); xlog(\"$rc\"); route(b); xlog(\"$rc\"); route(c); xlog(\"not here\"); }"
      "route[a] { return $var(unset); } route[b] { $var(t) = \"text\"; return $var(t); } route[c] { return(0); }");
  EXPECT_EQ(run().end, End::Exited);
  EXPECT_THAT(environment.logged, ElementsAre("-1", "1"));
}

TEST_F(Language, RoutesTakeParametersByValue) {
  load(
      "route { $var(a) = \"x\"; route(sub, $var(a), \"$var(a)y\", 7, NULL); }"
      "route[sub] { $var(a) = \"changed\"; xlog(\"$param(1) $param(2) $param(3) $param(4) $param(5)\");"
      " $var(i) = 2; xlog(\"$param($var(i))\"); route(inner, $param(2)); xlog(\"$param(1)\"); }"
      "route[inner] { xlog(\"$param(1)\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("x xy 7 <null> <null>", "xy", "xy", "x"));
}

TEST_F(Language, RouteNamesMayBeBuiltAtRunTime) {
  load(
      "route { $var(n) = \"one\"; route($var(n)); route(\"P_$var(n)\"); $var(n) = \"none\"; route($var(n));"
      " xlog(\"$rc\"); if (!route($var(n))) xlog(\"false\"); } route[one] { xlog(\"one\"); }"
      "route[\"P_one\"] { xlog(\"P_one\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("one", "P_one", "-1", "false"));
  EXPECT_THAT(environment.complaints.front(), HasSubstr("there is no route[none]"));
}

TEST_F(Language, RouteVariablesTellTheCallStack) {
  load(
      "route { route(sub); } route[sub] { "
      "xlog(\"$route|$route.name|$route.type|$(route[-1])|$(route[1])|$(route[2])\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("route[sub]|sub|route|route|route|<null>"));
}

TEST_F(Language, ExitAndDropEndAllLevels) {
  load(
      "route { route(sub); xlog(\"no\"); } route[sub] { exit; }"
      "branch_route[b] { route(dropper); xlog(\"no\"); } route[dropper] { drop; } failure_route[x] { exit(); }");
  EXPECT_EQ(run().end, End::Exited);
  EXPECT_TRUE(run(RouteKind::Branch, "b").dropped());
  EXPECT_EQ(run(RouteKind::Failure, "x").end, End::Exited);
  EXPECT_THAT(environment.logged, IsEmpty());
}

// --- Statements ------------------------------------------------------------------------------------------------------

TEST_F(Language, ElseBelongsToTheNearestIf) {
  EXPECT_THAT(logs("if (f()) if (t()) xlog(\"a\"); else xlog(\"b\");"), IsEmpty());
  EXPECT_THAT(logs("if (f()) xlog(\"a\"); else if (t()) xlog(\"b\"); else xlog(\"c\");"), ElementsAre("b"));
  EXPECT_THAT(logs("if (t()) {} ; ; xlog(\"after\");"), ElementsAre("after"));
}

TEST_F(Language, SwitchComparesTextsWithoutCaseAndFallsThrough) {
  environment.variables["rm"] = Value::text("invite");
  EXPECT_THAT(logs("switch ($rm) { case \"BYE\": xlog(\"bye\"); break; case \"INVITE\": xlog(\"inv\");"
                   " case \"ACK\": xlog(\"ack\"); break; default: xlog(\"other\"); }"),
              ElementsAre("inv", "ack"));
  environment.variables["rm"] = Value::text("OPTIONS");
  EXPECT_THAT(logs("switch ($rm) { case \"BYE\": xlog(\"bye\"); default: xlog(\"other\"); } xlog(\"end\");"),
              ElementsAre("other", "end"));
  EXPECT_THAT(logs("switch ($rm) { case \"BYE\": xlog(\"bye\"); }"), IsEmpty());
}

TEST_F(Language, SwitchMatchesOnlyWhatHasTheSameType) {
  EXPECT_THAT(
      logs("$var(x) = \"1\"; switch ($var(x)) { case 1: xlog(\"number\"); break; case \"1\": xlog(\"text\"); }"),
      ElementsAre("text"));
  EXPECT_THAT(logs("code(-2); switch ($rc) { case -2: xlog(\"minus two\"); break; default: xlog(\"other\"); }"),
              ElementsAre("minus two"));
  environment.variables["rs"] = Value::both("487", 487);
  EXPECT_THAT(logs("switch ($rs) { case 486: xlog(\"busy\"); break; case 487: xlog(\"cancelled\"); break; }"),
              ElementsAre("cancelled"));
}

TEST_F(Language, WhileStopsAtBreak) {
  EXPECT_THAT(logs("$var(i) = 0; while ($var(i) < 10) { if ($var(i) == 3) break; xlog(\"$var(i)\"); $var(i) += 1; }"),
              ElementsAre("0", "1", "2"));
  EXPECT_THAT(logs("$var(i) = 0; while (1) { $var(i) = $var(i) + 1; switch ($var(i)) { case 2: break; default: ; }"
                   " if ($var(i) > 4) break; } xlog(\"$var(i)\");"),
              ElementsAre("5"));
}

TEST_F(Language, ForWalksUntilNull) {
  EXPECT_THAT(
      logs("$avp(l) = \"c\"; $avp(l) = \"b\"; $avp(l) = \"a\"; for ($var(it) in $(avp(l)[*])) xlog(\"$var(it)\");"
           " xlog(\"$var(it)\");"),
      ElementsAre("a", "b", "c", "c"));
  EXPECT_THAT(logs("for ($var(it) in $(avp(none)[*])) xlog(\"never\"); xlog(\"end\");"), ElementsAre("end"));
  environment.variables["hdr(Contact)"] = Value::text("first");
  environment.variables["hdr(Contact)[1]"] = Value::text("second");
  EXPECT_THAT(logs("for ($var(c) in $(hdr(Contact)[*])) { if ($var(c) == \"second\") break; xlog(\"$var(c)\"); }"),
              ElementsAre("first"));
}

TEST_F(Language, ReturnLeavesLoopsAndSwitches) {
  load(
      "route { route(sub); $var(i) = 0; while ($var(i) < 2) { $var(i) += 1; xlog(\"$var(i)\"); } }"
      "route[sub] { while (1) { for ($var(x) in $(avp(y)[*])) {} switch ($var(i)) { default: while (1) { return; } } } "
      "}");
  EXPECT_EQ(run().end, End::Returned);
  EXPECT_THAT(environment.logged, ElementsAre("1", "2"));
}

TEST_F(Language, AssertStopsOnlyWhenEnabled) {
  EXPECT_THAT(logs("assert($ru == \"x\", \"no $ru\"); xlog(\"on\");"), ElementsAre("on"));
  options.enable_asserts = true;
  EXPECT_THAT(logs("assert($ru == NULL); xlog(\"fine\"); assert($ru == \"x\", \"the uri is $ru\"); xlog(\"on\");"),
              ElementsAre("fine"));
  EXPECT_EQ(outcome.end, End::AssertFailed);
  EXPECT_THAT(environment.complaints, ElementsAre(HasSubstr("the uri is <null>")));
}

TEST_F(Language, AFailedAssertionRunsTheErrorRouteAndEndsThere) {
  options.enable_asserts = true;
  load(
      "route { route(sub); xlog(\"never\"); }"
      "route[sub] { while (1) { assert($ru == \"x\"); } }"
      "error_route { xlog(\"in $route of $(route[1])\"); assert($ru == \"y\"); xlog(\"never\"); }");
  EXPECT_EQ(run().end, End::AssertFailed);
  EXPECT_THAT(environment.logged, ElementsAre("in error_route of route[sub]"));
  EXPECT_EQ(environment.complaints.size(), 2U);
  environment.logged.clear();
  load("route { assert($ru == \"x\"); } error_route { xlog(\"told\"); return(2); }");
  EXPECT_EQ(run().end, End::Exited);
  load("route { assert($ru == \"x\"); } error_route { drop; }");
  EXPECT_EQ(run().end, End::Dropped);
}

TEST_F(Language, ListsOfTheLanguagesOwnVariables) {
  load(
      "route { route(a); } route[a] { route(b); } route[b] { xlog(\"$(route.name[*]) | $(route[*])\");"
      " for ($var(r) in $(route.type[*])) xlog(\"$var(r)\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("b, a | route[b], route[a], route", "route", "route", "route"));
}

TEST_F(Language, LogsAreFilteredBeforeTheirTextIsBuilt) {
  EXPECT_THAT(logs("xlog(\"L_DBG\", \"$waits\"); xdbg(\"$waits\"); xlog(\"L_ERR\", \"e\"); xlog(L_INFO, \"i\");"
                   " log(1, \"w $ru\"); log(\"debug\"); xlog(-1, \"n\"); $var(l) = \"W\"; xlog($var(l), \"v\");"
                   " $var(l) = 4; xlog($var(l), \"no\"); xlog(\"folded \" \"text\");"),
              ElementsAre("e", "i", "w $ru", "n", "v", "folded text"));
}

// --- Variables -------------------------------------------------------------------------------------------------------

TEST_F(Language, VarsStartAsNullAndTakeAnyType) {
  EXPECT_THAT(logs("xlog(\"$var(x)\"); $var(x) = 5; $var(x) += 2; xlog(\"$var(x)\"); $var(x) = \"t\"; $var(x) += \"u\";"
                   " xlog(\"$var(x)\"); $var(x) = NULL; xlog(\"$var(x)\");"),
              ElementsAre("<null>", "7", "tu", "<null>"));
  EXPECT_THAT(logs("$var(x) += 1; xlog(\"$rc\");"), ElementsAre("-1"));
  EXPECT_THAT(logs("$var(x) = 12; $var(x) /= 5; $var(x) *= 7; $var(x) -= 1; $var(x) %= 8; $var(x) |= 8; $var(x) ^= 1;"
                   " $var(x) &= 14; $var(x) <<= 1; xlog(\"$var(x)\");"),
              ElementsAre("24"));
}

TEST_F(Language, VarNamesMayBeVariables) {
  EXPECT_THAT(logs("$var(n) = \"x\"; $var($var(n)) = 5; xlog(\"$var(x)\"); $var(n) = \"late\"; $var($var(n)) = 6;"
                   " xlog(\"$var($var(n))\");"),
              ElementsAre("5", "6"));
}

TEST_F(Language, AvpsAreStacks) {
  EXPECT_THAT(logs("$avp(x) = 1; $avp(x) = 2; $avp(x) = \"three\"; xlog(\"$avp(x) $(avp(x)[0]) $(avp(x)[-1]) "
                   "$(avp(x)[1]) $(avp(x)[5]) | $(avp(x)[*])\");"),
              ElementsAre("three three 1 2 <null> | three, 2, 1"));
  EXPECT_THAT(logs("$avp(y) = 1; $avp(y) = 2; $avp(y) = NULL; xlog(\"$avp(y)\"); $avp(y) := NULL; xlog(\"$avp(y)\");"
                   " $avp(y) = 3; $avp(y) = 4; $avp(y) := 5; xlog(\"$(avp(y)[*])\");"),
              ElementsAre("1", "<null>", "5"));
  EXPECT_THAT(logs("$avp(z) = 1; $avp(z) = 2; $(avp(z)[1]) = 9; xlog(\"$(avp(z)[*])\"); $(avp(z)[append]) = 7;"
                   " xlog(\"$(avp(z)[*])\"); $(avp(z)[0]) = NULL; xlog(\"$(avp(z)[*])\");"),
              ElementsAre("2, 9", "2, 9, 7", "9, 7"));
}

TEST_F(Language, AvpNumbersAreTextsToo) {
  EXPECT_THAT(logs("$avp(n) = 5; if ($avp(n) == \"5\") xlog(\"text\"); if ($avp(n) == 5) xlog(\"number\");"
                   " $var(i) = 0; $avp(m) = \"b\"; xlog(\"$(avp(m)[$var(i)])\");"),
              ElementsAre("text", "number", "b"));
}

TEST_F(Language, AnAvpKeepsItsTextAfterItWasRemoved) {
  EXPECT_THAT(
      logs("$avp(x) = \"old\"; $var(copy) = $avp(x); $avp(x) := NULL; $avp(x) = \"new\"; xlog(\"$var(copy)\");"),
      ElementsAre("old"));
}

TEST_F(Language, ContextsAndIndexesReachTheHost) {
  environment.variables["hdr(To)@2"] = Value::text("of the reply");
  environment.variables["hdr(Via)[-1]"] = Value::text("last");
  EXPECT_THAT(logs("xlog(\"$(<reply>hdr(To)) $(hdr(Via)[-1])\"); $var(h) = \"Via\"; $var(i) = -1;"
                   " xlog(\"$(hdr($var(h))[$var(i)])\");"),
              ElementsAre("of the reply last", "last"));
}

TEST_F(Language, HostVariablesAreWrittenThroughTheHost) {
  EXPECT_THAT(
      logs("$ru = \"sip:\" + \"x@y\"; xlog(\"$ru $rc\"); $refuses = 1; xlog(\"$rc\"); $ru = NULL; xlog(\"$ru\");"),
      ElementsAre("sip:x@y 1", "-1", "<null>"));
  EXPECT_THAT(environment.complaints, ElementsAre(HasSubstr("it refuses")));
}

TEST_F(Language, FunctionsWriteTheirOutputVariables) {
  EXPECT_THAT(
      logs("set($var(o), \"v\"); set($avp(o), \"a\"); set($avp(o), \"b\"); set($ru, \"uri\"); $var(n) = \"dyn\";"
           " set($avp($var(n)), \"d\"); xlog(\"$var(o) $(avp(o)[*]) $ru $avp(dyn)\");"),
      ElementsAre("v b, a uri d"));
}

TEST_F(Language, ArgumentsAreExpandedAndTyped) {
  host.function("args", {{.name = "s"},
                         {.name = "i", .kind = ParamKind::Integer, .optional = true},
                         {.name = "raw", .optional = true, .not_expanded = true}});
  environment.variables["rU"] = Value::text("bob");
  static_cast<void>(
      logs("args(\"<$rU>$$\"); args(\"a\", , \"$rU\"); $var(i) = 7; args($var(i), $var(i)); args(word);"
           " $var(i) = \"x\"; args(\"b\", $var(i)); xlog(\"$rc\"); args($var(unset)); args(\"c\", $var(unset));"));
  EXPECT_THAT(environment.calls,
              ElementsAre("args(<bob>$,,)", "args(a,,$rU)", "args(7,7,)", "args(word,,)", "args(c,,)"));
  EXPECT_THAT(environment.logged, ElementsAre("-1"));
}

TEST_F(Language, OnlyTheReplacementOfASubstitutionIsExpanded) {
  environment.variables["rU"] = Value::text("bob");
  environment.variables["ru"] = Value::text("sip:bob@example.org");
  static_cast<void>(logs(
      "subst('/^$rU(a)$/b/'); subst('/a$/<$rU>/gi'); subst('/a/<\\u>/'); subst('/a/\\$rU$$/'); subst('/(a)/\\1$rU/');"
      " $var(x) = 'a/b\\1'; subst('/(a)/$var(x)/'); subst('#(a)#$var(x)#'); subst('/a/<$var(none)>/');"
      " subst('/a/$(var(x){s.len})/'); $var(s) = '/a/$rU/'; subst($var(s));"));
  EXPECT_THAT(environment.calls,
              ElementsAre("subst(/^$rU(a)$/b/)", "subst(/a$/<bob>/gi)", "subst(/a/<sip:bob@example.org>/)",
                          "subst(/a/$rU$/)", "subst(/(a)/\\1bob/)", "subst(/(a)/a\\/b\\\\1/)", "subst(#(a)#a/b\\\\1#)",
                          "subst(/a/<>/)", "subst(/a/5/)", "subst(/a/bob/)"));
}

TEST_F(Language, PositionsAreVariables) {
  load("route {\n  xlog(\"$cfg_file:$cfg_line\");\n}\n");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("script:2"));
}

TEST_F(Language, NumbersNamesAndBooleansNameRoutes) {
  load(
      "route[0] { route(1); route(on); route(\"a-b\"); } route[yes] { xlog(\"one\"); } route[\"a-b\"] { "
      "xlog(\"dash\"); }");
  run();
  EXPECT_THAT(environment.logged, ElementsAre("one", "one", "dash"));
}

}  // namespace
}  // namespace carillon::script
