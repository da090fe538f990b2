// SPDX-License-Identifier: Apache-2.0
// proto_udp: lets a script have udp: sockets. The transport is transport/udp_transport.
#include "module/module.h"
#include "modules/proto_udp/api.h"

namespace carillon::proto_udp {
namespace {

using namespace module;

class ProtoUdp final : public Module, public UdpSettings {
 public:
  [[nodiscard]] std::uint16_t default_port() const override { return udp_port; }

  std::uint16_t udp_port = 5060;
};

constexpr auto kParameters = std::to_array({
    parameter<&ProtoUdp::udp_port>("udp_port", "Port of udp: sockets that name none."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "proto_udp",
    .documentation = "SIP over UDP.",
    .parameters = kParameters,
    .create = &create<ProtoUdp>,
};

}  // namespace carillon::proto_udp
