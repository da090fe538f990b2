// SPDX-License-Identifier: Apache-2.0
// avpops: sqlops under the names it had before OpenSIPS 3.5, and the functions on AVPs that assignments replaced since.
#pragma once

#include <string>
#include <string_view>

#include "modules/sqlops/api.h"

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

// Optional<sqlops::Sqlops>: its class is used, whether the script loads that module or not.
class Avpops final : public sqlops::Sqlops {
 public:
  Verdict avp_delete(RouteContext& context, module::Constant<AvpWithFlags> name);
  Verdict avp_copy(RouteContext& context, module::Constant<AvpWithFlags> from_avp,
                   module::Constant<AvpWithFlags> to_avp);
  Verdict is_avp_set(RouteContext& context, module::Constant<AvpWithFlags> name);
  Verdict avp_print(RouteContext& context);
};

}  // namespace carillon::avpops
