// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses, endpoints and networks as plain values. No sockets here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr_storage;
struct sockaddr;

namespace carillon::base {

enum class Family : std::uint8_t { Unspecified, V4, V6 };

class IpAddress {
 public:
  constexpr IpAddress() = default;

  // Dotted IPv4, or IPv6 with or without brackets. No names, no zone.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order);
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  [[nodiscard]] static IpAddress any(Family family);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == Family::V4; }
  [[nodiscard]] bool is_v6() const { return family_ == Family::V6; }
  [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0 or ::
  [[nodiscard]] bool is_loopback() const;
  // RFC 1918, RFC 6598, RFC 3927, RFC 4193, link-local.
  [[nodiscard]] bool is_private() const;

  // The bytes in network order: 4 or 16 of them.
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), is_v4() ? std::size_t{4} : std::size_t{16}};
  }
  // "192.0.2.1", "2001:db8::1" (RFC 5952), without brackets.
  [[nodiscard]] std::string to_string() const;
  // As it stands in a URI or a Via: IPv6 in brackets.
  [[nodiscard]] std::string to_uri_host() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::Unspecified;
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:5060", "[2001:db8::1]:5060"; the port is required.
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] static Endpoint from_sockaddr(const sockaddr_storage& from);
  // Fills `to` and returns the length to give to the kernel.
  unsigned int to_sockaddr(sockaddr_storage& to) const;
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "10.0.0.0/8", "2001:db8::/32", "10.0.0.0/255.0.0.0", or one address.
struct IpNetwork {
  IpAddress address;
  std::uint8_t prefix = 0;

  [[nodiscard]] static std::optional<IpNetwork> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& candidate) const;
};

// The process-wide key makes buckets unpredictable to strangers.
[[nodiscard]] std::uint64_t hash_value(const Endpoint& endpoint);

}  // namespace carillon::base

template <>
struct std::hash<carillon::base::Endpoint> {
  std::size_t operator()(const carillon::base::Endpoint& endpoint) const {
    return carillon::base::hash_value(endpoint);
  }
};
template <>
struct std::hash<carillon::base::IpAddress> {
  std::size_t operator()(const carillon::base::IpAddress& address) const {
    return carillon::base::hash_value({address, 0});
  }
};
