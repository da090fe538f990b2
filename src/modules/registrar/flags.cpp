// SPDX-License-Identifier: Apache-2.0
// See flags.h.
#include "modules/registrar/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/strings.h"

namespace carillon::registrar {
namespace {

// "name=value", or "name".
struct Flag {
  std::string_view name;
  std::string_view value;
};

Flag split(std::string_view text) {
  Flag flag;
  flag.value = base::trim(text);
  flag.name = base::trim(base::take_until(flag.value, '='));
  flag.value = base::trim(flag.value);
  return flag;
}

template <typename T>
base::Result<> read_number(std::optional<T>& to, const Flag& flag) {
  to = base::parse_number<T>(flag.value);
  if (!to) return base::fail(fmt::format("{} needs a number", flag.name));
  return {};
}

// Letters with their numbers behind them: "fc5p2v".
bool is_letters(std::string_view text) { return text.find_first_of("-,=") == std::string_view::npos; }

template <typename T>
T take_number(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && base::is_digit(text[digits])) ++digits;
  const auto number = base::parse_number<T>(text.substr(0, digits));
  text.remove_prefix(digits);
  return number.value_or(0);
}

base::Result<> set_matching(SaveFlags& flags, std::string_view value) {
  if (value.empty() || value == "<" || value == "<>") {
    return base::fail("matching-mode needs 0, 1 or the name of a URI parameter");
  }
  if (value == "0") {
    flags.matching = usrloc::Matching::Contact;
  } else if (value == "1") {
    flags.matching = usrloc::Matching::ContactCallId;
  } else {
    flags.matching = usrloc::Matching::Parameter;
    if (value.front() == '<' && value.back() == '>') value = value.substr(1, value.size() - 2);
    flags.matching_parameter = value;
  }
  return {};
}

base::Result<> set_save_flag(SaveFlags& flags, const Flag& flag) {
  if (flag.name == "max-contacts") return read_number(flags.max_contacts, flag);
  if (flag.name == "min-expires") return read_number(flags.min_expires, flag);
  if (flag.name == "max-expires") return read_number(flags.max_expires, flag);
  if (flag.name == "matching-mode") return set_matching(flags, flag.value);
  if (flag.name == "memory-only") {
    flags.memory_only = true;
  } else if (flag.name == "no-reply") {
    flags.no_reply = true;
  } else if (flag.name == "force-registration") {
    flags.force_registration = true;
  } else if (flag.name == "path-off") {
    flags.path = PathMode::Off;
  } else if (flag.name == "path-lazy") {
    flags.path = PathMode::Lazy;
  } else if (flag.name == "path-strict") {
    flags.path = PathMode::Strict;
  } else if (flag.name == "path-received") {
    flags.path_received = true;
  } else if (flag.name == "only-request-contacts") {
    flags.only_request_contacts = true;
  } else if (flag.name == "socket-header") {
    flags.socket_header = true;
  } else {
    return base::fail(fmt::format("unknown flag '{}'", flag.name));
  }
  return {};
}

// Behind the letter p: 0, 1 or 2.
base::Result<> set_path_letter(SaveFlags& flags, std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '2') return base::fail("flag 'p' needs 0, 1 or 2");
  constexpr std::array kModes = {PathMode::Off, PathMode::Lazy, PathMode::Strict};
  flags.path = kModes[static_cast<std::size_t>(text.front() - '0')];
  text.remove_prefix(1);
  return {};
}

// Behind the letter M: one digit, or the name of a parameter in brackets.
std::string_view take_matching(std::string_view& text) {
  const std::size_t close = text.starts_with('<') ? text.find('>') : std::string_view::npos;
  const std::string_view value = text.substr(0, close == std::string_view::npos ? 1 : close + 1);
  text.remove_prefix(value.size());
  return value;
}

