// SPDX-License-Identifier: Apache-2.0
// The script that a file belongs to which can't stand alone: one nearby that includes it.
#pragma once

#include <optional>
#include <string>

#include "script/source.h"

namespace carillon::lsp {

// Looks beside `path`, in the folder above, and in that of the workspace. A script has a loadmodule. Bounded in files
// and bytes; reads the disk.
[[nodiscard]] std::optional<std::string> script_that_includes(const std::string& path, const script::OpenFiles& open);

}  // namespace carillon::lsp
