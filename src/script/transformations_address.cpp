// SPDX-License-Identifier: Apache-2.0
// {ip.*}: addresses as text and as their bytes. (ip.resolve waits, so the host supplies it.)
#include <array>
#include <cstring>

#include "base/ip.h"
#include "base/strings.h"
#include "script/host.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

using Arguments = std::span<const Argument>;

constexpr auto kNone = std::span<const ParamDecl>{};

base::Result<Constant> compile_network(const Value& literal, void*) {
  const auto network = base::IpNetwork::parse(base::trim(literal.as_text()));
  if (!network) return base::fail("this is not a network, as 10.0.0.0/8");
  return std::make_shared<const base::IpNetwork>(*network);
}
constexpr auto kNetwork = std::to_array<ParamDecl>({{.name = "network", .compile = compile_network}});

constexpr std::size_t kV4Size = 4;
constexpr std::size_t kV6Size = 16;

ReadResult family(Environment&, const TransformationDecl&, const Value& input, Arguments) {
  const std::size_t size = input.as_text().size();
  if (size == kV4Size) return Value::text("INET");
  if (size == kV6Size) return Value::text("INET6");
  return Value::null();
}

ReadResult to_presentation(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view bytes = input.as_text();
  if (bytes.size() == kV4Size) {
    std::uint32_t host_order = 0;
    for (const char c : bytes) host_order = host_order << 8U | static_cast<unsigned char>(c);
    return Value::text(environment.arena().copy(base::IpAddress::v4(host_order).to_string()));
  }
  if (bytes.size() != kV6Size) return Value::null();
  std::array<std::uint8_t, kV6Size> address{};
  std::memcpy(address.data(), bytes.data(), kV6Size);
  return Value::text(environment.arena().copy(base::IpAddress::v6(address).to_string()));
}

ReadResult to_bytes(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const auto address = base::IpAddress::parse(input.as_text());
  if (!address) return Value::null();
  return Value::text(environment.arena().copy(address->bytes()));
}

template <bool V4, bool V6>
ReadResult is_address(Environment&, const TransformationDecl&, const Value& input, Arguments) {
  const auto address = base::IpAddress::parse(input.as_text());
  return Value::integer(address && ((V4 && address->is_v4()) || (V6 && address->is_v6())) ? 1 : 0);
}

ReadResult is_private(Environment&, const TransformationDecl&, const Value& input, Arguments) {
  const auto address = base::IpAddress::parse(input.as_text());
  return Value::integer(address && address->is_private() ? 1 : 0);
}

ReadResult matches(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const auto address = base::IpAddress::parse(input.as_text());
  base::IpNetwork network;
  if (arguments[0].constant != nullptr) {
    network = *static_cast<const base::IpNetwork*>(arguments[0].constant);
  } else {
    const auto parsed = base::IpNetwork::parse(text_argument(arguments, 0, environment.arena()));
    if (!parsed) return ReadResult::error();
    network = *parsed;
  }
  const bool inside = address && address->family() == network.address.family() && network.contains(*address);
  return Value::integer(inside ? 1 : 0);
}

constexpr auto kAddresses = std::to_array<TransformationDecl>({
    {"ip.family", kNone, "INET or INET6, of an address's bytes.", family},
    {"ip.ntop", kNone, "The text of an address's bytes.", to_presentation},
    {"ip.pton", kNone, "The bytes of an address.", to_bytes},
    {"ip.isip", kNone, "1 if this is an address.", is_address<true, true>},
    {"ip.isip4", kNone, "1 if this is an IPv4 address.", is_address<true, false>},
    {"ip.isip6", kNone, "1 if this is an IPv6 address.", is_address<false, true>},
    {"ip.isprivate", kNone, "1 if this is a private address.", is_private},
    {"ip.matches", kNetwork, "1 if the address lies in a network.", matches},
});

}  // namespace

std::span<const TransformationDecl> address_transformations() { return kAddresses; }

}  // namespace carillon::script
