// SPDX-License-Identifier: Apache-2.0
// example: one of each thing a module can declare. `./dev new-module NAME` copies this folder.
#pragma once

#include <chrono>

#include "metrics/counter.h"
#include "module/module.h"

namespace carillon::example {

using module::RouteContext;
using module::Verdict;

// Its functions are called from all shards at once: after start() nothing but the counter changes.
class Example final : public module::Module {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- functions
  // example_count(amount): never waits. False for a negative amount.
  Verdict example_count(RouteContext& context, int amount);
  // example_pause(): waits; the calls of others go on meanwhile.
  base::Task<Verdict> example_pause(RouteContext& context);

  // --- variables
  // $example_total
  script::Value total(RouteContext& context, const script::VariableRef& ref);

  // --- commands
  base::Task<base::Result<management::Json>> show(management::Parameters parameters);

  // --- parameters; what they are initialised with is the default
  std::chrono::milliseconds pause{100};

  // --- statistics
  metrics::Counter counted;
};

}  // namespace carillon::example
