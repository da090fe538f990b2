// SPDX-License-Identifier: Apache-2.0
// See ip.h.
#include "base/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <bit>
#include <cstring>
#include <span>

#include "base/hash.h"
#include "base/strings.h"

namespace carillon::base {
namespace {

// Whether the first `prefix` bits of two byte strings of one length agree.
bool same_prefix(std::string_view a, std::string_view b, unsigned prefix) {
  const std::size_t whole = prefix / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned char>(0xff << (8 - rest));
  return (static_cast<unsigned char>(a[whole]) & mask) == (static_cast<unsigned char>(b[whole]) & mask);
}

bool in(const IpAddress& address, std::string_view network) { return IpNetwork::parse(network)->contains(address); }

std::optional<std::uint8_t> prefix_of_mask(const IpAddress& mask) {
  unsigned ones = 0;
  bool ended = false;
  for (const char c : mask.bytes()) {
    const auto byte = static_cast<std::uint8_t>(c);
    const auto leading = static_cast<unsigned>(std::countl_one(byte));
    if ((ended && byte != 0) || static_cast<unsigned>(std::popcount(byte)) != leading) return std::nullopt;
    ones += leading;
    ended = leading < 8;
  }
  return static_cast<std::uint8_t>(ones);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(buffer)) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  if (std::memchr(buffer, '\0', text.size()) != nullptr) return std::nullopt;

  IpAddress address;
  if (inet_pton(AF_INET, buffer, address.bytes_.data()) == 1) {
    address.family_ = Family::V4;
  } else if (inet_pton(AF_INET6, buffer, address.bytes_.data()) == 1) {
    address.family_ = Family::V6;
  } else {
    return std::nullopt;
  }
  return address;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  address.family_ = Family::V4;
  const std::uint32_t network_order = htonl(host_order);
  std::memcpy(address.bytes_.data(), &network_order, 4);
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.family_ = Family::V6;
  address.bytes_ = bytes;
  return address;
}

IpAddress IpAddress::any(Family family) {
  IpAddress address;
  address.family_ = family;
  return address;
}

bool IpAddress::is_unspecified() const {
  return family_ != Family::Unspecified && bytes_ == std::array<std::uint8_t, 16>{};
}

bool IpAddress::is_loopback() const { return is_v4() ? bytes_[0] == 127 : is_v6() && in(*this, "::1"); }

bool IpAddress::is_private() const {
  if (is_v4()) {
    return in(*this, "10.0.0.0/8") || in(*this, "172.16.0.0/12") || in(*this, "192.168.0.0/16") ||
           in(*this, "100.64.0.0/10") || in(*this, "169.254.0.0/16");
  }
  return is_v6() && (in(*this, "fc00::/7") || in(*this, "fe80::/10"));
}

std::string IpAddress::to_string() const {
  if (is_v4()) {
    // inet_ntop() goes through sprintf(), which takes as long as parsing a message.
    std::string text;
    for (const unsigned part : std::span(bytes_).first<4>()) {
      if (!text.empty()) text += '.';
      if (part >= 100) text += static_cast<char>('0' + part / 100);
      if (part >= 10) text += static_cast<char>('0' + part / 10 % 10);
      text += static_cast<char>('0' + part % 10);
    }
    return text;
  }
  char buffer[INET6_ADDRSTRLEN] = "";
  if (is_v6()) inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof(buffer));
  return buffer;
}

std::string IpAddress::to_uri_host() const { return is_v6() ? fmt::format("[{}]", to_string()) : to_string(); }

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
  const auto address = IpAddress::parse(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, *port};
}

Endpoint Endpoint::from_sockaddr(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &from, sizeof(v4));
    return {IpAddress::v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &from, sizeof(v6));
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return {IpAddress::v6(bytes), ntohs(v6.sin6_port)};
  }
  return {};
}

unsigned int Endpoint::to_sockaddr(sockaddr_storage& to) const {
  if (address.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), 16);
    std::memcpy(&to, &v6, sizeof(v6));
    return sizeof(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.bytes().data(), 4);
  std::memcpy(&to, &v4, sizeof(v4));
  return sizeof(v4);
}

std::string Endpoint::to_string() const { return fmt::format("{}:{}", address.to_uri_host(), port); }

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto bits = static_cast<std::uint8_t>(address->bytes().size() * 8);
  if (slash == std::string_view::npos) return IpNetwork{*address, bits};
  const std::string_view length = text.substr(slash + 1);
  if (const auto prefix = parse_number<std::uint8_t>(length)) {
    if (*prefix > bits) return std::nullopt;
    return IpNetwork{*address, *prefix};
  }
  const auto mask = IpAddress::parse(length);
  if (!mask || mask->family() != address->family()) return std::nullopt;
  const auto prefix = prefix_of_mask(*mask);
  if (!prefix) return std::nullopt;
  return IpNetwork{*address, *prefix};
}

bool IpNetwork::contains(const IpAddress& candidate) const {
  return candidate.family() == address.family() && same_prefix(candidate.bytes(), address.bytes(), prefix);
}

std::uint64_t hash_value(const Endpoint& endpoint) {
  static const HashKey key = HashKey::random();
  char bytes[18];
  const std::string_view address = endpoint.address.bytes();
  std::memcpy(bytes, address.data(), address.size());
  std::memcpy(bytes + address.size(), &endpoint.port, 2);
  return sip_hash(key, {bytes, address.size() + 2});
}

}  // namespace carillon::base
