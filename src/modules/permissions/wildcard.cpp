// SPDX-License-Identifier: Apache-2.0
// See wildcard.h.
#include "modules/permissions/wildcard.h"

#include <cstddef>

namespace carillon::permissions {
namespace {

// What one element of a pattern, other than *, says of one byte.
struct Element {
  std::size_t length = 1;  // in the pattern
  bool matches = false;
};

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

// `at` stands on '['. A length of 0: it is never closed.
Element bracket(std::string_view pattern, std::size_t at, char c) {
  std::size_t next = at + 1;
  const bool negated = next < pattern.size() && (pattern[next] == '!' || pattern[next] == '^');
  if (negated) ++next;
  bool found = false;
  // A ']' that comes first is a member.
  for (bool first = true; next < pattern.size() && (first || pattern[next] != ']'); first = false) {
    if (pattern[next] == '\\' && next + 1 < pattern.size()) ++next;
    const char low = pattern[next++];
    char high = low;
    if (next + 1 < pattern.size() && pattern[next] == '-' && pattern[next + 1] != ']') {
      ++next;
      if (pattern[next] == '\\' && next + 1 < pattern.size()) ++next;
      high = pattern[next++];
    }
    found = found || (byte(low) <= byte(c) && byte(c) <= byte(high));
  }
  if (next >= pattern.size()) return {.length = 0, .matches = false};
  return {.length = next + 1 - at, .matches = found != negated};
}

Element element(std::string_view pattern, std::size_t at, char c) {
  if (pattern[at] == '?') return {.length = 1, .matches = true};
  if (pattern[at] == '\\' && at + 1 < pattern.size()) return {.length = 2, .matches = pattern[at + 1] == c};
  if (pattern[at] == '[') {
    const Element whole = bracket(pattern, at, c);
    if (whole.length != 0) return whole;
  }
  return {.length = 1, .matches = pattern[at] == c};
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0;
  std::size_t t = 0;
  // Where to go on when it doesn't fit: behind the last star, which then takes one byte more.
  std::size_t behind_star = kNone;
  std::size_t star_end = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      behind_star = ++p;
      star_end = t;
      continue;
    }
    if (p < pattern.size()) {
      const Element next = element(pattern, p, text[t]);
      if (next.matches) {
        p += next.length;
        ++t;
        continue;
      }
    }
    if (behind_star == kNone) return false;
    p = behind_star;
    t = ++star_end;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace carillon::permissions
