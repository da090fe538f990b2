// SPDX-License-Identifier: Apache-2.0
// `carillon describe`: the reference, from the same tables that the loader reads.
#pragma once

#include <string>

#include "module/module.h"

namespace carillon::server {

// Prints all modules as one Markdown document.
[[nodiscard]] int describe_modules();

[[nodiscard]] std::string describe(const module::Declaration& declaration);

}  // namespace carillon::server
