// SPDX-License-Identifier: Apache-2.0
// See scenario.h.
#include "testing/scenario/scenario.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "base/strings.h"

namespace carillon::testing {
namespace {

// Header values may hold single blanks: two separate.
void add_items(Statement& statement, std::string_view text) {
  while (!(text = base::trim(text)).empty()) {
    const std::size_t end = text.find("  ");
    statement.items.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
}

void add_line(Statement& statement, std::string_view line) {
  statement.text += fmt::format("\n{}", line);
  const std::string_view content = base::trim(line);
  if (content.starts_with('|')) {
    statement.body.emplace_back(content.substr(content.starts_with("| ") ? 2 : 1));
  } else {
    add_items(statement, content);
  }
}

}  // namespace

std::vector<std::string> Statement::words() const {
  return items.empty() ? std::vector<std::string>{} : split_words(items.front());
}

Scenario Scenario::parse(std::string path, std::string_view text) {
  Scenario scenario{.path = std::move(path), .statements = {}};
  int number = 0;
  while (!text.empty()) {
    const std::string_view line = base::take_until(text, '\n');
    ++number;
    const bool indented = line.starts_with(' ') || line.starts_with('\t') || base::trim(line).empty();
    if (line.starts_with('#') || (indented && scenario.statements.empty())) continue;
    if (indented) {
      add_line(scenario.statements.back(), line);
      continue;
    }
    std::string_view rest = line;
    Statement statement{.line = number, .keyword = std::string(base::take_until(rest, ' '))};
    statement.text = rest;
    add_items(statement, rest);
    scenario.statements.push_back(std::move(statement));
  }
  return scenario;
}

base::Result<Scenario> Scenario::load(const std::string& path) {
  std::ifstream file(path);
  if (!file) return base::fail(fmt::format("{}: can't be read", path));
  std::ostringstream text;
  text << file.rdbuf();
  return parse(path, text.str());
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = base::trim(text)).empty()) words.emplace_back(base::take_until(text, ' '));
  return words;
}

base::Result<base::Duration> parse_duration(std::string_view text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const auto number = base::parse_number<std::int64_t>(text.substr(0, digits));
  const std::string_view unit = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  if (number && unit == "ms") return std::chrono::milliseconds(*number);
  if (number && unit == "s") return std::chrono::seconds(*number);
  if (number && unit == "m") return std::chrono::minutes(*number);
  return base::fail(fmt::format("'{}' is no time: 500ms, 32s or 2m", text));
}

}  // namespace carillon::testing
