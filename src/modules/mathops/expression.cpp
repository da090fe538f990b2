// SPDX-License-Identifier: Apache-2.0
// See expression.h.
#include "modules/mathops/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "base/strings.h"

namespace carillon::mathops {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxStack = 1000;

struct Unary {
  std::string_view name;
  double (*apply)(double);
};
struct Binary {
  std::string_view name;
  double (*apply)(double, double);
};
struct Constant {
  std::string_view name;
  double value;
};

constexpr auto kConstants = std::to_array<Constant>({{"e", std::numbers::e}, {"pi", std::numbers::pi}});

// Of both notations, and those of one alone.
constexpr auto kFunctions = std::to_array<Unary>({
    {"abs", [](double x) { return std::fabs(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"sqrt", [](double x) { return std::sqrt(x); }},
});
constexpr auto kInfixFunctions = std::to_array<Unary>({
    {"acos", [](double x) { return std::acos(x); }},
    {"asin", [](double x) { return std::asin(x); }},
    {"atan", [](double x) { return std::atan(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"cosh", [](double x) { return std::cosh(x); }},
    {"log", [](double x) { return std::log10(x); }},
    {"log10", [](double x) { return std::log10(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"sinh", [](double x) { return std::sinh(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
});
constexpr auto kInfixPairs = std::to_array<Binary>({
    {"atan2", [](double y, double x) { return std::atan2(y, x); }},
    {"pow", [](double x, double y) { return std::pow(x, y); }},
});
constexpr auto kRpnFunctions = std::to_array<Unary>({
    {"neg", [](double x) { return -x; }},
    {"log10", [](double x) { return std::log10(x); }},
    {"cbrt", [](double x) { return std::cbrt(x); }},
    {"round", [](double x) { return std::round(x); }},
    {"nearbyint", [](double x) { return std::nearbyint(x); }},
    {"trunc", [](double x) { return std::trunc(x); }},
});
constexpr auto kRpnPairs = std::to_array<Binary>({
    {"+", [](double x, double y) { return x + y; }},
    {"-", [](double x, double y) { return x - y; }},
    {"*", [](double x, double y) { return x * y; }},
    {"/", [](double x, double y) { return x / y; }},
    {"mod", [](double x, double y) { return std::fmod(x, y); }},
    {"pow", [](double x, double y) { return std::pow(x, y); }},
});

template <typename Row>
const Row* find(std::span<const Row> rows, std::string_view name) {
  for (const Row& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

// The number that `text` begins with, and how long it is.
struct Number {
  double value;
  std::size_t size;
};
std::optional<Number> read_number(std::string_view text) {
  if (text.empty() || (!base::is_digit(text.front()) && text.front() != '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return Number{value, static_cast<std::size_t>(end - text.data())};
}

base::Result<double> finite(double value) {
  if (!std::isfinite(value)) return base::fail("the result is not a number");
  return value;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  base::Result<double> whole() {
    auto value = sum();
    if (!value) return value;
    skip();
    if (!rest_.empty()) return unexpected();
    return finite(*value);
  }

 private:
  using Result = base::Result<double>;

  void skip() { rest_ = rest_.substr(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  [[nodiscard]] bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] Result unexpected() const {
    return base::fail(rest_.empty() ? "the expression ends too early"
                                    : fmt::format("'{}' is not expected here", rest_.substr(0, 20)));
  }

  Result sum() {
    Result left = product();
    while (left) {
      const bool add = take('+');
      if (!add && !take('-')) break;
      const Result right = product();
      if (!right) return right;
      left = add ? *left + *right : *left - *right;
    }
    return left;
  }

  Result product() {
    Result left = powers();
    while (left) {
      const char op = take('*') ? '*' : take('/') ? '/' : take('%') ? '%' : ' ';
      if (op == ' ') break;
      const Result right = powers();
      if (!right) return right;
      left = op == '*' ? *left * *right : op == '/' ? *left / *right : std::fmod(*left, *right);
    }
    return left;
  }

  Result powers() {
    Result left = signed_value();
    while (left && take('^')) {
      const Result right = signed_value();
      if (!right) return right;
      left = std::pow(*left, *right);
    }
    return left;
  }

  Result signed_value() {
    bool negative = false;
    for (;;) {
      if (take('-')) {
        negative = !negative;
      } else if (!take('+')) {
        break;
      }
    }
    Result result = operand();
    if (result && negative) result = -*result;
    return result;
  }

  Result operand() {
    skip();
    if (const auto number = read_number(rest_)) {
      rest_.remove_prefix(number->size);
      return number->value;
    }
    struct Level {
      int& depth;
      explicit Level(int& of) : depth(++of) {}
      ~Level() { --depth; }
    } const level(depth_);
    if (depth_ > kMaxDepth) return base::fail(fmt::format("more than {} levels in one another", kMaxDepth));
    if (take('(')) {
      Result inner = sum();
      if (inner && !take(')')) return unexpected();
      return inner;
    }
    std::size_t size = 0;
    while (size < rest_.size() && (base::is_alpha(rest_[size]) || (size > 0 && base::is_digit(rest_[size])))) ++size;
    if (size == 0) return unexpected();
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return named(name);
  }

  Result named(std::string_view name) {
    if (const auto* constant = find<Constant>(kConstants, name)) return constant->value;
    if (const auto* pair = find<Binary>(kInfixPairs, name)) {
      if (!take('(')) return unexpected();
      const Result first = sum();
      if (!first) return first;
      if (!take(',')) return unexpected();
      const Result second = sum();
      if (!second) return second;
      if (!take(')')) return unexpected();
      return pair->apply(*first, *second);
    }
    const auto* function = find<Unary>(kFunctions, name);
    if (function == nullptr) function = find<Unary>(kInfixFunctions, name);
    if (function == nullptr) return base::fail(fmt::format("there is no function '{}'", name));
    const Result argument = signed_value();
    if (!argument) return argument;
    return function->apply(*argument);
  }

  std::string_view rest_;
  int depth_ = 0;
};

class Stack {
 public:
  base::Result<> word(std::string_view word) {
    if (const auto number = parse_real(word)) return push(*number);
    if (const auto* constant = find<Constant>(kConstants, word)) return push(constant->value);
    if (const auto* pair = find<Binary>(kRpnPairs, word)) {
      if (values_.size() < 2) return too_few(word);
      const double right = pop();
      values_.back() = pair->apply(values_.back(), right);
      return {};
    }
    const auto* function = find<Unary>(kFunctions, word);
    if (function == nullptr) function = find<Unary>(kRpnFunctions, word);
    if (function == nullptr) return command(word);
    if (values_.empty()) return too_few(word);
    values_.back() = function->apply(values_.back());
    return {};
  }

  base::Result<double> result() {
    if (values_.empty()) return base::fail("the expression leaves nothing on the stack");
    return finite(values_.back());
  }

 private:
  base::Result<> command(std::string_view word) {
    if (word == "dup") {
      if (values_.empty()) return too_few(word);
      return push(values_.back());
    }
    if (word == "drop") {
      if (values_.empty()) return too_few(word);
      values_.pop_back();
      return {};
    }
    if (word != "swap") return base::fail(fmt::format("there is no operation '{}'", word));
    if (values_.size() < 2) return too_few(word);
    std::swap(values_.back(), values_[values_.size() - 2]);
    return {};
  }

  static base::Result<> too_few(std::string_view word) {
    return base::fail(fmt::format("'{}' has too few values before it", word));
  }

  base::Result<> push(double value) {
    if (values_.size() == kMaxStack) return base::fail(fmt::format("more than {} values", kMaxStack));
    values_.push_back(value);
    return {};
  }

  double pop() {
    const double value = values_.back();
    values_.pop_back();
    return value;
  }

  std::vector<double> values_;
};

base::Result<double> too_long() { return base::fail(fmt::format("more than {} characters", kMaxExpression)); }

}  // namespace

base::Result<double> evaluate(std::string_view text) {
  if (text.size() > kMaxExpression) return too_long();
  return Parser(text).whole();
}

base::Result<double> evaluate_rpn(std::string_view text) {
  if (text.size() > kMaxExpression) return too_long();
  Stack stack;
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    const std::size_t size = std::min(text.find_first_of(" \t\r\n"), text.size());
    if (auto done = stack.word(text.substr(0, size)); !done) return std::unexpected(std::move(done.error()));
    text.remove_prefix(size);
  }
  return stack.result();
}

std::optional<double> parse_real(std::string_view text) {
  text = base::trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto number = read_number(text);
  if (!number || number->size != text.size()) return std::nullopt;
  return negative ? -number->value : number->value;
}

}  // namespace carillon::mathops
