// SPDX-License-Identifier: Apache-2.0
// What is told about wrong scripts, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Diagnosis : public ::testing::Test {
 protected:
  // Every diagnostic as "line:column severity message | hint", but for those of variables without a use (usage_test).
  std::vector<std::string> check(std::string_view script) {
    const Source source = Source::from_text(script, "test.cfg");
    Compilation compiled = compile(source, host);
    program = compiled.program;
    rendered = render(compiled.diagnostics, source);
    std::vector<std::string> lines;
    for (const Diagnostic& d : compiled.diagnostics.all()) {
      if (d.code == DiagnosticCode::NeverSet || d.code == DiagnosticCode::NeverRead) continue;
      std::string line = std::to_string(d.position.line) + ":" + std::to_string(d.position.column) + " " +
                         std::string(name_of(d.severity)) + " " + d.message;
      if (!d.hint.empty()) line += " | " + d.hint;
      lines.push_back(line);
    }
    EXPECT_EQ(program == nullptr, compiled.diagnostics.has_errors());
    return lines;
  }
  std::vector<std::string> check_body(std::string_view body) { return check("route { " + std::string(body) + " }"); }

  testing::FakeHost host;
  std::shared_ptr<const Program> program;
  std::string rendered;
};

TEST_F(Diagnosis, TenMistakesAreToldAtOnce) {
  const auto lines = check(
      "no_such_parameter = 3\n"             // 1
      "loadmodule \"no_such_module.so\"\n"  // 2
      "loadmodule \"tm.so\"\n"
      "modparam(\"tm\", \"fr_timer\", 5)\n"        // 4
      "modparam(\"tm\", \"fr_timeout\", \"5\")\n"  // 5
      "route {\n"
      "  t(;\n"                       // 7
      "  tt();\n"                     // 8
      "  if ($rUx == \"a\") exit;\n"  // 9
      "  $si = \"1.2.3.4\";\n"        // 10
      "  code();\n"                   // 11
      "  code(\"abc\");\n"            // 12
      "  route(nowhere);\n"           // 13
      "  if ($ru =~ \"(\") exit;\n"   // 14
      "  xlog(\"$(ru{s.leng})\");\n"  // 15
      "  break;\n"                    // 16
      "  \"x\" == 5;\n"               // 17
      "}\n"
      "route[a] { } route[a] { }\n");  // 19
  std::vector<int> places;
  for (const std::string& line : lines) {
    if (line.find(" error ") != std::string::npos) places.push_back(std::atoi(line.c_str()));
  }
  EXPECT_THAT(places, ElementsAre(1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19)) << rendered;
}

TEST_F(Diagnosis, IsPrintedWithTheLineAndACaret) {
  check("route {\n\tt_rely();\n}\n");
  EXPECT_THAT(rendered, HasSubstr("test.cfg:2:2: error: unknown function 't_rely'\n   t_rely();\n   ^~~~~~\n"));
}

TEST_F(Diagnosis, TheCaretStandsUnderTheCharacterNotTheByte) {
  check("route {\n  xlog(\"äöü $nope\");\n}\n");
  EXPECT_THAT(rendered, HasSubstr("    xlog(\"äöü $nope\");\n              ^~~~~\n"));
}

TEST_F(Diagnosis, AModuleThatIsNotThereIsToldOnce) {
  EXPECT_THAT(check("loadmodule \"no_such.so\"\nmodparam(\"no_such\", \"x\", 1)\nmodparam(\"other\", \"x\", 1)\n"
                    "route { qqqqqqqqqq(); }"),
              ElementsAre("1:12 error unknown module 'no_such' | did you mean 'tm'?",
                          "3:10 error no module 'other' is loaded before this | loadmodule \"other.so\"",
                          "4:9 error unknown function 'qqqqqqqqqq' | perhaps of module 'no_such', which could not be "
                          "loaded"));
}

TEST_F(Diagnosis, AForgottenQuoteDoesNotSwallowWhatFollows) {
  EXPECT_THAT(
      check(
          "route {\n  xlog(\"one);\n  nope(\"two\");\n  code('three);\n  nope('four');\n  xlog(\"over\n lines\");\n}"),
      AllOf(Contains("2:8 error this string is never closed"), Contains(HasSubstr("3:3 error unknown function")),
            Contains("4:8 error this string is never closed"), Contains(HasSubstr("5:3 error unknown function"))));
}

