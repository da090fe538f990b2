// SPDX-License-Identifier: Apache-2.0
// See operands.h.
#include "modules/avpops/operands.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/glob.h"
#include "base/strings.h"
#include "modules/avpops/avpops.h"
#include "script/operators.h"
#include "script/transformations.h"

namespace carillon::avpops {

using script::Value;

namespace {

// "i:0x1f", "i:-7", "345".
std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hexadecimal = base::istarts_with(text, "0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
}

std::optional<std::string> avp_name(std::string_view text) {
  const auto variable = sqlops::ResultVariable::parse(text);
  // A name that is a variable itself is looked up at each call.
  if (!variable || variable->name != "avp" || variable->sub_name.find('$') != std::string::npos) return std::nullopt;
  return variable->sub_name;
}

// What stands behind the last '/', when it is nothing but flags. Taken off `text`.
std::string take_flags(std::string_view& text, std::string_view known) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string flags = base::to_lower(base::trim(text.substr(slash + 1)));
  if (flags.find_first_not_of(known) != std::string::npos) return {};
  text = text.substr(0, slash);
  return flags;
}

bool has(const std::string& flags, char flag) { return flags.find(flag) != std::string::npos; }

template <typename Op>
struct NamedOp {
  std::string_view name;
  Op op;
};

constexpr auto kChecks = std::to_array<NamedOp<Check::Op>>({
    {"eq", Check::Op::Equal},
    {"ne", Check::Op::NotEqual},
    {"lt", Check::Op::Less},
    {"le", Check::Op::LessEqual},
    {"gt", Check::Op::Greater},
    {"ge", Check::Op::GreaterEqual},
    {"re", Check::Op::Regex},
    {"fm", Check::Op::Glob},
    {"and", Check::Op::And},
    {"or", Check::Op::Or},
    {"xor", Check::Op::Xor},
});

constexpr auto kOperations = std::to_array<NamedOp<Operation::Op>>({
    {"add", Operation::Op::Add},
    {"sub", Operation::Op::Subtract},
    {"mul", Operation::Op::Multiply},
    {"div", Operation::Op::Divide},
    {"mod", Operation::Op::Modulo},
    {"and", Operation::Op::And},
    {"or", Operation::Op::Or},
    {"xor", Operation::Op::Xor},
    {"not", Operation::Op::Not},
});

// "operator/value/flags": the operator and its '/' are taken off `text`.
template <typename Op, std::size_t N>
base::Result<Op> take_operator(std::string_view& text, const std::array<NamedOp<Op>, N>& ops) {
  const std::string_view whole = text;
  const std::string_view name = base::trim(base::take_until(text, '/'));
  for (const NamedOp<Op>& op : ops) {
    if (base::iequals(op.name, name) && name.size() < whole.size()) return op.op;
  }
  return base::fail(fmt::format("'{}' is not of the form operator/value/flags", whole));
}

// Of a value that is a number, or is written like one.
std::optional<std::int64_t> number_of(const Value& value) {
  if (value.has_integer()) return value.as_integer();
  return parse_integer(value.as_text());
}

template <typename T>
bool compares(Check::Op op, const T& left, const T& right) {
  switch (op) {
    case Check::Op::Equal:
      return left == right;
    case Check::Op::NotEqual:
      return left != right;
    case Check::Op::Less:
      return left < right;
    case Check::Op::LessEqual:
      return left <= right;
    case Check::Op::Greater:
      return left > right;
    default:
      return left >= right;
  }
}

bool shares_bits(Check::Op op, const Value& left, const Value& right) {
  const auto one = number_of(left);
  const auto other = number_of(right);
  if (!one || !other) return false;
  if (op == Check::Op::And) return (*one & *other) != 0;
  if (op == Check::Op::Or) return (*one | *other) != 0;
  return (*one ^ *other) != 0;
}

}  // namespace

base::Result<Operand> Operand::parse_variable(std::string_view text, Avpops& module) {
  text = base::trim(text);
  if (!text.starts_with('$') || text.size() < 2) return base::fail(fmt::format("'{}' is no variable", text));
  Operand operand;
  if (auto avp = avp_name(text)) {
    operand.avp_ = std::move(*avp);
    return operand;
  }
  operand.variable_ = std::make_shared<sqlops::KeptText>(text);
  if (auto kept = module.keep(operand.variable_); !kept) return std::unexpected(std::move(kept.error()));
  return operand;
}

base::Result<Operand> Operand::parse(std::string_view text, Avpops& module) {
  if (base::trim(text).starts_with('$')) return parse_variable(text, module);
  Operand operand;
  if (base::istarts_with(text, "i:")) {
    operand.number_ = parse_integer(text.substr(2));
    if (!operand.number_) return base::fail(fmt::format("'{}' is no number", text));
    operand.text_ = text.substr(2);
  } else if (base::istarts_with(text, "s:")) {
    operand.text_ = text.substr(2);
  } else {
    operand.text_ = text;
    operand.number_ = parse_integer(text);
  }
  return operand;
}

Value Operand::read(RouteContext& context) const {
  if (!avp_.empty()) return context.avps().get(script::AvpName(avp_));
  if (variable_ == nullptr) return number_ ? Value::both(text_, *number_) : Value::text(text_);
  const auto text = variable_->read(context);
  // What a text outside of the script knows NULL by.
  if (!text || *text == "<null>") return Value::null();
  return Value::text(context.keep(*text));
}