base::Result<SaveFlags> parse_save_letters(std::string_view text) {
  SaveFlags flags;
  while (!text.empty()) {
    const char letter = text.front();
    text.remove_prefix(1);
    switch (letter) {
      case 'm':
        flags.memory_only = true;
        break;
      case 'r':
        flags.no_reply = true;
        break;
      case 's':
        flags.socket_header = true;
        break;
      case 'f':
        flags.force_registration = true;
        break;
      case 'v':
        flags.path_received = true;
        break;
      case 'o':
        flags.only_request_contacts = true;
        break;
      case 'c':
        flags.max_contacts = take_number<unsigned>(text);
        break;
      case 'e':
        flags.min_expires = take_number<std::uint32_t>(text);
        break;
      case 'E':
        flags.max_expires = take_number<std::uint32_t>(text);
        break;
      case 'p':
        if (auto set = set_path_letter(flags, text); !set) return std::unexpected(std::move(set.error()));
        break;
      case 'M':
        if (auto set = set_matching(flags, take_matching(text)); !set) return std::unexpected(std::move(set.error()));
        break;
      default:
        return base::fail(fmt::format("unknown flag '{}'", letter));
    }
  }
  return flags;
}

// "/expression/", with what stands behind it.
struct Expression {
  std::string_view text;
  std::string_view behind;
};

base::Result<Expression> split_expression(std::string_view value) {
  const std::size_t end = value.rfind('/');
  if (value.empty() || value.front() != '/' || end == 0) return base::fail("the expression needs the form /.../");
  return Expression{value.substr(1, end - 1), value.substr(end + 1)};
}

base::Result<> set_user_agent(LookupFlags& flags, std::string_view expression, bool ignore_case) {
  auto compiled = script::Regex::compile(expression, {.ignore_case = ignore_case});
  if (!compiled) return std::unexpected(std::move(compiled.error()));
  flags.user_agent = std::move(*compiled);
  return {};
}

bool set_plain_lookup_flag(LookupFlags& flags, std::string_view name) {
  if (name == "no-branches" || name == "b") {
    flags.no_branches = true;
  } else if (name == "to-branches-only" || name == "B") {
    flags.to_branches_only = true;
  } else if (name == "branch" || name == "r") {
    flags.branch = true;
  } else if (name == "method-filtering" || name == "m") {
    flags.method_filtering = true;
  } else if (name == "sort-by-latency" || name == "Y") {
    flags.sort_by_latency = true;
  } else {
    // No federation; expressions are always extended ones.
    return name == "global" || name == "extended-regexp";
  }
  return true;
}

// Besides i and e, which belong to u: g, for which there is no federation.
constexpr std::string_view kLettersWithoutEffect = "ieg";

base::Result<LookupFlags> parse_lookup_letters(std::string_view text) {
  LookupFlags flags;
  while (!text.empty()) {
    if (text.front() == 'u') {
      const auto expression = split_expression(text.substr(1));
      if (!expression) return std::unexpected(expression.error());
      const bool ignore_case = expression->behind.find('i') != std::string_view::npos;
      if (auto set = set_user_agent(flags, expression->text, ignore_case); !set) return std::unexpected(set.error());
      text = expression->behind;
    } else if (kLettersWithoutEffect.contains(text.front())) {
      text.remove_prefix(1);
    } else if (text.front() == 'y') {
      text.remove_prefix(1);
      flags.max_ping_latency = take_number<std::uint32_t>(text);
    } else if (set_plain_lookup_flag(flags, text.substr(0, 1))) {
      text.remove_prefix(1);
    } else {
      return base::fail(fmt::format("unknown flag '{}'", text.front()));
    }
  }
  return flags;
}

// Cuts the first flag off; an expression may hold commas.
std::string_view take_flag(std::string_view& text) {
  constexpr std::string_view kExpression = "ua-filtering=/";
  const std::size_t start = text.find_first_not_of(" \t");
  if (start != std::string_view::npos && text.substr(start).starts_with(kExpression)) {
    const std::size_t close = text.find('/', start + kExpression.size());
    const std::size_t comma = close == std::string_view::npos ? close : text.find(',', close);
    const std::string_view flag = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    return base::trim(flag);
  }
  return base::trim(base::take_until(text, ','));
}

// A flag that was a letter, and the name it has today; one that ends with '=' has a value.
struct Letter {
  char letter;
  std::string_view name;
};

constexpr auto kSaveLetters = std::to_array<Letter>({
    {'m', "memory-only"},
    {'r', "no-reply"},
    {'s', "socket-header"},
    {'f', "force-registration"},
    {'v', "path-received"},
    {'o', "only-request-contacts"},
    {'c', "max-contacts="},
    {'e', "min-expires="},
    {'E', "max-expires="},
    {'M', "matching-mode="},
});
constexpr std::array<std::string_view, 3> kPathNames = {"path-off", "path-lazy", "path-strict"};