TEST_F(Diagnosis, ABadCaseIsLeftAtTheNextOne) {
  EXPECT_THAT(check_body("switch ($rm) { case INVITE: { exit; } break; case \"BYE\": nope(); } t();"),
              ElementsAre(HasSubstr("1:29 error expected a number or a string after case"),
                          HasSubstr("unknown function 'nope'")));
}

TEST_F(Diagnosis, OldWordsAreToldTodaysSpelling) {
  host.function("is_myself", {{.name = "host"}});
  host.variable("socket_in", false).sub_name = SubName::Optional;
  EXPECT_THAT(check_body("if (method == \"INVITE\") exit; if (uri == myself || proto != UDP) exit; t();"),
              ElementsAre("1:13 warning 'method' is an older spelling | today: $rm",
                          "1:43 warning 'myself' is an older spelling | today: is_myself($rd)",
                          "1:43 warning 'uri' is an older spelling | today: $ru",
                          "1:60 warning 'proto' is an older spelling | today: $socket_in(proto)"));
  EXPECT_THAT(
      check_body("if (src_port == myself) exit; if (uri < myself) exit; if (nothing) exit; t();"),
      Contains("1:67 error 'nothing' is neither a value nor a call | texts stand in quotes, variables begin with "
               "'$', calls have ( )"));
  EXPECT_THAT(check_body("if (method == myself) exit;"), Contains(HasSubstr("error only uri, from_uri, to_uri")));
  EXPECT_THAT(check_body("if (uri < myself) exit;"), Contains(HasSubstr("error only uri, from_uri, to_uri")));
}

TEST_F(Diagnosis, NamesTheNearestName) {
  host.function("t_relay", {});
  EXPECT_THAT(check_body("t_rely();"), ElementsAre("1:9 error unknown function 't_rely' | did you mean 't_relay'?"));
  EXPECT_THAT(check_body("xlog(\"$hdrr(X)\");"),
              ElementsAre("1:15 error unknown variable '$hdrr' | did you mean '$hdr'?"));
  EXPECT_THAT(check_body("xlog(\"$(ru{s.tolowr})\");"),
              ElementsAre(HasSubstr("unknown transformation 's.tolowr' | did you mean 's.tolower'?")));
  EXPECT_THAT(check("route { route(relai); } route[relay] { exit; }"),
              Contains("1:15 error there is no route[relai] | did you mean 'relay'?"));
}

TEST_F(Diagnosis, NamesTheMissingModule) {
  EXPECT_THAT(check_body("ds_select_dst(1, 4);"),
              ElementsAre("1:9 error unknown function 'ds_select_dst' | it belongs to "
                          "module 'dispatcher': add loadmodule \"dispatcher.so\""));
  EXPECT_THAT(check("modparam(\"usrloc\", \"db_url\", \"x\")"),
              ElementsAre("1:10 error no module 'usrloc' is loaded before this | loadmodule \"usrloc.so\""));
}

TEST_F(Diagnosis, AnOlderTextOfAnArgumentIsTold) {
  const auto today = [](std::string_view text) { return text == "0x1" ? std::string("one") : std::string(); };
  script::ParamDecl flags{.name = "flags"};
  flags.compile = [](const Value&, void*) -> base::Result<Constant> { return std::make_shared<int>(0); };
  flags.today = today;
  host.function("old", {flags});
  EXPECT_THAT(check_body("old(\"0x1\");"), ElementsAre("1:13 warning '0x1' is an older spelling | today: \"one\""));
  EXPECT_THAT(check_body("old(\"one\"); old(\"$rU\");"), IsEmpty());
}

TEST_F(Diagnosis, SocketsNeedQuotesToday) {
  host.function("sink", {{.name = "socket"}});
  EXPECT_THAT(check_body("sink(udp:192.0.2.1:5060);"),
              ElementsAre("1:14 warning a socket without quotes is an older spelling | today: \"udp:192.0.2.1:5060\""));
  EXPECT_THAT(check_body("sink(tcp:[2001:db8::1]:5060);"),
              ElementsAre("1:14 warning a socket without quotes is an older spelling | today: "
                          "\"tcp:[2001:db8::1]:5060\""));
  EXPECT_THAT(check_body("sink(udp:"), Contains(HasSubstr("error")));
}

