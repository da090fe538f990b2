// SPDX-License-Identifier: Apache-2.0
// Methods as bits, numbered as OpenSIPS does: what the column `methods` of the location table holds.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::usrloc {

// The bit of a method; all others share the last one.
[[nodiscard]] std::uint32_t method_bit(std::string_view name);
// The bits of a list of names: an Allow header, or a Contact's methods parameter.
[[nodiscard]] std::uint32_t method_bits(std::string_view list);

}  // namespace carillon::usrloc
