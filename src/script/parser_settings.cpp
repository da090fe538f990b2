// SPDX-License-Identifier: Apache-2.0
// The top level of a script: core parameters, sockets, aliases, loadmodule and modparam.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/traffic_class.h"
#include "script/parser.h"

namespace carillon::script {

namespace {

[[nodiscard]] std::optional<std::uint16_t> parse_port(std::string_view text) {
  return base::parse_number<std::uint16_t>(base::trim(text));
}

// Words that may follow the value of a core parameter and belong to it (udp_workers = 4 use_auto_scaling_profile x;
// auto_scaling_profile = x scale up to 6 on 70% ...).
[[nodiscard]] bool continues_parameter(std::string_view name, const Token& token) {
  if (name != "auto_scaling_profile") return false;
  if (token.kind == TokenKind::Number || token.kind == TokenKind::Percent) return true;
  constexpr auto kWords =
      std::to_array<std::string_view>({"scale", "up", "down", "to", "on", "for", "cycles", "within"});
  for (const std::string_view word : kWords) {
    if (token.spelling == word) return true;
  }
  return false;
}

// 5060, -1, 0x1F, 0660; nothing when it is none, or doesn't fit.
[[nodiscard]] std::optional<std::int64_t> parse_setting(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  int base = 10;
  if (base::istarts_with(digits, "0x")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.front() == '0') {
    base = 8;
  }
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (base == 10 && number > std::uint32_t{1} << 31U) return std::nullopt;
  return to_script_integer(negative ? -std::int64_t{number} : std::int64_t{number});
}

// "/usr/lib/opensips/modules/tm.so" names the module "tm".
[[nodiscard]] std::string module_name(std::string_view path) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".so")) name.remove_suffix(3);
  return std::string(name);
}

}  // namespace

bool Parser::is_protocol(std::string_view lower) {
  constexpr auto kProtocols =
      std::to_array<std::string_view>({"udp", "tcp", "tls", "sctp", "ws", "wss", "ipsec", "bin", "bins", "hep_udp",
                                       "hep_tcp", "hep_tls", "smpp", "msrp", "msrps", "bond", "any"});
  for (const std::string_view known : kProtocols) {
    if (lower == known) return true;
  }
  return false;
}

void Parser::top_level(ast::Script& script) {
  if (take_if(TokenKind::Semicolon)) return;
  if (at(TokenKind::RightBrace)) return error(take().span, "this '}' closes nothing");
  if (at(TokenKind::Variable)) return outside_of_routes(script, take());
  if (!at(TokenKind::Identifier)) {
    unexpected("a core parameter, loadmodule, modparam or a route", at(TokenKind::Slash) ? kComments : "");
    take();
    return skip_setting();
  }
  Token name = take();
  if (name.spelling == "loadmodule") return load_module(script);
  if (name.spelling == "modparam") return module_parameter(script);
  if (const auto kind = route_keyword(name.spelling)) return route(script, *kind, name.span);
  if (name.spelling == "socket" || name.spelling == "listen") return listener(script, name);
  if (name.spelling == "alias") {
    if (!expect(TokenKind::Assign, "after 'alias'")) return skip_setting();
    return aliases(script);
  }
  parameter(script, name);
}

void Parser::load_module(ast::Script& script) {
  const Span keyword = last_;
  if (!at(TokenKind::String)) {
    unexpected("the module's name in quotes");
    skip_setting();
    return;
  }
  const Token path = take();
  ast::SettingStatement statement;
  statement.kind = ast::SettingStatement::Kind::LoadModule;
  statement.load_module = {module_name(path.text), path.span};
  if (statement.load_module.name.empty()) error(keyword.to(path.span), "loadmodule without a module's name");
  script.settings.push_back(std::move(statement));
}

