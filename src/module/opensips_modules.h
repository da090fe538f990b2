// SPDX-License-Identifier: Apache-2.0
// The modules that OpenSIPS 4 has, so that a script that loads one which this server lacks is told so; and what became
// of modules and functions that older scripts use.
#pragma once

#include <string_view>

#include "script/host.h"

namespace carillon::module {

[[nodiscard]] bool is_opensips_module(std::string_view name);
// What stands in for a module or function that OpenSIPS had once; empty when there is nothing to say.
[[nodiscard]] std::string_view successor_of_module(std::string_view name);
[[nodiscard]] std::string_view successor_of_function(std::string_view name);
// The module of OpenSIPS 4 that has a function or variable of this name; empty when none is known (opensips_names.cpp).
[[nodiscard]] std::string_view opensips_module_of(script::NameKind kind, std::string_view name);

}  // namespace carillon::module
