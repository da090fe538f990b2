// SPDX-License-Identifier: Apache-2.0
// The branch parameter of our own Via: it names the shard, the transaction and the branch a response belongs to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::transport {

// "z9hG4bK" c SS KKKKKKKKKKKKKKKK LLLLLLLL II: shard, key, loop and index in lower-case hexadecimal
// (RFC 3261 section 8.1.1.7).
struct Branch {
  std::uint8_t shard = 0;
  // Chosen at random by the transaction; for a stateless element derived from the request (RFC 3261 section 16.11).
  // What a stranger forges fails to match it.
  std::uint64_t key = 0;
  // Hash of what decides where the request goes, for loop detection (RFC 3261 section 16.6, step 8; RFC 5393).
  std::uint32_t loop = 0;
  std::uint8_t index = 0;  // of the branch within its transaction

  friend bool operator==(const Branch&, const Branch&) = default;
};

inline constexpr std::size_t kBranchLength = 36;

class BranchText {
 public:
  explicit BranchText(const Branch& branch);
  [[nodiscard]] std::string_view view() const { return {characters_.data(), characters_.size()}; }

 private:
  std::array<char, kBranchLength> characters_;
};

// Nothing unless `text` has exactly the form above. That it has says only where to look.
[[nodiscard]] std::optional<Branch> parse_branch(std::string_view text);

}  // namespace carillon::transport
