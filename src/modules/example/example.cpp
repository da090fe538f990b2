// SPDX-License-Identifier: Apache-2.0
// See example.h.
#include "modules/example/example.h"

#include "routing/proxy.h"
#include "shard/suspension.h"

namespace carillon::example {

using namespace module;

base::Result<> Example::start(Services& /*services*/) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::minutes(1);
  if (pause > kLongest) return base::fail("pause must not be above a minute");
  return {};
}

Verdict Example::example_count(RouteContext& /*context*/, int amount) {
  if (amount < 0) return kFalse;
  counted.add(static_cast<std::uint64_t>(amount));
  return kTrue;
}

base::Task<Verdict> Example::example_pause(RouteContext& context) {
  co_await context.proxy().shard().sleep(pause);
  co_return kTrue;
}

script::Value Example::total(RouteContext& /*context*/, const script::VariableRef& /*ref*/) {
  return script::Value::integer(static_cast<std::int64_t>(counted.value()));
}

base::Task<base::Result<management::Json>> Example::show(management::Parameters /*parameters*/) {
  management::Json answer = management::Json::object();
  answer.add("total", counted.value());
  answer.add("pause", pause.count());
  co_return answer;
}

}  // namespace carillon::example
