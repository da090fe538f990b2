// SPDX-License-Identifier: Apache-2.0
// Conditions and values. && and || have one precedence, so have + - * / %, and one level lower & | ^ << >>: all
// associate to the left.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "script/parser.h"

namespace carillon::script {

using ast::Expression;
using ast::ExpressionPtr;

namespace {

[[nodiscard]] std::optional<CompareOp> comparison_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::Equal:
      return CompareOp::Equal;
    case TokenKind::NotEqual:
      return CompareOp::NotEqual;
    case TokenKind::Less:
      return CompareOp::Less;
    case TokenKind::Greater:
      return CompareOp::Greater;
    case TokenKind::LessEqual:
      return CompareOp::LessEqual;
    case TokenKind::GreaterEqual:
      return CompareOp::GreaterEqual;
    case TokenKind::Match:
      return CompareOp::Match;
    case TokenKind::NotMatch:
      return CompareOp::NotMatch;
    default:
      return std::nullopt;
  }
}

[[nodiscard]] std::optional<Operator> bitwise_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::BitAnd:
      return Operator::And;
    case TokenKind::BitOr:
      return Operator::Or;
    case TokenKind::BitXor:
      return Operator::Xor;
    case TokenKind::ShiftLeft:
      return Operator::ShiftLeft;
    case TokenKind::ShiftRight:
      return Operator::ShiftRight;
    default:
      return std::nullopt;
  }
}

[[nodiscard]] std::optional<Operator> arithmetic_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::Plus:
      return Operator::Add;
    case TokenKind::Minus:
      return Operator::Subtract;
    case TokenKind::Star:
      return Operator::Multiply;
    case TokenKind::Slash:
      return Operator::Divide;
    case TokenKind::Percent:
      return Operator::Modulo;
    default:
      return std::nullopt;
  }
}

[[nodiscard]] std::optional<Operator> update_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::PlusAssign:
      return Operator::Add;
    case TokenKind::MinusAssign:
      return Operator::Subtract;
    case TokenKind::StarAssign:
      return Operator::Multiply;
    case TokenKind::SlashAssign:
      return Operator::Divide;
    case TokenKind::PercentAssign:
      return Operator::Modulo;
    case TokenKind::AndAssign:
      return Operator::And;
    case TokenKind::OrAssign:
      return Operator::Or;
    case TokenKind::XorAssign:
      return Operator::Xor;
    case TokenKind::ShiftLeftAssign:
      return Operator::ShiftLeft;
    case TokenKind::ShiftRightAssign:
      return Operator::ShiftRight;
    default:
      return std::nullopt;
  }
}

[[nodiscard]] ExpressionPtr make(Expression::Kind kind, Span span) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->span = span;
  return expression;
}

// What OpenSIPS 1.x had as words of their own in conditions, and the variables that took their place.
struct OldWord {
  std::string_view word;
  std::string_view now;
  std::string_view host = {};  // of `word == myself`: what is_myself() is asked about
};
constexpr auto kOldWords = std::to_array<OldWord>({{"method", "$rm"},
                                                   {"uri", "$ru", "$rd"},
                                                   {"from_uri", "$fu", "$fd"},
                                                   {"to_uri", "$tu", "$td"},
                                                   {"src_ip", "$si", "$si"},
                                                   {"src_port", "$sp"},
                                                   {"dst_ip", "$socket_in(ip)", "$socket_in(ip)"},
                                                   {"dst_port", "$socket_in(port)"},
                                                   {"proto", "$socket_in(proto)"},
                                                   {"af", "$socket_in(af)"},
                                                   {"status", "$rs"},
                                                   {"retcode", "$rc"},
                                                   {"msg:len", "$ml"}});

[[nodiscard]] const OldWord* find_old_word(std::string_view word) {
  const auto found = std::ranges::find(kOldWords, word, &OldWord::word);
  return found == kOldWords.end() ? nullptr : &*found;
}

// The values of `proto` and `af` stood without quotes.
[[nodiscard]] bool is_old_value(std::string_view word) {
  constexpr auto kValues = std::to_array<std::string_view>({"UDP", "TCP", "TLS", "SCTP", "WS", "WSS", "INET", "INET6"});
  return std::ranges::find(kValues, word) != kValues.end();
}

// The stages behind walk the tree by recursion, also when it is released.
constexpr int kMaxExpressionDepth = 1000;

