// SPDX-License-Identifier: Apache-2.0
// Any bytes as a dbtext file: what is accepted is written and read again to the same rows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "modules/db_text/text_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto first = db_text::parse_table("t", bytes, nullptr);
  if (!first) return 0;
  std::string text = db_text::header_text(first->table.schema());
  for (const auto& [id, row] : first->table.rows()) text += db_text::row_text(*row);
  const auto second = db_text::parse_table("t", text, nullptr);
  if (!second || second->table.rows().size() != first->table.rows().size()) std::abort();
  auto other = second->table.rows().begin();
  for (const auto& [id, row] : first->table.rows()) {
    if (db_text::row_text(*row) != db_text::row_text(*other->second)) std::abort();
    ++other;
  }
  return 0;
}
