// SPDX-License-Identifier: Apache-2.0
// The SQL of drivers that have none of their own: one SELECT, INSERT, UPDATE or DELETE on one table.
#pragma once

#include <variant>

#include "base/result.h"
#include "storage/statement.h"

namespace carillon::storage {

struct ParsedStatement {
  std::variant<Select, Write> what;
  bool count = false;  // SELECT count(*): the answer is the number of rows
};

//   SELECT * | count(*) | column, ... FROM table [WHERE tests] [ORDER BY column [ASC | DESC]] [LIMIT number]
//   INSERT INTO table (column, ...) VALUES (value, ...), ...
//   UPDATE table SET column = value, ... [WHERE tests]
//   DELETE FROM table [WHERE tests]
// Tests: `column operator value` or `column IS [NOT] NULL`, joined by AND; operators = != <> < <= > >= LIKE. Values: ?,
// a number, 'text', NULL. Names may be quoted with " or `.
[[nodiscard]] base::Result<ParsedStatement> parse_statement(const RawStatement& statement);

}  // namespace carillon::storage
