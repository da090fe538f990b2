// SPDX-License-Identifier: Apache-2.0
// ASCII text as SIP uses it: case-insensitive comparison, trimming, strict numbers. Locale-free.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::base {

[[nodiscard]] constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
[[nodiscard]] constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; }

[[nodiscard]] constexpr bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

// Less than, equal, greater than zero, without regard to ASCII case.
[[nodiscard]] int icompare(std::string_view a, std::string_view b);

[[nodiscard]] std::string to_lower(std::string_view text);

// Space, tab, CR and LF: what may surround a header value (RFC 3261 section 25.1, LWS).
[[nodiscard]] constexpr bool is_lws(char c) { return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n'); }

// Inline: nearly always there is nothing to cut off.
[[nodiscard, gnu::always_inline]] constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_lws(text.back())) text.remove_suffix(1);
  return text;
}

// The whole text as a decimal number: digits only (a sign for signed types), no wrap; otherwise nothing.
template <std::integral T>
[[nodiscard]] std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Cuts `text` at the first `separator`: returns what stands before it and leaves what stands behind (empty when there
// is none).
[[nodiscard]] constexpr std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

// The candidate nearest to `name` by edit distance, if near enough to be a slip of the pen; otherwise empty.
template <typename Range>
[[nodiscard]] std::string_view nearest_name(std::string_view name, const Range& candidates);

[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

template <typename Range>
std::string_view nearest_name(std::string_view name, const Range& candidates) {
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

// Hash and equality for tables keyed by text without regard to case; both take string_view (heterogeneous lookup).
struct CaseInsensitiveHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view text) const;
};
struct CaseInsensitiveEqual {
  using is_transparent = void;
  [[nodiscard]] bool operator()(std::string_view a, std::string_view b) const { return iequals(a, b); }
};

// For std::unordered_map<std::string, ...> looked up by string_view.
struct StringHash {
  using is_transparent = void;
  [[nodiscard]] std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace carillon::base
