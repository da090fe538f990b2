// SPDX-License-Identifier: Apache-2.0
// The modules that OpenSIPS 4 has, so that a script that loads one which this server lacks is told so; and what became
// of modules and functions that older scripts use.
#pragma once

#include <cstdint>
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
// A parameter that OpenSIPS had once in a module that is here, or that this server has no use for.
struct OldParameter {
  enum class Fate : std::uint8_t {
    Renamed,   // `now` is the parameter of today
    Needless,  // accepted; `now` says why it has no effect
    OnlyZero,  // 0 is accepted, as it asks for nothing; `now` says why others are not
    Gone,      // refused; `now` is what to do about it
  };
  std::string_view module;
  std::string_view name;
  Fate fate = Fate::Gone;
  std::string_view now;
};
[[nodiscard]] const OldParameter* find_old_parameter(std::string_view module, std::string_view name);
// What stands in for a function that OpenSIPS had once; empty when there is nothing to say.
[[nodiscard]] std::string_view successor_of_function(std::string_view name);
// The module of OpenSIPS 4 that has a function or variable of this name; empty when none is known (opensips_names.cpp).
[[nodiscard]] std::string_view opensips_module_of(script::NameKind kind, std::string_view name);

}  // namespace carillon::module