TEST_F(Diagnosis, ATextOfLaterIsCheckedNow) {
  script::ParamDecl text{.name = "text", .literal_only = true, .not_expanded = true, .expanded_later = true};
  host.function("later", {text});
  EXPECT_THAT(check_body("later(\"$nope\");"), ElementsAre(HasSubstr("unknown variable '$nope'")));
  EXPECT_THAT(check_body("later(\"$rU $$\");"), IsEmpty());
}

TEST_F(Diagnosis, FunctionsStandWhereTheyMay) {
  host.function("t_relay", {}, {}, mask_of(RouteKind::Request) | mask_of(RouteKind::Failure));
  EXPECT_THAT(check("failure_route[f] { t_relay(); }"), ElementsAre(HasSubstr("never armed")));
  EXPECT_THAT(check("onreply_route { t_relay(); }"),
              ElementsAre("1:17 error t_relay() can't be used in a onreply_route | allowed in: route, failure_route"));
  EXPECT_THAT(check("timer_route[t, 5] { route(sub); } route[sub] { t_relay(); }"),
              ElementsAre("1:48 warning t_relay() is not meant for timer_route | this route is also called from "
                          "timer_route[t]"));
  EXPECT_THAT(check("failure_route[f] { route(sub); } route[sub] { t_relay(); }"),
              Not(Contains(HasSubstr("t_relay() is not meant"))));
}

TEST_F(Diagnosis, ArgumentsAreCountedAndTyped) {
  EXPECT_THAT(check_body("code(1, 2);"), ElementsAre("1:17 error code() takes 1 argument, not 2 | code(code)"));
  EXPECT_THAT(check_body("code();"), ElementsAre("1:9 error code() needs the argument 'code' | code(code)"));
  EXPECT_THAT(check_body("code(\"12\");"),
              ElementsAre("1:14 warning the argument 'code' takes a number; this one stands in quotes | write 12"));
  EXPECT_THAT(check_body("code(\"$var(x)\");"),
              ElementsAre("1:14 warning the argument 'code' is a variable; it needs no quotes"));
  EXPECT_THAT(check_body("code(\"$var(x)1\");"), ElementsAre(HasSubstr("takes a number or a variable")));
  EXPECT_THAT(check_body("set(\"text\", \"v\");"), ElementsAre(HasSubstr("the argument 'into' takes a variable")));
  EXPECT_THAT(check_body("set($si, \"v\");"), ElementsAre("1:13 error $si can't be written"));
  EXPECT_THAT(check_body("set(\"$var(x)\", \"v\");"),
              ElementsAre(HasSubstr("warning the argument 'into' is a variable")));
  EXPECT_THAT(check_body("code(NULL);"), ElementsAre(HasSubstr("NULL can't be the argument")));
  EXPECT_THAT(check_body("code(t());"), ElementsAre(HasSubstr("an argument can't be a call itself")));
  EXPECT_THAT(check_body("code(1 + 2);"), ElementsAre(HasSubstr("',' or ')' after an argument")));
}

TEST_F(Diagnosis, LiteralsAreParsedWhenTheScriptIsCompiled) {
  static constexpr auto kHook = [](const Value& literal, void*) -> base::Result<Constant> {
    if (literal.as_text() != "good") return base::fail("'" + std::string(literal.as_text()) + "' is no flag");
    return std::make_shared<const int>(7);
  };
  host.function("flag", {{.name = "flag", .literal_only = true, .compile = kHook}});
  host.function("arm", {{.name = "route", .names_route = RouteKind::Failure}});
  EXPECT_THAT(check_body("flag(\"good\"); flag(good);"), IsEmpty());
  EXPECT_THAT(check_body("flag(\"bad\");"), ElementsAre("1:14 error flag(), argument 'flag': 'bad' is no flag"));
  EXPECT_THAT(check_body("flag(\"$rU\");"),
              ElementsAre("1:14 error the argument 'flag' of flag() has to be a constant"));
  EXPECT_THAT(check("route { arm(\"missed\"); } failure_route[miss] { }"),
              ElementsAre("1:13 error there is no failure_route[missed] | did you mean 'miss'?"));
  EXPECT_THAT(check_body("xlog(\"$hdr(a b)\");"), ElementsAre("1:15 error $hdr(a b): not a header's name"));
}

