// SPDX-License-Identifier: Apache-2.0
// sql_avp_load(), sql_avp_store() and sql_avp_delete(). See sqlops.h and preferences.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "modules/sqlops/sqlops.h"
#include "routing/proxy.h"

namespace carillon::sqlops {

using module::Constant;
using module::DatabaseUser;
using module::kFalse;
using module::kTrue;
using script::Value;

namespace {

// An integer by its decimal text; nothing when it is none.
std::optional<std::int64_t> integer_of(const storage::Value& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  return base::parse_number<std::int64_t>(base::trim(storage::to_text(cell)));
}

Value value_of(RouteContext& context, const storage::Value& cell, bool is_integer) {
  if (is_integer) {
    if (const auto number = integer_of(cell)) return Value::integer(*number);
  }
  return Value::text(context.keep(storage::to_text(cell)));
}

bool wants(PreferenceName::Kind kind, bool is_integer) {
  return kind == PreferenceName::Kind::Any || kind == PreferenceName::Kind::One ||
         is_integer == (kind == PreferenceName::Kind::Integers);
}

// An AVP to be stored.
struct StoredAvp {
  std::string attribute;
  std::string value;
  bool is_integer = false;
};

// Oldest first, so that they come back in the same order.
std::vector<StoredAvp> avps_of(RouteContext& context, const PreferenceName& name) {
  std::vector<StoredAvp> found;
  context.avps().for_each([&](std::string_view attribute, const Value& value) {
    if (name.kind == PreferenceName::Kind::One && attribute != name.attribute) return;
    if (!wants(name.kind, value.has_integer())) return;
    found.push_back(
        {.attribute = std::string(attribute),
         .value = value.has_text() ? std::string(value.as_text()) : fmt::format_int(value.as_integer()).str(),
         .is_integer = value.has_integer()});
  });
  std::ranges::reverse(found);
  return found;
}

}  // namespace

std::string Sqlops::table_of(const PreferenceName& name) const {
  if (name.scheme != nullptr && !name.scheme->table.empty()) return name.scheme->table;
  return name.table.empty() ? usr_table : name.table;
}

std::optional<storage::Conditions> Sqlops::rows_of(std::string_view function, RouteContext& context,
                                                   const PreferenceSource& source, const PreferenceName& name,
                                                   bool with_type) const {
  const auto text = source.text->read(context);
  if (!text) {
    log::error("{}(): {}", function, text.error().message);
    return std::nullopt;
  }
  const PreferenceColumns& names = name.scheme != nullptr ? name.scheme->columns : columns;
  auto owner = PreferenceOwner::of(source.kind, *text, names, use_domain);
  if (!owner) {
    log::error("{}(): {}", function, owner.error().message);
    return std::nullopt;
  }
  storage::Conditions conditions = std::move(owner->conditions);
  if (name.scheme != nullptr) return conditions;
  if (name.kind == PreferenceName::Kind::One)
    conditions.push_back({.column = names.attribute, .value = name.attribute});
  if (with_type && (name.kind == PreferenceName::Kind::Integers || name.kind == PreferenceName::Kind::Texts)) {
    const bool integers = name.kind == PreferenceName::Kind::Integers;
    conditions.push_back({.column = names.type, .value = integers ? kIntegerPreference : kTextPreference});
  }
  return conditions;
}

base::Task<Verdict> Sqlops::sql_avp_load(RouteContext& context, Constant<PreferenceSource> source,
                                         Constant<PreferenceName> name, std::optional<int> db_id,
                                         std::optional<std::string_view> prefix) {
  const DatabaseUser* asked = database("sql_avp_load", db_id);
  auto conditions = asked != nullptr ? rows_of("sql_avp_load", context, *source, *name, false) : std::nullopt;
  if (!conditions) co_return kFalse;
  const PreferenceScheme* scheme = name->scheme;
  storage::Select query{.table = table_of(*name), .where = std::move(*conditions)};
  query.columns = scheme != nullptr ? std::vector{scheme->columns.value}
                                    : std::vector{columns.value, columns.attribute, columns.type};
  const auto rows = co_await asked->select(context.proxy().shard(), std::move(query));
  if (!rows) {
    asked->log_error("sql_avp_load(): {}", rows.error().message);
    co_return kFalse;
  }
  bool loaded = false;
  for (const auto& row : rows->rows) {
    if (std::holds_alternative<storage::Null>(row[0])) continue;
    const bool is_integer =
        scheme != nullptr ? scheme->integers : is_integer_preference(integer_of(row[2]).value_or(kTextPreference));
    if (!wants(name->kind, is_integer)) continue;
    const std::string attribute =
        std::string(prefix.value_or("")) + (scheme != nullptr ? name->attribute : storage::to_text(row[1]));
    context.avps().push(script::AvpName(attribute), value_of(context, row[0], is_integer));
    loaded = true;
  }
  co_return Verdict::of(loaded);
}

base::Task<Verdict> Sqlops::sql_avp_store(RouteContext& context, Constant<PreferenceSource> source,
                                          Constant<PreferenceName> name, std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_avp_store", db_id);
  if (asked == nullptr) co_return kFalse;
  if (name->scheme != nullptr) {
    log::error("sql_avp_store(): a db_scheme is for loading only");
    co_return kFalse;
  }
  // The columns that tell whose they are, with what they are to hold.
  PreferenceName any;
  any.table = name->table;
  const auto owner = rows_of("sql_avp_store", context, *source, any, false);
  const std::vector<StoredAvp> avps = avps_of(context, *name);
  if (!owner || avps.empty()) co_return kFalse;
  storage::Insert insert{.table = table_of(*name), .rows = {}};
  for (const storage::Condition& condition : *owner) insert.rows.columns.push_back(condition.column);
  for (const std::string& column : {columns.attribute, columns.value, columns.type}) {
    insert.rows.columns.push_back(column);
  }
  for (const StoredAvp& avp : avps) {
    for (const storage::Condition& condition : *owner) insert.rows.values.push_back(condition.value);
    insert.rows.values.emplace_back(avp.attribute);
    insert.rows.values.emplace_back(avp.value);
    insert.rows.values.emplace_back(avp.is_integer ? kIntegerPreference : kTextPreference);
  }
  co_return co_await write("sql_avp_store", context, *asked, std::move(insert));
}

base::Task<Verdict> Sqlops::sql_avp_delete(RouteContext& context, Constant<PreferenceSource> source,
                                           Constant<PreferenceName> name, std::optional<int> db_id) {
  const DatabaseUser* asked = database("sql_avp_delete", db_id);
  if (asked == nullptr) co_return kFalse;
  if (name->scheme != nullptr) {
    log::error("sql_avp_delete(): a db_scheme is for loading only");
    co_return kFalse;
  }
  auto conditions = rows_of("sql_avp_delete", context, *source, *name, true);
  if (!conditions) co_return kFalse;
  storage::Delete remove{.table = table_of(*name), .where = std::move(*conditions)};
  co_return co_await write("sql_avp_delete", context, *asked, std::move(remove));
}

}  // namespace carillon::sqlops
