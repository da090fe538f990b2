// SPDX-License-Identifier: Apache-2.0
// CARILLON_ASSERT: a broken invariant of our own code logs where it stands and aborts. Never for input.
#pragma once

namespace carillon::base {

[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace carillon::base

#define CARILLON_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::carillon::base::assertion_failed(#expression, __FILE__, __LINE__))
