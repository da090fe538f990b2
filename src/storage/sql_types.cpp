// SPDX-License-Identifier: Apache-2.0
// See sql_types.h.
#include "storage/sql_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/strings.h"

namespace carillon::storage::sql {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
// Of a character in UTF-8.
constexpr std::uint64_t kBytesOfACharacter = 4;

enum class Kind : std::uint8_t { Integer, Real, Text, Bytes };

// What a type holds. Integer and Real: bits. Text: characters, or bytes where it is limited by those. Bytes: bytes.
struct Extent {
  Kind kind = Kind::Integer;
  std::uint64_t size = 0;
  bool is_unsigned = false;
  bool in_bytes = false;
};

struct TypeName {
  std::string_view name;
  Extent extent;
  bool sized = false;  // its size stands in brackets behind it
};

constexpr TypeName integer_type(std::string_view name, std::uint64_t bits) {
  return {.name = name, .extent = {.kind = Kind::Integer, .size = bits}};
}
constexpr TypeName text_type(std::string_view name, std::uint64_t bytes) {
  return {.name = name, .extent = {.kind = Kind::Text, .size = bytes, .in_bytes = true}};
}
constexpr TypeName bytes_type(std::string_view name, std::uint64_t bytes, bool sized = false) {
  return {.name = name, .extent = {.kind = Kind::Bytes, .size = bytes}, .sized = sized};
}
constexpr TypeName real_type(std::string_view name, std::uint64_t bits) {
  return {.name = name, .extent = {.kind = Kind::Real, .size = bits}};
}
constexpr TypeName character_type(std::string_view name, std::uint64_t unsized) {
  return {.name = name, .extent = {.kind = Kind::Text, .size = unsized}, .sized = true};
}

// Those of MariaDB, MySQL and PostgreSQL. A name comes before those that it begins with.
constexpr auto kTypes = std::to_array<TypeName>({
    integer_type("tinyint", 8),
    integer_type("smallint", 16),
    integer_type("smallserial", 16),
    integer_type("mediumint", 24),
    integer_type("bigint", 64),
    integer_type("bigserial", 64),
    integer_type("integer", 32),
    integer_type("int", 32),
    integer_type("serial", 32),
    real_type("float", 32),
    real_type("real", 32),
    real_type("double", 64),
    character_type("character varying", kUnlimited),
    character_type("character", 1),
    character_type("varchar", kUnlimited),
    character_type("char", 1),
    text_type("tinytext", 0xff),
    text_type("text", 0xffff),
    text_type("mediumtext", 0xff'ffff),
    text_type("longtext", 0xffff'ffff),
    bytes_type("tinyblob", 0xff),
    bytes_type("blob", 0xffff),
    bytes_type("mediumblob", 0xff'ffff),
    bytes_type("longblob", 0xffff'ffff),
    bytes_type("varbinary", 1, true),
    bytes_type("binary", 1, true),
    bytes_type("bytea", kUnlimited),
});

// Behind its name and size, a type goes on with these words; anything else is an attribute of the column.
constexpr auto kWordsOfTypes = std::to_array<std::string_view>({"unsigned", "zerofill", "precision"});

// A type at the beginning of `text`, whose end it returns.
std::size_t end_of_type(std::string_view text, std::string_view name) {
  std::size_t end = name.size();
  if (text.substr(end).starts_with('(')) end = std::min(text.find(')', end), text.size() - 1) + 1;
  while (true) {
    const std::string_view rest = text.substr(end);
    const auto word = std::ranges::find_if(kWordsOfTypes, [rest](std::string_view one) {
      return rest.starts_with(' ') && base::istarts_with(rest.substr(1), one);
    });
    if (word == kWordsOfTypes.end()) return end;
    end += 1 + word->size();
  }
}

const TypeName* type_at(std::string_view text) {
  const auto found = std::ranges::find_if(kTypes, [text](const TypeName& type) {
    if (!base::istarts_with(text, type.name)) return false;
    return text.size() == type.name.size() || !base::is_alpha(text[type.name.size()]);
  });
  return found != kTypes.end() ? &*found : nullptr;
}

// The type that a definition begins with: "INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY" is INT(10) UNSIGNED.
std::string_view type_of(std::string_view definition) {
  const TypeName* type = type_at(definition);
  return type != nullptr ? definition.substr(0, end_of_type(definition, type->name)) : definition;
}

std::optional<Extent> extent_of(const Dialect& dialect, std::string_view text) {
  const TypeName* type = type_at(text);
  if (type == nullptr) return std::nullopt;
  Extent extent = type->extent;
  std::string_view rest = text.substr(type->name.size());
  if (type->sized && rest.starts_with('(')) {
    rest.remove_prefix(1);
    extent.size = base::parse_number<std::uint64_t>(base::take_until(rest, ')')).value_or(extent.size);
  }
  extent.is_unsigned = base::to_lower(text).contains(" unsigned");
  // PostgreSQL's knows no limit.
  if (type->name == "text" && dialect.types == Dialect::TypesFrom::Catalogue) extent.size = kUnlimited;
  return extent;
}

std::uint64_t in_bytes(const Extent& extent) {
  if (extent.in_bytes || extent.size == kUnlimited) return extent.size;
  return extent.size * kBytesOfACharacter;
}

// Whether all that fits into `less` fits into `more`. They are of one kind.
bool holds(const Extent& more, const Extent& less) {
  switch (more.kind) {
    case Kind::Text:
      // So many characters are at least as many bytes.
      if (!more.in_bytes) return more.size >= less.size;
      return more.size >= in_bytes(less);
    case Kind::Integer:  // by its bits: see type_for()
    case Kind::Real:
    case Kind::Bytes:
      break;
  }
  return more.size >= less.size;
}

// What a column that holds `has` is changed to so that it holds `needs`, too. Numbers without a sign are so where only
// such ones are meant, in some databases: tables say nothing of it, and it doesn't make a type narrow. But what is
// below zero stays.
std::string_view type_for(const Extent& has, const Extent& needs, std::string_view wanted) {
  if (wanted == "SERIAL") return "INTEGER";  // which are numbers with a sequence
  if (wanted == "BIGSERIAL") return "BIGINT";
  if (needs.kind == Kind::Integer && needs.is_unsigned && !has.is_unsigned) {
    return needs.size < 32 ? "SMALLINT" : needs.size < 64 ? "INT" : "BIGINT";
  }
  return holds(needs, has) ? wanted : "TEXT";
}

}  // namespace

std::string present_columns(const Dialect& dialect, std::string_view table) {
  if (dialect.types == Dialect::TypesFrom::CreateTable) return "SHOW CREATE TABLE " + quoted(dialect, table);
  return fmt::format(
      "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute WHERE attrelid = "
      "to_regclass({}) AND attnum > 0 AND NOT attisdropped",
      text_literal(quoted(dialect, table)));
}

// "  `name` type attributes,", a line each.
std::vector<PresentColumn> read_create_table(std::string_view text) {
  std::vector<PresentColumn> columns;
  while (!text.empty()) {
    std::string_view line = base::trim(base::take_until(text, '\n'));
    if (!line.starts_with('`')) continue;
    line.remove_prefix(1);
    const std::string_view name = base::take_until(line, '`');
    if (line.ends_with(',')) line.remove_suffix(1);
    line = base::trim(line);
    const std::string_view type = type_of(line);
    columns.push_back({.name = std::string(name),
                       .type = std::string(type),
                       .attributes = std::string(base::trim(line.substr(type.size())))});
  }
  return columns;
}

std::vector<NarrowColumn> narrow_columns(const Dialect& dialect, const TableSpec& table,
                                         std::span<const PresentColumn> present) {
  std::vector<NarrowColumn> narrow;
  for (const Column& column : table.columns) {
    const auto there =
        std::ranges::find_if(present, [&](const PresentColumn& one) { return base::iequals(one.name, column.name); });
    if (there == present.end()) continue;
    const std::string definition = dialect.column_type(column);
    const std::string_view wanted = type_of(definition);
    const auto has = extent_of(dialect, there->type);
    const auto needs = extent_of(dialect, wanted);
    if (!has || !needs || has->kind != needs->kind || holds(*has, *needs)) continue;
    narrow.push_back({.name = there->name,
                      .has = there->type,
                      .needs = std::string(type_for(*has, *needs, wanted)),
                      .attributes = there->attributes,
                      .counts = column.auto_increment});
  }
  return narrow;
}

std::vector<std::string> widen(const Dialect& dialect, std::string_view table, std::span<const NarrowColumn> columns) {
  const std::string alter = "ALTER TABLE " + quoted(dialect, table) + " ";
  std::vector<std::string> texts;
  for (const NarrowColumn& column : columns) {
    const std::string name = quoted(dialect, column.name);
    if (!dialect.transactional_tables) {
      const std::string clause = fmt::format("MODIFY COLUMN {} {} {}", name, column.needs, column.attributes);
      if (texts.empty()) {
        texts.push_back(alter + clause);
      } else {
        texts.front() += ", " + clause;
      }
      continue;
    }
    texts.push_back(alter + "ALTER COLUMN " + name + " TYPE " + column.needs);
    if (!column.counts) continue;  // else its sequence has a type, too
    texts.push_back(
        fmt::format("DO $carillon$ DECLARE s text := pg_get_serial_sequence({}, {}); BEGIN IF s IS NOT "
                    "NULL THEN EXECUTE 'ALTER SEQUENCE ' || s || ' AS BIGINT'; END IF; END $carillon$",
                    text_literal(quoted(dialect, table)), text_literal(column.name)));
  }
  return texts;
}

}  // namespace carillon::storage::sql
