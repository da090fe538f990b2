// SPDX-License-Identifier: Apache-2.0
// Redis Cluster: which slot a key has, which node has a slot, and what MOVED and ASK say.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/key_value.h"

namespace carillon::cachedb_redis {

inline constexpr std::uint16_t kSlots = 16384;

struct Address {
  std::string host;  // an IPv6 address without brackets
  std::uint16_t port = 6379;

  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// CRC-16/XMODEM.
[[nodiscard]] std::uint16_t crc16(std::string_view text);
// Of the hash tag between the first { and the } behind it, if there is text between them; otherwise of all of it.
[[nodiscard]] std::uint16_t slot_of(std::string_view key);

// A server's word that a key is elsewhere.
struct Redirection {
  bool ask = false;  // for this one command, which ASKING precedes; otherwise (MOVED) from now on
  std::uint16_t slot = 0;
  Address to;

  // Nothing when the reply is none. `asked`: whose reply it is; an empty host means the same one.
  [[nodiscard]] static std::optional<Redirection> parse(const storage::Reply& reply, const Address& asked);
};

// Which master has which slot. Immutable.
class SlotMap {
 public:
  static constexpr std::size_t kMaxNodes = 1000;

  // The reply to CLUSTER SLOTS. `asked`: whose reply it is.
  [[nodiscard]] static base::Result<SlotMap> parse(const storage::Reply& reply, const Address& asked);

  // Null when no node has it.
  [[nodiscard]] const Address* master_of(std::uint16_t slot) const {
    const std::uint16_t number = owners_[slot];
    return number == kNone ? nullptr : &masters_[number];
  }
  [[nodiscard]] const std::vector<Address>& masters() const { return masters_; }
  // How many slots each master has, in the same order.
  [[nodiscard]] std::vector<std::size_t> counts() const;

  friend bool operator==(const SlotMap&, const SlotMap&) = default;

 private:
  static constexpr std::uint16_t kNone = 0xffff;

  std::vector<Address> masters_;
  std::vector<std::uint16_t> owners_ = std::vector<std::uint16_t>(kSlots, kNone);
};

}  // namespace carillon::cachedb_redis
