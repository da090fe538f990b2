// SPDX-License-Identifier: Apache-2.0
// What the formatter makes of a script, and that it never makes another script of it. The scripts of tests/scenarios/
// are formatted by testing/scenario/formatted_scripts_test.cpp.
#include "script/formatter.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "script/stock_scripts.h"

namespace carillon::script {
namespace {

std::string formatted(std::string_view text) {
  const auto once = format(text, "script");
  if (!once) return "error: " + once.error().message;
  const auto twice = format(*once, "script");
  EXPECT_TRUE(twice.has_value()) << twice.error().message;
  EXPECT_EQ(twice.value_or(""), *once);
  return *once;
}

TEST(Formatter, AStatementHasALineAndABlockItsIndentation) {
  EXPECT_EQ(formatted("route{if($var(x)==1){t_relay( );exit;}else{drop;}}"),
            "route {\n"
            "  if ($var(x) == 1) {\n"
            "    t_relay();\n"
            "    exit;\n"
            "  } else {\n"
            "    drop;\n"
            "  }\n"
            "}\n");
}

TEST(Formatter, BracesOnLinesOfTheirOwnMoveUp) {
  EXPECT_EQ(formatted("route[a]\n{\n\tif ($rc)\n\t{\n\t\texit;\n\t}\n\telse\n\t{\n\t\tdrop;\n\t}\n}\n"),
            "route[a] {\n\tif ($rc) {\n\t\texit;\n\t} else {\n\t\tdrop;\n\t}\n}\n");
}

TEST(Formatter, CommentsStayWhereTheyAre) {
  EXPECT_EQ(formatted("# first\n"
                      "route {   # main\n"
                      "      # before\n"
                      "  exit;# behind\n"
                      "  /* one\n     two */\n"
                      "  drop; /* inside */ exit;\n"
                      "     # last\n"
                      "}\n"
                      "# end"),
            "# first\n"
            "route {  # main\n"
            "  # before\n"
            "  exit;  # behind\n"
            "  /* one\n     two */\n"
            "  drop; /* inside */\n"
            "  exit;\n"
            "  # last\n"
            "}\n"
            "# end\n");
}

TEST(Formatter, ACommentBetweenAConditionAndItsBraceMovesBehindTheBrace) {
  EXPECT_EQ(formatted("route {\n  if ($rc) # why\n  {\n    exit;\n  } # done\n  else {\n    drop;\n  }\n}\n"),
            "route {\n  if ($rc) {  # why\n    exit;\n  }  # done\n  else {\n    drop;\n  }\n}\n");
}

TEST(Formatter, CommentsBehindNeighboursStandInOneColumn) {
  EXPECT_EQ(formatted("log_level = 3 # a\nudp_workers = 4   # b\n\nlog_stdout = no # c\n"),
            "log_level = 3    # a\nudp_workers = 4  # b\n\nlog_stdout = no  # c\n");
}

TEST(Formatter, OneBlankLineStaysAndNoneAtTheEdgesOfABlock) {
  EXPECT_EQ(formatted("\n\nlog_level=3\n\n\n\nroute {\n\n\n  exit;\n\n\n  drop;\n\n}\n\n"),
            "log_level = 3\n\nroute {\n  exit;\n\n  drop;\n}\n");
}

TEST(Formatter, WhatAnIfRulesStaysBehindItOrBelowIt) {
  EXPECT_EQ(
      formatted("route {\nif ($rc) exit;\nif ($rc)\nexit;\nelse\nif ($rc)\ndrop;\nelse exit;\nwhile (1) break;\n}\n"),
      "route {\n"
      "  if ($rc) exit;\n"
      "  if ($rc)\n"
      "    exit;\n"
      "  else if ($rc)\n"
      "    drop;\n"
      "  else exit;\n"
      "  while (1) break;\n"
      "}\n");
}

TEST(Formatter, CasesStandInTheirSwitch) {
  EXPECT_EQ(formatted("route { switch($rc){ case 1: case -2: exit; break; # x\n default: { drop; } } }"),
            "route {\n"
            "  switch ($rc) {\n"
            "    case 1:\n"
            "    case -2:\n"
            "      exit;\n"
            "      break;  # x\n"
            "    default:\n"
            "      {\n"
            "        drop;\n"
            "      }\n"
            "  }\n"
            "}\n");
}

TEST(Formatter, LinesThatGoOnStandDeeper) {
  EXPECT_EQ(
      formatted(
          "modparam(\"a\",\"b\",\n\"c\"\n\"d\")\nroute {\nif ($rc &&\n$ru =~ \"x\" ||\n! $rU) {\nf(\"a\",\n\"b\"\n"
          ");\n}\n}\n"),
      "modparam(\"a\", \"b\",\n    \"c\"\n    \"d\")\n"
      "route {\n"
      "  if ($rc &&\n"
      "      $ru =~ \"x\" ||\n"
      "      !$rU) {\n"
      "    f(\"a\",\n"
      "        \"b\"\n"
      "    );\n"
      "  }\n"
      "}\n");
}

TEST(Formatter, SignsStandAtTheirValuesAndOperatorsBetweenThem) {
  EXPECT_EQ(
      formatted(
          "route { $var(a)=-1; $var(a)=$var(b)- -1+~3; $var(a)+=2; return(-1); if(not($rc)and! ($rc) and [$rc&4]){} }"),
      "route {\n"
      "  $var(a) = -1;\n"
      "  $var(a) = $var(b) - -1 + ~3;\n"
      "  $var(a) += 2;\n"
      "  return(-1);\n"
      "  if (not ($rc) and !($rc) and [$rc & 4]) {}\n"
      "}\n");
}

TEST(Formatter, SettingsKeepTheirLines) {
  EXPECT_EQ(formatted("socket=udp:127.0.0.1:5060  as 1.2.3.4:5060\nsocket = udp:[::1]:5060,5070\nalias=a b\nalias=c;\n"
                      "db_default_url=\"x\"\nauto_scaling_profile = P\n  scale up to 6 on 70 % for 4 cycles within 5\n"
                      "loadmodule \"tm.so\" loadmodule   \"sl.so\"\ntimer_route [x,30]{exit;} log_level=1"),
            "socket = udp:127.0.0.1:5060 as 1.2.3.4:5060\nsocket = udp:[::1]:5060, 5070\nalias = a b\nalias = c;\n"
            "db_default_url = \"x\"\nauto_scaling_profile = P\n    scale up to 6 on 70% for 4 cycles within 5\n"
            "loadmodule \"tm.so\" loadmodule \"sl.so\"\ntimer_route[x, 30] {\n  exit;\n}\nlog_level = 1\n");
}

TEST(Formatter, IncludesAreLinesOfTheirOwn) {
  EXPECT_EQ(
      formatted("include_file   \"a.cfg\"\nroute {\ninclude_file 'b.cfg' # c\nexit;\n      import_file \"c\"\n}\n"),
      "include_file   \"a.cfg\"\nroute {\n  include_file 'b.cfg' # c\n  exit;\n  import_file \"c\"\n}\n");
}

TEST(Formatter, AFileOfStatementsIsFormattedToo) {
  EXPECT_EQ(formatted("# for a route\nif ($rc) {\nexit;}\n  drop;"), "# for a route\nif ($rc) {\n  exit;\n}\ndrop;\n");
}

TEST(Formatter, StringsAreNotTouched) {
  EXPECT_EQ(formatted("route{xlog(\"a  \n   b # no\"   'c\t'  );}"), "route {\n  xlog(\"a  \n   b # no\" 'c\t');\n}\n");
}

TEST(Formatter, LineEndsOfDosGo) {
  EXPECT_EQ(formatted("route {\r\n\texit; # c\r\n}\r\n"), "route {\n\texit;  # c\n}\n");
}

TEST(Formatter, AnEmptyFileStaysEmpty) {
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted(" \n\n"), "");
  EXPECT_EQ(formatted("# only this"), "# only this\n");
}

TEST(Formatter, IndentationIsTheFilesOwnUnlessSaid) {
  EXPECT_EQ(formatted("route {\n\texit;\n}\n"), "route {\n\texit;\n}\n");
  EXPECT_EQ(formatted("route {\n        exit;\n}\n"), "route {\n  exit;\n}\n");
  EXPECT_EQ(format("route {\n\texit;\n}\n", "script", {.indent = "    "}).value(), "route {\n    exit;\n}\n");
}

TEST(Formatter, MistakesAreToldWithTheirPlace) {
  const std::string in_script = formatted("route {\n  exit\n}\n");
  EXPECT_TRUE(in_script.starts_with("error: script:2:")) << in_script;
  const std::string in_statements = formatted("exit;\nif ($rc {\n");
  EXPECT_TRUE(in_statements.starts_with("error: script:2:")) << in_statements;
  EXPECT_TRUE(formatted("exit;\n} route[x] {\n").starts_with("error: "));
}

TEST(Formatter, StockScripts) {
  for (const std::string_view script : {testing::kResidential, testing::kRedirect}) {
    const std::string result = formatted(script);
    EXPECT_FALSE(result.starts_with("error")) << result;
    EXPECT_EQ(std::string(script.substr(1)), result);
  }
}

// A script cut off anywhere is formatted or refused.
TEST(Formatter, PrefixesOfAScript) {
  for (std::size_t length = 0; length < testing::kResidential.size(); length += 3) {
    const auto once = format(testing::kResidential.substr(0, length), "script");
    if (!once) continue;
    const auto twice = format(*once, "script");
    ASSERT_TRUE(twice.has_value()) << twice.error().message;
    ASSERT_EQ(*twice, *once) << "length " << length;
  }
}

// Bytes of the language thrown in, taken out and doubled.
TEST(Formatter, ScriptsWithMistakesInThem) {
  constexpr std::string_view kPieces[] = {"{",
                                          "}",
                                          "(",
                                          ")",
                                          ";",
                                          "\n",
                                          "#",
                                          "/*",
                                          "*/",
                                          "\"",
                                          "'",
                                          "$",
                                          "\\",
                                          " ",
                                          "else ",
                                          "if (1) ",
                                          ":",
                                          ",",
                                          "include_file \"x\"\n",
                                          "\r\n",
                                          "-",
                                          "!",
                                          "case 1:",
                                          "[",
                                          "]"};
  std::mt19937 random(7);
  const std::string_view script = testing::kRedirect;
  int done = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text(script);
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 8);
      } else {
        text.insert(at, kPieces[random() % std::size(kPieces)]);
      }
    }
    const auto once = format(text, "script");
    if (!once) {
      ASSERT_EQ(once.error().message.find("another script"), std::string::npos) << text;
      continue;
    }
    ++done;
    const auto twice = format(*once, "script");
    ASSERT_TRUE(twice.has_value()) << twice.error().message << text;
    ASSERT_EQ(*twice, *once) << text;
  }
  EXPECT_GT(done, 500);
}

}  // namespace
}  // namespace carillon::script
