// SPDX-License-Identifier: Apache-2.0
// The modules that OpenSIPS 4 has, so that a script that loads one which this server lacks is told so.
#pragma once

#include <string_view>

namespace carillon::module {

[[nodiscard]] bool is_opensips_module(std::string_view name);

}  // namespace carillon::module
