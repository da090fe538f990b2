// SPDX-License-Identifier: Apache-2.0
// See database_writer.h.
#include "modules/acc/database_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "shard/shards.h"
#include "storage/database.h"
#include "storage/packed.h"
#include "storage/pool.h"
#include "storage/whole_file.h"

namespace carillon::acc {
namespace {

using namespace std::chrono_literals;
using storage::Fault;

constexpr base::Duration kFirstPause = 1s;
constexpr base::Duration kLongestPause = 30s;
// A write that takes longer is one of a database that hangs: what comes meanwhile goes to the disk.
constexpr base::Duration kPatience = 500ms;

// What most columns of a script take.
constexpr std::size_t kShortText = 64;

// Its rows are kept in order by one lane.
constexpr std::uint64_t kLane = 0x616363;

// For the log, of a row that has no other place.
std::string text_of(const TableRow& row) {
  std::string text;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    text += fmt::format("{}{}={:?}", i == 0 ? "" : ", ", row.columns[i], storage::to_text(row.values[i]));
  }
  return text;
}

bool same_shape(const TableRow& a, const TableRow& b) { return a.table == b.table && a.columns == b.columns; }

bool same_begin(const TableRow& a, const TableRow& b, std::size_t columns) {
  const auto begin = [columns](const auto& of) { return std::span(of).first(std::min(columns, of.size())); };
  return a.table == b.table && std::ranges::equal(begin(a.columns), begin(b.columns)) &&
         std::ranges::equal(begin(a.values), begin(b.values));
}

}  // namespace

TableRow TableRow::plain() const {
  TableRow row = *this;
  for (std::size_t i = 0; i < row.values.size(); ++i) {
    auto* const text = std::get_if<std::string>(&row.values[i]);
    if (text == nullptr) continue;
    std::string ascii;
    for (std::size_t at = 0; at < text->size(); at += base::utf8_length(std::string_view(*text).substr(at))) {
      const char c = (*text)[at];
      ascii += c > 0 && c != '\x7f' ? c : '?';
    }
    if (own != 0 && i >= own && ascii.size() > kShortText) ascii.resize(kShortText);
    *text = std::move(ascii);
  }
  return row;
}

TableRow TableRow::bare() const {
  TableRow row = plain();
  if (own == 0) return row;
  row.columns.resize(own);
  row.values.resize(own);
  return row;
}

std::string TableRow::pack() const {
  storage::Packer packer;
  packer.add(std::string_view(table));
  packer.add(static_cast<std::int64_t>(columns.size()));
  for (const std::string& column : columns) packer.add(std::string_view(column));
  for (const storage::Value& value : values) packer.add_value(value);
  for (const std::uint32_t number : {own, identity, leg}) packer.add(std::int64_t{number});
  return packer.take();
}

std::optional<TableRow> TableRow::unpack(std::string_view text) {
  storage::Unpacker unpacker(text);
  TableRow row;
  row.table = unpacker.text();
  const std::size_t count = unpacker.count();
  for (std::size_t i = 0; i < count; ++i) row.columns.push_back(unpacker.text());
  for (std::size_t i = 0; i < count; ++i) row.values.push_back(unpacker.value());
  for (std::uint32_t* const number : {&row.own, &row.identity, &row.leg}) {
    if (unpacker.at_end()) break;  // it has waited since before there was this
    *number = static_cast<std::uint32_t>(unpacker.number());
  }
  if (row.own > count || row.identity > count) return std::nullopt;
  if (!unpacker.ok()) return std::nullopt;
  return row;
}

// The right to write; whoever drops it, in whatever way, gives it back.
class DatabaseWriter::Turn {
 public:
  explicit Turn(DatabaseWriter& owner) : owner_(&owner) {}
  Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), paused_(other.paused_) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (owner_ == nullptr) return;
    const std::scoped_lock lock(owner_->mutex_);
    owner_->end_turn(paused_);
  }

  void run() { paused_ = owner_->write_waiting(base::TimePoint::max()) == Written::Paused; }

 private:
  DatabaseWriter* owner_;
  bool paused_ = true;  // until it has run
};

DatabaseWriter::DatabaseWriter(Parts parts) : parts_(std::move(parts)), home_(shard::shard_of_hash(kLane)) {}

DatabaseWriter::~DatabaseWriter() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  idle_.wait(lock, [this] { return !writing_ && !spilling_; });
}

