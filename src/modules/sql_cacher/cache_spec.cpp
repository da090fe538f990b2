// SPDX-License-Identifier: Apache-2.0
// See cache_spec.h.
#include "modules/sql_cacher/cache_spec.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"

namespace carillon::sql_cacher {
namespace {

base::Result<> set(CacheSpec& spec, std::string_view name, std::string_view value, char columns_delimiter) {
  if (name == "id") {
    spec.id = value;
  } else if (name == "db_url") {
    spec.db_url = value;
  } else if (name == "table") {
    spec.table = value;
  } else if (name == "key") {
    spec.key = value;
  } else if (name == "columns") {
    while (!value.empty()) {
      const std::string_view column = base::trim(base::take_until(value, columns_delimiter));
      if (!column.empty()) spec.columns.emplace_back(column);
    }
  } else if (name == "on_demand" && (value == "0" || value == "1")) {
    spec.on_demand = value == "1";
  } else if (name == "expire") {
    constexpr int kLongest = 10 * 365 * 86'400;
    const auto seconds = base::parse_number<int>(value);
    if (!seconds || *seconds < 1 || *seconds > kLongest) return base::fail(fmt::format("expire={} is no time", value));
    spec.expire = std::chrono::seconds(*seconds);
  } else if (name != "cachedb_url" && name != "key_type") {
    return base::fail(fmt::format("'{}={}' means nothing", name, value));
  }
  return {};
}

}  // namespace

base::Result<CacheSpec> CacheSpec::parse(std::string_view text, char spec_delimiter, char columns_delimiter) {
  CacheSpec spec;
  while (!base::trim(text).empty()) {
    std::string_view entry = base::trim(base::take_until(text, spec_delimiter));
    if (entry.empty()) continue;
    if (entry.find('=') == std::string_view::npos) return base::fail(fmt::format("'{}' has no '='", entry));
    const std::string_view name = base::trim(base::take_until(entry, '='));
    if (auto done = set(spec, name, base::trim(entry), columns_delimiter); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  if (spec.id.empty() || spec.table.empty() || spec.key.empty()) return base::fail("id, table and key are needed");
  return spec;
}

std::optional<ValueName> ValueName::parse(std::string_view text, char delimiter) {
  const std::size_t first = text.find(delimiter);
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(delimiter, first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return ValueName{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

}  // namespace carillon::sql_cacher
