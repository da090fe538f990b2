// SPDX-License-Identifier: Apache-2.0
// The type of service of IP packets (RFC 1349) by its names of netinet/ip.h.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/strings.h"

namespace carillon::base {

[[nodiscard]] inline std::optional<int> traffic_class(std::string_view name) {
  constexpr auto kNames = std::to_array<std::pair<std::string_view, int>>(
      {{"IPTOS_LOWDELAY", 0x10}, {"IPTOS_THROUGHPUT", 0x08}, {"IPTOS_RELIABILITY", 0x04}, {"IPTOS_MINCOST", 0x02}});
  for (const auto& [known, number] : kNames) {
    if (iequals(known, name)) return number;
  }
  return std::nullopt;
}

}  // namespace carillon::base