constexpr auto kLookupLetters = std::to_array<Letter>({
    {'b', "no-branches"},
    {'B', "to-branches-only"},
    {'r', "branch"},
    {'m', "method-filtering"},
    {'g', "global"},
    {'Y', "sort-by-latency"},
    {'y', "max-ping-latency="},
});

bool are_lookup_letters(std::string_view text) {
  const bool one_name = text == "branch" || text == "global";
  // An expression may hold anything.
  return !one_name && is_letters(text.substr(0, text.find('/')));
}

void append_flag(std::string& names, std::string_view name, std::string_view value = {}) {
  if (!names.empty()) names += ',';
  names.append(name).append(value);
}

// The letter in front of `text`, which is known, with the value behind it.
void spell_out(std::string& names, std::span<const Letter> letters, std::string_view& text) {
  const auto row = std::ranges::find(letters, text.front(), &Letter::letter);
  text.remove_prefix(1);
  if (row == letters.end()) return;
  std::string_view value;
  if (row->letter == 'M') {
    value = take_matching(text);
    if (value.starts_with('<')) value = value.substr(1, value.size() - 2);
  } else if (row->name.ends_with('=')) {
    value = text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size()));
    text.remove_prefix(value.size());
  }
  append_flag(names, row->name, value);
}

}  // namespace

std::string SaveFlags::today(std::string_view text) {
  std::string names;
  text = base::trim(text);
  if (!is_letters(text) || !parse_save_letters(text)) return names;
  while (!text.empty()) {
    if (text.front() == 'p') {
      append_flag(names, kPathNames[static_cast<std::size_t>(text[1] - '0')]);
      text.remove_prefix(2);
    } else {
      spell_out(names, kSaveLetters, text);
    }
  }
  return names;
}

std::string LookupFlags::today(std::string_view text) {
  std::string names;
  text = base::trim(text);
  if (!are_lookup_letters(text) || !parse_lookup_letters(text)) return names;
  while (!text.empty()) {
    if (text.front() == 'u') {
      const std::string_view behind = split_expression(text.substr(1))->behind;
      append_flag(names, "ua-filtering=", text.substr(1, text.size() - 1 - behind.size()));
      if (behind.contains('i')) append_flag(names, "case-insensitive");
      text = behind;
    } else {
      spell_out(names, kLookupLetters, text);
    }
  }
  return names;
}

base::Result<SaveFlags> SaveFlags::parse(std::string_view text) {
  if (is_letters(text)) return parse_save_letters(base::trim(text));
  SaveFlags flags;
  while (!text.empty()) {
    const std::string_view one = base::trim(base::take_until(text, ','));
    if (one.empty()) continue;
    if (auto set = set_save_flag(flags, split(one)); !set) return std::unexpected(std::move(set.error()));
  }
  return flags;
}

base::Result<LookupFlags> LookupFlags::parse(std::string_view text) {
  text = base::trim(text);
  if (are_lookup_letters(text)) return parse_lookup_letters(text);
  LookupFlags flags;
  std::string_view user_agent;
  bool ignore_case = false;
  while (!text.empty()) {
    const std::string_view one = take_flag(text);
    const Flag flag = split(one);
    if (flag.name == "ua-filtering") {
      const auto expression = split_expression(flag.value);
      if (!expression) return std::unexpected(expression.error());
      user_agent = expression->text;
    } else if (flag.name == "max-ping-latency") {
      if (auto read = read_number(flags.max_ping_latency, flag); !read) return std::unexpected(std::move(read.error()));
    } else if (flag.name == "case-insensitive") {
      ignore_case = true;
    } else if (!one.empty() && !(flag.name.size() > 1 && set_plain_lookup_flag(flags, flag.name))) {
      return base::fail(fmt::format("unknown flag '{}'", flag.name));
    }
  }
  if (!user_agent.empty()) {
    if (auto set = set_user_agent(flags, user_agent, ignore_case); !set) return std::unexpected(std::move(set.error()));
  }
  return flags;
}

}  // namespace carillon::registrar