std::string Parser::folded_string(Span& span, Origin& origin) {
  Token first = take();
  span = first.span;
  std::string text = std::move(first.text);
  origin = std::move(first.origin);
  while (at(TokenKind::String)) {
    if (origin.map.empty()) {
      for (std::size_t i = 0; i < text.size(); ++i) origin.map.push_back(origin.begin + static_cast<std::uint32_t>(i));
    }
    const Token more = take();
    for (std::size_t i = 0; i < more.text.size(); ++i) origin.map.push_back(more.origin.at(i));
    text += more.text;
    span = span.to(more.span);
  }
  return text;
}

// modparam("modules", "name", value)
void Parser::module_parameter(ast::Script& script) {
  ast::SettingStatement statement;
  statement.kind = ast::SettingStatement::Kind::ModuleParameter;
  ast::ModuleParameterStatement& setting = statement.module_parameter;
  if (!expect(TokenKind::LeftParen, "after modparam")) return skip_setting();
  if (!at(TokenKind::String)) {
    unexpected("the module's name in quotes");
    return skip_setting();
  }
  Token token = take();
  setting.modules = std::move(token.text);
  setting.modules_span = token.span;
  if (!expect(TokenKind::Comma, "after the module's name")) return skip_setting();
  if (!at(TokenKind::String)) {
    unexpected("the parameter's name in quotes");
    return skip_setting();
  }
  token = take();
  setting.name = std::move(token.text);
  setting.name_span = token.span;
  if (!expect(TokenKind::Comma, "after the parameter's name")) return skip_setting();
  const bool negative = take_if(TokenKind::Minus);
  if (at(TokenKind::String) && !negative) {
    Origin origin;
    setting.value.text = folded_string(setting.value_span, origin);
  } else if (at(TokenKind::Number)) {
    token = take();
    setting.value_span = token.span;
    setting.value = {true, negative ? -token.number : token.number, {}};
  } else {
    unexpected("a string or a number");
    return skip_setting();
  }
  if (!expect(TokenKind::RightParen, "after the value")) return skip_setting();
  script.settings.push_back(std::move(statement));
}

// A number, a string, or a word (a host name, a facility, a poll method). False after telling that there is none.
bool Parser::parameter_value(ast::ParameterStatement& setting) {
  SettingValue& value = setting.value;
  const char first = lexer_.following();
  if (first == '"' || first == '\'') {
    Origin origin;
    value.text = folded_string(setting.value_span, origin);
    // mem-group = "name": "part" "part"
    while (setting.name == "mem-group" && (at(TokenKind::Colon) || at(TokenKind::String))) value.text += take().text;
    return true;
  }
  Token word = lexer_.next_word();
  if (word.kind != TokenKind::Identifier) {
    error(word.span, fmt::format("'{}' needs a value", setting.name));
    if (word.kind != TokenKind::Semicolon) skip_line();
    return false;
  }
  setting.value_span = last_ = word.span;
  const std::string& text = word.text;
  if (text == "yes" || text == "true" || text == "on" || text == "enable") {
    value = {true, 1, {}};
  } else if (text == "no" || text == "false" || text == "off" || text == "disable") {
    value = {true, 0, {}};
  } else if (const auto number = parse_setting(text)) {
    value = {true, *number, {}};
  } else {
    value.text = std::move(word.text);
  }
  return true;
}

// rout[x] { ... }
void Parser::unknown_route(const Token& name) {
  std::vector<std::string_view> kinds;
  for (int i = 0; i < kRouteKinds; ++i) kinds.push_back(keyword_of(static_cast<RouteKind>(i)));
  std::string_view meant = base::nearest_name(name.spelling, kinds);
  // Of Kamailio.
  if (name.spelling == "request_route") meant = "route";
  if (name.spelling == "reply_route") meant = "onreply_route";
  error(name.span, fmt::format("there is no kind of route '{}'", name.spelling),
        meant.empty() ? std::string() : fmt::format("did you mean '{}'?", meant));
  while (!at(TokenKind::LeftBrace) && !at(TokenKind::End) && !at_top_level_keyword()) take();
  if (at(TokenKind::LeftBrace)) skip_statement();
}

bool Parser::is_statement_word(std::string_view word) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"if", "else", "while", "for", "switch", "case", "default", "exit", "drop", "return", "break"});
  return std::ranges::find(kWords, word) != kWords.end();
}

