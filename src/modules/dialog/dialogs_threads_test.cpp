// SPDX-License-Identifier: Apache-2.0
// What dialogs of different shards share: counts of profiles, and the rows that wait for the database.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "modules/dialog/dialog_store.h"
#include "modules/dialog/profiles.h"
#include "shard/shards.h"
#include "storage/database.h"

namespace carillon::dialog {
namespace {

using namespace std::chrono_literals;

void in_threads(int count, const std::function<void(int)>& work) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
}

TEST(ProfilesThreads, NothingIsCountedTwiceOrLost) {
  const base::SystemClock clock;
  shard::Shards shards(clock);
  Profiles profiles;
  ASSERT_TRUE(profiles.declare("trunk", true));
  ASSERT_TRUE(profiles.declare("calls", false));
  profiles.start(shards);
  in_threads(4, [&profiles](int thread) {
    for (int i = 0; i < 2'000; ++i) {
      const std::string own = "t" + std::to_string(thread);
      profiles.add(0, "shared");
      profiles.add(0, own);
      profiles.add(1, "");
      static_cast<void>(profiles.size(0, "shared"));
      if (i % 100 == 0) static_cast<void>(profiles.values(0, 10));
      profiles.remove(0, own);
      if (i % 2 == 0) profiles.remove(0, "shared");
      profiles.remove(1, "");
    }
  });
  EXPECT_EQ(profiles.size(0, "shared"), 4U * 1'000U);
  EXPECT_EQ(profiles.size(0, std::nullopt), 4U * 1'000U);
  EXPECT_EQ(profiles.size(1, std::nullopt), 0U);
  EXPECT_EQ(profiles.values(0, 10), (std::vector<std::pair<std::string, std::uint64_t>>{{"shared", 4'000}}));
  profiles.stop();
}

// A table in memory: what the rows were when they were last written.
struct Table {
  std::mutex mutex;
  std::map<std::int64_t, std::int64_t> rows;
  std::atomic<int> refused{0};
};

class TableConnection final : public storage::Connection {
 public:
  explicit TableConnection(Table& table) : table_(table) {}

  base::Result<> select(const storage::Select& /*select*/, const storage::RowFunction& /*on_row*/) override {
    return {};
  }
  base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    if (table_.refused.fetch_sub(1) > 0) {
      return std::unexpected(base::Error{"busy", static_cast<int>(storage::Fault::Busy)});
    }
    const std::scoped_lock lock(table_.mutex);
    for (const storage::Write& write : writes) {
      if (const auto* gone = std::get_if<storage::DeleteRows>(&write)) {
        for (const storage::Value& key : gone->keys.values) table_.rows.erase(std::get<std::int64_t>(key));
      } else if (const auto* rows = std::get_if<storage::Upsert>(&write)) {
        for (std::size_t at = 0; at < rows->rows.values.size(); at += 2) {
          table_.rows[std::get<std::int64_t>(rows->rows.values[at])] =
              std::get<std::int64_t>(rows->rows.values[at + 1]);
        }
      }
    }
    return writes.size();
  }
  base::Result<> raw(const storage::RawStatement& /*statement*/, const storage::RowFunction& /*on_row*/) override {
    return {};
  }
  base::Result<> create_table(const storage::TableSpec& /*table*/) override { return {}; }
  base::Result<> drop_table(std::string_view /*name*/) override { return {}; }
  base::Result<bool> has_table(std::string_view /*name*/) override { return true; }

 private:
  Table& table_;
};

class TableDriver final : public storage::Driver {
 public:
  explicit TableDriver(Table& table) : table_(table) {}

  std::string_view scheme() const override { return "memory"; }
  std::size_t connections() const override { return 2; }
  base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& /*url*/) override {
    return std::make_unique<TableConnection>(table_);
  }
  base::Result<> create_database(const storage::Url& /*url*/) override { return {}; }

 private:
  Table& table_;
};

TEST(DialogStoreThreads, TheTableEndsAsTheLastChangesWere) {
  constexpr int kThreads = 4;
  constexpr std::uint64_t kDialogs = 50;  // of each thread
  const base::SystemClock clock;
  shard::Shards shards(clock);
  Table table;
  TableDriver driver(table);
  module::WriteBackStatistics statistics;
  auto database =
      std::make_shared<storage::Database>(driver, *storage::Url::parse("memory://x"), storage::Database::Limits{});
  DialogStore store({.shards = shards,
                     .database = database,
                     .module = "dialog",
                     .table = "dialog",
                     .columns = {"dlg_id", "state"},
                     .key = "dlg_id",
                     .statistics = statistics,
                     .interval = base::Duration::zero()});
  table.refused = 3;
  in_threads(kThreads, [&store](int thread) {
    for (std::int64_t round = 0; round < 200; ++round) {
      for (std::uint64_t dialog = 0; dialog < kDialogs; ++dialog) {
        const std::uint64_t id = static_cast<std::uint64_t>(thread) * kDialogs + dialog;
        if (round % 3 == 2) {
          store.remove(id);
        } else {
          ASSERT_TRUE(store.put(id, {static_cast<std::int64_t>(id), round}));
        }
      }
      store.flush();
    }
    // Half of them stay.
    for (std::uint64_t dialog = 0; dialog < kDialogs; dialog += 2) {
      store.remove(static_cast<std::uint64_t>(thread) * kDialogs + dialog);
    }
  });
  EXPECT_TRUE(store.drain(20s));
  EXPECT_EQ(table.rows.size(), kThreads * kDialogs / 2);
  for (const auto& [id, round] : table.rows) {
    EXPECT_EQ(id % 2, 1) << id;
    EXPECT_EQ(round, 199) << id;
  }
}

}  // namespace
}  // namespace carillon::dialog
