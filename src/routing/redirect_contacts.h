// SPDX-License-Identifier: Apache-2.0
// The Contact header of a redirection (RFC 3261 section 21.3): a 3xx that a script sends after lookup() or
// append_branch() names the targets it has gathered.
#pragma once

#include <string>
#include <string_view>

#include "routing/target_set.h"

namespace carillon::routing {

// A complete line with the targets and their q, in their order; empty when there is nothing to name. The Request-URI
// counts only when it isn't `received_uri` any more. Texts that could not stand between < and > are left out.
[[nodiscard]] std::string redirect_contacts(const TargetSet& targets, std::string_view received_uri);

// Whether complete header lines hold a Contact, in its long or compact form.
[[nodiscard]] bool has_contact(std::string_view header_lines);

}  // namespace carillon::routing