TEST_F(Diagnosis, ConditionsFollowTheLanguage) {
  EXPECT_THAT(check_body("if (\"x\" == $ru) exit;"),
              ElementsAre(HasSubstr("the left side of a comparison has to be a variable | exchange the two sides")));
  EXPECT_THAT(check_body("if (t() == 1) exit;"), ElementsAre(HasSubstr("call the function first, then compare $rc")));
  EXPECT_THAT(check_body("if ($var(a) & 4) exit;"), ElementsAre(HasSubstr("arithmetic in a condition needs [ ]")));
  EXPECT_THAT(check_body("if ($ru = \"x\") exit;"), ElementsAre(HasSubstr("warning this assigns inside a condition")));
  EXPECT_THAT(check_body("if ($si = \"x\") exit;"),
              ElementsAre(HasSubstr("warning $si can't be written; this is taken")));
  EXPECT_THAT(check_body("if ($rU == \"$fu\") exit;"),
              ElementsAre("1:21 warning variables in a compared text are not expanded | compare with the variable "
                          "itself, without quotes"));
  EXPECT_THAT(check_body("if ($si > 10.0.0.0/8) exit;"), ElementsAre(HasSubstr("only compared with == and !=")));
  EXPECT_THAT(check_body("if ($ru =~ 5) exit;"), ElementsAre(HasSubstr("regular expression in quotes")));
}

TEST_F(Diagnosis, VariablesAreWrittenCorrectly) {
  EXPECT_THAT(check_body("$var = 1;"), ElementsAre(HasSubstr("$var needs a name in ( )")));
  EXPECT_THAT(check_body("$ru(x) = 1;"), ElementsAre(HasSubstr("$ru takes no name in ( )")));
  EXPECT_THAT(check_body("$(ru[1]) = 1;"), ElementsAre(HasSubstr("$ru has no index")));
  EXPECT_THAT(check_body("$(ru{s.len}) = 1;"),
              ElementsAre(HasSubstr("a variable with transformations can't be assigned to")));
  EXPECT_THAT(check_body("$(avp(x)[*]) = 1;"), ElementsAre(HasSubstr("[*] is for reading")));
  EXPECT_THAT(check_body("xlog(\"$(avp(x)[append])\");"), ElementsAre(HasSubstr("[append] is for writing")));
  EXPECT_THAT(check_body("xlog(\"$(avp(x)[one])\");"), ElementsAre(HasSubstr("'one' is not an index")));
  EXPECT_THAT(check_body("xlog(\"$(<nowhere>hdr(x))\");"), ElementsAre(HasSubstr("unknown context '<nowhere>'")));
  EXPECT_THAT(check_body("xlog(\"costs 5$\");"),
              ElementsAre("1:22 error '$' without a variable's name | write $$ for a dollar sign"));
  EXPECT_THAT(check_body("xlog(\"$(ru{s.substr,1})\");"),
              ElementsAre(HasSubstr("{s.substr} needs the argument 'length'")));
  EXPECT_THAT(check_body("xlog(\"$(ru{s.substr,a,2})\");"), ElementsAre(HasSubstr("{s.substr}: 'a' is not a number")));
  EXPECT_THAT(check_body("xlog(\"$(ru{s.len,1})\");"), ElementsAre(HasSubstr("{s.len} takes no arguments")));
  EXPECT_THAT(check_body("xlog(\"$(ru{re.subst,/(/x/})\");"), ElementsAre(HasSubstr("bad regular expression")));
  EXPECT_THAT(check_body("xlog(\"$(ru{re.subst,/(/$ru/})\");"), ElementsAre(HasSubstr("bad regular expression")));
  EXPECT_THAT(check_body("xlog(\"$(ru{re.subst,/a/$nonsense/})\");"), ElementsAre(HasSubstr("'$nonsense'")));
  EXPECT_THAT(check_body("for ($var(i) in $avp(x)) exit;"), ElementsAre(HasSubstr("needs the index [*]")));
  EXPECT_THAT(check_body("xlog(\"Hello $rU.\");"), IsEmpty());
}

