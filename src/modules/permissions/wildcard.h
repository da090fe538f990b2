// SPDX-License-Identifier: Apache-2.0
// Patterns as a shell has them for file names: * ? [a-z] [!a-z] and \ before a character that is meant as it is.
#pragma once

#include <string_view>

namespace carillon::permissions {

// Whether the whole of `text` is as `pattern` says, byte by byte. Any bytes; takes at most |pattern| x |text| steps. A
// bracket that isn't closed is a character like others.
[[nodiscard]] bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace carillon::permissions
