// SPDX-License-Identifier: Apache-2.0
// See methods.h.
#include "modules/usrloc/methods.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace carillon::usrloc {
namespace {

constexpr auto kNames =
    std::to_array<std::string_view>({"INVITE", "CANCEL", "ACK", "BYE", "INFO", "OPTIONS", "UPDATE", "REGISTER",
                                     "MESSAGE", "SUBSCRIBE", "NOTIFY", "PRACK", "REFER", "PUBLISH"});

}  // namespace

std::uint32_t method_bit(std::string_view name) {
  return 1U << static_cast<unsigned>(std::ranges::find(kNames, name) - kNames.begin());
}

std::uint32_t method_bits(std::string_view list) {
  std::uint32_t bits = 0;
  while (!list.empty()) {
    const std::string_view name = base::trim(base::take_until(list, ','));
    if (!name.empty()) bits |= method_bit(name);
  }
  return bits;
}

}  // namespace carillon::usrloc
