// SPDX-License-Identifier: Apache-2.0
// See address_table.h.
#include "modules/permissions/address_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/strings.h"
#include "modules/permissions/wildcard.h"

namespace carillon::permissions {
namespace {

constexpr unsigned kBitsOfByte = 8;

bool answers(const Address& row, const AddressTable::Question& question) {
  if (row.group != question.group && row.group != kAnyGroup && question.group != kAnyGroup) return false;
  if (row.port != question.port && row.port != kAnyPort && question.port != kAnyPort) return false;
  if (row.protocol.kind == ProtocolRule::Kind::None) return false;
  if (row.protocol.kind == ProtocolRule::Kind::One && question.protocol &&
      row.protocol.protocol != *question.protocol) {
    return false;
  }
  return row.pattern.empty() || !question.pattern || matches_wildcard(row.pattern, *question.pattern);
}

}  // namespace

std::optional<ProtocolRule> ProtocolRule::parse(std::string_view text) {
  if (text.empty() || base::iequals(text, "any")) return ProtocolRule{};
  if (base::iequals(text, "none")) return ProtocolRule{.kind = Kind::None};
  const auto protocol = transport::parse_protocol(base::to_lower(text));
  if (!protocol) return std::nullopt;
  return ProtocolRule{.kind = Kind::One, .protocol = *protocol};
}

std::string_view ProtocolRule::text() const {
  switch (kind) {
    case Kind::Any:
      return "any";
    case Kind::None:
      return "none";
    case Kind::One:
      break;
  }
  return transport::name(protocol);
}

base::IpAddress masked(const base::IpAddress& address, std::uint8_t length) {
  std::array<std::uint8_t, 16> bytes{};
  const std::string_view all = address.bytes();
  for (std::size_t i = 0; i < all.size() && i * kBitsOfByte < length; ++i) {
    const std::size_t kept = std::min<std::size_t>(length - i * kBitsOfByte, kBitsOfByte);
    bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(all[i]) & (0xff00U >> kept));
  }
  if (!address.is_v4()) return base::IpAddress::v6(bytes);
  return base::IpAddress::v4((std::uint32_t{bytes[0]} << 24U) | (std::uint32_t{bytes[1]} << 16U) |
                             (std::uint32_t{bytes[2]} << 8U) | bytes[3]);
}

base::Result<Address> parse_address(const AddressRow& row) {
  if (!row.ip) return base::fail("it has no address");
  const auto ip = base::IpAddress::parse(base::trim(*row.ip));
  if (!ip) return base::fail(fmt::format("'{}' is no IP address", *row.ip));
  if (!row.mask || !row.group || !row.port || !row.protocol) {
    return base::fail(fmt::format("{} lacks a mask, group, port or protocol", *row.ip));
  }
  const auto bits = static_cast<std::int64_t>(ip->bytes().size() * kBitsOfByte);
  if (*row.mask < 0 || *row.mask > bits) return base::fail(fmt::format("{} has the mask {}", *row.ip, *row.mask));
  if (*row.group < 0 || *row.group > std::numeric_limits<std::uint32_t>::max()) {
    return base::fail(fmt::format("{} has the group {}", *row.ip, *row.group));
  }
  if (*row.port < 0 || *row.port > std::numeric_limits<std::uint16_t>::max()) {
    return base::fail(fmt::format("{} has the port {}", *row.ip, *row.port));
  }
  const auto protocol = ProtocolRule::parse(base::trim(*row.protocol));
  if (!protocol) return base::fail(fmt::format("{} has the protocol '{}'", *row.ip, *row.protocol));
  const auto length = static_cast<std::uint8_t>(*row.mask);
  Address address{.group = static_cast<std::uint32_t>(*row.group),
                  .network = {.address = masked(*ip, length), .prefix = length},
                  .port = static_cast<std::uint16_t>(*row.port),
                  .protocol = *protocol,
                  .pattern = std::string(row.pattern),
                  .context_info = {}};
  if (row.context_info) address.context_info = std::string(*row.context_info);
  return address;
}

AddressTable::Prefix& AddressTable::prefix(base::Family family, std::uint8_t length) {
  const auto at = std::ranges::find_if(prefixes_, [&](const Prefix& one) {
    return one.length < length || (one.length == length && one.family >= family);
  });
  if (at != prefixes_.end() && at->length == length && at->family == family) return *at;
  return *prefixes_.insert(at, Prefix{.family = family, .length = length, .networks = {}});
}

void AddressTable::add(Address address) {
  const auto number = static_cast<std::uint32_t>(addresses_.size());
  Chain& chain = prefix(address.network.address.family(), address.network.prefix).networks[address.network.address];
  if (chain.first == kEnd) {
    chain.first = number;
  } else {
    next_[chain.last] = number;
  }
  chain.last = number;
  addresses_.push_back(std::move(address));
  next_.push_back(kEnd);
}

const Address* AddressTable::find(const Question& question) const {
  for (const Prefix& one : prefixes_) {
    if (one.family != question.address.family()) continue;
    const auto network = one.networks.find(masked(question.address, one.length));
    if (network == one.networks.end()) continue;
    for (std::uint32_t row = network->second.first; row != kEnd; row = next_[row]) {
      if (answers(addresses_[row], question)) return &addresses_[row];
    }
  }
  return nullptr;
}

}  // namespace carillon::permissions
