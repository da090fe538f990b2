// SPDX-License-Identifier: Apache-2.0
// What stands in a Berkeley DB table of OpenSIPS: METADATA rows that tell the columns, and rows of text cells with a
// pipe between them, under the cells of the key columns with a pipe behind each.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/stored_schema.h"
#include "storage/stored_table.h"

namespace carillon::db_berkeley {

inline constexpr std::string_view kMetadata = "METADATA";  // how the keys begin of what is no row
inline constexpr std::string_view kColumns = "METADATA_COLUMNS";
inline constexpr std::string_view kKey = "METADATA_KEY";
inline constexpr std::string_view kReadOnly = "METADATA_READONLY";
inline constexpr std::string_view kLogFlags = "METADATA_LOGFLAGS";
inline constexpr std::string_view kDefaults = "METADATA_DEFAULTS";
inline constexpr std::string_view kOurs = "METADATA_CARILLON";  // StoredSchema::text(), which OpenSIPS passes over

using Metadata = std::map<std::string, std::string>;

// The columns, kept with the metadata as their notes. Types: int, double, datetime, str, string; all else is a string.
[[nodiscard]] base::Result<storage::StoredSchema> schema_of(const Metadata& metadata);
// For a new table.
[[nodiscard]] Metadata metadata_of(const storage::StoredSchema& schema);

// METADATA_KEY: the positions of the key columns.
[[nodiscard]] base::Result<std::vector<std::size_t>> key_columns(const storage::StoredSchema& schema);

// NULL is the text NULL. A pipe or a NUL, which OpenSIPS can't keep, stands as 0x1a and two hexadecimal digits, and so
// does 0x1a itself; so does the first character of the texts NULL and ''.
[[nodiscard]] std::string row_text(const storage::StoredRow& row);
[[nodiscard]] std::string key_text(const storage::StoredRow& row, const std::vector<std::size_t>& columns);
[[nodiscard]] base::Result<storage::StoredRow> parse_row(const storage::StoredSchema& schema, std::string_view text);

}  // namespace carillon::db_berkeley
