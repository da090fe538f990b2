// SPDX-License-Identifier: Apache-2.0
// See expectation.h.
#include "testing/scenario/expectation.h"

#include <fmt/format.h>

#include <regex>

#include "base/strings.h"
#include "testing/scenario/digest_client.h"

namespace carillon::testing {
namespace {

bool is_name_character(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '_'; }

// The value a check is about: a header, one of its values, or the body.
std::optional<std::string> subject_of(const std::string& name, std::optional<std::size_t> index,
                                      const TextMessage& message) {
  if (name == "body") return message.body();
  const std::vector<std::string> values = message.values(name);
  if (index) return *index < values.size() ? std::optional(values[*index]) : std::nullopt;
  if (!message.has(name)) return std::nullopt;
  return message.value(name);
}

std::optional<std::string> regex_mismatch(const std::string& name, const std::string& subject,
                                          const std::string& pattern, bool wanted, std::string& group) {
  std::smatch found;
  const bool matches = std::regex_search(subject, found, std::regex(pattern));
  if (matches) group = found.size() > 1 ? found[1].str() : found[0].str();
  if (matches == wanted) return std::nullopt;
  return fmt::format("{} is \"{}\" and {} match \"{}\"", name, subject, wanted ? "does not" : "does", pattern);
}

}  // namespace

base::Result<std::string> expand(const std::string& text, const Variables& variables) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool braces = text[at] == '$' && at + 1 < text.size() && text[at + 1] == '{';
    const std::size_t begin = at + (braces ? 2 : 1);
    if (text[at] != '$' || begin >= text.size() || !base::is_alpha(text[begin])) {
      result += text[at];
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_name_character(text[end])) ++end;
    const auto found = variables.find(text.substr(begin, end - begin));
    if (found == variables.end()) return base::fail(fmt::format("no variable ${}", text.substr(begin, end - begin)));
    result += found->second;
    at = braces ? end : end - 1;
  }
  return result;
}

std::string body_of(const std::vector<std::string>& lines) {
  std::string body;
  for (const std::string& line : lines) body += line + "\r\n";
  return body;
}

base::Result<Expectation> Expectation::parse(const Statement& statement) {
  Expectation expectation;
  std::string_view start = statement.items.empty() ? std::string_view() : std::string_view(statement.items.front());
  static_cast<void>(base::take_until(start, ' '));
  expectation.start_ = base::take_until(start, ' ');
  expectation.rest_ = start;
  if (expectation.start_.empty()) return base::fail("expect PEER METHOD [URI] or expect PEER STATUS [reason]");
  for (std::size_t item = 1; item < statement.items.size(); ++item) {
    auto check = parse_check(statement.items[item]);
    if (!check) return std::unexpected(check.error());
    expectation.checks_.push_back(std::move(*check));
  }
  if (!statement.body.empty()) expectation.body_ = body_of(statement.body);
  return expectation;
}

base::Result<Expectation::Check> Expectation::parse_check(const std::string& item) {
  Check check;
  const std::vector<std::string> words = split_words(item);
  if (words.size() == 2 && words[0] == "absent") {
    check.kind = Kind::Absent;
    check.name = words[1];
    return check;
  }
  if (words.size() == 3 && words[0] == "count") {
    check.kind = Kind::Count;
    check.name = words[1];
    check.text = words[2];
    return check;
  }
  if (words.size() == 3 && words[0] == "credentials") {
    check.kind = Kind::Credentials;
    check.name = words[1];
    check.text = words[2];
    return check;
  }
  const std::size_t colon = item.find(':');
  if (colon == std::string::npos) return base::fail(fmt::format("'{}' is no 'Header: value'", item));
  check.name = item.substr(0, colon);
  if (const std::size_t bracket = check.name.find('['); bracket != std::string::npos) {
    check.index = base::parse_number<std::size_t>(check.name.substr(bracket + 1, check.name.size() - bracket - 2));
    if (!check.index) return base::fail(fmt::format("'{}': the index is a number", item));
    check.name.resize(bracket);
  }
  if (auto parsed = parse_value(check, std::string(base::trim(std::string_view(item).substr(colon + 1)))); !parsed) {
    return std::unexpected(parsed.error());
  }
  return check;
}

base::Result<> Expectation::parse_value(Check& check, std::string text) {
  if (const std::size_t arrow = text.rfind("-> "); arrow != std::string::npos) {
    check.capture = base::trim(std::string_view(text).substr(arrow + 3));
    text = base::trim(std::string_view(text).substr(0, arrow));
  }
  const bool positive = text.starts_with("~ ");
  if (!positive && !text.starts_with("!~ ")) {
    check.text = std::move(text);
    return {};
  }
  check.kind = positive ? Kind::Match : Kind::NoMatch;
  const std::size_t open = text.find('"');
  if (open == std::string::npos || text.back() != '"' || open + 1 >= text.size()) {
    return base::fail(fmt::format("{}: a pattern stands in quotes", text));
  }
  check.text = text.substr(open + 1, text.size() - open - 2);
  try {
    static_cast<void>(std::regex(check.text));
  } catch (const std::regex_error& error) {
    return base::fail(fmt::format("{}: {}", check.text, error.what()));
  }
  return {};
}

std::optional<std::string> Expectation::mismatch(const TextMessage& message, Variables& captured) const {
  if (auto why = start_mismatch(message)) return why;
  for (const Check& check : checks_) {
    if (auto why = check_mismatch(check, message, captured)) return why;
  }
  if (body_ && *body_ != message.body()) return fmt::format("the body is \"{}\"", message.body());
  return std::nullopt;
}

std::optional<std::string> Expectation::start_mismatch(const TextMessage& message) const {
  const std::string start = message.is_request() ? message.method() : fmt::format("{}", message.status());
  const std::string rest = message.is_request() ? message.uri() : message.reason();
  if (start != start_) return fmt::format("it is {}", message.first_line());
  // "200 to BYE"
  if (!message.is_request() && rest_.starts_with("to ")) {
    if (message.method() == rest_.substr(3)) return std::nullopt;
    return fmt::format("it answers {}", message.method());
  }
  if (!rest_.empty() && rest_ != rest) return fmt::format("it is {}", message.first_line());
  return std::nullopt;
}

std::optional<std::string> Expectation::check_mismatch(const Check& check, const TextMessage& message,
                                                       Variables& captured) {
  if (check.kind == Kind::Absent) {
    if (!message.has(check.name)) return std::nullopt;
    return fmt::format("there is {}: {}", check.name, message.value(check.name));
  }
  if (check.kind == Kind::Credentials) return credentials_mismatch(message, check.name, check.text);
  if (check.kind == Kind::Count) {
    const std::string count = fmt::format("{}", message.values(check.name).size());
    if (count == check.text) return std::nullopt;
    return fmt::format("there are {} values of {}: {}", count, check.name, message.value(check.name));
  }
  const std::optional<std::string> subject = subject_of(check.name, check.index, message);
  if (!subject) return fmt::format("there is no {}", check.name);
  std::string group = *subject;
  if (check.kind == Kind::Equal) {
    const bool any = check.text.empty() && !check.capture.empty();
    if (!any && *subject != check.text) return fmt::format("{} is \"{}\"", check.name, *subject);
  } else if (auto why = regex_mismatch(check.name, *subject, check.text, check.kind == Kind::Match, group)) {
    return why;
  }
  if (!check.capture.empty()) captured[check.capture] = group;
  return std::nullopt;
}

}  // namespace carillon::testing
