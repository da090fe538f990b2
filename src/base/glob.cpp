// SPDX-License-Identifier: Apache-2.0
// See glob.h.
#include "base/glob.h"

#include <array>
#include <optional>

#include "base/strings.h"

namespace carillon::base {
namespace {

bool is_of_class(std::string_view name, char c) {
  struct Class {
    std::string_view name;
    bool (*contains)(char);
  };
  constexpr auto kClasses = std::to_array<Class>({
      {"alpha", [](char x) { return is_alpha(x); }},
      {"digit", [](char x) { return is_digit(x); }},
      {"alnum", [](char x) { return is_alpha(x) || is_digit(x); }},
      {"lower", [](char x) { return x >= 'a' && x <= 'z'; }},
      {"upper", [](char x) { return x >= 'A' && x <= 'Z'; }},
      {"xdigit", [](char x) { return is_digit(x) || (to_lower(x) >= 'a' && to_lower(x) <= 'f'); }},
      {"space", [](char x) { return x == ' ' || (x >= '\t' && x <= '\r'); }},
      {"punct", [](char x) { return x > ' ' && x < '\x7F' && !is_alpha(x) && !is_digit(x); }},
  });
  for (const Class& one : kClasses) {
    if (one.name == name) return one.contains(c);
  }
  return false;
}

// What one element of a pattern says to one character, and where the next element begins.
struct Step {
  bool matches;
  std::size_t next;
};

class Matcher {
 public:
  Matcher(std::string_view pattern, GlobCase letters)
      : pattern_(pattern), ignores_case_(letters == GlobCase::Ignored) {}

  // Of the element at `at`, which is no '*'.
  [[nodiscard]] Step step(std::size_t at, char c) const {
    switch (pattern_[at]) {
      case '?':
        return {true, at + 1};
      case '[':
        if (const auto of_set = set(at, c)) return *of_set;
        return {same('[', c), at + 1};
      case '\\':
        if (at + 1 < pattern_.size()) return {same(pattern_[at + 1], c), at + 2};
        return {same('\\', c), at + 1};
      default:
        return {same(pattern_[at], c), at + 1};
    }
  }

 private:
  [[nodiscard]] bool same(char a, char b) const { return ignores_case_ ? to_lower(a) == to_lower(b) : a == b; }

  [[nodiscard]] bool in_range(char first, char last, char c) const {
    const auto within = [first, last](char x) {
      return static_cast<unsigned char>(x) >= static_cast<unsigned char>(first) &&
             static_cast<unsigned char>(x) <= static_cast<unsigned char>(last);
    };
    return within(c) || (ignores_case_ && (within(to_lower(c)) || within(to_upper(c))));
  }

  // Nothing when the '[' at `open` is never closed.
  [[nodiscard]] std::optional<Step> set(std::size_t open, char c) const {
    std::size_t at = open + 1;
    const bool negated = at < pattern_.size() && (pattern_[at] == '!' || pattern_[at] == '^');
    if (negated) ++at;
    bool found = false;
    for (const std::size_t first = at; at < pattern_.size() && (pattern_[at] != ']' || at == first);) {
      if (pattern_.substr(at).starts_with("[:")) {
        const std::size_t end = pattern_.find(":]", at + 2);
        if (end != std::string_view::npos) {
          found = found || is_of_class(pattern_.substr(at + 2, end - at - 2), c);
          at = end + 2;
          continue;
        }
      }
      if (pattern_[at] == '\\' && at + 1 < pattern_.size()) ++at;
      const char low = pattern_[at];
      char high = low;
      if (at + 2 < pattern_.size() && pattern_[at + 1] == '-' && pattern_[at + 2] != ']') {
        high = pattern_[at + 2];
        at += 2;
      }
      found = found || in_range(low, high, c);
      ++at;
    }
    if (at >= pattern_.size()) return std::nullopt;
    return Step{found != negated, at + 1};
  }

  std::string_view pattern_;
  bool ignores_case_;
};

}  // namespace

// Of the stars only the last one seen is ever tried again, with one character more.
bool glob_matches(std::string_view pattern, std::string_view text, GlobCase letters) {
  const Matcher matcher(pattern, letters);
  std::size_t at = 0;
  std::size_t in_text = 0;
  std::optional<std::size_t> behind_star;
  std::size_t star_ends = 0;
  while (in_text < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      star_ends = in_text;
      continue;
    }
    const Step step = at < pattern.size() ? matcher.step(at, text[in_text]) : Step{false, at};
    if (step.matches) {
      at = step.next;
      ++in_text;
    } else if (behind_star) {
      at = *behind_star;
      in_text = ++star_ends;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace carillon::base
