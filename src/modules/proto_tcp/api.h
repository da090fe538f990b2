// SPDX-License-Identifier: Apache-2.0
// What the server asks proto_tcp.
#pragma once

#include <cstdint>
#include <string_view>

#include "transport/limits.h"

namespace carillon::proto_tcp {

class TcpSettings {
 public:
  static constexpr std::string_view kModule = "proto_tcp";

  // Of sockets that name none.
  [[nodiscard]] virtual std::uint16_t default_port() const = 0;
  // tcp_connect_timeout doesn't bound how long a connection may take to come up.
  [[nodiscard]] virtual bool connects_behind_the_script() const = 0;
  // Puts the module's parameters into `limits`.
  virtual void apply_to(transport::Limits& limits) const = 0;

 protected:
  ~TcpSettings() = default;
};

}  // namespace carillon::proto_tcp
