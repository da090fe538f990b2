// SPDX-License-Identifier: Apache-2.0
// The addresses of a partition: groups of hosts and networks, found by an address in a few steps however many there
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "transport/flow.h"

namespace carillon::permissions {

inline constexpr std::uint32_t kAnyGroup = 0;
inline constexpr std::uint16_t kAnyPort = 0;

// What a row says of the protocol.
struct ProtocolRule {
  enum class Kind : std::uint8_t { Any, One, None };
  Kind kind = Kind::Any;
  transport::Protocol protocol = transport::Protocol::Udp;

  // "any", "none", "udp", ...
  [[nodiscard]] static std::optional<ProtocolRule> parse(std::string_view text);
  [[nodiscard]] std::string_view text() const;
};

// A row of the table.
struct Address {
  std::uint32_t group = kAnyGroup;
  base::IpNetwork network;  // of one host: all bits
  std::uint16_t port = kAnyPort;
  ProtocolRule protocol;
  std::string pattern;                      // a wildcard; empty: none
  std::optional<std::string> context_info;  // for the script

  [[nodiscard]] bool is_host() const { return network.prefix == network.address.bytes().size() * 8; }
};

// The columns of a row as they are read. One that narrows the row and isn't there is no "any": fail() says what is
// wrong with it.
struct AddressRow {
  std::optional<std::int64_t> group = {};
  std::optional<std::string_view> ip = {};
  std::optional<std::int64_t> mask = {};
  std::optional<std::int64_t> port = {};
  std::optional<std::string_view> protocol = {};
  std::string_view pattern;
  std::optional<std::string_view> context_info = {};
};
[[nodiscard]] base::Result<Address> parse_address(const AddressRow& row);

// Filled by one thread, then immutable.
class AddressTable {
 public:
  void add(Address address);

  // What is asked for; each of "any" means that it may be what it likes.
  struct Question {
    base::IpAddress address;
    std::uint32_t group = kAnyGroup;
    std::uint16_t port = kAnyPort;
    std::optional<transport::Protocol> protocol = {};
    std::optional<std::string_view> pattern = {};  // compared with the row's, where both are given
  };
  // The first row that answers, hosts before networks, longer prefixes before shorter ones; null: none.
  [[nodiscard]] const Address* find(const Question& question) const;

  // In the order in which they were added.
  [[nodiscard]] const std::vector<Address>& all() const { return addresses_; }

 private:
  static constexpr std::uint32_t kEnd = 0xffffffff;
  // Rows of one network, chained in next_.
  struct Chain {
    std::uint32_t first = kEnd;
    std::uint32_t last = kEnd;
  };
  struct Prefix {
    base::Family family;
    std::uint8_t length;
    std::unordered_map<base::IpAddress, Chain> networks;
  };
  [[nodiscard]] Prefix& prefix(base::Family family, std::uint8_t length);

  std::vector<Address> addresses_;
  std::vector<std::uint32_t> next_;
  std::vector<Prefix> prefixes_;  // longest first
};

// `address` with all bits behind the first `length` cleared.
[[nodiscard]] base::IpAddress masked(const base::IpAddress& address, std::uint8_t length);

}  // namespace carillon::permissions
