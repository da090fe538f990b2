// SPDX-License-Identifier: Apache-2.0
// `carillon check`.
#pragma once

#include "server/options.h"

namespace carillon::server {

// 0: the script is fine (warnings may have been printed); 2: it is not; 1: strict, and there are warnings.
[[nodiscard]] int check_script(const ScriptOptions& script, const CheckOptions& options);

}  // namespace carillon::server
