// SPDX-License-Identifier: Apache-2.0
// From flags to a compiled script: reads, compiles, prints what is wrong.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "module/registry.h"
#include "script/program.h"
#include "script/source.h"
#include "server/options.h"

namespace carillon::server {

[[nodiscard]] base::Result<script::Source> load_script(const ScriptOptions& options, const std::string& embedded);
// Reads the script; prints one line and gives nothing when it can't be read.
[[nodiscard]] std::optional<script::Source> read_script(const ScriptOptions& options, const std::string& embedded);

// What $argv reads (-o).
void set_arguments(module::Registry& registry, const ScriptOptions& options);

// Compiles it, loading modules into `registry`; prints every diagnostic. Null when there are errors, among them modules
// that others need and that are not loaded.
[[nodiscard]] std::shared_ptr<const script::Program> compile_script(const script::Source& source,
                                                                    module::Registry& registry,
                                                                    const ScriptOptions& options = {});

}  // namespace carillon::server
