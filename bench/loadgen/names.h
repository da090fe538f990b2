// SPDX-License-Identifier: Apache-2.0
// Names of fixed width for users and calls. A Call-ID carries the number of its call, so that finding one is an index.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace carillon::bench {

// A number in `Width` digits, leading zeros kept.
template <std::size_t Width, int Base = 10>
class Digits {
 public:
  explicit Digits(std::uint64_t value) {
    for (std::size_t i = Width; i-- > 0; value /= Base) text_[i] = "0123456789abcdef"[value % Base];
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), Width}; }

 private:
  std::array<char, Width> text_;
};

inline constexpr std::string_view kDomain = "bench.test";
inline constexpr std::size_t kUserLength = 13;
inline constexpr std::size_t kAorLength = kUserLength + 1 + kDomain.size();
static_assert(kAorLength == 24, "the budget of DESIGN.md section 8 is for an AoR of 24 bytes");

// The user part of an AoR: "user" and nine digits.
class UserName {
 public:
  explicit UserName(std::uint32_t index) {
    std::ranges::copy(Digits<9>(index).view(), std::ranges::copy(std::string_view("user"), text_.begin()).out);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, kUserLength> text_;
};

// The password of a user: "pw" and the digits of the name.
class Password {
 public:
  explicit Password(std::uint32_t index) {
    std::ranges::copy(Digits<9>(index).view(), std::ranges::copy(std::string_view("pw"), text_.begin()).out);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 11> text_;
};

// Which call (or registration) a message belongs to. `generation` tells users of one slot apart.
struct CallKey {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

// 40 bytes: the run's number, slot and generation in hexadecimal, and a host.
class CallId {
 public:
  CallId(std::uint32_t run, CallKey key) {
    auto* out = std::ranges::copy(Digits<8, 16>(run).view(), text_.begin()).out;
    out = std::ranges::copy(Digits<8, 16>(key.slot).view(), out).out;
    out = std::ranges::copy(Digits<8, 16>(key.generation).view(), out).out;
    std::ranges::copy(kHost, out);
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }
  // The part that differs from call to call; also good as a tag.
  [[nodiscard]] std::string_view token() const { return view().substr(0, 24); }

  // Nothing when the text is no Call-ID of this run.
  [[nodiscard]] static std::optional<CallKey> parse(std::uint32_t run, std::string_view text) {
    const auto number = [text](std::size_t at) -> std::optional<std::uint32_t> {
      std::uint32_t value = 0;
      const char* const end = text.data() + at + 8;
      const auto result = std::from_chars(text.data() + at, end, value, 16);
      if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
      return value;
    };
    if (text.size() != kLength || number(0) != run) return std::nullopt;
    const auto slot = number(8);
    const auto generation = number(16);
    if (!slot || !generation) return std::nullopt;
    return CallKey{*slot, *generation};
  }

 private:
  static constexpr std::string_view kHost = "@load.bench.test";
  static constexpr std::size_t kLength = 40;
  static_assert(24 + kHost.size() == kLength);
  std::array<char, kLength> text_;
};

}  // namespace carillon::bench
