// SPDX-License-Identifier: Apache-2.0
// The line of the log that accounts for something: "ACC: transaction answered: timestamp=...;method=...".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/acc/record.h"

namespace carillon::acc {

// One "name=value" of a line.
struct Field {
  std::string_view name;
  std::string_view value;
};

// Values come from strangers: what could begin a field or a line of its own (control characters and ';') and the
// backslash are written as \xHH, so that each field of the line is one that we wrote.
[[nodiscard]] std::string log_line(Occasion occasion, const std::vector<Field>& fields);

}  // namespace carillon::acc
