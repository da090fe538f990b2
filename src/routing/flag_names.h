// SPDX-License-Identifier: Apache-2.0
// Names of message, branch and dialog flags: each name gets one of 32 bits when a script or module first mentions it.
#pragma once

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace carillon::routing {

// Message, branch and dialog flags have name spaces of their own.
enum class FlagSpace : std::uint8_t { Message, Branch, Dialog };

// Any thread. Grows while scripts are compiled (a reload may add names); a bit keeps its name while the process lives.
class FlagNames {
 public:
  // The mask of a name; an error when 32 names are taken or the name is empty.
  [[nodiscard]] base::Result<std::uint32_t> mask(FlagSpace space, std::string_view name);
  // The names of the bits set, separated by `separator`, as the database and $mf write them.
  [[nodiscard]] std::string names(FlagSpace space, std::uint32_t flags, char separator = ' ') const;
  // The bits of a list of names (separated by spaces or commas); names nobody mentioned are added while there is room.
  [[nodiscard]] std::uint32_t parse(FlagSpace space, std::string_view names);

 private:
  [[nodiscard]] std::vector<std::string>& of(FlagSpace space) { return names_[static_cast<std::size_t>(space)]; }

  mutable std::shared_mutex mutex_;
  std::vector<std::string> names_[3];
};

}  // namespace carillon::routing
