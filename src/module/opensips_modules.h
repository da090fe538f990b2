// SPDX-License-Identifier: Apache-2.0
// The modules that OpenSIPS 4 has, so that a script that loads one which this server lacks is told so; and what became
// of modules and functions that older scripts use.
#pragma once

#include <string_view>

#include "script/host.h"

namespace carillon::module {

[[nodiscard]] bool is_opensips_module(std::string_view name);
// A module that OpenSIPS had once.
struct OldModule {
  std::string_view name;
  std::string_view now;        // what became of it
  std::string_view successor;  // the module that stands in for it; empty: the language itself does
};
[[nodiscard]] const OldModule* find_old_module(std::string_view name);
// What stands in for a function that OpenSIPS had once; empty when there is nothing to say.
[[nodiscard]] std::string_view successor_of_function(std::string_view name);
// The module of OpenSIPS 4 that has a function or variable of this name; empty when none is known (opensips_names.cpp).
[[nodiscard]] std::string_view opensips_module_of(script::NameKind kind, std::string_view name);

}  // namespace carillon::module
