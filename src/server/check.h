// SPDX-License-Identifier: Apache-2.0
// `carillon check`.
#pragma once

#include "server/options.h"

namespace carillon::server {

// 0: the script is fine (warnings may have been printed); 2: it is not.
[[nodiscard]] int check_script(const ScriptOptions& options);

}  // namespace carillon::server
