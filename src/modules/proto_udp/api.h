// SPDX-License-Identifier: Apache-2.0
// What the server asks proto_udp.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::proto_udp {

class UdpSettings {
 public:
  static constexpr std::string_view kModule = "proto_udp";

  // Of sockets that name none.
  [[nodiscard]] virtual std::uint16_t default_port() const = 0;

 protected:
  ~UdpSettings() = default;
};

}  // namespace carillon::proto_udp
