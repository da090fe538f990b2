// SPDX-License-Identifier: Apache-2.0
// avpops: sqlops under the names it had before OpenSIPS 3.5, and the functions on AVPs that assignments replaced since.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "modules/avpops/operands.h"
#include "modules/sqlops/api.h"
#include "script/substitution.h"

namespace carillon::avpops {

using module::RouteContext;
using module::Verdict;

// "$avp(name)", with "/flags" behind it: letters in lower case.
struct AvpWithFlags {
  std::string name;
  std::string flags;
  [[nodiscard]] bool has(char flag) const { return flags.find(flag) != std::string::npos; }
  [[nodiscard]] static base::Result<AvpWithFlags> parse(std::string_view text);
};

// The same, or "*" for all AVPs.
struct AvpNames {
  std::optional<AvpWithFlags> one;
  [[nodiscard]] static base::Result<AvpNames> parse(std::string_view text);
};

// What avp_check() looks at: any variable.
struct Checked {
  Operand operand;
  [[nodiscard]] static base::Result<Checked> parse(std::string_view text, Avpops& module);
};

// Optional<sqlops::Sqlops>: its class is used, whether the script loads that module or not.
class Avpops final : public sqlops::Sqlops {
 public:
  // Scripts load it for AVPs alone.
  Avpops() : Sqlops(NeedsDatabase::No) {}

  Verdict avp_delete(RouteContext& context, module::Constant<AvpNames> name);
  Verdict avp_copy(RouteContext& context, module::Constant<AvpWithFlags> from_avp,
                   module::Constant<AvpWithFlags> to_avp);
  Verdict is_avp_set(RouteContext& context, module::Constant<AvpWithFlags> name);
  Verdict avp_print(RouteContext& context);

  // --- what expressions and assignments replaced (avp_operations.cpp)
  Verdict avp_check(RouteContext& context, module::Constant<Checked> name, module::Constant<Check> op_value);
  Verdict avp_op(RouteContext& context, module::Constant<AvpPair> name, module::Constant<Operation> op_value);
  Verdict avp_subst(RouteContext& context, module::Constant<AvpPair> avps,
                    const module::Parsed<script::Substitution>& subst);
  Verdict avp_pushto(RouteContext& context, module::Constant<Destination> destination, module::Constant<Pushed> name);
  Verdict avp_insert(RouteContext& context, module::Constant<AvpWithFlags> name, std::string_view value, int index);
  Verdict avp_printf(RouteContext& context, module::Constant<AvpWithFlags> name, std::string_view text);

 private:
  [[nodiscard]] bool assign(RouteContext& context, std::string_view variable, const script::Value& value) const;
  [[nodiscard]] bool push(RouteContext& context, Destination::Kind to, const script::Value& value, bool first) const;
};

}  // namespace carillon::avpops
