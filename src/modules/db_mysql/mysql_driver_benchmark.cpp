// SPDX-License-Identifier: Apache-2.0
// tests/servers/run_with.py mariadb -- build/.../module_db_mysql_benchmark
#include "modules/db_mysql/mysql_driver.h"
#include "storage/server_benchmark.h"

namespace carillon::db_mysql {
namespace {

namespace on_server = storage::server_benchmark;

void write_back(benchmark::State& state) { on_server::write_back(state, std::make_unique<MysqlDriver>()); }
BENCHMARK(write_back)->Unit(benchmark::kMillisecond);

void remove(benchmark::State& state) { on_server::remove(state, std::make_unique<MysqlDriver>()); }
BENCHMARK(remove)->Iterations(3)->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) { on_server::load(state, std::make_unique<MysqlDriver>()); }
BENCHMARK(load)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace carillon::db_mysql
