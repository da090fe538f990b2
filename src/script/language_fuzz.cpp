// SPDX-License-Identifier: Apache-2.0
// Any bytes as a script: lexer, parser, checker, compiler; and when they compile, every route is run.
#include <cstddef>
#include <cstdint>

#include "script/stock_scripts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon::script;
  constexpr std::size_t kMaxScript = 64 * 1024;
  if (size > kMaxScript) return 0;
  static carillon::script::testing::StockHost host;
  const Source source = Source::from_text({reinterpret_cast<const char*>(data), size});
  CompileOptions options;
  options.enable_asserts = true;
  options.limits.max_loop_iterations = 20;
  options.limits.max_steps = 20'000;
  options.limits.max_run_text = 1 << 20;
  const Compilation compiled = compile(source, host, options);
  host.parameters.clear();
  host.modules.clear();
  const std::string rendered = render(compiled.diagnostics, source);
  if (compiled.program == nullptr) return 0;
  carillon::script::testing::FakeEnvironment environment;
  environment.variables["rm"] = Value::text("INVITE");
  environment.variables["rU"] = Value::text("0049301234");
  environment.variables["rs"] = Value::both("200", 200);
  environment.record_calls = false;
  Run run;
  for (RouteId id = 0; id < compiled.program->routes().size(); ++id) {
    Outcome outcome = run.start(compiled.program, id, environment);
    for (int waits = 0; outcome.suspended() && waits < 100; ++waits) {
      outcome = run.waits_for_value() ? run.resume_value(Value::text("late")) : run.resume(1);
    }
  }
  for (const Launch& launch : environment.launches) {
    carillon::script::testing::FakeEnvironment other;
    static_cast<void>(run.start_launch(launch, other));
  }
  return 0;
}
