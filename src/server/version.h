// SPDX-License-Identifier: Apache-2.0
// Who we are, in Server headers and answers to `version`.
#pragma once

#include <string>

namespace carillon::server {

// "Carillon (0.1.0 (x86_64/linux))"
[[nodiscard]] std::string version_text();

}  // namespace carillon::server
