// SPDX-License-Identifier: Apache-2.0
// What it costs to keep a row over a kill: one that is written and done with, and one of many that wait.
#include "storage/journal.h"

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

namespace carillon::storage {
namespace {

constexpr std::size_t kRow = 300;  // bytes, about those of an accounting row with two fields of the script

// `state.range(0)` rows are on their way at a time. The file lies where $TMPDIR says.
void BM_AppendAndDone(benchmark::State& state) {
  std::string pattern = (std::filesystem::temp_directory_path() / "carillon-journal-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  const auto journal = Journal::open((directory / "journal").string()).value();
  journal->begin();
  const auto waiting = static_cast<std::uint64_t>(state.range(0));
  Journal::Entry entry{.id = 0, .bytes = std::string(kRow, 'x')};
  for (auto _ : state) {
    ++entry.id;
    if (!journal->append({&entry, 1})) state.SkipWithError("full");
    if (entry.id % waiting == 0) journal->done(entry.id - waiting + 1, entry.id);
  }
  state.SetItemsProcessed(state.iterations());
  std::filesystem::remove_all(directory);
}
BENCHMARK(BM_AppendAndDone)->Arg(1)->Arg(100)->Arg(5000);

}  // namespace
}  // namespace carillon::storage
