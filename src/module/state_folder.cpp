// SPDX-License-Identifier: Apache-2.0
// See state_folder.h.
#include "module/state_folder.h"

#include <unistd.h>

#include <cstdlib>

namespace carillon::module {

std::filesystem::path state_folder() {
  if (const char* const given = std::getenv("STATE_DIRECTORY"); given != nullptr && *given != '\0') return given;
  if (::geteuid() == 0) return "/var/lib/carillon";
  const char* const home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : ".") / ".local/share/carillon";
}

}  // namespace carillon::module
