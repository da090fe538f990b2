// SPDX-License-Identifier: Apache-2.0
// Every table that `carillon db` makes: those that modules declare and those of modules that aren't written yet.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "storage/table_spec.h"

namespace carillon::server {

// In the order of their groups, each once.
[[nodiscard]] std::span<const storage::TableSpec* const> all_tables();
// Null when there is none of that name.
[[nodiscard]] const storage::TableSpec* find_table(std::string_view name);

// What the classic tool asks about: the tables everybody gets, those of presence, and all others.
enum class Part : std::uint8_t { Standard, Presence, Extra };
[[nodiscard]] Part part_of(std::string_view group);

}  // namespace carillon::server