void DatabaseWriter::start() {
  const std::scoped_lock disk(disk_mutex_);
  open_journal();
  if (open_queue(true)) next_id_ = queue_->next_id();
  if (journal_ != nullptr) take_left();
  const std::scoped_lock lock(mutex_);
  const std::size_t on_disk = queue_ != nullptr ? queue_->size() : 0;
  if (on_disk + waiting_.size() == 0) return;
  log::notice("acc: {} rows that could not be written earlier are written now", on_disk + waiting_.size());
  in_doubt_ = true;
  begin_turn();
}

void DatabaseWriter::open_journal() {
  if (parts_.journal_path.empty()) return;
  storage::make_folder_of(parts_.journal_path);
  auto opened = storage::Journal::open(parts_.journal_path);
  if (!opened) {
    log::error("acc: a kill of the server will lose rows, as there is no journal: {}", opened.error().message);
    return;
  }
  journal_ = std::move(*opened);
}

// They may be in the database, and those that were on their way to the disk there.
void DatabaseWriter::take_left() {
  std::vector<Pending> rows;
  for (const storage::Journal::Entry& entry : journal_->left()) {
    next_id_ = std::max(next_id_, entry.id + 1);
    doubtful_.insert(entry.id);
    auto row = TableRow::unpack(entry.bytes);
    if (row && (queue_ == nullptr || !queue_->has(entry.id))) rows.push_back({.id = entry.id, .row = std::move(*row)});
  }
  push_to_disk(std::move(rows));
  journal_->begin();
  const std::scoped_lock lock(mutex_);
  if (waiting_.empty()) return;  // that they can't be on the disk
  const std::vector<Pending> kept(waiting_.begin(), waiting_.end());
  std::vector<std::string> packed;
  for (const Pending& pending : kept) packed.push_back(pending.row.pack());
  note_in_journal(kept, std::move(packed));
}

void DatabaseWriter::note_in_journal(std::span<const Pending> rows, std::vector<std::string> packed) {
  if (journal_ == nullptr || rows.empty()) return;
  std::vector<storage::Journal::Entry> entries;
  entries.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) entries.push_back({.id = rows[i].id, .bytes = std::move(packed[i])});
  const bool was_exposed = std::exchange(is_exposed_, !journal_->append(entries));
  if (!is_exposed_) return;
  if (!was_exposed) log::warning("acc: a kill of the server would lose rows now, as its journal is full");
  begin_spill();
}

std::size_t DatabaseWriter::waiting_on_disk() const {
  const std::scoped_lock disk(disk_mutex_);
  return queue_ == nullptr ? 0 : queue_->size();
}

void DatabaseWriter::add(std::vector<TableRow> rows) {
  std::vector<std::string> packed;
  if (journal_ != nullptr) {
    for (const TableRow& row : rows) packed.push_back(row.pack());
  }
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t room = kMaxInMemory - std::min(kMaxInMemory, waiting_.size());
    if (rows.size() > room) lose(rows.size() - room);
    rows.resize(std::min(rows.size(), room));
    std::vector<Pending> pending;
    pending.reserve(rows.size());
    for (TableRow& row : rows) pending.push_back({.id = next_id_++, .row = std::move(row)});
    note_in_journal(pending, std::move(packed));
    std::ranges::move(pending, std::back_inserter(waiting_));
    if (paused_) {
      begin_spill();
    } else if (!writing_) {
      begin_turn();
    }
  }
  tell_losses();
}

void DatabaseWriter::lose(std::size_t rows) {
  parts_.statistics.lost.add(rows);
  lost_ += rows;
}

void DatabaseWriter::tell_losses() {
  std::size_t lost = 0;
  {
    const std::scoped_lock lock(mutex_);
    const base::TimePoint now = parts_.shards.clock().now();
    if (lost_ == 0 || now - told_ < 1s) return;
    told_ = now;
    lost = std::exchange(lost_, 0);
  }
  log::error("acc: {} rows are lost: the database is away, and the queue is full", lost);
  parts_.overflow.raise({{"count", static_cast<std::int64_t>(lost)}}, home_);
}

// --- turns -----------------------------------------------------------------------------------------------------------

void DatabaseWriter::schedule_tick(base::Duration delay) {
  if (std::exchange(ticking_, true)) return;
  parts_.shards.post(home_, [self = std::weak_ptr(self_), delay](shard::Shard& shard) {
    if (const auto alive = self.lock()) shard.schedule((*alive)->timer_, delay);
  });
}

