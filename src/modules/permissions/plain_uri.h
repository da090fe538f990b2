// SPDX-License-Identifier: Apache-2.0
// URIs as allow and deny files see them.
#pragma once

#include <string>

#include "sip/uri.h"

namespace carillon::permissions {

// "sip:user@host" of a sip or sips URI, without all else that it has; "tel:number". Escapes that nobody needs are
// undone and the host is in lower case, so that no rule is passed by in a disguise. Another URI as it is.
[[nodiscard]] std::string plain_uri(const sip::Uri& uri);

}  // namespace carillon::permissions
