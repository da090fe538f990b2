// SPDX-License-Identifier: Apache-2.0
// The running server: everything is made, wired, started, and taken down here.
#pragma once

#include "server/options.h"

namespace carillon::server {

// Runs until SIGTERM or SIGINT. Prints what is wrong, all of it, and returns kBadStart when it can't start.
[[nodiscard]] int run_server(const RunOptions& options);

}  // namespace carillon::server
