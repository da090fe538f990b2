// SPDX-License-Identifier: Apache-2.0
// See slots.h.
#include "modules/cachedb_redis/slots.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace carillon::cachedb_redis {
namespace {

using storage::Reply;

constexpr std::array<std::uint16_t, 256> kCrcTable = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8U;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
    table[byte] = static_cast<std::uint16_t>(crc);
  }
  return table;
}();

// "host:port" as redirections have it: an IPv6 address stands there without brackets.
std::optional<Address> parse_address(std::string_view text, const Address& asked) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = base::parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.empty()) host = asked.host;
  if (host.starts_with('[') && host.ends_with(']') && host.size() > 2) host = host.substr(1, host.size() - 2);
  if (host == "?" || host.size() > 255) return std::nullopt;
  return Address{std::string(host), *port};
}

// The [host, port, ...] of a master. Nothing when it can't be reached by what it says.
std::optional<Address> master(const Reply& node, const Address& asked) {
  if (node.kind != Reply::Kind::List || node.list.size() < 2) return std::nullopt;
  const Reply& host = node.list[0];
  const Reply& port = node.list[1];
  if (port.kind != Reply::Kind::Integer || port.integer < 1 || port.integer > 65535) return std::nullopt;
  if (host.kind != Reply::Kind::Text && !host.is_nil()) return std::nullopt;
  if (host.text == "?" || host.text.size() > 255) return std::nullopt;
  return Address{host.text.empty() ? asked.host : host.text, static_cast<std::uint16_t>(port.integer)};
}

bool is_slot(const Reply& reply) {
  return reply.kind == Reply::Kind::Integer && reply.integer >= 0 && reply.integer < kSlots;
}

}  // namespace

std::string Address::text() const {
  return (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::uint16_t crc16(std::string_view text) {
  unsigned crc = 0;
  for (const char c : text) {
    crc = ((crc << 8U) ^ kCrcTable[((crc >> 8U) ^ static_cast<unsigned char>(c)) & 0xffU]) & 0xffffU;
  }
  return static_cast<std::uint16_t>(crc);
}

std::uint16_t slot_of(std::string_view key) {
  if (const std::size_t opening = key.find('{'); opening != std::string_view::npos) {
    const std::size_t closing = key.find('}', opening + 1);
    if (closing != std::string_view::npos && closing > opening + 1) {
      key = key.substr(opening + 1, closing - opening - 1);
    }
  }
  return static_cast<std::uint16_t>(crc16(key) % kSlots);
}

std::optional<Redirection> Redirection::parse(const Reply& reply, const Address& asked) {
  if (!reply.is_error()) return std::nullopt;
  std::string_view rest = reply.text;
  const std::string_view word = base::take_until(rest, ' ');
  if (word != "MOVED" && word != "ASK") return std::nullopt;
  const auto slot = base::parse_number<std::uint16_t>(base::take_until(rest, ' '));
  auto to = parse_address(base::trim(rest), asked);
  if (!slot || *slot >= kSlots || !to) return std::nullopt;
  return Redirection{.ask = word == "ASK", .slot = *slot, .to = std::move(*to)};
}

base::Result<SlotMap> SlotMap::parse(const Reply& reply, const Address& asked) {
  if (reply.kind != Reply::Kind::List) return base::fail("CLUSTER SLOTS: not a list");
  SlotMap map;
  for (const Reply& range : reply.list) {
    if (range.kind != Reply::Kind::List || range.list.size() < 3 || !is_slot(range.list[0]) ||
        !is_slot(range.list[1]) || range.list[0].integer > range.list[1].integer) {
      return base::fail("CLUSTER SLOTS: an entry isn't a range of slots");
    }
    auto address = master(range.list[2], asked);
    if (!address) continue;
    auto found = std::ranges::find(map.masters_, *address);
    if (found == map.masters_.end()) {
      if (map.masters_.size() == kMaxNodes) return base::fail("CLUSTER SLOTS: too many nodes");
      found = map.masters_.insert(found, std::move(*address));
    }
    const auto number = static_cast<std::uint16_t>(found - map.masters_.begin());
    for (auto slot = range.list[0].integer; slot <= range.list[1].integer; ++slot) {
      map.owners_[static_cast<std::size_t>(slot)] = number;
    }
  }
  if (map.masters_.empty()) return base::fail("CLUSTER SLOTS: no node has any slot");
  return map;
}

std::vector<std::size_t> SlotMap::counts() const {
  std::vector<std::size_t> counts(masters_.size());
  for (const std::uint16_t number : owners_) {
    if (number != kNone) ++counts[number];
  }
  return counts;
}

}  // namespace carillon::cachedb_redis
