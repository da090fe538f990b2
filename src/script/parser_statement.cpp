// SPDX-License-Identifier: Apache-2.0
// Routes and the statements in them.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/strings.h"
#include "script/parser.h"

namespace carillon::script {

using ast::CallArgument;
using ast::Statement;

std::string_view keyword_of(RouteKind kind) {
  switch (kind) {
    case RouteKind::Request:
      return "route";
    case RouteKind::Branch:
      return "branch_route";
    case RouteKind::Failure:
      return "failure_route";
    case RouteKind::Reply:
      return "onreply_route";
    case RouteKind::Error:
      return "error_route";
    case RouteKind::Local:
      return "local_route";
    case RouteKind::Startup:
      return "startup_route";
    case RouteKind::Timer:
      return "timer_route";
    case RouteKind::Event:
      return "event_route";
  }
  return "route";
}

std::optional<RouteKind> Parser::route_keyword(std::string_view word) const {
  for (int i = 0; i < kRouteKinds; ++i) {
    const auto kind = static_cast<RouteKind>(i);
    if (keyword_of(kind) == word) return kind;
  }
  return std::nullopt;
}

void Parser::route(ast::Script& script, RouteKind kind, Span keyword) {
  ast::Route route;
  route.kind = kind;
  route.span = route.name_span = keyword;
  if (take_if(TokenKind::LeftBracket)) {
    if (!route_name(route)) {
      // The body is still worth reading.
      while (!at(TokenKind::LeftBrace) && !at(TokenKind::End) && !at_top_level_keyword()) take();
    }
  } else if (kind == RouteKind::Branch || kind == RouteKind::Failure || kind == RouteKind::Timer ||
             kind == RouteKind::Event) {
    error(keyword, fmt::format("a {} needs a name", keyword_of(kind)),
          kind == RouteKind::Timer ? "timer_route[name, seconds]" : fmt::format("{}[name]", keyword_of(kind)));
  }
  if (kind == RouteKind::Request && route.name == "0") route.name.clear();
  if (!at(TokenKind::LeftBrace)) {
    unexpected(fmt::format("'{{' after {}", keyword_of(kind)));
    return skip_statement();
  }
  block(route.body, keyword_of(kind));
  route.span = keyword.to(last_);
  script.routes.push_back(std::move(route));
}

bool Parser::route_name(ast::Route& route) {
  if (!at(TokenKind::Identifier) && !at(TokenKind::Number) && !at(TokenKind::String)) {
    unexpected("the route's name");
    return false;
  }
  Token name = take();
  route.name_span = name.span;
  if (name.kind == TokenKind::Number) {
    route.name = std::to_string(name.number);
  } else {
    route.name = name.kind == TokenKind::String ? std::move(name.text) : std::string(name.spelling);
  }
  if (route.kind == RouteKind::Timer) {
    if (!expect(TokenKind::Comma, "and the seconds between two runs, as in timer_route[name, 30]")) return false;
    if (!at(TokenKind::Number)) {
      unexpected("the seconds between two runs");
      return false;
    }
    const Token period = take();
    route.period = period.number;
    if (period.number < 1) error(period.span, "a timer_route runs at most once a second");
  }
  if (route.kind == RouteKind::Event && take_if(TokenKind::Comma) && !old_event_mode()) return false;
  return expect(TokenKind::RightBracket, "after the route's name");
}

void Parser::block(ast::Statements& into, std::string_view what) {
  const Span open = peek().span;
  take();
  const Nesting nesting(*this);
  if (too_deep()) return;
  while (!at(TokenKind::RightBrace)) {
    if (at(TokenKind::End) || at_top_level_keyword()) {
      if (!sink_.exhausted() && !gave_up_)
        error(open, fmt::format("this '{{' of a {} is never closed", what), {}, DiagnosticCode::Unclosed);
      return;
    }
    if (sink_.exhausted()) {
      while (!at(TokenKind::End)) take();
      return;
    }
    statement(into);
  }
  take();
}

void Parser::body(ast::Statements& into) {
  if (at(TokenKind::LeftBrace)) {
    block(into, "block");
  } else {
    statement(into);
  }
}

void Parser::statement(ast::Statements& into) {
  if (take_if(TokenKind::Semicolon)) return;
  Statement result;
  result.span = peek().span;
  const Nesting nesting(*this);
  if (too_deep()) return;
  if (at(TokenKind::LeftBrace)) {
    result.kind = Statement::Kind::Block;
    block(result.body, "block");
    into.push_back(std::move(result));
    return;
  }
  if (!keyword_statement(result) || !end_of_statement(result)) return skip_statement();
  into.push_back(std::move(result));
}

// Statements that end with a block need no ';'.
bool Parser::end_of_statement(const Statement& statement) {
  switch (statement.kind) {
    case Statement::Kind::If:
    case Statement::Kind::While:
    case Statement::Kind::For:
    case Statement::Kind::Switch:
    case Statement::Kind::Empty:
      return true;
    default:
      break;
  }
  if (take_if(TokenKind::Semicolon)) return true;
  unexpected("';' at the end of this statement");
  // Nothing is lost: the next statement begins here.
  return at(TokenKind::RightBrace) || position(peek().span).line != position(last_).line;
}

bool Parser::keyword_statement(Statement& statement) {
  struct Keyword {
    std::string_view word;
    bool (Parser::*parse)(Statement&);
  };
  constexpr auto kKeywords = std::to_array<Keyword>({{"if", &Parser::if_statement},
                                                     {"while", &Parser::while_statement},
                                                     {"for", &Parser::for_statement},
                                                     {"switch", &Parser::switch_statement},
                                                     {"return", &Parser::return_statement},
                                                     {"assert", &Parser::assert_statement},
                                                     {"log", &Parser::log_statement},
                                                     {"xlog", &Parser::log_statement},
                                                     {"xdbg", &Parser::log_statement},
                                                     {"async", &Parser::async_statement},
                                                     {"launch", &Parser::async_statement},
                                                     {"fetch_event_params", &Parser::fetch_event_params}});
  if (at(TokenKind::Variable)) return assignment_statement(statement);
  if (!at(TokenKind::Identifier) || at_top_level_keyword()) {
    const bool joins = at(TokenKind::And) || at(TokenKind::Or);
    unexpected("a statement",
               joins ? "all of a condition stands in one pair of ( )" : (at(TokenKind::Slash) ? kComments : ""));
    if (at(TokenKind::Identifier)) return false;
    // A stray token must not be met again for ever.
    if (!at(TokenKind::RightBrace) && !at(TokenKind::End)) take();
    return false;
  }
  for (const Keyword& keyword : kKeywords) {
    if (peek().spelling == keyword.word) return (this->*keyword.parse)(statement);
  }
  if (at_word("exit") || at_word("drop")) {
    statement.kind = at_word("exit") ? Statement::Kind::Exit : Statement::Kind::Drop;
    take();
    if (take_if(TokenKind::LeftParen)) return expect(TokenKind::RightParen, "after '('");
    return true;
  }
  if (at_word("break")) {
    take();
    statement.kind = Statement::Kind::Break;
    if (breakable_ == 0) error(last_, "break outside of a switch or a loop");
    return true;
  }
  if (at_word("else")) {
    error(take().span, "else without an if before it", "an if takes one statement; several stand in { }");
    return false;
  }
  if (at_word("case") || at_word("default")) {
    error(peek().span, fmt::format("{} outside of a switch", peek().spelling));
    take();
    return false;
  }
  return call_statement(statement);
}

// ( condition ). Behind one that can't be understood the block that it guards is still read.
bool Parser::guard(Statement& statement, std::string_view context) {
  if (!expect(TokenKind::LeftParen, context)) return false;
  statement.condition = logical(Place::Condition);
  if (statement.condition != nullptr && expect(TokenKind::RightParen, "after the condition")) return true;
  // if (t() { ...: only the ')' is missing.
  bool closed = at(TokenKind::LeftBrace) || (last_.end() != 0 && source_.text()[last_.end() - 1] == ')');
  while (!at(TokenKind::End) && !at(TokenKind::Semicolon) && !at(TokenKind::RightBrace) && !at_top_level_keyword()) {
    if (closed && at(TokenKind::LeftBrace)) {
      statement.condition = std::make_unique<ast::Expression>();
      return true;
    }
    closed = take().kind == TokenKind::RightParen;
  }
  return false;
}

bool Parser::if_statement(Statement& statement) {
  statement.kind = Statement::Kind::If;
  take();
  if (!guard(statement, "after if")) return false;
  body(statement.body);
  if (at_word("else")) {
    take();
    statement.has_otherwise = true;
    body(statement.otherwise);
  }
  return true;
}

bool Parser::while_statement(Statement& statement) {
  statement.kind = Statement::Kind::While;
  take();
  if (!guard(statement, "after while")) return false;
  ++breakable_;
  body(statement.body);
  --breakable_;
  return true;
}

// for ($it in $(list[*])) statement
bool Parser::for_statement(Statement& statement) {
  statement.kind = Statement::Kind::For;
  take();
  if (!expect(TokenKind::LeftParen, "after for")) return false;
  if (!at(TokenKind::Variable)) {
    unexpected("the loop's variable", "for ($var(it) in $(avp(list)[*])) { ... }");
    return false;
  }
  statement.variable = variable(take());
  if (!at_word("in")) {
    unexpected("'in' after the loop's variable",
               "for ($var(it) in $(avp(list)[*])) { ... }; a loop that counts is a while");
    // for ($var(i) = 0; ...; ...) is one mistake: its ';' end no statement.
    const std::uint32_t line = position(last_).line;
    while (!at(TokenKind::LeftBrace) && !at(TokenKind::End) && position(peek().span).line == line) take();
    return false;
  }
  take();
  if (!at(TokenKind::Variable)) {
    unexpected("the variable to walk through", "for ($var(it) in $(avp(list)[*])) { ... }");
    return false;
  }
  statement.list = variable(take());
  if (!expect(TokenKind::RightParen, "after the list") && !at(TokenKind::LeftBrace)) return false;
  ++breakable_;
  body(statement.body);
  --breakable_;
  return statement.variable != nullptr && statement.list != nullptr;
}

bool Parser::switch_statement(Statement& statement) {
  statement.kind = Statement::Kind::Switch;
  take();
  if (!expect(TokenKind::LeftParen, "after switch")) return false;
  if (!at(TokenKind::Variable)) {
    unexpected("a variable", "a switch tests one plain variable");
    return false;
  }
  statement.variable = variable(take());
  if (!expect(TokenKind::RightParen, "after the variable") && !at(TokenKind::LeftBrace)) return false;
  const Span open = peek().span;
  if (!expect(TokenKind::LeftBrace, "before the cases")) return false;
  ++breakable_;
  while (!at(TokenKind::RightBrace)) {
    if (at(TokenKind::End) || at_top_level_keyword()) {
      if (!gave_up_) error(open, "this '{' of a switch is never closed", {}, DiagnosticCode::Unclosed);
      break;
    }
    ast::SwitchCase next;
    if (!switch_case(next)) skip_case();
    statement.cases.push_back(std::move(next));
  }
  --breakable_;
  take_if(TokenKind::RightBrace);
  // A variable with mistakes has been told about.
  if (statement.variable == nullptr) statement.kind = Statement::Kind::Empty;
  return true;
}

// To the next case of the same switch, or its end.
void Parser::skip_case() {
  int braces = 0;
  while (!at(TokenKind::End) && !at_top_level_keyword()) {
    if (braces == 0 && (at(TokenKind::RightBrace) || at_word("case") || at_word("default"))) return;
    const TokenKind kind = take().kind;
    if (kind == TokenKind::LeftBrace) ++braces;
    if (kind == TokenKind::RightBrace) --braces;
  }
}

bool Parser::switch_case(ast::SwitchCase& into) {
  into.span = peek().span;
  if (at_word("default")) {
    take();
    into.is_default = true;
  } else if (at_word("case")) {
    take();
    const bool negative = take_if(TokenKind::Minus);
    if (at(TokenKind::Number)) {
      into.is_number = true;
      into.number = take().number * (negative ? -1 : 1);
    } else if (at(TokenKind::String) && !negative) {
      into.text = take().text;
    } else {
      unexpected("a number or a string after case");
      return false;
    }
    into.span = into.span.to(last_);
  } else {
    unexpected("case or default");
    return false;
  }
  if (!expect(TokenKind::Colon, "after the case")) return false;
  while (!at_word("case") && !at_word("default") && !at(TokenKind::RightBrace) && !at(TokenKind::End) &&
         !at_top_level_keyword()) {
    statement(into.body);
  }
  return true;
}

// return; return 1; return(1); return $var(x); return(1, "text", $var(x))
bool Parser::return_statement(Statement& statement) {
  statement.kind = Statement::Kind::Return;
  take();
  if (at(TokenKind::LeftParen)) {
    Span span;
    return arguments(statement.arguments, span);
  }
  if (at(TokenKind::Semicolon) || at(TokenKind::RightBrace)) return true;
  CallArgument code;
  if (!argument(code)) return false;
  statement.arguments.push_back(std::move(code));
  return true;
}

// assert(condition [, "text"])
bool Parser::assert_statement(Statement& statement) {
  statement.kind = Statement::Kind::Assert;
  take();
  if (!expect(TokenKind::LeftParen, "after assert")) return false;
  statement.condition = logical(Place::Condition);
  if (statement.condition == nullptr) return false;
  if (take_if(TokenKind::Comma)) {
    if (!at(TokenKind::String)) {
      unexpected("the text of the assertion");
      return false;
    }
    CallArgument text;
    if (!argument(text)) return false;
    statement.arguments.push_back(std::move(text));
  }
  return expect(TokenKind::RightParen, "after the assertion");
}

// xlog([level,] "text" "more text")
bool Parser::log_statement(Statement& statement) {
  const Token name = take();
  statement.kind = name.spelling == "log" ? Statement::Kind::Log : Statement::Kind::Xlog;
  statement.debug = name.spelling == "xdbg";
  Span span;
  if (!arguments(statement.arguments, span)) return false;
  statement.span = name.span.to(span);
  const std::size_t most = statement.debug ? 1 : 2;
  if (statement.arguments.empty() || statement.arguments.size() > most) {
    error(statement.span, fmt::format("{} takes {}", name.spelling, most == 1 ? "a text" : "a level and a text"));
    statement.kind = Statement::Kind::Empty;
  }
  return true;
}

// async(function(...), route [, seconds]) and launch(function(...) [, route [, parameter]])
bool Parser::async_statement(Statement& statement) {
  const Token keyword = take();
  statement.kind = keyword.spelling == "async" ? Statement::Kind::Async : Statement::Kind::Launch;
  if (!expect(TokenKind::LeftParen, fmt::format("after {}", keyword.spelling))) return false;
  if (!at(TokenKind::Identifier)) {
    unexpected("a function call");
    return false;
  }
  statement.call = function_call(take());
  if (statement.call == nullptr) return false;
  if (take_if(TokenKind::Comma)) {
    statement.route = std::make_unique<ast::RouteCall>();
    if (!argument(statement.route->name)) return false;
    statement.route->span = statement.route->name.span;
    if (take_if(TokenKind::Comma)) {
      CallArgument last;
      if (!argument(last)) return false;
      statement.arguments.push_back(std::move(last));
    }
  } else if (statement.kind == Statement::Kind::Async) {
    unexpected("',' and the route to go on in", "async(function(...), route_name)");
    return false;
  }
  return expect(TokenKind::RightParen, fmt::format("at the end of {}", keyword.spelling));
}

bool Parser::assignment_statement(Statement& statement) {
  statement.kind = Statement::Kind::Assign;
  statement.assignment = assignment(variable(take()));
  if (statement.assignment == nullptr) return false;
  statement.span = statement.span.to(last_);
  return true;
}

bool Parser::call_statement(Statement& statement) {
  const Token name = take();
  if (!at(TokenKind::LeftParen)) {
    if (at(TokenKind::Assign)) {
      error(name.span, fmt::format("'{}' can't be set inside a route", name.spelling),
            fmt::format("variables begin with '$': $var({}) = ...", name.spelling));
    } else {
      unexpected(fmt::format("'(' after '{}'", name.spelling));
    }
    return false;
  }
  if (name.spelling == "elseif" || name.spelling == "elsif" || name.spelling == "elif") {
    error(name.span, fmt::format("there is no '{}'", name.spelling), "else if (...)");
    return false;
  }
  if (name.spelling == "foreach") {
    error(name.span, "there is no 'foreach'", "for ($var(x) in $(list[*]))");
    return false;
  }
  if (name.spelling == "route") {
    statement.kind = Statement::Kind::Route;
    statement.route = route_call(name.span);
    return statement.route != nullptr;
  }
  statement.kind = Statement::Kind::Call;
  statement.call = function_call(name);
  return statement.call != nullptr;
}

std::unique_ptr<ast::FunctionCall> Parser::function_call(Token name) {
  auto call = std::make_unique<ast::FunctionCall>();
  call->name = name.spelling;
  call->name_span = name.span;
  Span span;
  if (!arguments(call->arguments, span)) return nullptr;
  call->span = name.span.to(span);
  return call;
}

// route(name [, parameters])
std::unique_ptr<ast::RouteCall> Parser::route_call(Span keyword) {
  auto call = std::make_unique<ast::RouteCall>();
  Span span;
  if (!arguments(call->arguments, span)) return nullptr;
  call->span = keyword.to(span);
  if (call->arguments.empty() || call->arguments.front().kind == CallArgument::Kind::Missing ||
      call->arguments.front().kind == CallArgument::Kind::Null) {
    error(call->span, "route() needs the name of a route");
    return nullptr;
  }
  call->name = std::move(call->arguments.front());
  call->arguments.erase(call->arguments.begin());
  return call;
}

// ( [argument] { , [argument] } ): positions may be empty.
bool Parser::arguments(std::vector<CallArgument>& into, Span& span) {
  span = peek().span;
  if (!expect(TokenKind::LeftParen, "before the arguments")) return false;
  while (!at(TokenKind::RightParen)) {
    CallArgument next;
    next.span = peek().span;
    if (!at(TokenKind::Comma) && !argument(next)) return false;
    into.push_back(std::move(next));
    if (into.size() > kMaxArguments + 1) {
      error(into.back().span, fmt::format("more than {} arguments", kMaxArguments));
      return false;
    }
    if (!at(TokenKind::RightParen) && !expect(TokenKind::Comma, "or ')' after an argument")) return false;
  }
  span = span.to(take().span);
  return true;
}

bool Parser::argument(CallArgument& into) {
  into.span = peek().span;
  const bool negative = take_if(TokenKind::Minus);
  if (negative && !at(TokenKind::Number)) {
    unexpected("a number after '-'");
    return false;
  }
  switch (peek().kind) {
    case TokenKind::Number:
      into.kind = CallArgument::Kind::Integer;
      into.number = take().number * (negative ? -1 : 1);
      into.string.text = source_.text().substr(last_.offset, last_.length);
      if (negative) into.string.text.insert(0, 1, '-');
      break;
    case TokenKind::String:
      into.kind = CallArgument::Kind::String;
      into.string.text = folded_string(into.string.span, into.string.origin);
      break;
    case TokenKind::Variable:
      into.kind = CallArgument::Kind::Variable;
      into.variable = variable(take());
      break;
    case TokenKind::Null:
      into.kind = CallArgument::Kind::Null;
      take();
      break;
    case TokenKind::Identifier:
    case TokenKind::Ip: {
      if (at_top_level_keyword()) {
        unexpected("an argument");
        return false;
      }
      into.kind = CallArgument::Kind::Word;
      Token word = take();
      if (!have_token_ && is_protocol(word.spelling) && lexer_.following() == ':') bare_socket(word);
      if (at(TokenKind::LeftParen)) {
        error(word.span, "an argument can't be a call itself", "call it first, then look at $rc");
        return false;
      }
      into.string.text = word.spelling;
      into.string.origin.begin = word.span.offset;
      into.string.span = word.span;
      break;
    }
    default:
      unexpected("an argument");
      return false;
  }
  into.span = into.span.to(last_);
  if (!at(TokenKind::Comma) && !at(TokenKind::RightParen) && !at(TokenKind::Semicolon)) {
    unexpected("',' or ')' after an argument", "arguments are texts, numbers and variables, not expressions");
    return false;
  }
  return true;
}

// udp:192.0.2.1:5060 without quotes, as up to 2.4.
void Parser::bare_socket(Token& protocol) {
  const Token rest = lexer_.next_word(')');
  last_ = rest.span;
  const std::size_t end = rest.span.offset + rest.span.length;
  protocol.spelling = std::string_view(source_.text()).substr(protocol.span.offset, end - protocol.span.offset);
  protocol.span = protocol.span.to(rest.span);
  sink_.warning(position(protocol.span), "a socket without quotes is an older spelling",
                fmt::format("today: \"{}\"", protocol.spelling), DiagnosticCode::OlderSpelling);
}

}  // namespace carillon::script
