// SPDX-License-Identifier: Apache-2.0
// Whatever challenges us: it is no challenge, or answered with one header line.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "modules/uac_auth/challenge.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto challenge = uac_auth::Challenge::parse(sip::HeaderId::ProxyAuthenticate, bytes);
  if (!challenge) return 0;
  const std::string line = uac_auth::answer_line(*challenge, {.user = "alice", .realm = "", .password = "secret"},
                                                 {.method = "INVITE", .uri = "sip:b@c", .body = ""}, "abc");
  CARILLON_ASSERT(line.find_first_of("\r\n") == line.size() - 2);
  return 0;
}
