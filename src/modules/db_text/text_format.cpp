// SPDX-License-Identifier: Apache-2.0
// See text_format.h.
#include "modules/db_text/text_format.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "storage/cells.h"
#include "storage/whole_file.h"

namespace carillon::db_text {
namespace {

using storage::ColumnType;
using storage::Fault;
using storage::StoredColumn;
using storage::StoredRow;
using storage::StoredSchema;
using storage::Value;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30U;
constexpr std::size_t kMaxSchemaBytes = std::size_t{1} << 20U;
constexpr std::size_t kMaxColumns = 1024;

std::string schema_file(const std::string& directory, const std::string& name) {
  return directory + "/." + name + ".schema";
}

std::optional<ColumnType> type_of(std::string_view name) {
  if (base::iequals(name, "int")) return ColumnType::Integer;
  if (base::iequals(name, "long") || base::iequals(name, "bigint")) return ColumnType::BigInteger;
  if (base::iequals(name, "double")) return ColumnType::Double;
  if (base::iequals(name, "str") || base::iequals(name, "string")) return ColumnType::Text;
  if (base::iequals(name, "blob")) return ColumnType::Blob;
  return std::nullopt;
}

std::string_view name_of(ColumnType type) {
  switch (type) {
    case ColumnType::TinyInteger:
    case ColumnType::SmallInteger:
    case ColumnType::Integer:
    case ColumnType::DateTime:  // as OpenSIPS keeps it: seconds since 1970
      return "int";
    case ColumnType::BigInteger:
      return "long";
    case ColumnType::Float:
    case ColumnType::Double:
      return "double";
    case ColumnType::Blob:
      return "blob";
    case ColumnType::Char:
    case ColumnType::Text:
      break;
  }
  return "string";
}

// name(type[,attribute...])
base::Result<StoredColumn> parse_column(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == 0 || open == std::string_view::npos || !text.ends_with(')')) {
    return base::fail("line 1: a column must look like name(type,attribute)");
  }
  StoredColumn column{.name = std::string(text.substr(0, open))};
  std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const std::string_view type = base::trim(base::take_until(inside, ','));
  const auto known = type_of(type);
  if (!known) return base::fail(fmt::format("line 1: column '{}' has the unknown type '{}'", column.name, type));
  column.type = *known;
  while (!inside.empty()) {
    const std::string_view attribute = base::trim(base::take_until(inside, ','));
    if (base::iequals(attribute, "null")) {
      column.nullable = true;
    } else if (base::iequals(attribute, "auto")) {
      column.auto_increment = true;
    } else {
      return base::fail(fmt::format("line 1: column '{}' has the unknown attribute '{}'", column.name, attribute));
    }
  }
  const bool number = column.type == ColumnType::Integer || column.type == ColumnType::BigInteger;
  if (column.auto_increment && !number) {
    return base::fail(fmt::format("line 1: column '{}' is no number and can't count up", column.name));
  }
  return column;
}

base::Result<StoredSchema> parse_header(std::string_view line) {
  StoredSchema schema;
  schema.empty_is_null = true;
  for (line = base::trim(line); !line.empty(); line = base::trim(line)) {
    std::size_t end = line.find(')');  // a space may stand inside the brackets
    end = end == std::string_view::npos ? line.size() : end + 1;
    auto column = parse_column(line.substr(0, end));
    if (!column) return std::unexpected(std::move(column.error()));
    line.remove_prefix(end);
    const bool apart = line.empty() || base::is_lws(line.front());
    const bool spaced = column->name.find_first_of(" \t") != std::string::npos;
    if (!apart || spaced) return base::fail("line 1: columns must be separated by a space");
    if (schema.find(column->name)) return base::fail(fmt::format("line 1: column '{}' is there twice", column->name));
    if (schema.columns.size() == kMaxColumns) return base::fail("line 1: too many columns");
    schema.columns.push_back(std::move(*column));
  }
  if (schema.columns.empty()) return base::fail("line 1: the columns are missing");
  return schema;
}

// Nothing when the text ends behind a backslash.
std::optional<std::string> unescape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'n':
        result += '\n';
        break;
      case 'r':
        result += '\r';
        break;
      case 't':
        result += '\t';
        break;
      case '0':
        result += '\0';
        break;
      default:  // a colon or a backslash
        result += text[i];
    }
  }
  return result;
}

void escape(std::string& to, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\n':
        to += "\\n";
        break;
      case '\r':
        to += "\\r";
        break;
      case '\t':
        to += "\\t";
        break;
      case '\0':
        to += "\\0";
        break;
      case ':':
      case '\\':
        to += '\\';
        [[fallthrough]];
      default:
        to += c;
    }
  }
}

base::Result<Value> parse_cell(const StoredColumn& column, std::string_view text) {
  const bool is_text =
      column.type == ColumnType::Char || column.type == ColumnType::Text || column.type == ColumnType::Blob;
  if (text.empty() && column.nullable) return storage::Null{};
  // A number that is missing though it must not be: OpenSIPS writes that, and reads it as 0.
  if (text.empty() && !is_text) return storage::as_type(column.type, std::int64_t{0});
  auto plain = unescape(text);
  if (!plain) return base::fail("a backslash with nothing behind it");
  return storage::as_type(column.type, std::move(*plain));
}

