// SPDX-License-Identifier: Apache-2.0
// received, rport and the way back.
#include "transport/response_target.h"

namespace carillon::transport {
namespace {

bool is_multicast(const base::IpAddress& address) {
  const auto first = static_cast<unsigned char>(address.bytes().front());
  return address.is_v4() ? first >= 224 && first <= 239 : address.is_v6() && first == 0xff;
}

bool follows_maddr(const sip::Via& via, bool trusted_source) {
  if (via.maddr.empty()) return false;
  if (trusted_source) return true;
  const auto address = base::IpAddress::parse(via.maddr);
  return address && is_multicast(*address);
}

}  // namespace

ViaFixup via_fixup(const base::Endpoint& source, const sip::Via& top_via, bool force_rport) {
  ViaFixup fixup;
  const bool rport = top_via.has_rport || force_rport;
  const auto sent_by = base::IpAddress::parse(top_via.host);
  // RFC 3581 section 4 wants received beside every rport, also where it repeats sent-by.
  if (rport || !sent_by || *sent_by != source.address || !top_via.received.empty()) fixup.received = source.address;
  if (rport) fixup.rport = source.port;
  return fixup;
}

Target response_target(const Flow& request, const sip::Via& top_via, bool force_rport, bool trusted_source) {
  Target target;
  target.protocol = request.protocol;
  target.listener = request.listener;
  target.received_on = request.listener;
  target.source = request.local.address;
  target.connection = request.connection;
  target.port = top_via.port.value_or(default_port(request.protocol));
  // A Via that can't be read says nothing about the port; nobody else's is hit.
  if (top_via.text.empty()) target.port = request.remote.port;
  if (request.protocol == Protocol::Udp) {
    if (follows_maddr(top_via, trusted_source)) {
      target.set_host(top_via.maddr);
      return target;
    }
    if (top_via.has_rport || force_rport) target.port = request.remote.port;
  }
  target.address = request.remote.address;
  return target;
}

}  // namespace carillon::transport
