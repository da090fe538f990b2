// SPDX-License-Identifier: Apache-2.0
// See version.h.
#include "server/version.h"

#include <fmt/format.h>
#include <sys/utsname.h>

namespace carillon::server {

std::string version_text() {
  utsname machine{};
  uname(&machine);
  return fmt::format("Carillon (0.1.0 ({}/linux))", machine.machine);
}

}  // namespace carillon::server
