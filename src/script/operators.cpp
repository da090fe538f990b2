// SPDX-License-Identifier: Apache-2.0
// Arithmetic and comparisons of script values.
#include "script/operators.h"

#include <fmt/format.h>

#include <limits>

#include "base/strings.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

[[nodiscard]] Truth truth(bool value) { return value ? Truth::True : Truth::False; }

template <typename T>
[[nodiscard]] Truth ordered(CompareOp op, T left, T right) {
  switch (op) {
    case CompareOp::Equal:
      return truth(left == right);
    case CompareOp::NotEqual:
      return truth(left != right);
    case CompareOp::Less:
      return truth(left < right);
    case CompareOp::Greater:
      return truth(left > right);
    case CompareOp::LessEqual:
      return truth(left <= right);
    case CompareOp::GreaterEqual:
      return truth(left >= right);
    case CompareOp::Match:
    case CompareOp::NotMatch:
      break;
  }
  return Truth::Error;
}

[[nodiscard]] std::string_view type_name(const Value& value) {
  if (value.is_null()) return "NULL";
  return value.has_integer() ? "a number" : "a text";
}

[[nodiscard]] std::unexpected<base::Error> mismatch(Operator operation, const Value& left, const Value& right) {
  return base::fail(fmt::format("{} {} {} has no meaning", type_name(left), spelling_of(operation), type_name(right)));
}

[[nodiscard]] base::Result<Value> arithmetic(Operator operation, std::int64_t left, std::int64_t right) {
  constexpr std::int64_t kBits = 32;
  const auto wrapped = [](std::int64_t wide) { return Value::integer(to_script_integer(wide)); };
  switch (operation) {
    case Operator::Add:
      return wrapped(left + right);
    case Operator::Subtract:
      return wrapped(left - right);
    case Operator::Multiply:
      return wrapped(left * right);
    case Operator::Divide:
    case Operator::Modulo:
      if (right == 0) return base::fail("division by zero");
      return wrapped(operation == Operator::Divide ? left / right : left % right);
    case Operator::And:
      return wrapped(left & right);
    case Operator::Or:
      return wrapped(left | right);
    case Operator::Xor:
      return wrapped(left ^ right);
    case Operator::ShiftLeft:
    case Operator::ShiftRight:
      if (right < 0 || right >= kBits) return wrapped(0);
      return wrapped(operation == Operator::ShiftLeft ? left * (std::int64_t{1} << right) : left >> right);
  }
  return base::fail("unknown operator");
}

[[nodiscard]] base::Result<Value> concatenate(std::string_view left, std::string_view right, base::Arena& arena,
                                              std::size_t max_text) {
  if (left.size() + right.size() > max_text) {
    return base::fail(fmt::format("a text of {} bytes; at most {} are allowed", left.size() + right.size(), max_text));
  }
  if (right.empty()) return Value::text(left);
  const std::span<char> out = arena.characters(left.size() + right.size());
  left.copy(out.data(), left.size());
  right.copy(out.data() + left.size(), right.size());
  return Value::text({out.data(), out.size()});
}

[[nodiscard]] base::Result<Value> bytewise(Operator operation, std::string_view left, std::string_view right,
                                           base::Arena& arena) {
  if (left.size() != right.size()) return base::fail("texts of different length can't be combined bit by bit");
  const std::span<char> out = arena.characters(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) {
    const auto a = static_cast<unsigned char>(left[i]);
    const auto b = static_cast<unsigned char>(right[i]);
    const int byte = operation == Operator::And ? a & b : operation == Operator::Or ? a | b : a ^ b;
    out[i] = static_cast<char>(byte);
  }
  return Value::text({out.data(), out.size()});
}

}  // namespace

std::string_view spelling_of(Operator operation) {
  switch (operation) {
    case Operator::Add:
      return "+";
    case Operator::Subtract:
      return "-";
    case Operator::Multiply:
      return "*";
    case Operator::Divide:
      return "/";
    case Operator::Modulo:
      return "%";
    case Operator::And:
      return "&";
    case Operator::Or:
      return "|";
    case Operator::Xor:
      return "^";
    case Operator::ShiftLeft:
      return "<<";
    case Operator::ShiftRight:
      return ">>";
  }
  return "?";
}

Truth compare(CompareOp op, const Value& left, const Value& right) {
  if (left.is_null() || right.is_null()) {
    const bool both = left.is_null() && right.is_null();
    if (op == CompareOp::Equal) return truth(both);
    if (op == CompareOp::NotEqual || op == CompareOp::NotMatch) return truth(!both);
    return Truth::False;
  }
  if (left.has_integer() && right.has_integer()) return ordered(op, left.as_integer(), right.as_integer());
  if (!left.has_text() || !right.has_text()) return Truth::Error;
  const std::string_view a = left.as_text();
  const std::string_view b = right.as_text();
  if (op == CompareOp::Equal) return truth(base::iequals(a, b));
  if (op == CompareOp::NotEqual) return truth(!base::iequals(a, b));
  return ordered(op, base::icompare(a, b), 0);
}

Truth compare_address(CompareOp op, const Value& left, const base::IpNetwork& network) {
  const auto address = base::IpAddress::parse(left.as_text());
  const bool inside = address && address->family() == network.address.family() && network.contains(*address);
  return truth(inside == (op == CompareOp::Equal));
}

base::Result<Value> combine(Operator operation, const Value& left, const Value& right, base::Arena& arena,
                            std::size_t max_text) {
  if (left.has_integer() && (right.has_integer() || right.is_null())) {
    return arithmetic(operation, left.as_integer(), right.is_null() ? 0 : right.as_integer());
  }
  if (operation == Operator::Add) {
    if (left.has_text()) return concatenate(left.as_text(), to_text(right, arena), arena, max_text);
    if (left.is_null()) return right;
    return mismatch(operation, left, right);
  }
  const bool bits = operation == Operator::And || operation == Operator::Or || operation == Operator::Xor;
  if (bits && left.has_text() && right.has_text()) return bytewise(operation, left.as_text(), right.as_text(), arena);
  return mismatch(operation, left, right);
}

base::Result<Value> combine_into(Operator operation, const Value& left, const Value& right, base::Arena& arena,
                                 std::size_t max_text) {
  const bool numbers = left.has_integer() && right.has_integer();
  const bool texts = left.has_text() && right.has_text();
  if (!numbers && !texts) return mismatch(operation, left, right);
  return combine(operation, left, right, arena, max_text);
}

}  // namespace carillon::script
