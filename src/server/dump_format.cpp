// SPDX-License-Identifier: Apache-2.0
// See dump_format.h.
#include "server/dump_format.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/strings.h"
#include "base/utf8.h"
#include "management/json.h"

namespace carillon::server::dump {
namespace {

using management::Json;
using storage::Value;

constexpr int kFormat = 1;

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

Json tagged(const char* tag, std::string text) {
  auto object = Json::object();
  object.add(tag, std::move(text));
  return object;
}

Json to_json(const Value& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, storage::Null>) {
          return {};
        } else if constexpr (std::is_same_v<T, std::string>) {
          return base::is_utf8(held) ? Json(held) : tagged("t", base64(held));
        } else if constexpr (std::is_same_v<T, storage::Blob>) {
          return tagged("b", base64(held.bytes));
        } else if constexpr (std::is_same_v<T, storage::DateTime>) {
          return tagged("d", storage::format_date_time(held));
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no words for infinity.
          return std::isfinite(held) ? Json(held) : Json(fmt::format("{}", held));
        } else {
          return held;
        }
      },
      value);
}

base::Result<Value> from_json(const Json& json) {
  if (json.is_null()) return Value(storage::Null{});
  if (const auto* number = json.if_integer()) return Value(*number);
  if (const auto* real = json.if_real()) return Value(*real);
  if (const auto* text = json.if_string()) return Value(*text);
  const auto* object = json.if_object();
  const std::string* text = object != nullptr && object->size() == 1 ? object->front().value.if_string() : nullptr;
  if (text == nullptr) return base::fail("a cell of an unknown kind");
  const std::string& tag = object->front().name;
  if (tag == "d") {
    const auto seconds = storage::parse_date_time(*text);
    return seconds ? Value(storage::DateTime{*seconds}) : base::Result<Value>(*text);
  }
  auto bytes = from_base64(*text);
  if (!bytes) return base::fail("a cell isn't base64");
  if (tag == "b") return Value(storage::Blob{std::move(*bytes)});
  if (tag == "t") return Value(std::move(*bytes));
  return base::fail("a cell of an unknown kind");
}

base::Result<std::vector<std::string>> strings_of(const Json* json) {
  std::vector<std::string> result;
  const auto* array = json != nullptr ? json->if_array() : nullptr;
  if (array == nullptr) return base::fail("a list of names is missing");
  for (const Json& name : *array) {
    const auto* text = name.if_string();
    if (text == nullptr) return base::fail("a name isn't a text");
    result.push_back(*text);
  }
  return result;
}

base::Result<Item> read_object(const Json& json) {
  if (const Json* format = json.find("carillon_dump")) {
    if (format->if_integer() == nullptr || *format->if_integer() != kFormat) {
      return base::fail("a dump of another version of Carillon");
    }
    auto tables = strings_of(json.find("tables"));
    if (!tables) return std::unexpected(std::move(tables.error()));
    return First{std::move(*tables)};
  }
  if (const Json* rows = json.find("rows"); rows != nullptr && rows->if_integer() != nullptr) {
    return Last{static_cast<std::uint64_t>(*rows->if_integer())};
  }
  const Json* name = json.find("table");
  const Json* version = json.find("version");
  if (name == nullptr || name->if_string() == nullptr || version == nullptr || version->if_integer() == nullptr) {
    return base::fail("not a line of a dump");
  }
  auto columns = strings_of(json.find("columns"));
  if (!columns) return std::unexpected(std::move(columns.error()));
  return Table{.name = *name->if_string(),
               .version = static_cast<std::uint32_t>(*version->if_integer()),
               .columns = std::move(*columns)};
}

}  // namespace

std::string first_line(const std::vector<std::string>& tables) {
  auto object = Json::object();
  object.add("carillon_dump", kFormat);
  object.add("tables", Json::Array(tables.begin(), tables.end()));
  return object.text();
}

std::string table_line(std::string_view table, std::uint32_t version, const std::vector<std::string>& columns) {
  auto object = Json::object();
  object.add("table", table);
  object.add("version", version);
  object.add("columns", Json::Array(columns.begin(), columns.end()));
  return object.text();
}

std::string row_line(const std::vector<Value>& cells) {
  auto array = Json::array();
  for (const Value& cell : cells) array.push_back(to_json(cell));
  return array.text();
}

std::string last_line(std::uint64_t rows) {
  auto object = Json::object();
  object.add("rows", rows);
  return object.text();
}

base::Result<Item> read_line(std::string_view line) {
  const auto json = Json::parse(line, {.bytes = kMaxLine, .depth = 4, .values = 10'000});
  if (!json) return base::fail("not JSON: " + json.error().message);
  const auto* array = json->if_array();
  if (array == nullptr) return read_object(*json);
  Row row;
  for (const Json& cell : *array) {
    auto value = from_json(cell);
    if (!value) return std::unexpected(std::move(value.error()));
    row.cells.push_back(std::move(*value));
  }
  return row;
}

const storage::Column* find_column(const storage::TableSpec* table, std::string_view name) {
  if (table == nullptr) return nullptr;
  const auto found =
      std::ranges::find_if(table->columns, [name](const auto& c) { return base::iequals(c.name, name); });
  return found != table->columns.end() ? &*found : nullptr;
}

Value as_declared(Value value, const storage::Column* column) {
  using storage::ColumnType;
  if (column == nullptr) return value;
  const ColumnType type = column->type;
  if (auto* text = std::get_if<std::string>(&value)) {
    if (type == ColumnType::Blob) return storage::Blob{std::move(*text)};
    if (type == ColumnType::DateTime) {
      const auto seconds = storage::parse_date_time(*text);
      if (seconds) return storage::DateTime{*seconds};
    }
    if (type <= ColumnType::BigInteger) {
      if (const auto number = base::parse_number<std::int64_t>(*text)) return *number;
    }
    return value;
  }
  if (auto* blob = std::get_if<storage::Blob>(&value);
      blob != nullptr && (type == ColumnType::Char || type == ColumnType::Text)) {
    return std::move(blob->bytes);
  }
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number != nullptr && (type == ColumnType::Float || type == ColumnType::Double))
    return static_cast<double>(*number);
  if (number != nullptr && (type == ColumnType::Char || type == ColumnType::Text)) return std::to_string(*number);
  return value;
}

}  // namespace carillon::server::dump