TEST_F(Diagnosis, PlacesInsideEscapedStringsAreExact) {
  EXPECT_THAT(check_body("xlog(\"a\\n\\tb $nope\");"), ElementsAre(HasSubstr("1:22 error unknown variable '$nope'")));
  EXPECT_THAT(check("route {\n  xlog(\"one \"\n       \"two $nope\");\n}"),
              ElementsAre(HasSubstr("3:13 error unknown variable '$nope'")));
}

TEST_F(Diagnosis, WarnsOfWhatCannotBeMeant) {
  EXPECT_THAT(check_body("exit; t();"), ElementsAre("1:15 warning this is never reached"));
  EXPECT_THAT(check_body("if (t()) { exit; } else { drop; } t(); f();"), ElementsAre(HasSubstr("never reached")));
  EXPECT_THAT(check("route { exit; } route[unused] { exit; }"),
              ElementsAre("1:23 warning route[unused] is never called"));
  EXPECT_THAT(check("route { $var(r) = \"a\"; route($var(r)); } route[a] { exit; }"), IsEmpty());
  EXPECT_THAT(check_body("switch ($rm) { case \"A\": exit; case \"a\": exit; }"),
              ElementsAre(HasSubstr("warning this case is handled above")));
  EXPECT_THAT(check_body("switch ($rm) { default: exit; case \"a\": exit; }"),
              ElementsAre(HasSubstr("error default has to be the last case")));
}

TEST_F(Diagnosis, StatementsEndWithASemicolon) {
  EXPECT_THAT(check("route {\n  t()\n  f();\n  nope();\n}"),
              ElementsAre(HasSubstr("2:6 error expected ';' at the end of this statement"),
                          HasSubstr("4:3 error unknown function 'nope'")));
  EXPECT_THAT(check_body("xlog(\"x\""), Contains(HasSubstr("expected ','")));
}

TEST_F(Diagnosis, UnclosedBlocksEndAtTheNextRoute) {
  EXPECT_THAT(
      check("route {\n  if (t()) {\n    f();\n}\n\nroute[a] {\n  nope();\n}\n"),
      ElementsAre("1:7 error this '{' of a route is never closed", HasSubstr("7:3 error unknown function 'nope'")));
  EXPECT_THAT(check("route { /* never"), Contains(HasSubstr("this comment is never closed")));
  EXPECT_THAT(check("route { xlog(\"never); }\nroute[b] { nope(); }"),
              AllOf(Contains(HasSubstr("1:14 error this string is never closed")),
                    Contains(HasSubstr("unknown function 'nope'"))));
}

TEST_F(Diagnosis, ABlockBehindABrokenConditionIsStillRead) {
  EXPECT_THAT(check_body("if ($ru == ) { nope(); } else { nopes(); }"),
              ElementsAre("1:20 error expected a value, found ')'", HasSubstr("'nope'"), HasSubstr("'nopes'")));
  EXPECT_THAT(check_body("while (t() { nope(); } t();"), Contains(HasSubstr("'nope'")));
  EXPECT_THAT(check_body("if (t() &&) exit; nope();"), Contains(HasSubstr("'nope'")));
  EXPECT_THAT(check("route { if (t( }\nroute[a] { nope(); }"), Contains(HasSubstr("'nope'")));
}

TEST_F(Diagnosis, RoutesAreNamedCorrectly) {
  EXPECT_THAT(check("failure_route { }"), ElementsAre(HasSubstr("a failure_route needs a name")));
  EXPECT_THAT(check("timer_route[t] { }"), ElementsAre(HasSubstr("as in timer_route[name, 30]")));
  EXPECT_THAT(check("route { } route[0] { }"), ElementsAre("1:17 error a second route | the first is at test.cfg:1"));
  EXPECT_THAT(check("route[a] { } onreply_route[a] { } failure_route[a] { }"),
              ElementsAre(HasSubstr("route[a] is never called"), HasSubstr("onreply_route[a] is never armed"),
                          HasSubstr("failure_route[a] is never armed")));
  EXPECT_THAT(check("route[1x] { }"), Contains(HasSubstr("neither a number nor a name")));
}

