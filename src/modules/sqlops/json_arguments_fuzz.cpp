// SPDX-License-Identifier: Apache-2.0
// JSON of any bytes where sqlops takes columns, values and filters.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "modules/sqlops/json_arguments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon::sqlops;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto values = ColumnValues::parse(text);
  if (values && (values->columns.empty() || values->columns.size() != values->values.size())) std::abort();
  if (const auto names = ColumnNames::parse(text)) {
    for (const auto& name : names->names) {
      if (name.find_first_of("\"'`;") != std::string::npos) std::abort();
    }
  }
  static_cast<void>(Filter::parse(text));
  return 0;
}
