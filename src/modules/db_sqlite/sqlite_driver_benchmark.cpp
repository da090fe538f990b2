// SPDX-License-Identifier: Apache-2.0
// What a write-back and a start cost: contacts upserted in one transaction, and read back row by row.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "modules/db_sqlite/sqlite_driver.h"
#include "storage/database.h"

namespace carillon::db_sqlite {
namespace {

using storage::Value;

constexpr storage::Column kColumns[] = {storage::big_integer("contact_id"),
                                        storage::character("username", 64),
                                        storage::character("domain", 64).null(),
                                        storage::text("contact"),
                                        storage::integer("expires"),
                                        storage::real("q"),
                                        storage::character("callid", 255),
                                        storage::integer("cseq"),
                                        storage::date_time("last_modified"),
                                        storage::character("user_agent", 255),
                                        storage::integer("methods").null(),
                                        storage::character("path", 255).null(),
                                        storage::character("sip_instance", 255).null()};
constexpr storage::Key kKeys[] = {{storage::KeyKind::Primary, "contact_id"}};
constexpr storage::TableSpec kTable{
    .name = "location", .version = 1013, .group = "usrloc", .columns = kColumns, .keys = kKeys};

storage::Rows contacts(std::int64_t first, std::int64_t count) {
  storage::Rows rows;
  for (const storage::Column& column : kColumns) rows.columns.emplace_back(column.name);
  for (std::int64_t id = first; id < first + count; ++id) {
    const std::string number = std::to_string(id);
    rows.values.insert(rows.values.end(),
                       {id, "user" + number, std::string("example.org"), "sip:user" + number + "@192.0.2.17:5060",
                        std::int64_t{1'900'000'000}, 1.0, "c0ffee-" + number + "@192.0.2.17", std::int64_t{13},
                        storage::DateTime{1'700'000'000}, std::string("baresip v1.0.0 (x86_64/linux)"),
                        std::int64_t{5951}, storage::Null{}, "<urn:uuid:00000000-0000-1000-8000-" + number + ">"});
  }
  return rows;
}

// A file that is gone afterwards.
class Fixture : public benchmark::Fixture {
 public:
  void SetUp(benchmark::State&) override {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-bench-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    databases_ = std::make_unique<storage::Databases>();
    databases_->add_driver(std::make_unique<SqliteDriver>());
    database = databases_->create("sqlite://" + (directory_ / "bench.sqlite").string()).value();
    if (!database->create_table(kTable)) std::abort();
  }
  void TearDown(benchmark::State&) override {
    database.reset();
    std::filesystem::remove_all(directory_);
  }
  void reopen() {
    const std::string url = database->url().display();
    database.reset();
    database = databases_->open(url).value();
  }

  std::shared_ptr<storage::Database> database;

 private:
  std::filesystem::path directory_;
  std::unique_ptr<storage::Databases> databases_;
};

BENCHMARK_DEFINE_F(Fixture, write_back)(benchmark::State& state) {
  const storage::Upsert upsert{.table = "location", .keys = {"contact_id"}, .rows = contacts(0, state.range(0))};
  for (auto _ : state) {
    if (!database->write(upsert)) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_REGISTER_F(Fixture, write_back)->Arg(10'000)->Unit(benchmark::kMillisecond);

// The check of the file included, as at start.
BENCHMARK_DEFINE_F(Fixture, load)(benchmark::State& state) {
  constexpr std::int64_t kBatch = 50'000;
  for (std::int64_t first = 0; first < state.range(0); first += kBatch) {
    if (!database->write(
            storage::Upsert{.table = "location", .keys = {"contact_id"}, .rows = contacts(first, kBatch)})) {
      std::abort();
    }
  }
  for (auto _ : state) {
    reopen();
    std::size_t bytes = 0;
    const auto read = database->select(storage::Select{.table = "location"}, [&](const storage::Row& row) {
      for (const std::size_t column : {1U, 2U, 3U, 6U, 9U, 11U, 12U}) bytes += row.text(column).size();
      bytes += static_cast<std::size_t>(row.integer(4) + row.integer(7) + row.integer(10));
      return true;
    });
    if (!read) std::abort();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_REGISTER_F(Fixture, load)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace carillon::db_sqlite
