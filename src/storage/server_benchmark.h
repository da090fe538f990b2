// SPDX-License-Identifier: Apache-2.0
// What a write-back and a start cost on a database server: contacts upserted and deleted in batches, and read back row
// by row. Run beside tests/servers/run_with.py.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "storage/database.h"

namespace carillon::storage::server_benchmark {

inline constexpr Column kColumns[] = {big_integer("contact_id"),
                                      character("username", 64),
                                      character("domain", 64).null(),
                                      text("contact"),
                                      integer("expires"),
                                      floating("q", 10, 2),
                                      character("callid", 255),
                                      integer("cseq"),
                                      date_time("last_modified"),
                                      character("user_agent", 255),
                                      integer("methods").null(),
                                      character("path", 255).null(),
                                      character("sip_instance", 255).null()};
inline constexpr Key kKeys[] = {{KeyKind::Primary, "contact_id"}};
inline constexpr TableSpec kTable{
    .name = "location", .version = 1013, .group = "usrloc", .columns = kColumns, .keys = kKeys};
inline constexpr std::int64_t kBatch = 10'000;

inline Rows contacts(std::int64_t first, std::int64_t count) {
  Rows rows;
  for (const Column& column : kColumns) rows.columns.emplace_back(column.name);
  for (std::int64_t id = first; id < first + count; ++id) {
    const std::string number = std::to_string(id);
    rows.values.insert(rows.values.end(),
                       {id, "user" + number, std::string("example.org"), "sip:user" + number + "@192.0.2.17:5060",
                        std::int64_t{1'900'000'000}, 1.0, "c0ffee-" + number + "@192.0.2.17", std::int64_t{13},
                        DateTime{1'700'000'000}, std::string("baresip v1.0.0 (x86_64/linux)"), std::int64_t{5951},
                        Null{}, "<urn:uuid:00000000-0000-1000-8000-" + number + ">"});
  }
  return rows;
}

// A new database, or null (and the benchmark skipped) without a server.
class Server {
 public:
  Server(benchmark::State& state, std::unique_ptr<Driver> driver) {
    const char* url = std::getenv("CARILLON_TEST_URL");  // NOLINT(concurrency-mt-unsafe): nobody sets any
    if (url == nullptr) {
      state.SkipWithError("run it by tests/servers/run_with.py");
      return;
    }
    static int number = 0;
    databases_.add_driver(std::move(driver));
    database = databases_.create(url + ("bench_" + std::to_string(++number))).value();
    if (!database->create_table(kTable)) std::abort();
  }

  void fill(std::int64_t count) const {
    for (std::int64_t first = 0; first < count; first += kBatch) {
      if (!database->write(Upsert{.table = "location", .keys = {"contact_id"}, .rows = contacts(first, kBatch)})) {
        std::abort();
      }
    }
  }

  std::shared_ptr<Database> database;

 private:
  Databases databases_;
};

inline void write_back(benchmark::State& state, std::unique_ptr<Driver> driver) {
  const Server server(state, std::move(driver));
  if (!server.database) return;
  const Upsert upsert{.table = "location", .keys = {"contact_id"}, .rows = contacts(0, kBatch)};
  for (auto _ : state) {
    if (!server.database->write(upsert)) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

inline void remove(benchmark::State& state, std::unique_ptr<Driver> driver) {
  const Server server(state, std::move(driver));
  if (!server.database) return;
  DeleteRows gone{.table = "location", .keys = {.columns = {"contact_id"}, .values = {}}};
  for (std::int64_t id = 0; id < kBatch; ++id) gone.keys.values.emplace_back(id);
  for (auto _ : state) {
    state.PauseTiming();
    server.fill(kBatch);
    state.ResumeTiming();
    if (!server.database->write(gone)) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

inline void load(benchmark::State& state, std::unique_ptr<Driver> driver) {
  const Server server(state, std::move(driver));
  if (!server.database) return;
  server.fill(state.range(0));
  for (auto _ : state) {
    std::size_t bytes = 0;
    const auto read = server.database->select(Select{.table = "location"}, [&](const Row& row) {
      for (const std::size_t column : {1U, 2U, 3U, 6U, 9U, 11U, 12U}) bytes += row.text(column).size();
      bytes += static_cast<std::size_t>(row.integer(4) + row.integer(7) + row.integer(10));
      return true;
    });
    if (!read) std::abort();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace carillon::storage::server_benchmark
