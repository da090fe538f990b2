// SPDX-License-Identifier: Apache-2.0
// Which of our nonces have been used, in a bounded space that a flood of challenges can't make grow.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace carillon::auth {

// A ring of bits, one for each of the newest kWindow numbers; a number that has fallen out counts as used. Any thread,
// no lock: of several that mark one number at once one succeeds.
class UsedNonces {
 public:
  // At 200,000 challenges a second a nonce falls out after 42 s.
  static constexpr std::uint64_t kWindow = std::uint64_t{1} << 23;

  UsedNonces() : words_(kWindow / kBits) {}

  [[nodiscard]] bool is_used(std::uint64_t number) const {
    return answer(words_[place(number)].load(std::memory_order_acquire), number);
  }

  // False when it was used already.
  [[nodiscard]] bool use(std::uint64_t number) {
    std::atomic<std::uint64_t>& word = words_[place(number)];
    std::uint64_t before = word.load(std::memory_order_acquire);
    for (;;) {
      if (answer(before, number)) return false;
      // A word of an earlier round holds bits of numbers that have fallen out.
      const std::uint64_t kept = round_in(before) == round(number) ? before : round(number) << kBits;
      if (word.compare_exchange_weak(before, kept | bit(number), std::memory_order_acq_rel)) return true;
    }
  }

 private:
  // A word: the round its bits belong to, then a bit a number.
  static constexpr unsigned kBits = 32;

  [[nodiscard]] static std::size_t place(std::uint64_t number) { return (number % kWindow) / kBits; }
  [[nodiscard]] static std::uint64_t bit(std::uint64_t number) { return std::uint64_t{1} << (number % kBits); }
  [[nodiscard]] static std::uint64_t round(std::uint64_t number) {
    return static_cast<std::uint32_t>(number / kWindow);
  }
  [[nodiscard]] static std::uint64_t round_in(std::uint64_t word) { return word >> kBits; }
  [[nodiscard]] static bool answer(std::uint64_t word, std::uint64_t number) {
    if (round_in(word) > round(number)) return true;
    return round_in(word) == round(number) && (word & bit(number)) != 0;
  }

  std::vector<std::atomic<std::uint64_t>> words_;
};

}  // namespace carillon::auth
