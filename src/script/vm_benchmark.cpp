// SPDX-License-Identifier: Apache-2.0
// The language on the path of a message: an INVITE through the usual script, and single operations.
#include <benchmark/benchmark.h>

#include "script/stock_scripts.h"

namespace carillon::script {
namespace {

std::shared_ptr<const Program> compile_or_abort(std::string_view text, Host& host) {
  const Source source = Source::from_text(text);
  Compilation compiled = compile(source, host);
  if (compiled.program == nullptr) std::abort();
  return compiled.program;
}

void set_up(testing::FakeEnvironment& environment) {
  environment.record_calls = false;
  environment.max_level = LogLevel::Alert;
  environment.variables["rm"] = Value::text("INVITE");
  environment.variables["rU"] = Value::text("bob");
  environment.variables["rd"] = Value::text("example.org");
  environment.variables["fd"] = Value::text("example.org");
}

void residential_invite(benchmark::State& state) {
  testing::StockHost host;
  host.codes = {{"has_totag", -1}, {"loose_route", -1}};
  const auto program = compile_or_abort(testing::kResidential, host);
  testing::FakeEnvironment environment;
  set_up(environment);
  Run run;
  const RouteId route = *program->find_route(RouteKind::Request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(run.start(program, route, environment));
    environment.recycle();
  }
}
BENCHMARK(residential_invite);

void redirect_invite(benchmark::State& state) {
  testing::StockHost host;
  const auto program = compile_or_abort(testing::kRedirect, host);
  testing::FakeEnvironment environment;
  set_up(environment);
  environment.variables["rU"] = Value::text("0049301234");
  Run run;
  const RouteId route = *program->find_route(RouteKind::Request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(run.start(program, route, environment));
    environment.recycle();
  }
}
BENCHMARK(redirect_invite);

// A loop of a thousand turns: compare, add, jump.
void counting_loop(benchmark::State& state) {
  testing::StockHost host;
  const auto program = compile_or_abort("route { $var(i) = 0; while ($var(i) < 1000) $var(i) += 1; }", host);
  testing::FakeEnvironment environment;
  Run run;
  for (auto _ : state) benchmark::DoNotOptimize(run.start(program, 0, environment));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(counting_loop);

void compile_residential(benchmark::State& state) {
  for (auto _ : state) {
    testing::StockHost host;
    benchmark::DoNotOptimize(compile_or_abort(testing::kResidential, host));
  }
}
BENCHMARK(compile_residential);

}  // namespace
}  // namespace carillon::script