void DatabaseWriter::on_timer() {
  {
    const std::scoped_lock lock(mutex_);
    ticking_ = false;
    if (ended_) return;
    if (paused_) {
      begin_turn();
    } else if (writing_) {
      if (!waiting_.empty() && parts_.shards.clock().now() - writing_since_ >= kPatience) begin_spill();
      schedule_tick(kPatience);
    }
  }
  tell_losses();
}

// When the pool refuses the job, it is gone here, and the turn with it.
void DatabaseWriter::begin_turn() {
  if (writing_ || ended_) return;
  writing_ = true;
  paused_ = false;
  writing_since_ = parts_.shards.clock().now();
  schedule_tick(kPatience);
  auto refused = std::make_unique<Turn>(*this);
  auto taken = parts_.database->pool().submit(kLane, [turn = std::move(refused)]() mutable { turn->run(); });
  if (!taken) log::warning("acc: rows are not written now: {}", taken.error().message);
}

void DatabaseWriter::end_turn(bool paused) {
  writing_ = false;
  idle_.notify_all();
  if (ended_) return;
  if (paused) {
    paused_ = true;
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    ticking_ = false;  // the tick of the turn may come first: then it is a try before its time
    schedule_tick(pause_);
    if (!waiting_.empty()) begin_spill();
  } else {
    pause_ = {};
    if (!waiting_.empty()) begin_turn();
  }
}

void DatabaseWriter::begin_spill() {
  if (spilling_) return;
  spilling_ = true;
  auto taken = parts_.disk.submit(kLane, [this] { spill(); });
  if (!taken) spilling_ = false;
}

// --- writing ---------------------------------------------------------------------------------------------------------

DatabaseWriter::Written DatabaseWriter::write_waiting(base::TimePoint until) {
  const base::SystemClock clock;
  while (until == base::TimePoint::max() || clock.now() < until) {
    Batch batch = take_batch();
    if (batch.rows.empty()) return Written::All;
    if (!leave_out_written(batch) || !write_batch(batch)) {
      put_back(std::move(batch));
      return Written::Paused;
    }
  }
  return Written::Paused;
}

