// SPDX-License-Identifier: Apache-2.0
// See flag_names.h.
#include "routing/flag_names.h"

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

namespace carillon::routing {
namespace {
constexpr std::size_t kFlags = 32;
}

base::Result<std::uint32_t> FlagNames::mask(FlagSpace space, std::string_view name) {
  if (name.empty()) return base::fail("a flag needs a name");
  const std::unique_lock lock(mutex_);
  std::vector<std::string>& known = of(space);
  auto found = std::ranges::find(known, name);
  if (found == known.end()) {
    if (known.size() == kFlags) return base::fail(fmt::format("no room for flag '{}': {} are in use", name, kFlags));
    found = known.insert(known.end(), std::string(name));
  }
  return std::uint32_t{1} << (found - known.begin());
}

std::string FlagNames::names(FlagSpace space, std::uint32_t flags, char separator) const {
  const std::shared_lock lock(mutex_);
  const std::vector<std::string>& known = names_[static_cast<std::size_t>(space)];
  std::string list;
  for (std::size_t bit = 0; bit < known.size(); ++bit) {
    if ((flags >> bit & 1U) == 0) continue;
    if (!list.empty()) list += separator;
    list += known[bit];
  }
  return list;
}

std::uint32_t FlagNames::parse(FlagSpace space, std::string_view names) {
  std::uint32_t flags = 0;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find_first_of(" ,"), names.size());
    if (const auto bit = mask(space, names.substr(0, end))) flags |= *bit;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return flags;
}

}  // namespace carillon::routing