// All up to the next route is of the same mistake.
void Parser::outside_of_routes(const ast::Script& script, const Token& first) {
  error(first.span, fmt::format("'{}' stands outside of every route", first.spelling),
        script.routes.empty() || script.routes.back().span.end() > first.span.offset
            ? std::string()
            : fmt::format("the route of line {} ends at line {}", position(script.routes.back().span).line,
                          source_.position(script.routes.back().span.end() - 1, 1).line));
  // Line by line, and by words, which can't be misspelt.
  if (!have_token_ || position(token_.span).line == position(first.span).line) {
    have_token_ = false;
    skip_line();
  }
  while (!at(TokenKind::End) && !at_top_level_keyword()) {
    take();
    skip_line();
  }
}

void Parser::parameter(ast::Script& script, const Token& name) {
  if (at(TokenKind::LeftParen) || is_statement_word(name.spelling)) return outside_of_routes(script, name);
  if (at(TokenKind::LeftBrace) || at(TokenKind::LeftBracket)) return unknown_route(name);
  if (!expect(TokenKind::Assign, fmt::format("after '{}'", name.spelling))) return skip_setting();
  ast::SettingStatement statement;
  ast::ParameterStatement& setting = statement.parameter;
  setting.name = name.spelling;
  setting.name_span = name.span;
  if (!parameter_value(setting)) return;
  if (at_word("use_auto_scaling_profile")) {
    take();
    if (at(TokenKind::Identifier)) take();
  }
  while (continues_parameter(setting.name, peek())) setting.value.text += fmt::format(" {}", take().spelling);
  if (setting.name == "dst_blacklist" && !at(TokenKind::Semicolon)) {
    while (!at(TokenKind::RightBrace) && !at(TokenKind::End) && !at(TokenKind::Semicolon)) take();
    if (!take_if(TokenKind::RightBrace)) return unexpected("'}' after the rules of the list");
    setting.value_span.length = last_.end() - setting.value_span.offset;
    setting.value.text = source_.text().substr(setting.value_span.offset, setting.value_span.length);
  }
  take_if(TokenKind::Semicolon);
  script.settings.push_back(std::move(statement));
}

Token Parser::word() {
  Token result = lexer_.next_word();
  last_ = result.span;
  if (result.kind != TokenKind::Identifier) return result;
  while (result.text.ends_with(':') || lexer_.following() == ':') {
    Token more = lexer_.next_word();
    if (more.kind != TokenKind::Identifier) {
      token_ = std::move(more);
      have_token_ = true;
      break;
    }
    result.text += more.text;
    result.span = result.span.to(more.span);
  }
  last_ = result.span;
  return result;
}

// [protocol:]host[:ports]; IPv6 in brackets, or alone.
std::optional<Parser::Address> Parser::split_address(const Token& word) {
  Address address;
  std::string_view rest = word.text;
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) {
    const std::string first = base::to_lower(rest.substr(0, colon));
    if (is_protocol(first)) {
      address.protocol = first;
      rest.remove_prefix(colon + 1);
    }
  }
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) {
      error(word.span, "the '[' of this address is never closed", {}, DiagnosticCode::Socket);
      return std::nullopt;
    }
    address.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && rest.front() != ':') {
      error(word.span, "only a port can follow the ']' of an address", {}, DiagnosticCode::Socket);
      return std::nullopt;
    }
    if (!rest.empty()) address.ports = rest.substr(1);
  } else if (base::IpAddress::parse(rest)) {
    address.host = rest;
  } else {
    const std::size_t port = rest.find(':');
    address.host = rest.substr(0, port);
    if (port != std::string_view::npos) address.ports = rest.substr(port + 1);
  }
  if (address.host.empty()) {
    error(word.span, "an address, a name or * is missing here", "as in udp:192.0.2.1:5060", DiagnosticCode::Socket);
    return std::nullopt;
  }
  return address;
}

