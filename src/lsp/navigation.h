// SPDX-License-Identifier: Apache-2.0
// From a name to where it is made and used: routes, and files that are included.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lsp/unit.h"

namespace carillon::lsp {

// A place in one of the unit's files.
struct Target {
  std::string path;
  Range range;
};

// The name of a route at a place of a file; null: there is none.
[[nodiscard]] const RouteName* route_at(const Unit& unit, std::uint16_t file, Place place);

// Where the route is made that is named there; the beginning of the file that is included there.
[[nodiscard]] std::vector<Target> definitions_at(const Unit& unit, std::uint16_t file, Place place);
// Every place that names the same route.
[[nodiscard]] std::vector<Target> references_at(const Unit& unit, std::uint16_t file, Place place,
                                                bool with_definition);
// Whether what stands there can have another name: its range.
[[nodiscard]] base::Result<Range> renamable_at(const Unit& unit, std::uint16_t file, Place place);
// What has to be replaced for that. fail(): why it can't be.
[[nodiscard]] base::Result<std::vector<Target>> rename_at(const Unit& unit, std::uint16_t file, Place place,
                                                          std::string_view name);

struct Symbol {
  std::string name;  // "failure_route[missed]"
  Range range;       // of the whole route
  Range name_range;  // inside it
};
// The routes of a file.
[[nodiscard]] std::vector<Symbol> symbols_of(const Unit& unit, std::uint16_t file);

}  // namespace carillon::lsp
