// SPDX-License-Identifier: Apache-2.0
// From a URI to the address of record that its contacts are kept under (RFC 3261 section 10.3 step 5).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "modules/registrar/refusal.h"

namespace carillon::registrar {

struct AorRules {
  bool use_domain = true;         // user@domain; otherwise the user alone
  bool case_sensitive = true;     // of users; domains never are
  std::string realm_prefix = {};  // cut off from domains
  std::size_t max_username = 64;
  std::size_t max_domain = 64;
  std::size_t max_aor = 256;
};

// `uri` is a SIP, SIPS or tel URI; without a scheme it is read as "user@domain". Escapes in the user are undone.
[[nodiscard]] std::expected<std::string, Refusal> extract_aor(std::string_view uri, const AorRules& rules);

}  // namespace carillon::registrar
