// SPDX-License-Identifier: Apache-2.0
// Where the columns of an answer go: AVPs, which take all rows, or variables of any kind, which take one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "module/registry.h"
#include "routing/route_context.h"
#include "script/value.h"
#include "storage/value.h"

namespace carillon::sqlops {

// "$avp(a);$avp(b)"
struct ResultAvps {
  std::vector<std::string> names;
  [[nodiscard]] static base::Result<ResultAvps> parse(std::string_view text);
};

// A variable to write: "$avp(a)", "$var(b)", "$rU", "$hdr(x)".
struct ResultVariable {
  std::string name;
  std::string sub_name;
  [[nodiscard]] static base::Result<ResultVariable> parse(std::string_view text);
  // Why it can't be written, if so.
  [[nodiscard]] base::Result<> check(const module::Registry& modules) const;
  // As `=` in the script. False when the variable refuses the value.
  [[nodiscard]] bool write(routing::RouteContext& context, const module::Registry& modules,
                           const script::Value& value) const;
};

struct ResultVariables {
  std::vector<ResultVariable> variables;
  [[nodiscard]] static base::Result<ResultVariables> parse(std::string_view text);
};

// A cell for the script: numbers and moments (seconds since 1970) are integers, all else is text. Integers beyond 32
// bits become text with `bigint_to_str`.
[[nodiscard]] script::Value to_script(routing::RouteContext& context, const storage::Value& cell, bool bigint_to_str);

// All rows, so that index 0 of each AVP is the first one; NULL as "<null>". Without names the AVPs are 1, 2, 3 ...
void write_rows(routing::RouteContext& context, const storage::ResultSet& rows, const ResultAvps* avps,
                bool bigint_to_str);

}  // namespace carillon::sqlops
