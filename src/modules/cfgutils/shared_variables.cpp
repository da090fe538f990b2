// SPDX-License-Identifier: Apache-2.0
// See shared_variables.h.
#include "modules/cfgutils/shared_variables.h"

#include <fmt/format.h>

#include <algorithm>

#include "script/operators.h"

namespace carillon::cfgutils {

using script::Value;

Value SharedVariables::value_of(const Stored* stored, base::Arena& arena) {
  if (stored == nullptr) return Value::integer(0);
  if (!stored->text) return Value::integer(stored->number.value_or(0));
  const std::string_view text = arena.copy(*stored->text);
  return stored->number ? Value::both(text, *stored->number) : Value::text(text);
}

base::Result<> SharedVariables::put(Table::Entry& entry, const Value& value) {
  if (value.as_text().size() > limits_.bytes) {
    return base::fail(
        fmt::format("a text of {} bytes; shv_max_bytes allows {}", value.as_text().size(), limits_.bytes));
  }
  if (entry.value() == nullptr) {
    if (value.is_null()) return {};
    if (table_.size() >= limits_.variables) {
      return base::fail(fmt::format("there are {} of them already, as many as max_shv allows", limits_.variables));
    }
    entry.create();
  }
  Stored stored;
  if (!value.is_null()) {
    stored.number = value.has_integer() ? std::optional(value.as_integer()) : std::nullopt;
    if (value.has_text()) stored.text = value.as_text();
  }
  *entry.value() = std::move(stored);
  return {};
}

Value SharedVariables::read(std::string_view name, base::Arena& arena) {
  return table_.with(name, [&arena](auto& entry) { return value_of(entry.value(), arena); });
}

base::Result<> SharedVariables::write(std::string_view name, const Value& value) {
  return table_.with(name, [this, &value](auto& entry) { return put(entry, value); });
}

base::Result<> SharedVariables::update(std::string_view name, script::Operator operation, const Value& operand,
                                       base::Arena& arena) {
  return table_.with(name, [&](auto& entry) -> base::Result<> {
    const auto result = script::combine_into(operation, value_of(entry.value(), arena), operand, arena, limits_.bytes);
    if (!result) return std::unexpected(result.error());
    return put(entry, *result);
  });
}

std::optional<SharedVariables::Stored> SharedVariables::find(std::string_view name) {
  return table_.with(
      name, [](auto& entry) { return entry.value() == nullptr ? std::nullopt : std::optional(*entry.value()); });
}

std::vector<std::pair<std::string, SharedVariables::Stored>> SharedVariables::all() {
  std::vector<std::pair<std::string, Stored>> variables;
  for (std::size_t partition = 0; partition < Table::partitions(); ++partition) {
    table_.for_each_in(partition,
                       [&](const std::string& name, const Stored& stored) { variables.emplace_back(name, stored); });
  }
  std::ranges::sort(variables, {}, &std::pair<std::string, Stored>::first);
  return variables;
}

}  // namespace carillon::cfgutils
