// SPDX-License-Identifier: Apache-2.0
// See database_tables.h.
#include "server/database_tables.h"

#include <algorithm>
#include <array>
#include <vector>

#include "modules/module_list.h"
#include "schema/tables.h"

namespace carillon::server {
namespace {

using storage::TableSpec;

constexpr auto kStandard = std::to_array<std::string_view>(
    {"acc",      "alias_db",  "auth_db", "clusterer",     "dialog",  "dialplan",    "dispatcher",
     "domain",   "drouting",  "group",   "load_balancer", "msilo",   "permissions", "rtpengine",
     "rtpproxy", "speeddial", "sqlops",  "standard",      "tls_mgm", "usrloc"});
constexpr auto kPresence = std::to_array<std::string_view>({"presence", "rls"});

std::vector<const TableSpec*> collect() {
  std::vector<const TableSpec*> tables;
  const auto add = [&tables](const TableSpec* table) {
    const bool known = std::ranges::any_of(tables, [table](const TableSpec* t) { return t->name == table->name; });
    if (!known) tables.push_back(table);
  };
  for (const module::Declaration* declaration : modules::all()) {
    std::ranges::for_each(declaration->tables, add);
  }
  std::ranges::for_each(schema::tables(), add);
  std::ranges::stable_sort(tables, {}, &TableSpec::group);
  return tables;
}

}  // namespace

std::span<const TableSpec* const> all_tables() {
  static const std::vector<const TableSpec*> kTables = collect();
  return kTables;
}

const TableSpec* find_table(std::string_view name) {
  const auto found = std::ranges::find(all_tables(), name, &TableSpec::name);
  return found != all_tables().end() ? *found : nullptr;
}

Part part_of(std::string_view group) {
  if (std::ranges::find(kStandard, group) != kStandard.end()) return Part::Standard;
  return std::ranges::find(kPresence, group) != kPresence.end() ? Part::Presence : Part::Extra;
}

}  // namespace carillon::server
