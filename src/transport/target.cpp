// SPDX-License-Identifier: Apache-2.0
// Telling an address from a name.
#include "transport/target.h"

namespace carillon::transport {

void Target::set_host(std::string_view text) {
  if (const auto parsed = base::IpAddress::parse(text)) {
    address = *parsed;
    host.clear();
  } else {
    address = {};
    host = text;
  }
}

}  // namespace carillon::transport
