// SPDX-License-Identifier: Apache-2.0
// See rules.h.
#include "modules/permissions/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace carillon::permissions {
namespace {

constexpr std::uintmax_t kLargestFile = 16U << 20U;
constexpr int kDeepestExcept = 8;
constexpr std::size_t kMostProblems = 20;

// '.' and the ends mean what they mean in one line of text.
constexpr script::Regex::Options kRuleRegex{.ignore_case = true, .multi_line = false, .dot_all = true};

// One line, taken apart from the left.
class RuleReader {
 public:
  explicit RuleReader(std::string_view line) : rest_(line) {}

  // Nothing: the line has no rule.
  [[nodiscard]] base::Result<std::optional<Rule>> read() {
    skip();
    if (at_end()) return std::nullopt;
    auto left = side(0);
    if (!left) return std::unexpected(std::move(left.error()));
    if (!take(':')) return base::fail(at_end() ? "a ':' is missing" : fmt::format("unexpected '{}'", rest_));
    auto right = side(0);
    if (!right) return std::unexpected(std::move(right.error()));
    if (!at_end()) return base::fail(fmt::format("unexpected '{}'", rest_));
    return Rule{std::move(*left), std::move(*right)};
  }

 private:
  void skip() { rest_ = base::trim(rest_); }
  [[nodiscard]] bool at_end() const { return rest_.empty() || rest_.front() == '#'; }

  bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    skip();
    return true;
  }

  // A word that ends where no letter follows.
  bool take_word(std::string_view word) {
    skip();
    if (!base::istarts_with(rest_, word)) return false;
    if (rest_.size() > word.size() && (base::is_alpha(rest_[word.size()]) || base::is_digit(rest_[word.size()]))) {
      return false;
    }
    rest_.remove_prefix(word.size());
    skip();
    return true;
  }

  [[nodiscard]] base::Result<Side> side(int depth) {
    Side result;
    do {
      if (auto added = item(result); !added) return std::unexpected(std::move(added.error()));
    } while (take(','));
    if (!take_word("EXCEPT")) return result;
    if (depth == kDeepestExcept) return base::fail("too many EXCEPT");
    auto except = side(depth + 1);
    if (!except) return except;
    result.except = std::make_unique<Side>(std::move(*except));
    return result;
  }

  [[nodiscard]] base::Result<> item(Side& into) {
    if (take_word("ALL")) {
      into.all = true;
      return {};
    }
    if (at_end()) return base::fail("an expression in quotes, or ALL, is missing");
    if (!rest_.starts_with('"')) {
      return base::fail(fmt::format("'{}' is neither an expression in quotes nor ALL", rest_));
    }
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return base::fail("a quote is not closed");
    auto expression = script::Regex::compile(rest_.substr(0, end), kRuleRegex);
    if (!expression) return std::unexpected(std::move(expression.error()));
    into.expressions.push_back(std::move(*expression));
    rest_.remove_prefix(end + 1);
    skip();
    return {};
  }

  std::string_view rest_;
};

}  // namespace

bool Side::matches(std::string_view uri, bool when_in_doubt) const {
  const auto fits = [=](const auto& expression) { return expression->matches(uri).value_or(when_in_doubt); };
  return (all || std::ranges::any_of(expressions, fits)) &&
         (except == nullptr || !except->matches(uri, !when_in_doubt));
}

base::Result<Rules> Rules::parse(std::string_view text, std::string_view file) {
  Rules rules;
  std::string problems;
  std::size_t count = 0;
  for (int line = 1; !text.empty() && count < kMostProblems; ++line) {
    auto rule = RuleReader(base::take_until(text, '\n')).read();
    if (!rule) {
      problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : "\n", file, line, rule.error().message);
      ++count;
    } else if (*rule) {
      rules.rules_.push_back(std::move(**rule));
    }
  }
  if (!problems.empty()) return base::fail(std::move(problems));
  return rules;
}

base::Result<Rules> Rules::read(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) {
    log::info("permissions: there is no {}: no rules", file);
    return Rules{};
  }
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return base::fail(fmt::format("{}: {}", file, error.message()));
  if (size > kLargestFile) return base::fail(fmt::format("{}: longer than {} bytes", file, kLargestFile));
  std::string text(size, '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(text.data(), static_cast<std::streamsize>(size))) {
    return base::fail(fmt::format("{}: can't be read", file));
  }
  return parse(text, file);
}

bool Rules::match(std::string_view left, std::string_view right, bool when_in_doubt) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    return rule.left.matches(left, when_in_doubt) && rule.right.matches(right, when_in_doubt);
  });
}

bool RulePair::allow(std::string_view left, std::span<const std::string> rights) const {
  const auto allowed = [&](const std::string& right) { return allow_rules.match(left, right, false); };
  const auto denied = [&](const std::string& right) { return deny_rules.match(left, right, true); };
  return std::ranges::all_of(rights, allowed) || std::ranges::none_of(rights, denied);
}

}  // namespace carillon::permissions
