// SPDX-License-Identifier: Apache-2.0
// Brings changes in memory to a table of a database: on the database's threads, in batches, one at a time. Who changes
// something never waits for it, unless he asks to.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "metrics/counter.h"
#include "shard/suspension.h"
#include "shard/timing_wheel.h"
#include "storage/value.h"

namespace carillon::shard {
class Shards;
}
namespace carillon::storage {
class Database;
}

namespace carillon::module {

struct WriteBackStatistics {
  metrics::Counter written;   // rows
  metrics::Counter removed;   // rows
  metrics::Counter failures;  // tries that failed, all of which are repeated
  metrics::Counter dropped;   // rows the database refuses alone, and what is beyond the limits
};

// What has changed is kept by whoever derives from this, in whatever form is small; it is made into rows when its turn
// to be written has come. A try that fails is repeated after a second, then two, four, up to a minute.
class WriteBack {
 public:
  struct Parts {
    shard::Shards& shards;
    std::shared_ptr<storage::Database> database;  // shared with who else names its URL
    std::string module;                           // who speaks in the log
    std::string table;
    std::vector<std::string> columns;  // of a row
    std::string key;                   // the column of the primary key
    WriteBackStatistics& statistics;
    base::Duration interval;  // zero: only when asked
  };

  WriteBack(const WriteBack&) = delete;
  WriteBack& operator=(const WriteBack&) = delete;

  // Looks for changes every interval from now on.
  void start();
  // Begins to write what waits, unless that is going on. Any thread.
  void flush();
  // Ends when all that waited at the call is in the database; false when the try failed. Inside `shard`.
  [[nodiscard]] base::Task<bool> commit(shard::Shard& shard);
  // Writes what waits on the calling thread, for about `bound` at most; no workers run any more. False when something
  // is left.
  bool drain(base::Duration bound);

 protected:
  static constexpr std::size_t kBatch = 2'000;

  struct Batch {
    std::vector<storage::Value> rows;     // values of whole rows
    std::vector<storage::Value> removed;  // keys
    [[nodiscard]] bool empty() const { return rows.empty() && removed.empty(); }
  };

  explicit WriteBack(Parts parts);
  virtual ~WriteBack();

  // Waits for the write that has begun; there is none after. In the destructor of whoever implements what follows.
  void end();

  // --- With `mutex()` locked.
  [[nodiscard]] virtual bool has_changes() const = 0;
  // Takes all that waits: what comes later waits for the next time, so that who came first is served first however much
  // comes.
  virtual void take_changes() = 0;

  // --- By whoever has the turn: a job of the database, or drain().
  // Something was taken that fill() has not seen.
  [[nodiscard]] virtual bool has_taken() const = 0;
  // Moves some of it, about kBatch rows, into an empty batch.
  virtual void fill(Batch& batch) = 0;
  // All that was taken is in the database.
  virtual void on_written() {}

  [[nodiscard]] std::mutex& mutex() const { return mutex_; }
  [[nodiscard]] WriteBackStatistics& statistics() const { return parts_.statistics; }
  [[nodiscard]] std::size_t row_width() const { return parts_.columns.size(); }

 private:
  class Turn;

  void submit();
  // Writes batch after batch; false when one failed, which is then kept for the next turn.
  bool write_waiting(base::TimePoint until);
  void take_waiting();
  bool write_batch();
  // After a failure that isn't the connection's: one bad row doesn't hold up the others.
  bool write_one_by_one();
  [[nodiscard]] base::Result<> write(std::span<const storage::Value> rows, std::span<const storage::Value> removed);
  void answer(std::vector<shard::Handle<bool>>& waiting, bool written);
  void on_turn_over(bool failed);
  void schedule(base::Duration delay);
  void on_timer() { flush(); }

  Parts parts_;
  shard::ShardId home_;
  // Shared only so that what is left in a mailbox can see that this has ended.
  std::shared_ptr<WriteBack*> self_ = std::make_shared<WriteBack*>(this);
  shard::Timer timer_ = shard::Timer::calling<&WriteBack::on_timer>(this);

  // Of whoever has the turn.
  Batch batch_;
  unsigned tries_ = 0;  // of batch_, so far
  std::vector<shard::Handle<bool>> served_;
  base::Duration pause_{};  // after a failure
  bool is_away_ = false;    // the last try failed, and that was said

  mutable std::mutex mutex_;  // of all below and of what waits
  std::condition_variable turn_over_;
  std::vector<shard::Handle<bool>> waiting_;
  bool running_ = false;  // somebody has the turn
  bool again_ = false;    // somebody asked meanwhile
  bool ended_ = false;    // no turns any more
};

}  // namespace carillon::module
