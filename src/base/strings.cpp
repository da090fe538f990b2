// SPDX-License-Identifier: Apache-2.0
// See strings.h.
#include "base/strings.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace carillon::base {

int icompare(std::string_view a, std::string_view b) {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    const int difference = static_cast<unsigned char>(to_lower(a[i])) - static_cast<unsigned char>(to_lower(b[i]));
    if (difference != 0) return difference;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return to_lower(c); });
  return lower;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Nobody writes such names by mistake: they are as far apart as can be, and cost no quadratic time.
  constexpr std::size_t kLongest = 128;
  if (std::max(a.size(), b.size()) > kLongest) return std::max(a.size(), b.size());
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (to_lower(a[i - 1]) == to_lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row.back();
}

std::size_t CaseInsensitiveHash::operator()(std::string_view text) const {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(to_lower(c))) * 0x100000001b3U;
  return hash;
}

}  // namespace carillon::base
