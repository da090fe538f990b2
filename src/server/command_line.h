// SPDX-License-Identifier: Apache-2.0
// Subcommands and flags.
#pragma once

namespace carillon::server {

// Does what the arguments ask for; returns the exit status.
[[nodiscard]] int run_command_line(int argc, char** argv);

}  // namespace carillon::server
