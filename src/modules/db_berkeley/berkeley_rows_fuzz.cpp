// SPDX-License-Identifier: Apache-2.0
// Any bytes as the columns, defaults and a row of a Berkeley DB table (a line each): what is accepted is written and
// read again to the same cells.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "modules/db_berkeley/berkeley_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  db_berkeley::Metadata metadata;
  for (const std::string_view key : {db_berkeley::kColumns, db_berkeley::kKey, db_berkeley::kDefaults}) {
    metadata[std::string(key)] = base::take_until(rest, '\n');
  }
  const auto schema = db_berkeley::schema_of(metadata);
  if (!schema) return 0;
  const auto row = db_berkeley::parse_row(*schema, rest);
  if (!row) return 0;
  const std::string text = db_berkeley::row_text(*row);
  const auto again = db_berkeley::parse_row(*schema, text);
  if (!again || db_berkeley::row_text(*again) != text) std::abort();
  return 0;
}
