// SPDX-License-Identifier: Apache-2.0
// See stated_answers.h.
#include "testing/scenario/stated_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "base/glob.h"
#include "base/strings.h"

namespace carillon::testing {
namespace {

using Kind = module::StandIn::Kind;

constexpr int kOk = 200;

base::Result<std::regex> regex_of(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return base::fail("input ~ \"regex\"");
  const std::string pattern(text.substr(1, text.size() - 2));
  try {
    return std::regex(pattern);
  } catch (const std::regex_error& error) {
    return base::fail(fmt::format("{}: {}", pattern, error.what()));
  }
}

// The code with which the function ends.
base::Result<int> failure_of(Kind kind, std::string_view text) {
  if (kind == Kind::Command) {
    if (text.empty()) return -1;
    return base::fail("a command fails without a code");
  }
  constexpr std::array kCodes = {-1, -2, -3, -4, -10};  // rest_client's
  if (text.empty()) return kCodes.back();
  const auto code = base::parse_number<int>(text);
  if (!code || std::ranges::find(kCodes, *code) == kCodes.end()) return base::fail("fails [-1|-2|-3|-4|-10]");
  return *code;
}

// A process exits with a byte; HTTP has three digits.
bool is_status(Kind kind, int status) {
  return kind == Kind::Command ? status >= 0 && status <= 255 : status >= 100 && status <= 999;
}

}  // namespace

std::string_view name_of(module::StandIn::Kind kind) { return kind == Kind::Command ? "exec" : "http"; }

base::Result<> StatedAnswers::read_item(Stated& stated, const std::string& item) {
  std::string_view rest = item;
  const std::string_view word = base::take_until(rest, ' ');
  rest = base::trim(rest);
  const bool is_command = stated.kind == Kind::Command;
  if (word == "status") {
    const auto status = base::parse_number<int>(rest);
    if (!status || !is_status(stated.kind, *status)) return base::fail(fmt::format("'{}' is no status", rest));
    stated.answer.status = *status;
  } else if (word == "fails") {
    const auto code = failure_of(stated.kind, rest);
    if (!code) return std::unexpected(code.error());
    stated.answer.failure = *code;
    stated.answer.status = 0;
  } else if (word == "input" && rest.starts_with('~')) {
    auto regex = regex_of(base::trim(rest.substr(1)));
    if (!regex) return std::unexpected(regex.error());
    stated.input = std::move(*regex);
  } else if (is_command && word == "error:") {
    stated.answer.errors += fmt::format("{}\n", rest);
  } else if (!is_command && base::iequals(word, "Content-Type:")) {
    stated.answer.content_type = rest;
  } else {
    return base::fail(fmt::format("'{}' is nothing that '{}' has", item, name_of(stated.kind)));
  }
  return {};
}

base::Result<> StatedAnswers::add(Kind kind, const Statement& statement) {
  const bool is_command = kind == Kind::Command;
  const bool is_whole = is_command ? !statement.items.empty() : statement.words().size() >= 2;
  if (!is_whole) return base::fail(is_command ? "exec COMMAND" : "http METHOD URL");
  Stated stated{.kind = kind, .pattern = statement.items.front(), .input = {}, .answer = {}};
  if (!is_command) stated.answer.status = kOk;
  for (const std::string& item : statement.items | std::views::drop(1)) {
    if (auto read = read_item(stated, item); !read) return read;
  }
  // Lines of a command end; a body is what stands there.
  for (const std::string& line : statement.body) {
    if (!is_command && &line != &statement.body.front()) stated.answer.output += '\n';
    stated.answer.output += line;
    if (is_command) stated.answer.output += '\n';
  }
  stated_.push_back(std::move(stated));
  return {};
}

std::optional<module::StandIn::Answer> StatedAnswers::answer(const Question& question) {
  const auto is_meant = [&question](const Stated& stated) {
    if (stated.kind != question.kind) return false;
    if (stated.pattern != question.what && !base::glob_matches(stated.pattern, question.what)) return false;
    return !stated.input || std::regex_search(question.input.begin(), question.input.end(), *stated.input);
  };
  const auto all = std::views::reverse(stated_);
  const auto found = std::ranges::find_if(all, is_meant);
  const bool is_answered = found != all.end();
  if (listener_) listener_(question, is_answered);
  return is_answered ? std::optional(found->answer) : std::nullopt;
}

}  // namespace carillon::testing
