// SPDX-License-Identifier: Apache-2.0
// tests/servers/run_with.py postgres -- build/.../module_db_postgres_benchmark
#include "modules/db_postgres/postgres_driver.h"
#include "storage/server_benchmark.h"

namespace carillon::db_postgres {
namespace {

namespace on_server = storage::server_benchmark;

void write_back(benchmark::State& state) { on_server::write_back(state, std::make_unique<PostgresDriver>()); }
BENCHMARK(write_back)->Unit(benchmark::kMillisecond);

void remove(benchmark::State& state) { on_server::remove(state, std::make_unique<PostgresDriver>()); }
BENCHMARK(remove)->Iterations(3)->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) { on_server::load(state, std::make_unique<PostgresDriver>()); }
BENCHMARK(load)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace carillon::db_postgres
