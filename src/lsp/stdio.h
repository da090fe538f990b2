// SPDX-License-Identifier: Apache-2.0
// The language server between two file descriptors.
#pragma once

#include <string>

#include "lsp/unit.h"

namespace carillon::lsp {

// Serves a client that writes to `input` and reads from `output` until it says exit or is gone. Blocks. Returns the
// exit status that the protocol asks for.
[[nodiscard]] int serve(int input, int output, Modules modules, std::string version);

}  // namespace carillon::lsp
