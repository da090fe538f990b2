// SPDX-License-Identifier: Apache-2.0
#include "transport/flow.h"

#include <gtest/gtest.h>

namespace carillon::transport {
namespace {

TEST(Protocol, NamesAreReadInAnyCase) {
  for (const Protocol protocol :
       {Protocol::Udp, Protocol::Tcp, Protocol::Tls, Protocol::Ws, Protocol::Wss, Protocol::Sctp}) {
    EXPECT_EQ(parse_protocol(name(protocol)), protocol);
    EXPECT_EQ(parse_protocol(via_token(protocol)), protocol);
  }
  EXPECT_EQ(parse_protocol("Udp"), Protocol::Udp);
  EXPECT_FALSE(parse_protocol("UDPX"));
  EXPECT_FALSE(parse_protocol(""));
}

TEST(Protocol, DefaultPortsAreThoseOfTheReference) {
  EXPECT_EQ(default_port(Protocol::Udp), 5060);
  EXPECT_EQ(default_port(Protocol::Tls), 5061);
  EXPECT_EQ(default_port(Protocol::Ws), 80);
  EXPECT_EQ(default_port(Protocol::Wss), 443);
}

TEST(Flow, SocketNamesKeepTheBracketsOfIpv6) {
  EXPECT_EQ(socket_name(Protocol::Udp, *base::Endpoint::parse("192.0.2.1:5060")), "udp:192.0.2.1:5060");
  EXPECT_EQ(socket_name(Protocol::Tls, *base::Endpoint::parse("[2001:db8::1]:5061")), "tls:[2001:db8::1]:5061");
}

}  // namespace
}  // namespace carillon::transport
