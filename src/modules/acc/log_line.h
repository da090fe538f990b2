// SPDX-License-Identifier: Apache-2.0
// The line of the log that accounts for a transaction: "ACC: transaction answered: timestamp=...;method=...".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::acc {

// One "name=value" of a line.
struct Field {
  std::string_view name;
  std::string_view value;
};

enum class Occasion : std::uint8_t { Answered, Missed, Requested };

// Values come from strangers: what could begin a field or a line of its own (control characters and ';') and the
// backslash are written as \xHH, so that each field of the line is one that we wrote.
[[nodiscard]] std::string log_line(Occasion occasion, std::int64_t unix_seconds, const std::vector<Field>& fields);

}  // namespace carillon::acc
