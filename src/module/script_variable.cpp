// SPDX-License-Identifier: Apache-2.0
// See script_variable.h.
#include "module/script_variable.h"

#include "base/strings.h"
#include "routing/route_context.h"
#include "script/vm.h"

namespace carillon::module {

base::Result<ScriptVariable> ScriptVariable::parse(std::string_view text) {
  ScriptVariable variable;
  text = base::trim(text);
  if (text.empty()) return variable;
  variable.is_avp_ = text.starts_with("$avp(");
  const bool known = variable.is_avp_ || text.starts_with("$var(");
  constexpr std::size_t kBegin = 5;
  if (!known || text.size() <= kBegin + 1 || text.back() != ')') {
    return base::fail("must be of the form $avp(name) or $var(name)");
  }
  variable.name_ = text.substr(kBegin, text.size() - kBegin - 1);
  return variable;
}

script::Value ScriptVariable::read(routing::RouteContext& context) const {
  if (empty()) return script::Value::null();
  if (is_avp_) return context.avps().get(script::AvpName(name_));
  return context.run().read(context.run().local(name_));
}

void ScriptVariable::write(routing::RouteContext& context, const script::Value& value) const {
  if (empty()) return;
  if (is_avp_) {
    context.avps().push(script::AvpName(name_), value);
  } else {
    context.run().assign(context.run().local(name_), value);
  }
}

}  // namespace carillon::module
