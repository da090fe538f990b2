// SPDX-License-Identifier: Apache-2.0
// Every module of this binary: one for each folder beside this file.
#pragma once

#include <span>

#include "module/module.h"

namespace carillon::modules {

[[nodiscard]] std::span<const module::Declaration* const> all();

}  // namespace carillon::modules
