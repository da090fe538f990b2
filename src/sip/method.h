// SPDX-License-Identifier: Apache-2.0
// SIP methods: the registered ones as an enum, any other keeps its text. Read from the request line and from CSeq.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::sip {

enum class Method : std::uint8_t {
  Unknown,
  Invite,
  Ack,
  Bye,
  Cancel,
  Register,
  Options,
  Info,
  Update,
  Prack,
  Subscribe,
  Notify,
  Publish,
  Message,
  Refer,
};

// Exact: method names are case-sensitive (RFC 3261 section 7.1). Unknown for any other text.
[[nodiscard]] Method parse_method(std::string_view name);

// "INVITE" and so on; empty for Unknown, whose name only the message knows.
[[nodiscard]] std::string_view method_name(Method method);

// A set of methods in one word: `is_method("INVITE|ACK")` is one bit test.
class MethodSet {
 public:
  constexpr MethodSet() = default;
  constexpr void insert(Method method) { bits_ |= bit(method); }
  [[nodiscard]] constexpr bool contains(Method method) const { return (bits_ & bit(method)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  [[nodiscard]] static constexpr MethodSet from_bits(std::uint32_t bits) {
    MethodSet set;
    set.bits_ = bits;
    return set;
  }
  friend constexpr bool operator==(MethodSet, MethodSet) = default;

 private:
  static constexpr std::uint32_t bit(Method method) { return 1U << static_cast<unsigned>(method); }
  std::uint32_t bits_ = 0;
};

}  // namespace carillon::sip
