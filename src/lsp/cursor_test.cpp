// SPDX-License-Identifier: Apache-2.0
// What stands at the '|' of a text.
#include "lsp/cursor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace carillon::lsp {
namespace {

using Kind = Gap::Kind;

std::string show(const Gap& gap) {
  constexpr const char* kNames[] = {"nothing",        "top",    "statement", "argument", "variable", "sub-name",
                                    "transformation", "module", "parameter"};
  std::string text = kNames[static_cast<std::size_t>(gap.kind)];
  if (gap.kind == Kind::Nothing) return text;
  if (!gap.of.empty()) text += fmt::format(" of {}", gap.of);
  if (gap.kind == Kind::Argument) text += fmt::format(" {}", gap.argument);
  if (gap.quoted) text += " quoted";
  return text + fmt::format(" '{}'", gap.typed);
}

std::string gap(std::string text) {
  const std::size_t at = text.find('|');
  text.erase(at, 1);
  const Gap found = gap_at(text, at);
  EXPECT_LE(found.begin, at);
  return show(found);
}

TEST(GapTest, StatementsAndConditions) {
  EXPECT_EQ(gap("route { t_re| }"), "statement 't_re'");
  EXPECT_EQ(gap("route {\n  |\n}"), "statement ''");
  EXPECT_EQ(gap("route { if (is_m|"), "statement 'is_m'");
  EXPECT_EQ(gap("route { if (!is_m|) { exit; } }"), "statement 'is_m'");
  EXPECT_EQ(gap("route { t_relay(); t_|"), "statement 't_'");
  EXPECT_EQ(gap("route { if ($ru == \"x\" && |) exit; }"), "statement ''");
}

TEST(GapTest, TheTopLevel) {
  EXPECT_EQ(gap("|"), "top ''");
  EXPECT_EQ(gap("log_le|"), "top 'log_le'");
  EXPECT_EQ(gap("route { exit; }\n|"), "top ''");
  EXPECT_EQ(gap("log_level = |"), "nothing");
  EXPECT_EQ(gap("route { if (t()) {\n\nloadmodule \"a.so\"\n|"), "top ''");
}

TEST(GapTest, VariablesInCodeAndInTexts) {
  EXPECT_EQ(gap("route { $r| }"), "variable 'r'");
  EXPECT_EQ(gap("route { xlog(\"to $t|\"); }"), "variable 't'");
  EXPECT_EQ(gap("route { xlog(\"to $|"), "variable ''");
  EXPECT_EQ(gap("route { xlog(\"$(h|"), "variable 'h'");
  EXPECT_EQ(gap("route { xlog(\"$(<reply>h|"), "variable 'h'");
  EXPECT_EQ(gap("route { xlog(\"$msg.branch.u|"), "variable 'msg.branch.u'");
  EXPECT_EQ(gap("route { xlog(\"costs 5 $$|"), "argument of xlog 0 quoted 'costs 5 $$'");
  EXPECT_EQ(gap("route { xlog(\"$ru and |"), "argument of xlog 0 quoted '$ru and '");
}

TEST(GapTest, SubNamesAndTransformations) {
  EXPECT_EQ(gap("route { $var(co|"), "sub-name of var 'co'");
  EXPECT_EQ(gap("route { xlog(\"$(avp(|"), "sub-name of avp ''");
  EXPECT_EQ(gap("route { xlog(\"$(ru{|"), "transformation ''");
  EXPECT_EQ(gap("route { xlog(\"$(ru{s.|})\"); }"), "transformation 's.'");
  EXPECT_EQ(gap("route { $var(x) = $(hdr(To)[0]{nameaddr.uri}{uri.u|"), "transformation 'uri.u'");
  EXPECT_EQ(gap("route { $var(x) = $(ru{s.substr,|"), "nothing");
  EXPECT_EQ(gap("route { $var(x) = $(ru{s.select,$var(i|"), "sub-name of var 'i'");
}

TEST(GapTest, ModulesAndTheirParameters) {
  EXPECT_EQ(gap("loadmodule \"si|"), "module of loadmodule quoted 'si'");
  EXPECT_EQ(gap("loadmodule \"si|\"\nloadmodule \"x.so\""), "module of loadmodule quoted 'si'");
  EXPECT_EQ(gap("loadmodule |"), "module of loadmodule ''");
  EXPECT_EQ(gap("modparam(\"|"), "module of modparam quoted ''");
  EXPECT_EQ(gap("modparam(\"tm\", \"fr_|\", 5)"), "parameter of tm quoted 'fr_'");
  EXPECT_EQ(gap("modparam(\"tm\", |"), "parameter of tm ''");
}

TEST(GapTest, ArgumentsOfCalls) {
  EXPECT_EQ(gap("route { route(re|); }"), "argument of route 0 're'");
  EXPECT_EQ(gap("route { t_on_failure(\"mi|\"); }"), "argument of t_on_failure 0 quoted 'mi'");
  EXPECT_EQ(gap("route { t_reply(500, |"), "argument of t_reply 1 ''");
  EXPECT_EQ(gap("route { async(sleep(1), res|"), "argument of async 1 'res'");
  EXPECT_EQ(gap("route { if (route(a|) > 1) exit; }"), "argument of route 0 'a'");
}

TEST(GapTest, NothingInComments) {
  EXPECT_EQ(gap("route { t(); # call $r|\n }"), "nothing");
  EXPECT_EQ(gap("route { /* t_|"), "nothing");
  EXPECT_EQ(gap("# |\nroute { }"), "nothing");
  EXPECT_EQ(gap("# x\n|route { }"), "top ''");
}

std::string mark(std::string text) {
  const std::size_t at = text.find('|');
  text.erase(at, 1);
  const Mark found = mark_at(text, at);
  constexpr const char* kNames[] = {"nothing",  "word",           "function", "core",
                                    "variable", "transformation", "module",   "parameter"};
  if (found.kind == Mark::Kind::Nothing) return "nothing";
  return fmt::format("{} {}{}{} at '{}'", kNames[static_cast<std::size_t>(found.kind)], found.of,
                     found.of.empty() ? "" : ".", found.name, text.substr(found.begin, found.end - found.begin));
}

TEST(MarkTest, FindsTheNameAtAPlace) {
  EXPECT_EQ(mark("route { t_re|lay(); }"), "function t_relay at 't_relay'");
  EXPECT_EQ(mark("route { t_relay|(); }"), "function t_relay at 't_relay'");
  EXPECT_EQ(mark("route { ex|it; }"), "word exit at 'exit'");
  EXPECT_EQ(mark("log_le|vel = 3"), "core log_level at 'log_level'");
  EXPECT_EQ(mark("loadmodule \"/x/t|m.so\""), "module tm at '\"/x/tm.so\"'");
  EXPECT_EQ(mark("modparam(\"t|m\", \"fr\", 5)"), "module tm at '\"tm\"'");
  EXPECT_EQ(mark("modparam(\"tm\", \"f|r\", 5)"), "parameter tm.fr at '\"fr\"'");
  EXPECT_EQ(mark("route { $r|u = 1; }"), "variable ru at '$ru'");
  EXPECT_EQ(mark("route { xlog(\"a $h|dr(X) b\"); }"), "variable hdr at '$hdr(X)'");
  EXPECT_EQ(mark("route { xlog(\"$(<reply>h|dr(X){s.len})\"); }"), "variable hdr at '$(<reply>hdr(X){s.len})'");
  EXPECT_EQ(mark("route { xlog(\"$(ru{S.le|n}{s.int})\"); }"), "transformation s.len at 'S.len'");
  EXPECT_EQ(mark("route { xlog(\"$(ru{s.substr,1,$var(|x)})\"); }"), "variable var at '$var(x)'");
  EXPECT_EQ(mark("route { xlog(\"a| b\"); }"), "nothing");
  EXPECT_EQ(mark("|"), "nothing");
  EXPECT_EQ(mark("# t_re|lay()"), "nothing");
}

}  // namespace
}  // namespace carillon::lsp
