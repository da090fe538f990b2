// SPDX-License-Identifier: Apache-2.0
// Writing and reading the branch parameter of our own Via.
#include "transport/branch.h"

#include <algorithm>
#include <concepts>

namespace carillon::transport {
namespace {

constexpr std::string_view kPrefix = "z9hG4bKc";
constexpr std::string_view kDigits = "0123456789abcdef";

template <std::unsigned_integral T>
char* write_hex(char* to, T value) {
  for (std::size_t i = 2 * sizeof(T); i-- > 0;) {
    to[i] = kDigits[value & 0xf];
    value = static_cast<T>(value >> 4);
  }
  return to + 2 * sizeof(T);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Takes 2 * sizeof(T) digits off `text`, which has them; false when one isn't a digit.
template <std::unsigned_integral T>
bool take_hex(std::string_view& text, T& value) {
  std::uint64_t read = 0;
  for (const char c : text.substr(0, 2 * sizeof(T))) {
    const int digit = hex_digit(c);
    if (digit < 0) return false;
    read = read << 4 | static_cast<unsigned>(digit);
  }
  text.remove_prefix(2 * sizeof(T));
  value = static_cast<T>(read);
  return true;
}

static_assert(kPrefix.size() +
                  2 * (sizeof(Branch::shard) + sizeof(Branch::key) + sizeof(Branch::loop) + sizeof(Branch::index)) ==
              kBranchLength);

}  // namespace

BranchText::BranchText(const Branch& branch) {
  char* to = std::ranges::copy(kPrefix, characters_.data()).out;
  to = write_hex(to, branch.shard);
  to = write_hex(to, branch.key);
  to = write_hex(to, branch.loop);
  write_hex(to, branch.index);
}

std::optional<Branch> parse_branch(std::string_view text) {
  if (text.size() != kBranchLength || !text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  Branch branch;
  if (!take_hex(text, branch.shard) || !take_hex(text, branch.key) || !take_hex(text, branch.loop) ||
      !take_hex(text, branch.index)) {
    return std::nullopt;
  }
  return branch;
}

}  // namespace carillon::transport
