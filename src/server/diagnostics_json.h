// SPDX-License-Identifier: Apache-2.0
// Diagnostics for programs: `carillon check --json`.
#pragma once

#include <string>
#include <string_view>

#include "script/diagnostic.h"
#include "script/source.h"

namespace carillon::server {

// {"version": 1, "file", "errors", "warnings", "complete", "diagnostics": [{"file", "line", "column",
// "end": {"line", "column"}, "severity", "code", "message", "hint"}]}
// Lines and columns count from 1, columns in bytes; `end` is the place behind the last byte. A line of 0: the file as a
// whole. `severity` is "error", "warning" or "note"; `hint` may be empty. `complete` is false when there were too many.
// Members are only added, and codes (script/diagnostic_code.h) keep their meaning.
[[nodiscard]] std::string diagnostics_json(std::string_view file, const script::Diagnostics& diagnostics,
                                           const script::Source& source);
// Of a script that can't be read.
[[nodiscard]] std::string diagnostics_json(std::string_view file, std::string_view why);

}  // namespace carillon::server
