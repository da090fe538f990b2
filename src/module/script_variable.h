// SPDX-License-Identifier: Apache-2.0
// A script variable that a module parameter names ("$avp(rpid)", "$var(password)"): where a script leaves something for
// a module, or finds something from it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "script/avp.h"
#include "script/value.h"

namespace carillon::routing {
class RouteContext;
}

namespace carillon::module {

// Immutable once parsed, so any shard may use it. One that names nothing reads as NULL and takes no value.
class ScriptVariable {
 public:
  ScriptVariable() = default;
  // $avp(name) or $var(name); an empty text names nothing.
  [[nodiscard]] static base::Result<ScriptVariable> parse(std::string_view text);

  [[nodiscard]] bool empty() const { return name_.empty(); }
  [[nodiscard]] script::Value read(routing::RouteContext& context) const;
  // As `=` in a script: an AVP gets one more value on top.
  void write(routing::RouteContext& context, const script::Value& value) const;

 private:
  std::string name_;
  bool is_avp_ = false;
};

}  // namespace carillon::module
