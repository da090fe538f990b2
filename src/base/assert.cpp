// SPDX-License-Identifier: Apache-2.0
// See assert.h.
#include "base/assert.h"

#include <cstdlib>

#include "base/log.h"

namespace carillon::base {

void assertion_failed(const char* expression, const char* file, int line) {
  log::critical("{}:{}: broken invariant: {}", file, line, expression);
  log::flush();
  std::abort();
}

}  // namespace carillon::base