TEST_F(Diagnosis, AsyncAndReturnTakeWhatTheyTake) {
  EXPECT_THAT(check("local_route { async(t(), r); } route[r] { }"),
              ElementsAre(HasSubstr("async() stands in request and onreply routes only")));
  EXPECT_THAT(check("route { async(t(), nowhere); }"), ElementsAre(HasSubstr("there is no route[nowhere]")));
  EXPECT_THAT(check("route { async(t()); }"), ElementsAre(HasSubstr("the route to go on in")));
  EXPECT_THAT(check_body("return(\"text\");"), ElementsAre(HasSubstr("a route returns a number")));
  EXPECT_THAT(check_body("xlog(\"L_LOUD\", \"x\");"), ElementsAre(HasSubstr("unknown log level 'L_LOUD'")));
  EXPECT_THAT(check_body("xlog();"), ElementsAre(HasSubstr("xlog takes a level and a text")));
}

TEST_F(Diagnosis, AreBounded) {
  std::string script = "route {\n";
  for (int i = 0; i < 1000; ++i) script += "nope" + std::to_string(i) + "();\n";
  const auto lines = check(script + "}");
  EXPECT_EQ(lines.size(), Diagnostics::kMaxErrors);
  EXPECT_THAT(rendered, HasSubstr("too many errors"));
}

