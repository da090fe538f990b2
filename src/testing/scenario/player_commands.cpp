// SPDX-License-Identifier: Apache-2.0
// The statement `command`: a management command, and what it answers. See player.h.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <regex>

#include "base/strings.h"
#include "management/json.h"
#include "testing/scenario/player.h"

namespace carillon::testing {
namespace {

using management::Json;

// `result ~ "regex" -> variable`, the variable being optional.
struct Pattern {
  std::string regex;
  std::string variable;

  static base::Result<Pattern> parse(std::string_view text) {
    const std::size_t begin = text.find('"');
    const std::size_t end = text.rfind('"');
    if (begin == end) return base::fail("result ~ \"regex\" [-> variable]");
    Pattern pattern{.regex = std::string(text.substr(begin + 1, end - begin - 1)), .variable = {}};
    const std::string_view rest = base::trim(text.substr(end + 1));
    if (rest.starts_with("->")) pattern.variable = base::trim(rest.substr(2));
    return pattern;
  }
};

std::string request_text(std::string_view method, Json parameters) {
  Json request = Json::object();
  request.add("jsonrpc", "2.0");
  request.add("id", 1);
  request.add("method", method);
  request.add("params", std::move(parameters));
  return request.text();
}

bool is_check(std::string_view item) { return item.starts_with("result ") || item.starts_with("error "); }

// `500`, `500 ~ "regex"`: the code, and what the message is like.
bool is_expected_error(const Json* error, std::string_view expected) {
  const std::string_view code = base::trim(base::take_until(expected, '~'));
  const Json* found = error != nullptr ? error->find("code") : nullptr;
  if (found == nullptr || found->text() != code) return false;
  if (base::trim(expected).empty()) return true;
  const auto pattern = Pattern::parse(expected);
  const Json* message = error->find("message");
  return pattern && message != nullptr && std::regex_search(message->text(), std::regex(pattern->regex));
}

std::vector<std::string> checks_in(const Statement& statement) {
  std::vector<std::string> checks;
  for (const std::string& item : statement.items) {
    if (is_check(item)) checks.push_back(item);
  }
  return checks;
}

}  // namespace

// "command dlg_end_dlg  dialog_id: $id  result ~ "OK"": every item with a colon is a parameter.
base::Result<> Player::run_command(const Statement& statement) {
  if (auto begun = begin_command(statement); !begun) return begun;
  return end_command(statement);
}

base::Result<> Player::begin_command(const Statement& statement) {
  if (statement.items.empty()) return base::fail("command NAME");
  Json parameters = Json::object();
  for (std::size_t at = 1; at < statement.items.size(); ++at) {
    const std::string_view item = statement.items[at];
    if (is_check(item)) continue;
    const std::size_t colon = item.find(':');
    if (colon == std::string_view::npos) return base::fail(fmt::format("'{}' is no 'parameter: value'", item));
    parameters.add(std::string(item.substr(0, colon)), base::trim(item.substr(colon + 1)));
  }
  if (parameters.if_object()->empty()) parameters = Json::array();
  answer_ = std::make_shared<std::optional<std::string>>();
  auto sent = world_.commands().dispatch(request_text(base::trim(statement.items[0]), std::move(parameters)),
                                         [answer = answer_](std::string text) { *answer = std::move(text); });
  if (!sent) return sent;
  advance(base::Duration::zero());
  return {};
}

base::Result<> Player::end_command(const Statement& statement) {
  constexpr std::chrono::milliseconds kStep{1};
  constexpr int kSteps = 2000;
  if (answer_ == nullptr) return base::fail("no command was begun");
  const auto answer = std::exchange(answer_, nullptr);
  for (int step = 0; step < kSteps && !*answer; ++step) advance(kStep);
  if (!*answer) return base::fail("the command has no answer");
  return check_answer(**answer, checks_in(statement));
}

base::Result<> Player::check_answer(const std::string& text, const std::vector<std::string>& checks) {
  const auto answer = Json::parse(text);
  if (!answer) return base::fail(fmt::format("not JSON: {}", text));
  const Json* error = answer->find("error");
  bool error_expected = false;
  for (const std::string& check : checks) {
    if (check.starts_with("error ")) {
      error_expected = true;
      if (!is_expected_error(error, std::string_view(check).substr(6))) {
        return base::fail(fmt::format("the answer is {}", text));
      }
      continue;
    }
    const auto pattern = Pattern::parse(check);
    if (!pattern) return std::unexpected(pattern.error());
    const Json* result = answer->find("result");
    const std::string shown = result != nullptr ? result->text() : std::string();
    std::smatch match;
    try {
      if (result == nullptr || !std::regex_search(shown, match, std::regex(pattern->regex))) {
        return base::fail(fmt::format("the answer is {}", text));
      }
    } catch (const std::regex_error& wrong) {
      return base::fail(fmt::format("{}: {}", pattern->regex, wrong.what()));
    }
    if (!pattern->variable.empty()) variables_[pattern->variable] = match.size() > 1 ? match[1].str() : match[0].str();
  }
  if (error != nullptr && !error_expected) return base::fail(fmt::format("the answer is {}", text));
  return {};
}

}  // namespace carillon::testing
