// SPDX-License-Identifier: Apache-2.0
#include "modules/mathops/expression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace carillon::mathops {
namespace {

double value(std::string_view text) {
  const auto result = evaluate(text);
  if (!result) ADD_FAILURE() << text << ": " << result.error().message;
  return result.value_or(std::nan(""));
}
std::string why(std::string_view text) {
  const auto result = evaluate(text);
  return result ? "no error" : result.error().message;
}
double rpn(std::string_view text) {
  const auto result = evaluate_rpn(text);
  if (!result) ADD_FAILURE() << text << ": " << result.error().message;
  return result.value_or(std::nan(""));
}
std::string rpn_why(std::string_view text) {
  const auto result = evaluate_rpn(text);
  return result ? "no error" : result.error().message;
}

TEST(Expression, HasTheUsualPrecedence) {
  EXPECT_EQ(value("1 + 2 * 3"), 7);
  EXPECT_EQ(value("(1+2)*3"), 9);
  EXPECT_EQ(value("10 - 4 - 3"), 3);
  EXPECT_EQ(value("100 / 10 / 2"), 5);
  EXPECT_EQ(value("7 % 4 * 2"), 6);
  EXPECT_EQ(value("-7.5 % 2"), -1.5);
  EXPECT_EQ(value("2 ^ 3 ^ 2"), 64);
  EXPECT_EQ(value("-2 ^ 2"), 4);
  EXPECT_EQ(value("2 ^ -1"), 0.5);
  EXPECT_EQ(value("3 - -+-2"), 1);
  EXPECT_EQ(value(" .5e1\t+ 1E-1 "), 5.1);
}

TEST(Expression, HasFunctionsAndConstants) {
  EXPECT_DOUBLE_EQ(value("sqrt(2) * sqrt 2"), 2);
  EXPECT_DOUBLE_EQ(value("ln e"), 1);
  EXPECT_DOUBLE_EQ(value("log(1000)"), 3);
  EXPECT_DOUBLE_EQ(value("sin(pi / 2) + cos(0) + tan(0) + asin(0) + acos(1) + atan(0)"), 2);
  EXPECT_DOUBLE_EQ(value("sinh(0) + cosh(0) + tanh(0) + exp(0) + abs(-3) + floor(-1.5) + ceil(1.2)"), 5);
  EXPECT_DOUBLE_EQ(value("pow(2, 10) + atan2(0, 1)"), 1024);
}

TEST(Expression, TellsItsMistakes) {
  EXPECT_EQ(why(""), "the expression ends too early");
  EXPECT_EQ(why("1 +"), "the expression ends too early");
  EXPECT_EQ(why("(1"), "the expression ends too early");
  EXPECT_EQ(why("1)"), "')' is not expected here");
  EXPECT_EQ(why("1 2"), "'2' is not expected here");
  EXPECT_EQ(why("system(1)"), "there is no function 'system'");
  EXPECT_EQ(why("pow(2)"), "')' is not expected here");
  EXPECT_EQ(why("inf"), "there is no function 'inf'");
  EXPECT_EQ(why("nan + 1"), "there is no function 'nan'");
  EXPECT_EQ(why("0x10"), "'x10' is not expected here");
  EXPECT_EQ(why("1e999"), "'1e999' is not expected here");
}

TEST(Expression, NeverIsWhatNoNumberIs) {
  EXPECT_EQ(why("1 / 0"), "the result is not a number");
  EXPECT_EQ(why("0 / 0"), "the result is not a number");
  EXPECT_EQ(why("5 % 0"), "the result is not a number");
  EXPECT_EQ(why("sqrt(-1)"), "the result is not a number");
  EXPECT_EQ(why("10 ^ 400"), "the result is not a number");
}

TEST(Expression, IsBounded) {
  EXPECT_EQ(why(std::string(200, '(')), "more than 100 levels in one another");
  std::string functions;
  for (int i = 0; i < 200; ++i) functions += "sin ";
  EXPECT_EQ(why(functions + "1"), "more than 100 levels in one another");
  EXPECT_EQ(why(std::string(9000, '1')), "more than 8192 characters");
  EXPECT_EQ(value(std::string(8000, '-') + "1"), 1);
}

TEST(Rpn, WorksOnAStack) {
  EXPECT_DOUBLE_EQ(rpn("1 3 swap swap dup drop / exp ln 1 swap /"), 3);
  EXPECT_EQ(rpn("2 3 pow 5 mod"), 3);
  EXPECT_EQ(rpn("7 neg abs 2 -"), 5);
  EXPECT_EQ(rpn("27 cbrt 100 log10 +"), 5);
  EXPECT_EQ(rpn("2.5 round 2.5 nearbyint - -2.7 trunc *"), -2);
  EXPECT_EQ(rpn("2.2 ceil 2.8 floor - 16 sqrt +"), 5);
  EXPECT_DOUBLE_EQ(rpn("pi e / e *"), value("pi"));
}

TEST(Rpn, TellsItsMistakes) {
  EXPECT_EQ(rpn_why(""), "the expression leaves nothing on the stack");
  EXPECT_EQ(rpn_why("1 +"), "'+' has too few values before it");
  EXPECT_EQ(rpn_why("swap"), "'swap' has too few values before it");
  EXPECT_EQ(rpn_why("1 2 plus"), "there is no operation 'plus'");
  EXPECT_EQ(rpn_why("1 0 /"), "the result is not a number");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "1 ";
  EXPECT_EQ(rpn_why(many), "more than 1000 values");
}

TEST(Real, IsAWholeText) {
  EXPECT_EQ(parse_real(" -1.50 "), -1.5);
  EXPECT_EQ(parse_real("+2e3"), 2000);
  EXPECT_EQ(parse_real(""), std::nullopt);
  EXPECT_EQ(parse_real("1x"), std::nullopt);
  EXPECT_EQ(parse_real("--1"), std::nullopt);
  EXPECT_EQ(parse_real("inf"), std::nullopt);
  EXPECT_EQ(parse_real("."), std::nullopt);
}

}  // namespace
}  // namespace carillon::mathops