std::vector<Value> Operand::read_all(RouteContext& context) const {
  std::vector<Value> values;
  if (avp_.empty()) {
    if (const Value value = read(context); !value.is_null()) values.push_back(value);
    return values;
  }
  const script::AvpName name(avp_);
  const std::size_t count = context.avps().count(name);
  for (std::size_t i = 0; i < count; ++i) values.push_back(context.avps().get(name, static_cast<int>(i)));
  return values;
}

base::Result<Check> Check::parse(std::string_view text, Avpops& module) {
  Check check;
  const auto op = take_operator(text, kChecks);
  if (!op) return std::unexpected(op.error());
  check.op = *op;
  const std::string flags = take_flags(text, "gi");
  check.all = has(flags, 'g');
  check.ignore_case = has(flags, 'i');
  auto operand = Operand::parse(text, module);
  if (!operand) return std::unexpected(std::move(operand.error()));
  check.operand = std::move(*operand);
  if (check.op == Op::Regex && check.operand.is_constant()) {
    auto regex = script::cached_regex(check.operand.text(), script::kArgumentRegex);
    if (!regex) return std::unexpected(std::move(regex.error()));
    check.regex = std::move(*regex);
  }
  return check;
}

base::Result<bool> Check::holds(RouteContext& context, const Value& value, const Value& other) const {
  if (value.is_null() || other.is_null()) return false;
  const std::string_view left = script::to_text(value, context.arena());
  const std::string_view right = script::to_text(other, context.arena());
  switch (op) {
    case Op::Regex: {
      if (regex != nullptr) return regex->matches(left);
      const auto compiled = script::cached_regex(right, script::kArgumentRegex);
      if (!compiled) return std::unexpected(compiled.error());
      return (*compiled)->matches(left);
    }
    case Op::Glob:
      return base::glob_matches(right, left, ignore_case ? base::GlobCase::Ignored : base::GlobCase::Matters);
    case Op::And:
    case Op::Or:
    case Op::Xor:
      return shares_bits(op, value, other);
    default:
      break;
  }
  const auto one = number_of(value);
  const auto two = number_of(other);
  if (one && two && (value.has_integer() || other.has_integer())) return compares(op, *one, *two);
  if (ignore_case) return compares(op, base::to_lower(left), base::to_lower(right));
  return compares(op, left, right);
}

base::Result<Operation> Operation::parse(std::string_view text, Avpops& module) {
  Operation operation;
  const auto op = take_operator(text, kOperations);
  if (!op) return std::unexpected(op.error());
  operation.op = *op;
  const std::string flags = take_flags(text, "gd");
  operation.all = has(flags, 'g');
  operation.delete_source = has(flags, 'd');
  auto operand = Operand::parse(text, module);
  if (!operand) return std::unexpected(std::move(operand.error()));
  if (operand->is_constant() && !parse_integer(base::istarts_with(text, "i:") ? text.substr(2) : text) &&
      operation.op != Op::Not) {
    return base::fail(fmt::format("'{}' is no number", text));
  }
  operation.operand = std::move(*operand);
  return operation;
}

base::Result<Value> Operation::apply(RouteContext& context, const Value& left, const Value& right) const {
  constexpr std::array<script::Operator, 8> kOperators = {
      script::Operator::Add,    script::Operator::Subtract, script::Operator::Multiply, script::Operator::Divide,
      script::Operator::Modulo, script::Operator::And,      script::Operator::Or,       script::Operator::Xor};
  const auto one = number_of(left);
  const auto other = op == Op::Not ? std::optional<std::int64_t>(-1) : number_of(right);
  if (!one || !other) return base::fail("both have to be numbers");
  // ~x is x ^ -1.
  const script::Operator operation = op == Op::Not ? script::Operator::Xor : kOperators[static_cast<std::size_t>(op)];
  return script::combine(operation, Value::integer(*one), Value::integer(*other), context.arena(),
                         script::kMaxTransformed);
}

base::Result<AvpPair> AvpPair::parse(std::string_view text) {
  AvpPair pair;
  std::string_view rest = text;
  const auto source = avp_name(base::trim(base::take_until(rest, '/')));
  if (!source) return base::fail(fmt::format("'{}' is not of the form $avp(source)/$avp(destination)/flags", text));
  pair.source = *source;
  pair.destination = *source;
  if (const std::string_view second = base::trim(base::take_until(rest, '/')); !second.empty()) {
    const auto destination = avp_name(second);
    if (!destination) return base::fail(fmt::format("'{}' is not of the form $avp(name)", second));
    pair.destination = *destination;
  }
  const std::string flags = base::to_lower(base::trim(rest));
  if (flags.find_first_not_of("gd") != std::string::npos) {
    return base::fail(fmt::format("unknown flags '{}': g and d are known", flags));
  }
  pair.all = has(flags, 'g');
  pair.delete_source = has(flags, 'd');
  return pair;
}

base::Result<Destination> Destination::parse(std::string_view text) {
  text = base::trim(text);
  if (text == "$ru") return Destination{Kind::Uri};
  if (text == "$ru/username") return Destination{Kind::Username};
  if (text == "$ru/domain") return Destination{Kind::Domain};
  if (text == "$du") return Destination{Kind::NextHop};
  if (text == "$br") return Destination{Kind::Branch};
  return base::fail("must be $ru, $ru/username, $ru/domain, $du or $br");
}

base::Result<Pushed> Pushed::parse(std::string_view text, Avpops& module) {
  Pushed pushed;
  pushed.all = has(take_flags(text, "g"), 'g');
  auto operand = Operand::parse_variable(text, module);
  if (!operand) return std::unexpected(std::move(operand.error()));
  pushed.operand = std::move(*operand);
  return pushed;
}

}  // namespace carillon::avpops