[[nodiscard]] ExpressionPtr join(Expression::Kind kind, ExpressionPtr left, ExpressionPtr right) {
  ExpressionPtr expression = make(kind, left->span.to(right->span));
  expression->depth = std::max(left->depth, right->depth) + 1;
  expression->left = std::move(left);
  expression->right = std::move(right);
  return expression;
}

}  // namespace

bool Parser::too_long(const Expression& expression) {
  if (expression.depth < kMaxExpressionDepth) return false;
  error(peek().span, fmt::format("more than {} operators in one expression", kMaxExpressionDepth));
  return true;
}

ExpressionPtr Parser::logical(Place place) {
  const Nesting nesting(*this);
  if (too_deep()) return nullptr;
  ExpressionPtr left = logical_operand(place);
  while (left != nullptr && (at(TokenKind::And) || at(TokenKind::Or))) {
    if (too_long(*left)) return nullptr;
    const auto kind = take().kind == TokenKind::And ? Expression::Kind::And : Expression::Kind::Or;
    ExpressionPtr right = logical_operand(place);
    if (right == nullptr) return nullptr;
    left = join(kind, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr Parser::logical_operand(Place place) {
  if (!at(TokenKind::Not)) return comparison(place);
  const Nesting nesting(*this);
  if (too_deep()) return nullptr;
  const Span span = take().span;
  ExpressionPtr inner = logical_operand(place);
  if (inner == nullptr) return nullptr;
  ExpressionPtr result = make(Expression::Kind::Not, span.to(inner->span));
  result->depth = inner->depth + 1;
  result->left = std::move(inner);
  return result;
}

ExpressionPtr Parser::comparison(Place place) {
  ExpressionPtr result = place == Place::Condition ? condition_primary() : bitwise();
  if (result != nullptr && comparison_of(peek().kind)) result = compare_with(std::move(result), place);
  if (result != nullptr && place == Place::Condition && (arithmetic_of(peek().kind) || bitwise_of(peek().kind))) {
    error(peek().span, "arithmetic in a condition needs [ ]",
          "if ([$var(flags) & 4]) ...; conditions are joined by && and ||");
    return nullptr;
  }
  return result;
}

ExpressionPtr Parser::compare_with(ExpressionPtr left, Place place) {
  const Token op = take();
  if (at_word("myself")) return compare_with_myself(std::move(left), op);
  if (place == Place::Condition && left->kind != Expression::Kind::Variable) {
    const bool call = left->kind == Expression::Kind::Call || left->kind == Expression::Kind::Route;
    error(left->span, "the left side of a comparison has to be a variable",
          call ? "call the function first, then compare $rc" : "exchange the two sides");
  }
  ExpressionPtr right;
  if (at(TokenKind::Ip)) {
    const Token token = take();
    right = make(Expression::Kind::Address, token.span);
    right->network = base::IpNetwork::parse(token.spelling).value_or(base::IpNetwork{});
    if (op.kind != TokenKind::Equal && op.kind != TokenKind::NotEqual) {
      error(op.span, "an address is only compared with == and !=");
    }
  } else if (place == Place::Value) {
    right = bitwise();
  } else if (at(TokenKind::LeftBracket)) {
    right = condition_primary();
  } else {
    right = literal();
  }
  if (right == nullptr) return nullptr;
  ExpressionPtr result = join(Expression::Kind::Compare, std::move(left), std::move(right));
  result->comparison = comparison_of(op.kind).value_or(CompareOp::Equal);
  return result;
}

// ( condition ), [ arithmetic ], a call, a variable or a literal.
ExpressionPtr Parser::condition_primary() {
  const Span begin = peek().span;
  if (take_if(TokenKind::LeftParen)) {
    ExpressionPtr inner = logical(Place::Condition);
    if (inner == nullptr || !expect(TokenKind::RightParen, "to close this '('")) return nullptr;
    ExpressionPtr group = make(Expression::Kind::Group, begin.to(last_));
    group->depth = inner->depth + 1;
    group->left = std::move(inner);
    return group;
  }
  if (take_if(TokenKind::LeftBracket)) {
    ExpressionPtr inner = logical(Place::Value);
    if (inner == nullptr || !expect(TokenKind::RightBracket, "to close this '['")) return nullptr;
    return inner;
  }
  if (at(TokenKind::Variable)) {
    const Token token = take();
    auto parsed = variable(token);
    if (at(TokenKind::Assign) || at(TokenKind::Replace) || update_of(peek().kind)) {
      return assignment_in_condition(std::move(parsed), token.span);
    }
    if (parsed == nullptr) parsed = std::make_unique<ast::Variable>();
    ExpressionPtr result = make(Expression::Kind::Variable, token.span);
    result->variable = std::move(parsed);
    return result;
  }
  return literal();
}

ExpressionPtr Parser::assignment_in_condition(std::unique_ptr<ast::Variable> target, Span span) {
  ExpressionPtr result = make(Expression::Kind::Assign, span);
  result->assignment = assignment(std::move(target));
  if (result->assignment == nullptr) return nullptr;
  result->span = span.to(last_);
  return result;
}

ExpressionPtr Parser::bitwise() {
  const Nesting nesting(*this);
  if (too_deep()) return nullptr;
  ExpressionPtr left = arithmetic();
  for (auto op = bitwise_of(peek().kind); left != nullptr && op; op = bitwise_of(peek().kind)) {
    if (too_long(*left)) return nullptr;
    take();
    ExpressionPtr right = arithmetic();
    if (right == nullptr) return nullptr;
    left = join(Expression::Kind::Arithmetic, std::move(left), std::move(right));
    left->operation = *op;
  }
  return left;
}

ExpressionPtr Parser::arithmetic() {
  ExpressionPtr left = operand();
  for (auto op = arithmetic_of(peek().kind); left != nullptr && op; op = arithmetic_of(peek().kind)) {
    if (too_long(*left)) return nullptr;
    take();
    ExpressionPtr right = operand();
    if (right == nullptr) return nullptr;
    left = join(Expression::Kind::Arithmetic, std::move(left), std::move(right));
    left->operation = *op;
  }
  return left;
}

ExpressionPtr Parser::operand() {
  const Nesting nesting(*this);
  if (too_deep()) return nullptr;
  const Span begin = peek().span;
  if (take_if(TokenKind::LeftParen)) {
    ExpressionPtr inner = logical(Place::Value);
    if (inner == nullptr || !expect(TokenKind::RightParen, "to close this '('")) return nullptr;
    inner->span = begin.to(last_);
    return inner;
  }
  if (at(TokenKind::BitNot) || at(TokenKind::Minus)) {
    const auto kind = take().kind == TokenKind::BitNot ? Expression::Kind::Negate : Expression::Kind::Minus;
    ExpressionPtr inner = operand();
    if (inner == nullptr) return nullptr;
    if (kind == Expression::Kind::Minus && inner->kind == Expression::Kind::Number) {
      inner->number = -inner->number;
      inner->span = begin.to(inner->span);
      return inner;
    }
    ExpressionPtr result = make(kind, begin.to(inner->span));
    result->depth = inner->depth + 1;
    result->left = std::move(inner);
    return result;
  }
  return literal();
}

ExpressionPtr Parser::literal() {
  const Span begin = peek().span;
  if (at(TokenKind::Minus)) {
    take();
    if (!at(TokenKind::Number)) {
      unexpected("a number after '-'");
      return nullptr;
    }
    ExpressionPtr result = make(Expression::Kind::Number, begin.to(peek().span));
    result->number = -take().number;
    return result;
  }
  switch (peek().kind) {
    case TokenKind::Number: {
      ExpressionPtr result = make(Expression::Kind::Number, begin);
      result->number = take().number;
      return result;
    }
    case TokenKind::String: {
      ExpressionPtr result = make(Expression::Kind::String, begin);
      result->string = string_literal(take());
      return result;
    }
    case TokenKind::Ip: {
      ExpressionPtr result = make(Expression::Kind::String, begin);
      result->string.text = peek().spelling;
      result->string.origin.begin = begin.offset;
      result->string.span = begin;
      take();
      return result;
    }
    case TokenKind::Null:
      take();
      return make(Expression::Kind::Null, begin);
    case TokenKind::Variable: {
      ExpressionPtr result = make(Expression::Kind::Variable, begin);
      result->variable = variable(take());
      if (result->variable == nullptr) result->variable = std::make_unique<ast::Variable>();
      return result;
    }
    case TokenKind::Identifier:
      if (!at_top_level_keyword()) return call_expression();
      break;
    default:
      break;
  }
  unexpected("a value");
  return nullptr;
}

// method == "INVITE", proto == UDP, msg:len > 1000: the variable of today.
ExpressionPtr Parser::old_word(const Token& name) {
  std::string word(name.spelling);
  Span span = name.span;
  if (word == "msg" && at(TokenKind::Colon)) {
    take();
    word += ":";
    if (at(TokenKind::Identifier)) word += take().spelling;
    span = span.to(last_);
  }
  if (is_old_value(word)) {
    ExpressionPtr result = make(Expression::Kind::String, span);
    result->string.text = word;
    result->string.origin.begin = span.offset;
    result->string.span = span;
    return result;
  }
  const OldWord* const old = find_old_word(word);
  if (old == nullptr) {
    error(span, fmt::format("'{}' is neither a value nor a call", word),
          "texts stand in quotes, variables begin with '$', calls have ( )");
    return nullptr;
  }
  sink_.warning(position(span), fmt::format("'{}' is an older spelling", word), fmt::format("today: {}", old->now),
                DiagnosticCode::OlderSpelling);
  ExpressionPtr result = make(Expression::Kind::Variable, span);
  result->variable = written_as(old->now, span);
  return result;
}

// A variable that stands for a word of another spelling.
std::unique_ptr<ast::Variable> Parser::written_as(std::string_view text, Span span) {
  const Origin origin{span.offset, std::vector<std::uint32_t>(text.size() + 1, span.offset)};
  auto parsed = variables_.parse(text, origin);
  return parsed != nullptr ? std::move(parsed) : std::make_unique<ast::Variable>();
}

// uri == myself
ExpressionPtr Parser::compare_with_myself(ExpressionPtr left, const Token& op) {
  const Span span = left->span.to(take().span);
  const auto named = [&](const OldWord& old) {
    return left->kind == Expression::Kind::Variable && left->variable != nullptr && !old.host.empty() &&
           old.now.substr(1) == left->variable->name;
  };
  const auto old = std::ranges::find_if(kOldWords, named);
  const bool negated = op.kind == TokenKind::NotEqual;
  if (old == kOldWords.end() || (op.kind != TokenKind::Equal && !negated)) {
    error(span, "only uri, from_uri, to_uri and src_ip are compared with myself, by == and !=",
          "today: is_myself(host, port)");
    return nullptr;
  }
  sink_.warning(position(span), "'myself' is an older spelling", fmt::format("today: is_myself({})", old->host),
                DiagnosticCode::OlderSpelling);
  ExpressionPtr result = make(Expression::Kind::Call, span);
  result->call = std::make_unique<ast::FunctionCall>();
  result->call->name = "is_myself";
  result->call->name_span = result->call->span = span;
  ast::CallArgument host;
  host.kind = ast::CallArgument::Kind::Variable;
  host.span = span;
  host.variable = written_as(old->host, span);
  result->call->arguments.push_back(std::move(host));
  if (!negated) return result;
  ExpressionPtr inverse = make(Expression::Kind::Not, span);
  inverse->depth = result->depth + 1;
  inverse->left = std::move(result);
  return inverse;
}

// A function or route(): its code is the value.
ExpressionPtr Parser::call_expression() {
  const Token name = take();
  if (!at(TokenKind::LeftParen)) return old_word(name);
  const bool is_route = name.spelling == "route";
  ExpressionPtr result = make(is_route ? Expression::Kind::Route : Expression::Kind::Call, name.span);
  if (is_route) {
    result->route = route_call(name.span);
  } else {
    result->call = function_call(name);
  }
  if (result->route == nullptr && result->call == nullptr) return nullptr;
  result->span = name.span.to(last_);
  return result;
}

// $x = value, behind the variable.
std::unique_ptr<ast::Assignment> Parser::assignment(std::unique_ptr<ast::Variable> target) {
  auto result = std::make_unique<ast::Assignment>();
  result->operator_span = peek().span;
  if (take_if(TokenKind::Assign)) {
    result->op = ast::Assignment::Op::Assign;
  } else if (take_if(TokenKind::Replace)) {
    result->op = ast::Assignment::Op::Replace;
  } else if (const auto operation = update_of(peek().kind)) {
    take();
    result->op = ast::Assignment::Op::Update;
    result->operation = *operation;
  } else {
    unexpected("an assignment after the variable", "$var(x) = value;");
    return nullptr;
  }
  result->value = logical(Place::Value);
  if (result->value == nullptr) return nullptr;
  if (target == nullptr) target = std::make_unique<ast::Variable>();
  result->target = std::move(target);
  return result;
}

}  // namespace carillon::script
