// SPDX-License-Identifier: Apache-2.0
// Brings what changed in a location table to the database: on the database's threads, in batches, one at a time. Save
// never waits for it, except in write-through mode, where saves that wait share a transaction.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "base/time.h"
#include "metrics/counter.h"
#include "modules/usrloc/location_row.h"
#include "modules/usrloc/location_table.h"
#include "shard/suspension.h"
#include "shard/timing_wheel.h"

namespace carillon::storage {
class Database;
}  // namespace carillon::storage

namespace carillon::usrloc {

struct WriteBackStatistics {
  metrics::Counter written;   // rows
  metrics::Counter removed;   // rows
  metrics::Counter failures;  // tries that failed, all of which are repeated
  metrics::Counter dropped;   // rows the database refuses alone, and removals beyond the limit
};

// Changes are kept as names of AoRs and numbers of contacts, so that a contact that changes ten times is written once,
// and what waits is bounded: beyond kMaxWaiting AoRs the whole table is looked through instead. A try that fails is
// repeated after a second, then two, four, up to a minute.
class WriteBack final : public ChangeSink {
 public:
  struct Parts {
    shard::Shards& shards;
    std::shared_ptr<storage::Database> database;  // shared with who else names its URL
    LocationTable& table;
    const LocationRow& row;
    WriteBackStatistics& statistics;
    base::Duration interval;
  };

  explicit WriteBack(Parts parts);
  // Waits for the write that has begun; drain() comes before.
  ~WriteBack();

  // Looks for changes every interval from now on.
  void start();
  // Begins to write what waits, unless that is going on. Any thread.
  void flush();
  // Ends when all that waited at the call is in the database; false when the try failed. Inside `shard`.
  [[nodiscard]] base::Task<bool> commit(shard::Shard& shard);
  // Writes what waits on the calling thread, for about `bound` at most; no workers run any more. False when something
  // is left.
  bool drain(base::Duration bound);

  // --- ChangeSink
  void on_changed(std::string_view aor) override;
  void on_removed(std::uint64_t contact_id) override;

 private:
  static constexpr std::size_t kMaxWaiting = 250'000;
  static constexpr std::size_t kMaxRemovals = 2'000'000;
  static constexpr std::size_t kBatch = 2'000;
  static constexpr std::size_t kRowsALock = 250;  // copied from the table while a partition is locked

  struct Batch {
    std::vector<storage::Value> rows;     // values of whole rows
    std::vector<storage::Value> removed;  // contact ids
    [[nodiscard]] bool empty() const { return rows.empty() && removed.empty(); }
  };
  class Turn;

  void submit();

  // --- By whoever has the turn: a job of the database, or drain().
  // Writes batch after batch; false when one failed, which is then kept for the next turn.
  bool write_waiting(base::TimePoint until);
  // Takes all that waits, and who waits for it: what comes later waits for the next time, so that who came first is
  // served first however much comes.
  void take_waiting();
  [[nodiscard]] bool is_taken_written() const { return aors_.empty() && removals_.empty() && !scan_at_; }
  // Moves some of what was taken into `batch_`.
  void fill_batch();
  void take_rows_of_aors();
  void take_rows_of_partitions();
  bool write_batch();
  // After a failure that isn't the connection's: one bad row doesn't hold up the others.
  bool write_one_by_one();
  [[nodiscard]] base::Result<> write(std::span<const storage::Value> row, std::span<const storage::Value> removed);

  void answer(std::vector<shard::Handle<bool>>& waiting, bool written);
  [[nodiscard]] bool something_waits() const { return scan_ || !changed_.empty() || !removed_.empty(); }
  void on_turn_over(bool failed);
  void schedule(base::Duration delay);
  void on_timer() { flush(); }

  Parts parts_;
  shard::ShardId home_;
  // Shared only so that what is left in a mailbox can see that this has ended.
  std::shared_ptr<WriteBack*> self_ = std::make_shared<WriteBack*>(this);
  shard::Timer timer_ = shard::Timer::calling<&WriteBack::on_timer>(this);

  // Of whoever has the turn.
  std::vector<std::string> aors_;
  std::vector<std::uint64_t> removals_;
  Batch batch_;
  unsigned tries_ = 0;                  // of batch_, so far
  std::optional<std::size_t> scan_at_;  // the next partition, while the table is looked through
  std::vector<shard::Handle<bool>> served_;
  base::Duration pause_{};  // after a failure

  std::mutex mutex_;  // of all below; taken with a partition's lock held, never the other way round
  std::condition_variable turn_over_;
  std::vector<std::string> changed_;
  std::vector<std::uint64_t> removed_;
  std::vector<shard::Handle<bool>> waiting_;
  bool scan_ = false;     // `changed_` overflowed: the table is to be looked through
  bool running_ = false;  // somebody has the turn
  bool again_ = false;    // somebody asked meanwhile
  bool ended_ = false;    // no turns any more
};

}  // namespace carillon::usrloc
