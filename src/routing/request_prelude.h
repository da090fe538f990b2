// SPDX-License-Identifier: Apache-2.0
// How a module (script_helper) does before the script what every script begins with.
#pragma once

#include "base/task.h"
#include "script/vm.h"

namespace carillon::routing {

class RouteContext;

// Outlives the workers. ProxySettings::prelude names it. Inside the shard of the request.
class RequestPrelude {
 public:
  // A request is about to run the request route; must not wait. True: serve() is called and the route doesn't run.
  [[nodiscard]] virtual bool before_script(RouteContext& context) = 0;
  // Does with the request what the route would have done; may run routes of `context.program`, and says how the last
  // one ended.
  [[nodiscard]] virtual base::Task<script::Outcome> serve(RouteContext& context) = 0;

 protected:
  ~RequestPrelude() = default;
};

}  // namespace carillon::routing
