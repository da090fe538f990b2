// SPDX-License-Identifier: Apache-2.0
// See write_back.h.
#include "module/write_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <thread>
#include <utility>

#include "base/log.h"
#include "shard/shards.h"
#include "storage/database.h"
#include "storage/pool.h"

namespace carillon::module {
namespace {

using namespace std::chrono_literals;
using storage::Value;

constexpr base::Duration kFirstPause = 1s;
constexpr base::Duration kLongestPause = 60s;
// So often a batch of which nothing can be written is tried before it is taken for unwritable.
constexpr unsigned kTriesOfABadBatch = 5;

}  // namespace

// The right to write; whoever drops it, in whatever way, gives it back.
class WriteBack::Turn {
 public:
  explicit Turn(WriteBack& owner) : owner_(&owner) {}
  Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), failed_(other.failed_) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (owner_ != nullptr) owner_->on_turn_over(failed_);
  }

  void run() { failed_ = !owner_->write_waiting(base::TimePoint::max()); }

 private:
  WriteBack* owner_;
  bool failed_ = true;  // until it has run
};

WriteBack::WriteBack(Parts parts)
    : parts_(std::move(parts)), home_(shard::shard_of_hash(std::hash<std::string>{}(parts_.table))) {}

WriteBack::~WriteBack() = default;

void WriteBack::end() {
  std::unique_lock lock(mutex_);
  ended_ = true;
  turn_over_.wait(lock, [this] { return !running_; });
}

void WriteBack::start() {
  if (parts_.interval > base::Duration::zero()) schedule(parts_.interval);
}

void WriteBack::schedule(base::Duration delay) {
  parts_.shards.post(home_, [self = std::weak_ptr(self_), delay](shard::Shard& shard) {
    if (const auto alive = self.lock()) shard.schedule((*alive)->timer_, delay);
  });
}

void WriteBack::flush() {
  {
    const std::scoped_lock lock(mutex_);
    if (ended_) return;
    again_ = running_;
    if (std::exchange(running_, true)) return;
  }
  submit();
}

// When the pool refuses the job, it is gone here, and the turn with it.
void WriteBack::submit() {
  const std::uint64_t lane = std::hash<std::string>{}(parts_.table);
  if (auto taken = parts_.database->pool().submit(lane, [turn = Turn(*this)]() mutable { turn.run(); }); !taken) {
    log::warning("{}: {} is not written now: {}", parts_.module, parts_.table, taken.error().message);
  }
}

base::Task<bool> WriteBack::commit(shard::Shard& shard) {
  auto written = shard.suspend<bool>();
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(written.handle());
  }
  flush();
  co_return co_await written;
}

bool WriteBack::drain(base::Duration bound) {
  const base::SystemClock clock;
  const base::TimePoint until = clock.now() + bound;
  {
    std::unique_lock lock(mutex_);
    if (!turn_over_.wait_for(lock, bound, [this] { return !running_; })) return false;
    running_ = true;
  }
  bool written = write_waiting(until);
  while (!written && clock.now() < until) {
    std::this_thread::sleep_for(100ms);
    written = write_waiting(until);
  }
  const std::scoped_lock lock(mutex_);
  running_ = false;
  return written && batch_.empty() && !has_taken() && !has_changes();
}

bool WriteBack::write_waiting(base::TimePoint until) {
  const base::SystemClock clock;
  while (true) {
    if (batch_.empty() && !has_taken()) take_waiting();
    if (batch_.empty()) {
      tries_ = 0;
      fill(batch_);
    }
    if (!batch_.empty() && !write_batch()) return false;
    if (!has_taken()) {
      on_written();
      answer(served_, true);
    }
    const std::scoped_lock lock(mutex_);
    const bool done = !has_taken() && !has_changes() && waiting_.empty();
    if (done || ended_ || (until != base::TimePoint::max() && clock.now() >= until)) return true;
  }
}

void WriteBack::take_waiting() {
  const std::scoped_lock lock(mutex_);
  take_changes();
  std::ranges::move(std::exchange(waiting_, {}), std::back_inserter(served_));
}

base::Result<> WriteBack::write(std::span<const Value> rows, std::span<const Value> removed) {
  std::vector<storage::Write> writes;
  if (!removed.empty()) {
    writes.emplace_back(storage::DeleteRows{
        .table = parts_.table, .keys = {.columns = {parts_.key}, .values = {removed.begin(), removed.end()}}});
  }
  if (!rows.empty()) {
    writes.emplace_back(storage::Upsert{.table = parts_.table,
                                        .keys = {parts_.key},
                                        .rows = {.columns = parts_.columns, .values = {rows.begin(), rows.end()}}});
  }
  if (auto done = parts_.database->write(writes); !done) return std::unexpected(std::move(done.error()));
  parts_.statistics.removed.add(removed.size());
  parts_.statistics.written.add(rows.size() / row_width());
  return {};
}

bool WriteBack::write_batch() {
  const auto written = write(batch_.rows, batch_.removed);
  if (written) {
    batch_ = {};
    is_away_ = false;
    return true;
  }
  ++tries_;
  parts_.statistics.failures.add();
  const bool passes = storage::may_pass(storage::Database::fault_of(written.error()));
  // Every change may be a try: one that is away is said once.
  if (!passes || !std::exchange(is_away_, passes)) {
    log::error("{}: {} can't be written: {}", parts_.module, parts_.table, written.error().message);
  }
  return !passes && write_one_by_one();
}

bool WriteBack::write_one_by_one() {
  const std::size_t width = row_width();
  Batch refused;
  if (!write({}, batch_.removed)) refused.removed = batch_.removed;
  for (std::size_t at = 0; at < batch_.rows.size(); at += width) {
    const auto row = std::span<const Value>(batch_.rows).subspan(at, width);
    const auto written = write(row, {});
    if (written) continue;
    refused.rows.insert(refused.rows.end(), row.begin(), row.end());
    if (storage::may_pass(storage::Database::fault_of(written.error()))) {
      refused.rows.insert(refused.rows.end(), batch_.rows.begin() + static_cast<std::ptrdiff_t>(at + width),
                          batch_.rows.end());
      batch_ = std::move(refused);
      return false;
    }
  }
  const bool all = refused.rows.size() == batch_.rows.size() && refused.removed.size() == batch_.removed.size();
  if (all && tries_ < kTriesOfABadBatch) return false;
  parts_.statistics.dropped.add(refused.rows.size() / width + refused.removed.size());
  batch_ = {};
  return true;
}

void WriteBack::answer(std::vector<shard::Handle<bool>>& waiting, bool written) {
  for (const shard::Handle<bool>& handle : std::exchange(waiting, {})) parts_.shards.resume(handle, written);
}

void WriteBack::on_turn_over(bool failed) {
  pause_ = failed ? std::clamp(pause_ * 2, kFirstPause, kLongestPause) : base::Duration::zero();
  if (const base::Duration next = failed ? pause_ : parts_.interval; next > base::Duration::zero()) schedule(next);
  if (failed) {
    std::unique_lock lock(mutex_);
    std::ranges::move(std::exchange(waiting_, {}), std::back_inserter(served_));
    lock.unlock();
    answer(served_, false);
  }
  {
    const std::scoped_lock lock(mutex_);
    const bool asked = std::exchange(again_, false) && !failed;
    if (ended_ || (!asked && waiting_.empty())) {
      running_ = false;
      turn_over_.notify_all();  // a destructor may wait for it: nothing is touched behind this
      return;
    }
  }
  submit();
}

}  // namespace carillon::module
