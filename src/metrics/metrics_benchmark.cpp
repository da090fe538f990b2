// SPDX-License-Identifier: Apache-2.0
// What counting costs the path of a packet.
#include <benchmark/benchmark.h>

#include "metrics/counter.h"
#include "metrics/histogram.h"

namespace carillon::metrics {
namespace {

void counter_add(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) counter.add();
}
BENCHMARK(counter_add)->ThreadRange(1, 2);

void histogram_record(benchmark::State& state) {
  static Histogram histogram;
  std::uint64_t value = 0;
  for (auto _ : state) histogram.record(++value & 0xffff);
}
BENCHMARK(histogram_record)->ThreadRange(1, 2);

}  // namespace
}  // namespace carillon::metrics