TEST_F(Diagnosis, NestingIsBounded) {
  EXPECT_THAT(check("route { if (t()) " + std::string(1000, '{')), ElementsAre(HasSubstr("inside one another")));
  const std::string deep(100'000, '(');
  EXPECT_THAT(check_body("if (" + deep), Contains(HasSubstr("inside one another")));
  EXPECT_THAT(check("route " + std::string(100'000, '{')), Contains(HasSubstr("inside one another")));
  EXPECT_THAT(check_body("$var(x) = " + std::string(100'000, '~') + "1;"), Contains(HasSubstr("inside one another")));
  EXPECT_THAT(check_body("if (" + std::string(100'000, '!') + "t()) exit;"), Contains(HasSubstr("inside one another")));
  std::string sum = "$var(x) = 1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_THAT(check_body(sum + ";"), Contains(HasSubstr("operators in one expression")));
  std::string variable = "$var(x)";
  for (int i = 0; i < 50; ++i) variable = "$avp(" + variable + ")";
  EXPECT_THAT(check_body("xlog(\"" + variable + "\");"), Contains(HasSubstr("variables inside one another")));
  std::string long_text;
  for (int i = 0; i < 3000; ++i) long_text += "$ru";
  EXPECT_THAT(check_body("xlog(\"" + long_text + "\");"), Contains(HasSubstr("variables in one text")));
  std::string chain = "if (t()) exit;";
  for (int i = 0; i < 150; ++i) chain += " else if (f()) exit;";
  EXPECT_THAT(check_body(chain), IsEmpty());
}

TEST_F(Diagnosis, ErrorOfOldScriptsIsReadPast) {
  EXPECT_THAT(check_body("error(\"a\", \"b\"); t();"), ElementsAre("1:9 warning error() only logs its arguments"));
}

TEST_F(Diagnosis, HugeScriptsAreRefused) {
  EXPECT_THAT(check(std::string(17 * 1024 * 1024, ' ')), ElementsAre(HasSubstr("larger than")));
}

TEST_F(Diagnosis, ForeignBytesAreToldOnce) {
  EXPECT_THAT(check_body("t(); \xc3\xa4\xc3\xb6 f();"), Contains(HasSubstr("byte 0xc3 has no meaning here")));
  EXPECT_THAT(check(std::string_view("route { t(); }\0\0", 16)), Contains(HasSubstr("byte 0x00")));
}

// What follows a '}' too many is one mistake, and the next route is read again.
TEST_F(Diagnosis, ABraceTooManyIsToldOnce) {
  EXPECT_THAT(
      check("route {\n  if ($ru == \"x\")\n    f();\n  }\n  else {\n    f();\n  }\n  exit;\n}\nroute[a] { tt(); }\n"),
      ElementsAre("5:3 error 'else' stands outside of every route | the route of line 1 ends at line 4",
                  HasSubstr("10:12 error unknown function 'tt'")));
  EXPECT_THAT(check("route { f(); }\n}\nroute[a] { tt(); }\n"),
              ElementsAre("2:1 error this '}' closes nothing", HasSubstr("unknown function 'tt'")));
  EXPECT_THAT(check("exit\nroute { tt(); }\n"),
              ElementsAre("1:1 error 'exit' stands outside of every route", HasSubstr("unknown function 'tt'")));
  EXPECT_THAT(check("f(1.2.3.4.5, \"a\nsocket = udp:192.0.2.1:5060 as 192.0.2.2\n$x.y.z @\nroute { tt(); }\n"),
              ElementsAre("1:1 error 'f' stands outside of every route", HasSubstr("unknown function 'tt'")));
  EXPECT_THAT(check("f();\n$var(x) = 1;\nroute { exit; }\n"),
              ElementsAre("1:1 error 'f' stands outside of every route"));
}

TEST_F(Diagnosis, RoutesThatDoNotExistAreNamed) {
  EXPECT_THAT(check("rout {\n  f(;\n}\nfailure_rout[c] { exit; }\nroute { exit; }\n"),
              ElementsAre("1:1 error there is no kind of route 'rout' | did you mean 'route'?",
                          "4:1 error there is no kind of route 'failure_rout' | did you mean 'failure_route'?"));
  EXPECT_THAT(check("request_route { exit; }\nreply_route { exit; }\nroute { exit; }\n"),
              ElementsAre("1:1 error there is no kind of route 'request_route' | did you mean 'route'?",
                          "2:1 error there is no kind of route 'reply_route' | did you mean 'onreply_route'?"));
}

// A setting that can't be read costs its line and no other, and says so once.
TEST_F(Diagnosis, ABadSettingEndsWithItsLine) {
  EXPECT_THAT(
      check("alias = a.example, \"b.example\"\nsocket udp:192.0.2.1:5060\nsocket = udp:192.0.2.1:5060 as 192.0.2.2\n"
            "loadmodule tm.so\n// a comment\nlog_level = 3\nroute { tt(); }\n"),
      ElementsAre(HasSubstr("1:18 error an alias needs a name"), HasSubstr("2:8 error expected '=' after 'socket'"),
                  HasSubstr("4:12 error expected the module's name in quotes"),
                  AllOf(HasSubstr("5:1 error"), HasSubstr("comments begin with #")),
                  HasSubstr("unknown function 'tt'")));
}

TEST_F(Diagnosis, AMissingParenthesisBeforeABlockCostsNothingElse) {
  for (const char* head : {"if (t()", "while ($ru == \"a\"", "for ($var(x) in $(ru[*])", "switch ($ru"}) {
    const std::string block = head[0] == 's' ? "{ case \"a\": tt(); }" : "{ tt(); }";
    EXPECT_THAT(check("route {\n  " + std::string(head) + " " + block + "\n  tt();\n}\nroute[a] { exit; }\n"),
                Contains(HasSubstr("3:3 error unknown function 'tt'")))
        << head;
  }
  EXPECT_THAT(check("modparam(\"tm\", \"fr_timeout\", 5\nmodparam(\"no\", \"x\", 1)\nroute { exit; }\n"),
              ElementsAre("1:31 error expected ')' after the value, found 'modparam'", HasSubstr("2:10 error")));
  EXPECT_THAT(check_body("if (t()) t(); exit; else exit;"), Contains(HasSubstr("several stand in { }")));
}

TEST_F(Diagnosis, WordsOfOtherLanguagesAreTold) {
  EXPECT_THAT(check_body("if ($ru == \"a\") { f(); } elseif ($ru == \"b\") { f(); } f();"),
              ElementsAre("1:34 error there is no 'elseif' | else if (...)"));
  EXPECT_THAT(check_body("foreach ($var(x) in $(ru[*])) { f(); } f();"),
              ElementsAre("1:9 error there is no 'foreach' | for ($var(x) in $(list[*]))"));
  EXPECT_THAT(check("route {\n  for ($var(i) = 0; $var(i) < 3; $var(i) += 1) { f(); }\n  tt();\n}\n"),
              ElementsAre(AllOf(HasSubstr("2:16 error expected 'in'"), HasSubstr("is a while")),
                          HasSubstr("3:3 error unknown function 'tt'")));
  EXPECT_THAT(check_body("if ($ru == \"a\") && ($rd == \"b\") f();"),
              Contains(AllOf(HasSubstr("expected a statement, found '&&'"), HasSubstr("one pair of ( )"))));
  EXPECT_THAT(check_body("if ($ru == \"a\" & $rd == \"b\") f();"), ElementsAre(HasSubstr("joined by && and ||")));
}

}  // namespace
}  // namespace carillon::script
