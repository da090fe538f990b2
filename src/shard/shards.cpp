// SPDX-License-Identifier: Apache-2.0
// Mailboxes and the turning of wheels. A shard's state is one word, the running bit and the number of items in its
// mailbox, so that leaving an empty shard and noticing new mail are one operation.
#include "shard/shards.h"

#include <bit>
#include <limits>

namespace carillon::shard {

Shards::Shards(const base::Clock& clock, ShardsOptions options) : clock_(&clock), options_(options) {
  for (unsigned id = 0; id < kShards; ++id) shards_[id] = std::make_unique<Shard>(static_cast<ShardId>(id), clock);
}

Shards::~Shards() { abandon(); }

void Shards::abandon(const std::function<void(Shard&)>& let_go) {
  CARILLON_ASSERT(context.shard == nullptr && context.locks == 0);
  const WorkerScope in_their_place(0);
  const auto visit_all = [this](const auto& visit) {
    bool any = false;
    for (const auto& shard : shards_) {
      const bool alone = try_lock(*shard);
      CARILLON_ASSERT(alone);
      {
        const Inside inside(*shard);
        any |= visit(*shard);
      }
      publish_due(*shard);
      unlock(*shard);
    }
    return any;
  };
  visit_all([&let_go](Shard& shard) {
    shard.tasks_.end();
    if (let_go) let_go(shard);
    return false;
  });
  // Again, because what is dropped may pass something on: a Turn to the next that has waited for it.
  while (visit_all([this](Shard& shard) { return drop_mail(shard); })) {
  }
}

bool Shards::drop_mail(Shard& shard) {
  std::deque<Item> dropped;
  const std::scoped_lock lock(shard.mailbox_mutex_);
  dropped.swap(shard.mailbox_);
  shard.state_.fetch_sub(static_cast<std::uint32_t>(dropped.size()) * Shard::kOneItem);
  return !dropped.empty();
}

void Shards::post(ShardId id, Item item) {
  static_cast<void>(put(*shards_[id], std::move(item), std::numeric_limits<std::size_t>::max()));
}

bool Shards::try_post(ShardId id, Item item) { return put(*shards_[id], std::move(item), options_.mailbox); }

bool Shards::put(Shard& shard, Item item, std::size_t limit) {
  std::uint32_t before = 0;
  {
    const std::scoped_lock lock(shard.mailbox_mutex_);
    if (shard.mailbox_.size() >= limit) return false;
    shard.mailbox_.push_back(std::move(item));
    before = shard.state_.fetch_add(Shard::kOneItem);
  }
  // Whoever is inside takes it before leaving.
  if ((before & Shard::kRunning) == 0) mark_ready(shard.id_);
  return true;
}

// Runs up to `limit` items; the shard is locked. Returns how many ran.
unsigned Shards::run_mailbox(Shard& shard, unsigned limit) {
  for (unsigned ran = 0; ran < limit; ++ran) {
    Item item;
    {
      const std::scoped_lock lock(shard.mailbox_mutex_);
      if (shard.mailbox_.empty()) return ran;
      item = std::move(shard.mailbox_.front());
      shard.mailbox_.pop_front();
      shard.state_.fetch_sub(Shard::kOneItem);
    }
    const Inside inside(shard);
    item(shard);
  }
  return limit;
}

void Shards::leave_with_mail(Shard& shard) {
  unsigned budget = options_.items_per_entry;
  while (budget > 0) {
    budget -= run_mailbox(shard, budget);
    publish_due(shard);
    std::uint32_t alone = Shard::kRunning;
    if (shard.state_.compare_exchange_strong(alone, 0)) return;
  }
  unlock(shard);
}

void Shards::unlock(Shard& shard) {
  const std::uint32_t before = shard.state_.fetch_and(~Shard::kRunning);
  if (before != Shard::kRunning) mark_ready(shard.id_);
}

void Shards::mark_ready(ShardId id) {
  ready_[id / 64].fetch_or(std::uint64_t{1} << (id % 64));
  if (context.worker == Context::kNoWorker) wake();
}

void Shards::wake() {
  if (Waker* waker = waker_.load()) waker->wake_one();
}

bool Shards::has_mail() const {
  for (const auto& word : ready_) {
    if (word.load() != 0) return true;
  }
  return false;
}

bool Shards::run_mail() {
  CARILLON_ASSERT(context.worker != Context::kNoWorker && context.shard == nullptr && context.locks == 0);
  bool any = false;
  for (std::size_t word = 0; word < ready_.size(); ++word) {
    if (ready_[word].load(std::memory_order_relaxed) == 0) continue;
    for (std::uint64_t bits = ready_[word].exchange(0); bits != 0; bits &= bits - 1) {
      Shard& shard = *shards_[word * 64 + static_cast<unsigned>(std::countr_zero(bits))];
      if (!try_lock(shard)) continue;  // who is inside sees the mail
      leave_with_mail(shard);
      any = true;
    }
  }
  return any;
}

bool Shards::run_timers(base::TimePoint now) {
  if (board_.earliest() > now) return false;
  bool any = false;
  for (ShardId id = 0; id < kShards; ++id) {
    if (board_.due(id) <= now) any |= run_shard_timers(*shards_[id], now);
  }
  any |= run_timed(now);
  board_.refresh();
  return any;
}

bool Shards::run_shard_timers(Shard& shard, base::TimePoint now) {
  if (!try_lock(shard)) return false;  // still due in the next round
  {
    const Inside inside(shard);
    shard.wheel_.advance(now);
  }
  leave(shard);
  return true;
}

bool Shards::run_timed(base::TimePoint now) {
  const std::unique_lock lock(timed_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  bool any = false;
  for (unsigned slot = 0; slot < kTimed; ++slot) {
    if (timed_[slot] == nullptr || board_.due(kShards + slot) > now) continue;
    // Reset first: what set_due() asks for meanwhile is kept.
    board_.set(kShards + slot, base::TimePoint::max());
    board_.lower(kShards + slot, timed_[slot]->advance(now));
    any = true;
  }
  return any;
}

unsigned Shards::attach(Timed& timed) {
  const std::scoped_lock lock(timed_mutex_);
  unsigned slot = 0;
  while (slot < kTimed && timed_[slot] != nullptr) ++slot;
  CARILLON_ASSERT(slot < kTimed);
  timed_[slot] = &timed;
  return slot;
}

void Shards::detach(unsigned slot) {
  const std::scoped_lock lock(timed_mutex_);
  timed_[slot] = nullptr;
  board_.set(kShards + slot, base::TimePoint::max());
}

void Shards::set_due(unsigned slot, base::TimePoint due) {
  if (board_.lower(kShards + slot, due) && context.worker == Context::kNoWorker) wake();
}

}  // namespace carillon::shard