// The cells of one line. A colon behind a backslash belongs to its cell.
base::Result<StoredRow> parse_row(const StoredSchema& schema, std::string_view line) {
  if (line.contains('\0')) return base::fail("it holds a NUL byte");
  StoredRow row;
  row.reserve(schema.columns.size());
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] == '\\') {
      ++at;
      if (at < line.size()) continue;
    }
    if (at < line.size() && line[at] != ':') continue;
    if (row.size() == schema.columns.size()) return base::fail("it has more cells than there are columns");
    const StoredColumn& column = schema.columns[row.size()];
    auto cell = parse_cell(column, line.substr(begin, std::min(at, line.size()) - begin));
    if (!cell) return base::fail(fmt::format("column '{}': {}", column.name, cell.error().message));
    row.push_back(std::move(*cell));
    begin = at + 1;
  }
  if (row.size() != schema.columns.size()) {
    return base::fail(fmt::format("it has {} of {} cells", row.size(), schema.columns.size()));
  }
  return row;
}

}  // namespace

base::Result<storage::TableFormat::Loaded> parse_table(const std::string& name, std::string_view text,
                                                       const StoredSchema* known) {
  std::string_view rest = text;
  auto schema = parse_header(base::take_until(rest, '\n'));
  if (!schema) return std::unexpected(std::move(schema.error()));
  if (known != nullptr) schema->refine(*known);
  storage::TableFormat::Loaded loaded{.table = {name, std::move(*schema)}, .appendable = text.ends_with('\n')};
  for (std::size_t number = 2; !rest.empty(); ++number) {
    if (rest.front() == '\0') {  // the end of what was being appended when its writer died: see append_to_file()
      loaded.appendable = false;
      break;
    }
    std::string_view line = base::take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() && loaded.table.schema().columns.size() > 1) continue;
    auto row = parse_row(loaded.table.schema(), line);
    base::Result<> added;
    if (row) added = loaded.table.add(std::move(*row));
    if (!row || !added) {
      return base::fail(fmt::format("line {}: {}", number, (row ? added.error() : row.error()).message));
    }
  }
  return loaded;
}

std::string header_text(const StoredSchema& schema) {
  std::string text;
  for (const StoredColumn& column : schema.columns) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}({}{}{})", column.name, name_of(column.type), column.nullable ? ",null" : "",
                        column.auto_increment ? ",auto" : "");
  }
  return text + '\n';
}

std::string row_text(const StoredRow& row) {
  std::string text;
  bool first = true;
  for (const Value& cell : row) {
    if (!std::exchange(first, false)) text += ':';
    if (const auto* moment = std::get_if<storage::DateTime>(&cell)) {
      text += std::to_string(moment->unix_seconds);
    } else {
      const std::size_t begin = text.size();
      escape(text, storage::text_of(cell));
      const bool whole = std::holds_alternative<double>(cell) && text.find('.', begin) == std::string::npos;
      if (whole) text += ".0";
    }
  }
  return text + '\n';
}

base::Result<storage::TableFormat::Loaded> TextFormat::read(const std::string& directory,
                                                            const std::string& name) const {
  const auto refuse = [](const std::string& file, const std::string& why) {
    return base::fail(fmt::format("{}: {}; it was left untouched", file, why), static_cast<int>(Fault::NotADatabase));
  };
  const std::string file = directory + "/" + name;
  auto text = storage::read_file(file, buffer_bytes_, kMaxFileBytes);
  if (!text) return std::unexpected(std::move(text.error()));

  std::optional<StoredSchema> known;
  const std::string beside = schema_file(directory, name);
  if (storage::FileStamp::of(beside).inode != 0) {
    auto schema_text = storage::read_file(beside, buffer_bytes_, kMaxSchemaBytes);
    if (!schema_text) return std::unexpected(std::move(schema_text.error()));
    auto schema = StoredSchema::parse(*schema_text);
    if (!schema) return refuse(beside, schema.error().message);
    known = std::move(*schema);
  }
  auto loaded = parse_table(name, *text, known ? &*known : nullptr);
  if (!loaded) return refuse(file, loaded.error().message);
  return loaded;
}

base::Result<> TextFormat::write(const storage::StoredTable& table, const std::string& file) const {
  std::string text = header_text(table.schema());
  for (const auto& [id, row] : table.rows()) text += row_text(*row);
  return storage::write_file(file, text);
}

base::Result<StoredSchema> TextFormat::prepare(const std::string& directory, const std::string& name,
                                               StoredSchema schema) const {
  schema.empty_is_null = true;
  if (!schema.complete) return schema;  // somebody else's table, which has no such file
  const std::string beside = schema_file(directory, name);
  if (auto made = storage::write_file(beside + ".new", schema.text()); !made) {
    return std::unexpected(std::move(made.error()));
  }
  if (auto settled = storage::settle_file(beside + ".new", beside); !settled) {
    return std::unexpected(std::move(settled.error()));
  }
  return schema;
}

void TextFormat::forget(const std::string& directory, const std::string& name) const {
  ::unlink(schema_file(directory, name).c_str());
}

std::optional<std::string> TextFormat::tail(const std::vector<storage::StoredRowPtr>& rows) const {
  std::string text;
  for (const storage::StoredRowPtr& row : rows) text += row_text(*row);
  return text;
}

}  // namespace carillon::db_text