// What is on the disk came before what is in memory.
DatabaseWriter::Batch DatabaseWriter::take_batch() {
  Batch batch;
  const std::scoped_lock disk(disk_mutex_);
  if (queue_ != nullptr && queue_->size() != 0) {
    batch.from_disk = true;
    auto entries = queue_->first(kBatch);
    if (!entries) {
      log::error("acc: what waits on the disk can't be read: {}", entries.error().message);
      return batch;
    }
    for (const storage::DiskQueue::Entry& entry : *entries) {
      if (batch.first_id == 0) batch.first_id = entry.id;
      batch.last_id = entry.id;
      if (auto row = TableRow::unpack(entry.bytes)) {
        batch.rows.push_back({.id = entry.id, .row = std::move(*row)});
      } else {
        log::error("acc: entry {} on the disk is not a row, and is left out", entry.id);
      }
    }
    if (batch.rows.empty() && !entries->empty()) static_cast<void>(queue_->remove_through(entries->back().id));
    return batch;
  }
  const std::scoped_lock lock(mutex_);
  while (!waiting_.empty() && batch.rows.size() < kBatch) {
    batch.rows.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  if (!batch.rows.empty()) {
    batch.first_id = batch.rows.front().id;
    batch.last_id = batch.rows.back().id;
  }
  return batch;
}

base::Result<> DatabaseWriter::write(std::span<const Pending> rows) {
  std::vector<storage::Write> writes;
  for (std::size_t first = 0; first < rows.size();) {
    const TableRow& shape = rows[first].row;
    storage::Insert insert{.table = shape.table, .rows = {.columns = shape.columns, .values = {}}};
    for (; first < rows.size() && same_shape(rows[first].row, shape); ++first) {
      const auto& values = rows[first].row.values;
      insert.rows.values.insert(insert.rows.values.end(), values.begin(), values.end());
    }
    writes.emplace_back(std::move(insert));
  }
  auto written = parts_.database->write(writes);
  if (!written) return std::unexpected(std::move(written.error()));
  parts_.statistics.written.add(rows.size());
  return {};
}

bool DatabaseWriter::write_batch(Batch& batch) {
  if (batch.rows.empty()) return true;
  auto written = write(batch.rows);
  if (!written && !storage::may_pass(storage::Database::fault_of(written.error()))) return write_one_by_one(batch);
  if (!written) {
    note_failure(written.error());
    return false;
  }
  take_out_all(batch);
  return true;
}

void DatabaseWriter::note_failure(const base::Error& error) {
  in_doubt_ = in_doubt_ || storage::Database::fault_of(error) == Fault::OutcomeUnknown;
  const std::scoped_lock lock(mutex_);
  if (pause_ == base::Duration::zero()) log::error("acc: rows wait: {}", error.message);
}

// One bad row doesn't hold up the others.
bool DatabaseWriter::write_one_by_one(Batch& batch) {
  for (std::size_t at = 0; at < batch.rows.size(); ++at) {
    auto written = write({&batch.rows[at], 1});
    if (written) continue;
    if (storage::may_pass(storage::Database::fault_of(written.error()))) {
      note_failure(written.error());
      take_out(batch, at);
      return false;
    }
    const auto otherwise = write_otherwise(batch.rows[at], written.error());
    if (otherwise || !storage::may_pass(storage::Database::fault_of(otherwise.error()))) continue;
    note_failure(otherwise.error());
    take_out(batch, at);
    return false;
  }
  take_out_all(batch);
  return true;
}

base::Result<> DatabaseWriter::write_otherwise(const Pending& refused, const base::Error& why) {
  base::Result<> written = base::fail("");
  bool is_less = false;
  for (const TableRow& less : {refused.row.plain(), refused.row.bare()}) {
    if (less == refused.row) continue;
    const Pending pending{.id = refused.id, .row = less};
    written = write({&pending, 1});
    is_less = written.has_value();
    if (is_less || storage::may_pass(storage::Database::fault_of(written.error()))) break;
  }
  if (!is_less && storage::may_pass(storage::Database::fault_of(written.error()))) return written;
  if (!is_less) parts_.statistics.refused.add();
  log::error("acc: the database refuses a row of {}{}: {}: {}", refused.row.table,
             is_less ? ", and has taken it with less in it" : "", why.message, text_of(refused.row));
  return written;
}

// Rows may be alike: the second of two is there when two are.
bool DatabaseWriter::leave_out_written(Batch& batch) {
  const bool all = in_doubt_;
  const auto is_doubtful = [&](const Pending& one) { return all || doubtful_.contains(one.id); };
  const auto is_asked = [&](const Pending& one) { return one.row.identity != 0 || is_doubtful(one); };
  if (std::ranges::none_of(batch.rows, is_asked)) return true;
  std::vector<Pending> missing;
  for (std::size_t at = 0; at < batch.rows.size(); ++at) {
    const Pending& one = batch.rows[at];
    bool is_there = false;
    const auto among = [&one](const auto& rows, std::size_t columns) {
      return static_cast<std::size_t>(
          std::ranges::count_if(rows, [&](const Pending& other) { return same_begin(other.row, one.row, columns); }));
    };
    if (is_doubtful(one)) {
      const std::size_t alike = among(std::span(batch.rows).first(at), one.row.columns.size());
      const auto found = count_written(one.row, one.row.columns.size(), alike + 1);
      if (!found) return false;
      is_there = *found > alike;
    }
    if (!is_there && one.row.identity != 0) {
      const auto found = count_written(one.row, one.row.identity, std::size_t{one.row.leg} + 1);
      if (!found) return false;
      is_there = *found + among(missing, one.row.identity) > one.row.leg;
    }
    if (!is_there) missing.push_back(one);
  }
  in_doubt_ = false;
  batch.rows = std::move(missing);
  if (batch.rows.empty()) take_out_all(batch);
  return true;
}

// How many rows, up to `most`, have the values of its first `columns`. An error is noted.
base::Result<std::size_t> DatabaseWriter::count_written(const TableRow& row, std::size_t columns, std::size_t most) {
  storage::Select query{.table = row.table, .columns = {row.columns.front()}};
  for (std::size_t i = 0; i < columns; ++i) query.where.push_back({.column = row.columns[i], .value = row.values[i]});
  query.limit = most;
  auto found = parts_.database->select(query);
  if (found) return found->rows.size();
  if (!storage::may_pass(storage::Database::fault_of(found.error()))) return 0;
  note_failure(found.error());
  return std::unexpected(std::move(found.error()));
}

// Up to `last_id` the batch is done with.
void DatabaseWriter::forget(const Batch& batch, std::uint64_t last_id) {
  if (!batch.from_disk) {
    if (journal_ != nullptr) journal_->done(batch.first_id, last_id);
  } else {
    const std::scoped_lock disk(disk_mutex_);
    if (auto removed = queue_->remove_through(last_id); !removed) {
      log::error("acc: written rows stay on the disk: {}", removed.error().message);
      in_doubt_ = true;
      return;
    }
  }
  doubtful_.erase(doubtful_.begin(), doubtful_.upper_bound(last_id));
}

void DatabaseWriter::take_out_all(Batch& batch) {
  forget(batch, batch.last_id);
  batch.rows.clear();
}

void DatabaseWriter::take_out(Batch& batch, std::size_t rows) {
  if (rows == 0) return;
  forget(batch, batch.rows[rows - 1].id);
  batch.rows.erase(batch.rows.begin(), batch.rows.begin() + static_cast<std::ptrdiff_t>(rows));
}

void DatabaseWriter::put_back(Batch batch) {
  if (batch.from_disk || batch.rows.empty()) return;
  const std::scoped_lock disk(disk_mutex_);
  push_to_disk(std::move(batch.rows));
}

// --- the disk --------------------------------------------------------------------------------------------------------

bool DatabaseWriter::open_queue(bool only_if_there) {
  if (queue_ != nullptr) return true;
  std::error_code ignored;
  const std::string& path = parts_.queue_path;
  if (path.empty() || (only_if_there && !std::filesystem::exists(path, ignored))) return false;
  storage::make_folder_of(path);
  auto opened = storage::DiskQueue::open(path, parts_.max_queued);
  if (!opened) {
    if (!std::exchange(disk_failed_, true)) {
      log::error("acc: rows wait in memory only, as the queue can't be had: {}", opened.error().message);
    }
    return false;
  }
  disk_failed_ = false;
  queue_ = std::move(*opened);
  return true;
}

void DatabaseWriter::spill() {
  {
    const std::scoped_lock disk(disk_mutex_);
    std::vector<Pending> rows;
    {
      const std::scoped_lock lock(mutex_);
      rows.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
      waiting_.clear();
    }
    push_to_disk(std::move(rows));
  }
  tell_losses();
  const std::scoped_lock lock(mutex_);
  spilling_ = false;
  idle_.notify_all();
}

void DatabaseWriter::push_to_disk(std::vector<Pending> rows) {
  if (rows.empty()) return;
  std::vector<storage::DiskQueue::Entry> entries;
  for (const Pending& pending : rows) entries.push_back({.id = pending.id, .bytes = pending.row.pack()});
  base::Result<std::size_t> pushed = base::fail("no queue");
  if (open_queue(false)) pushed = queue_->push(entries);
  if (pushed && journal_ != nullptr) journal_->done(rows.front().id, rows.back().id);
  const std::scoped_lock lock(mutex_);
  if (pushed) {
    parts_.statistics.queued.add(*pushed);
    if (*pushed < rows.size()) lose(rows.size() - *pushed);
    return;
  }
  if (queue_ != nullptr && !std::exchange(disk_failed_, true)) {
    log::error("acc: rows wait in memory: {}", pushed.error().message);
  }
  const std::size_t room = kMaxInMemory - std::min(kMaxInMemory, waiting_.size());
  if (rows.size() > room) lose(rows.size() - room);
  rows.resize(std::min(rows.size(), room));
  waiting_.insert(waiting_.begin(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

void DatabaseWriter::stop(base::Duration bound) {
  const base::SystemClock clock;
  const base::TimePoint until = clock.now() + bound;
  bool free = false;
  bool away = false;
  {
    std::unique_lock lock(mutex_);
    ended_ = true;
    free = idle_.wait_for(lock, bound, [this] { return !writing_ && !spilling_; });
    away = paused_;
  }
  if (free && !away) static_cast<void>(write_waiting(until));
  {
    const std::scoped_lock lock(mutex_);
    if (spilling_) return;
    spilling_ = true;
  }
  spill();
  const std::scoped_lock lock(mutex_);
  if (waiting_.empty()) return;
  log::error("acc: the server ends with {} rows that are {}", waiting_.size(),
             journal_ != nullptr && !is_exposed_ ? "in the journal only" : "nowhere");
}

}  // namespace carillon::acc
