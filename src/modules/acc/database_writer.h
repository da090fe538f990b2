// SPDX-License-Identifier: Apache-2.0
// Brings rows to the database, in the order in which they came, each once: on the database's threads, in batches. While
// the database is away they wait on the disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "management/events.h"
#include "metrics/counter.h"
#include "shard/shard.h"
#include "shard/timing_wheel.h"
#include "storage/disk_queue.h"
#include "storage/journal.h"
#include "storage/statement.h"

namespace carillon::shard {
class Shards;
}
namespace carillon::storage {
class Database;
class Pool;
}  // namespace carillon::storage

namespace carillon::acc {

struct WriterStatistics {
  metrics::Counter written;  // rows
  metrics::Counter queued;   // rows that had to wait on the disk
  metrics::Counter lost;     // rows beyond the bounds, gone
  metrics::Counter refused;  // rows that the database doesn't take; they are in the log
};

// A row of a table.
struct TableRow {
  std::string table;
  std::vector<std::string> columns;
  std::vector<storage::Value> values;
  std::uint32_t own = 0;  // columns of the module; those behind them are the script's. 0: all are
  // Not written where there are more rows than `leg` with the same values in its first `identity` columns; 0: always
  // written.
  std::uint32_t identity = 0;
  std::uint32_t leg = 0;

  // As what a database refuses may still be taken: in ASCII, the script's texts short; and without those.
  [[nodiscard]] TableRow plain() const;
  [[nodiscard]] TableRow bare() const;

  [[nodiscard]] std::string pack() const;
  [[nodiscard]] static std::optional<TableRow> unpack(std::string_view text);
  friend bool operator==(const TableRow&, const TableRow&) = default;
};

// A row is in memory until it is in the database, or on the disk because the database can't be had or takes longer than
// half a second. For that time it is in the journal, where the next process finds it however this one ended. When it
// isn't known whether a row was written (the connection was lost on the way, the process was killed), it is looked up
// before it is written again.
class DatabaseWriter {
 public:
  struct Parts {
    shard::Shards& shards;
    std::shared_ptr<storage::Database> database;
    storage::Pool& disk;  // where the disk is waited for
    WriterStatistics& statistics;
    // Raised with (count) when rows are lost, once a second at most.
    const management::Events::Name& overflow;
    std::string queue_path;
    std::size_t max_queued = 0;  // rows on the disk
    std::string journal_path;    // empty: none, and a kill loses what came in the moments before it
  };

  explicit DatabaseWriter(Parts parts);
  // After stop().
  ~DatabaseWriter();
  DatabaseWriter(const DatabaseWriter&) = delete;
  DatabaseWriter& operator=(const DatabaseWriter&) = delete;

  // Looks for what an earlier process has left in the journal and on the disk, and goes on with it. At start.
  void start();
  // Any thread; never blocks.
  void add(std::vector<TableRow> rows);
  // Writes what waits on the calling thread, for about `bound` at most; the rest goes to the disk. No workers run any
  // more.
  void stop(base::Duration bound);

  [[nodiscard]] std::size_t waiting_on_disk() const;

 private:
  struct Pending {
    std::uint64_t id;
    TableRow row;
  };
  struct Batch {
    std::vector<Pending> rows;
    bool from_disk = false;
    std::uint64_t first_id = 0;  // also of what was left out
    std::uint64_t last_id = 0;
  };
  enum class Written : std::uint8_t { All, Paused };

  static constexpr std::size_t kMaxInMemory = 20'000;
  static constexpr std::size_t kBatch = 500;

  class Turn;

  void on_timer();
  // What follows, with mutex_ held.
  void schedule_tick(base::Duration delay);
  void begin_turn();   // the right to write: on a thread of the database
  void begin_spill();  // what is in memory goes to the disk: on a thread for that
  void end_turn(bool paused);
  void lose(std::size_t rows);

  // --- By whoever has the turn.
  [[nodiscard]] Written write_waiting(base::TimePoint until);
  [[nodiscard]] Batch take_batch();
  [[nodiscard]] bool write_batch(Batch& batch);
  [[nodiscard]] base::Result<> write(std::span<const Pending> rows);
  // Whether it went on to the end; what was done is taken out of `batch`.
  [[nodiscard]] bool write_one_by_one(Batch& batch);
  // What a stranger or the script has put into it must not keep a call from being recorded at all.
  [[nodiscard]] base::Result<> write_otherwise(const Pending& refused, const base::Error& why);
  // Takes out of `batch` what is in the database already; false when that can't be found out.
  [[nodiscard]] bool leave_out_written(Batch& batch);
  [[nodiscard]] base::Result<std::size_t> count_written(const TableRow& row, std::size_t columns, std::size_t most);
  void note_failure(const base::Error& error);
  // The first so many, or all, are done with.
  void take_out(Batch& batch, std::size_t rows);
  void take_out_all(Batch& batch);
  void forget(const Batch& batch, std::uint64_t last_id);
  void put_back(Batch batch);

  // --- The disk. Any storage thread.
  void spill();
  [[nodiscard]] bool open_queue(bool only_if_there);
  void push_to_disk(std::vector<Pending> rows);  // with disk_mutex_ held
  void open_journal();
  // What the journal has kept goes to the disk. With disk_mutex_ held.
  void take_left();
  // With mutex_ held. `packed`: the rows.
  void note_in_journal(std::span<const Pending> rows, std::vector<std::string> packed);

  // Raises the event, with no lock held.
  void tell_losses();

  Parts parts_;
  const shard::ShardId home_;
  // Shared only so that what is left in a mailbox can see that this has ended.
  std::shared_ptr<DatabaseWriter*> self_ = std::make_shared<DatabaseWriter*>(this);
  shard::Timer timer_ = shard::Timer::calling<&DatabaseWriter::on_timer>(this);

  // Of whoever has the turn.
  bool in_doubt_ = false;             // the next batch may be in the database already
  std::set<std::uint64_t> doubtful_;  // and these rows, which were in the journal

  mutable std::mutex disk_mutex_;  // of queue_; held while the disk works. Taken before mutex_
  std::unique_ptr<storage::DiskQueue> queue_;
  bool disk_failed_ = false;  // said already

  std::unique_ptr<storage::Journal> journal_;  // null: none. Locks for itself

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable idle_;
  std::deque<Pending> waiting_;
  std::uint64_t next_id_ = 1;
  bool writing_ = false;   // somebody has the turn
  bool spilling_ = false;  // somebody moves rows to the disk
  bool paused_ = false;    // the database is away: the timer tries again
  bool ticking_ = false;   // the timer is set
  bool ended_ = false;
  base::TimePoint writing_since_{};
  base::Duration pause_{};   // the last one, while the database is away
  bool is_exposed_ = false;  // the journal is full, and that was said
  std::size_t lost_ = 0;     // not told yet
  base::TimePoint told_{};
};

}  // namespace carillon::acc