bool Parser::parse_ports(const Token& word, std::string_view ports, SocketSpec& spec) {
  const std::string_view first = base::take_until(ports, '-');
  const auto from = parse_port(first);
  const auto to = ports.empty() ? from : parse_port(ports);
  if (!from || !to || *to < *from) {
    error(word.span, fmt::format("'{}' is not a port", first), "a number from 0 to 65535, or a range as 5060-5070",
          DiagnosticCode::Socket);
    return false;
  }
  spec.ports.emplace_back(*from, *to);
  return true;
}

// socket = protocol:host[:ports] options
void Parser::listener(ast::Script& script, const Token& name) {
  if (!expect(TokenKind::Assign, fmt::format("after '{}'", name.spelling))) return skip_setting();
  SocketSpec spec;
  const Token where = word();
  if (where.kind != TokenKind::Identifier) {
    error(where.span, "a socket needs an address", "as in socket = udp:192.0.2.1:5060", DiagnosticCode::Socket);
    if (where.kind != TokenKind::Semicolon) skip_line();
    return;
  }
  spec.position = position(where.span);
  auto address = split_address(where);
  if (!address) return skip_line();
  if (name.spelling == "listen") {
    sink_.warning(position(name.span), "'listen' is an older spelling",
                  fmt::format("today: socket = {}{}", address->protocol.empty() ? "udp:" : "", where.text),
                  DiagnosticCode::OlderSpelling);
  }
  if (address->protocol.empty()) {
    if (name.spelling == "socket") {
      error(where.span, "a socket begins with its protocol", fmt::format("socket = udp:{}", where.text),
            DiagnosticCode::Socket);
      return skip_line();
    }
    address->protocol = "udp";
  }
  spec.protocol = std::move(address->protocol);
  spec.host = std::move(address->host);
  if (!address->ports.empty() && !parse_ports(where, address->ports, spec)) return skip_line();
  while (!spec.ports.empty() && lexer_.following() == ',') {
    static_cast<void>(lexer_.next());
    const Token more = word();
    if (!parse_ports(more, more.text, spec)) return skip_line();
  }
  if (spec.protocol == "bond") {
    bond_members(spec);
  } else {
    socket_options(spec);
  }
  take_if(TokenKind::Semicolon);
  script.sockets.push_back(std::move(spec));
}

void Parser::bond_members(SocketSpec& spec) {
  if (!expect(TokenKind::LeftBrace, "before the members of the bond")) return skip_setting();
  while (at(TokenKind::String)) {
    spec.bond_members.push_back(take().text);
    if (!take_if(TokenKind::Comma)) break;
  }
  expect(TokenKind::RightBrace, "after the members of the bond");
}

void Parser::socket_options(SocketSpec& spec) {
  while (at(TokenKind::Identifier)) {
    if (!socket_option(spec, base::to_lower(peek().spelling))) return;
  }
}

// False when the word is no option: it begins the next statement.
bool Parser::socket_option(SocketSpec& spec, std::string_view lower) {
  struct Switch {
    std::string_view name;
    bool SocketSpec::* field;
  };
  constexpr auto kSwitches = std::to_array<Switch>({{"anycast", &SocketSpec::anycast},
                                                    {"frag", &SocketSpec::fragment},
                                                    {"reuse_port", &SocketSpec::reuse_port},
                                                    {"accept_subdomain", &SocketSpec::accept_subdomain},
                                                    {"allow_proxy_protocol", &SocketSpec::allow_proxy_protocol},
                                                    {"send_proxy_protocol", &SocketSpec::send_proxy_protocol}});
  for (const Switch& option : kSwitches) {
    if (lower != option.name) continue;
    spec.*option.field = true;
    const Token word = take();
    if (lower.ends_with("proxy_protocol")) no_proxy_protocol(word);
    return true;
  }
  if (lower == "proxy_protocol") {
    spec.allow_proxy_protocol = spec.send_proxy_protocol = true;
    no_proxy_protocol(take());
  } else if (lower == "use_workers" || lower == "tos") {
    return socket_number(spec, lower);
  } else if (lower == "tag" || lower == "use_auto_scaling_profile") {
    const Token option = take();
    const Token value = word();
    if (value.kind != TokenKind::Identifier)
      error(value.span, fmt::format("a name is missing after {}", lower), {}, DiagnosticCode::Socket);
    (lower == "tag" ? spec.tag : spec.auto_scaling_profile) = value.text;
    if (lower != "tag") no_workers(option);
  } else if (lower == "as") {
    take();
    const Token advertised = word();
    const auto address = split_address(advertised);
    if (!address) return true;
    spec.advertised_host = address->host;
    const auto port = parse_port(address->ports);
    if (!address->ports.empty() && !port)
      error(advertised.span, fmt::format("'{}' is not a port", address->ports), {}, DiagnosticCode::Socket);
    spec.advertised_port = port.value_or(0);
  } else {
    return false;
  }
  return true;
}

