// SPDX-License-Identifier: Apache-2.0
// See json_arguments.h.
#include "modules/sqlops/json_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "management/json.h"

namespace carillon::sqlops {
namespace {

using management::Json;

constexpr Json::Limits kLimits{.bytes = 1U << 16U, .depth = 4, .values = 2000};
constexpr std::size_t kLongestName = 64;

// Drivers quote names; one that needs it is a mistake all the same.
base::Result<std::string> column_name(std::string_view name) {
  const auto stands_in_name = [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '$' || c == '-' || c == ' ' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, stands_in_name)) {
    return base::fail(fmt::format("'{}' is no name of a column", name));
  }
  return std::string(name);
}

base::Result<storage::Value> value_of(const Json& json) {
  if (json.is_null()) return storage::Null{};
  if (const auto* text = json.if_string()) return *text;
  if (const auto* number = json.if_integer()) return *number;
  if (const auto* real = json.if_real()) return *real;
  if (const auto* truth = json.if_bool()) return std::int64_t{*truth ? 1 : 0};
  return base::fail("a value must be a text, a number or null");
}

// The array that the text is.
base::Result<Json> array_of(std::string_view text) {
  auto json = Json::parse(text, kLimits);
  if (!json) return json;
  if (json->if_array() == nullptr) return base::fail("must be a JSON array");
  return json;
}

// Calls `use(name, value)` for each pair of an array of objects.
template <typename Use>
base::Result<> for_each_pair(std::string_view text, Use use) {
  const auto json = array_of(text);
  if (!json) return std::unexpected(json.error());
  for (const Json& entry : *json->if_array()) {
    if (entry.if_object() == nullptr || entry.if_object()->empty()) {
      return base::fail("must be an array of {\"column\": value}");
    }
    for (const Json::Member& member : *entry.if_object()) {
      auto name = column_name(member.name);
      if (!name) return std::unexpected(std::move(name.error()));
      if (auto used = use(std::move(*name), member.value); !used) return used;
    }
  }
  return {};
}

std::optional<storage::Comparison> comparison_of(std::string_view text) {
  using storage::Comparison;
  if (text == "=" || base::iequals(text, "is")) return Comparison::Equal;
  if (text == "!=" || text == "<>" || base::iequals(text, "is not")) return Comparison::NotEqual;
  if (text == "<") return Comparison::Less;
  if (text == "<=") return Comparison::LessOrEqual;
  if (text == ">") return Comparison::Greater;
  if (text == ">=") return Comparison::GreaterOrEqual;
  if (base::iequals(text, "like")) return Comparison::Like;
  return std::nullopt;
}

base::Result<storage::Condition> condition_of(std::string name, const Json& json) {
  storage::Condition condition{.column = std::move(name)};
  const Json* operand = &json;
  if (const auto* object = json.if_object()) {
    if (object->size() != 1) return base::fail("must be {\"column\": {\"operator\": value}}");
    const auto comparison = comparison_of(base::trim(object->front().name));
    if (!comparison) return base::fail(fmt::format("there is no operator '{}'", object->front().name));
    condition.comparison = *comparison;
    operand = &object->front().value;
  }
  auto value = value_of(*operand);
  if (!value) return std::unexpected(std::move(value.error()));
  const bool compares_equality =
      condition.comparison == storage::Comparison::Equal || condition.comparison == storage::Comparison::NotEqual;
  if (operand->is_null() && !compares_equality) return base::fail("null is only equal or not equal to something");
  condition.value = std::move(*value);
  return condition;
}

}  // namespace

base::Result<ColumnNames> ColumnNames::parse(std::string_view text) {
  const auto json = array_of(text);
  if (!json) return std::unexpected(json.error());
  ColumnNames columns;
  for (const Json& entry : *json->if_array()) {
    if (entry.if_string() == nullptr) return base::fail("must be an array of names");
    // "*" among them, as some write it for all.
    if (*entry.if_string() == "*" && json->if_array()->size() == 1) return columns;
    auto name = column_name(*entry.if_string());
    if (!name) return std::unexpected(std::move(name.error()));
    columns.names.push_back(std::move(*name));
  }
  if (columns.names.empty()) return base::fail("names no column");
  return columns;
}

base::Result<ColumnValues> ColumnValues::parse(std::string_view text) {
  ColumnValues result;
  auto read = for_each_pair(text, [&](std::string name, const Json& json) -> base::Result<> {
    const auto same = [&](const std::string& other) { return base::iequals(name, other); };
    if (std::ranges::any_of(result.columns, same)) return base::fail(fmt::format("has the column '{}' twice", name));
    auto value = value_of(json);
    if (!value) return std::unexpected(std::move(value.error()));
    result.columns.push_back(std::move(name));
    result.values.push_back(std::move(*value));
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (result.columns.empty()) return base::fail("has no column");
  return result;
}

base::Result<Filter> Filter::parse(std::string_view text) {
  Filter filter;
  auto read = for_each_pair(text, [&](std::string name, const Json& json) -> base::Result<> {
    auto condition = condition_of(std::move(name), json);
    if (!condition) return std::unexpected(std::move(condition.error()));
    filter.conditions.push_back(std::move(*condition));
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return filter;
}

}  // namespace carillon::sqlops
