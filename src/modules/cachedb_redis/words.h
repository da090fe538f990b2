// SPDX-License-Identifier: Apache-2.0
// A query as a script writes it, taken apart into the words of a Redis command.
#pragma once

#include <string_view>

#include "base/result.h"
#include "storage/key_value.h"

namespace carillon::cachedb_redis {

// Words are separated by blanks; "..." (with \n \r \t \xHH \" \\) and '...' (with \') hold blanks. The command knows
// which of its words is the key.
[[nodiscard]] base::Result<storage::Command> parse_query(std::string_view text);

}  // namespace carillon::cachedb_redis