bool Parser::socket_number(SocketSpec& spec, std::string_view lower) {
  const Token option = take();
  const bool is_tos = lower == "tos";
  if (is_tos && at(TokenKind::Identifier)) {
    const Token name = take();
    const auto named = base::traffic_class(name.spelling);
    if (!named) error(name.span, fmt::format("'{}' is no tos: a number or IPTOS_LOWDELAY and the like", name.spelling));
    spec.tos = named.value_or(0);
    return true;
  }
  if (!at(TokenKind::Number)) {
    unexpected(fmt::format("a number after {}", lower));
    return false;
  }
  const Token number = take();
  if (is_tos && (number.number < 0 || number.number > 255)) error(number.span, "tos is a number from 0 to 255");
  (is_tos ? spec.tos : spec.workers) = static_cast<int>(number.number);
  if (!is_tos) no_workers(option);
  return true;
}

void Parser::no_workers(const Token& option) {
  sink_.note(position(option.span), fmt::format("'{}' is accepted", option.spelling),
             "Not needed: workers are threads and follow the load; see --workers.");
}

void Parser::no_proxy_protocol(const Token& option) {
  sink_.warning(position(option.span), fmt::format("'{}' has no effect", option.spelling),
                "PROXY headers are neither read nor written");
}

// Several names may follow one `alias =` on its line.
void Parser::aliases(ast::Script& script) {
  do {
    const Token name = word();
    if (name.kind != TokenKind::Identifier) {
      error(name.span, "an alias needs a name", "as in alias = udp:example.org:5060", DiagnosticCode::Socket);
      if (name.kind != TokenKind::Semicolon) skip_line();
      return;
    }
    if (base::iequals(name.spelling, "accept_subdomain") && !script.aliases.empty()) {
      script.aliases.back().accept_subdomain = true;
      continue;
    }
    const auto address = split_address(name);
    if (!address) return skip_line();
    AliasSpec spec{address->protocol, address->host, 0, false, position(name.span)};
    if (!address->ports.empty() && address->ports != "*") {
      const auto port = parse_port(address->ports);
      if (!port) error(name.span, fmt::format("'{}' is not a port", address->ports), {}, DiagnosticCode::Socket);
      spec.port = port.value_or(0);
    }
    script.aliases.push_back(std::move(spec));
  } while (!have_token_ && !lexer_.at_line_end() && lexer_.following() != ';');
  take_if(TokenKind::Semicolon);
}

// The rest of its line, and the block that begins there.
void Parser::skip_setting() {
  if (have_token_ && position(token_.span).line != position(last_).line) return;
  while (have_token_ || !lexer_.at_line_end()) {
    const Token token = have_token_ ? take() : lexer_.next_word();
    if (token.kind == TokenKind::End) return;
    if (token.kind != TokenKind::LeftBrace) continue;
    for (int braces = 1; braces > 0 && !at(TokenKind::End) && !at_top_level_keyword();) {
      const TokenKind kind = take().kind;
      braces += kind == TokenKind::LeftBrace ? 1 : 0;
      braces -= kind == TokenKind::RightBrace ? 1 : 0;
    }
    return;
  }
}

void Parser::skip_line() {
  while (!have_token_ && !lexer_.at_line_end()) static_cast<void>(lexer_.next_word());
}

}  // namespace carillon::script
