// SPDX-License-Identifier: Apache-2.0
// How a server learns what others wrote: by messages; by comparing counters, which shows what was missed; and by
// comparing everything, slowly. And the lease that says who pings.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "modules/usrloc/sharing.h"

namespace carillon::usrloc {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t kReadAtATime = 200;  // AoRs
constexpr std::size_t kMaxAhead = 10'000;  // changes beyond a gap
constexpr base::Duration kListenStep = 200ms;
constexpr base::Duration kReconnectPause = 100ms;
constexpr base::Duration kLongestReconnectPause = 2s;
// Not more often are counters compared, however many messages show a gap.
constexpr base::Duration kCheckPause = 50ms;
// The server that holds the lease stops before others may begin.
constexpr base::Duration kLeaseMargin = 500ms;

}  // namespace

bool Sharing::pause(base::Duration duration) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, duration, [this] { return ending_.load(); });
  return !ending_;
}

// --- messages --------------------------------------------------------------------------------------------------------

void Sharing::listen_loop() {
  base::Duration pause_after_failure{};
  while (!ending_) {
    auto subscription = parts_.store->subscribe();
    if (!subscription) {
      pause_after_failure =
          std::clamp<base::Duration>(pause_after_failure * 2, kReconnectPause, kLongestReconnectPause);
      if (!pause(pause_after_failure)) return;
      continue;
    }
    pause_after_failure = {};
    // Not before now is it certain that what a look at the counters doesn't show comes as a message.
    {
      const std::scoped_lock lock(mutex_);
      check_now_ = eager_ = true;
    }
    connected_ = true;
    wake_.notify_all();
    while (!ending_) {
      auto message = (*subscription)->next(std::chrono::duration_cast<std::chrono::milliseconds>(kListenStep));
      if (!message) {
        log::warning("usrloc: {}: no news of other servers: {}", parts_.table.name(), message.error().message);
        break;
      }
      if (*message) on_message(**message);
    }
    connected_ = false;
  }
}

void Sharing::on_message(std::string_view message) {
  const auto change = SharedChange::parse(message);
  if (!change || change->bucket >= kBuckets || bucket_of(change->aor) != change->bucket) return;
  const bool own = change->server == parts_.server;
  if (!own) {
    parts_.statistics.received.add();
    merge(change->aor, change->entries);
  } else {
    // What we set is in the table; what we removed might have come back by an older copy that was on its way.
    std::vector<SharedEntry> removed;
    std::ranges::copy_if(change->entries, std::back_inserter(removed), &SharedEntry::removed);
    if (!removed.empty()) merge(change->aor, removed);
  }
  note_sequence(*change);
}

void Sharing::note_sequence(const SharedChange& change) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[change.bucket];
  if (bucket.epoch.empty() && bucket.last == 0 && change.sequence == 1) bucket.epoch = change.epoch;
  if (bucket.epoch == change.epoch) {
    if (change.sequence <= bucket.last) return;
    if (change.sequence == bucket.last + 1) {
      ++bucket.last;
      return;
    }
    if (bucket.ahead.size() < kMaxAhead) bucket.ahead.push_back(change.sequence);
    bucket.behind = std::max(bucket.behind, change.sequence);
  }
  check_now_ = true;
  wake_.notify_all();
}

// --- what was missed -------------------------------------------------------------------------------------------------

void Sharing::keep_loop() {
  base::TimePoint last_check{};
  while (!ending_) {
    {
      std::unique_lock lock(mutex_);
      const auto due = [this] { return ending_ || resync_ || check_now_; };
      wake_.wait_until(lock, std::min({next_check_, next_sweep_, next_lease_}), due);
      if (ending_) return;
    }
    if (steady_clock::now() - last_check < kCheckPause && !pause(kCheckPause)) return;
    const base::TimePoint now = steady_clock::now();
    if (now >= next_lease_) renew_lease();
    bool check = now >= next_check_;
    bool again = false;
    bool eager = false;
    {
      const std::scoped_lock lock(mutex_);
      eager = std::exchange(eager_, false);
      check = std::exchange(check_now_, false) || check;
      if (std::exchange(resync_, false)) {
        for (Bucket& bucket : buckets_) bucket = {};
        again = eager = true;
      }
      if (overflowed_ && connected_ && waiting_.size() <= parts_.options.max_waiting / 2) {
        overflowed_ = false;
        again = true;
      }
    }
    if (check || again || eager) {
      last_check = now;
      check_heads(eager);
      next_check_ = steady_clock::now() + parts_.options.check_every;
    }
    if (again) push_again(std::bitset<kBuckets>().set());
    if (now >= next_sweep_) {
      if (connected_) sweep();
      fill_old_graves();
      next_sweep_ = steady_clock::now() + parts_.options.sweep_every;
    }
  }
}

std::optional<std::uint64_t> Sharing::missed_since(std::uint32_t number, const SharedStore::Head& before,
                                                   const SharedStore::Head& head, bool eager,
                                                   std::bitset<kBuckets>& lost) {
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[number];
  if (bucket.epoch != before.epoch) return std::nullopt;  // its first message has come meanwhile
  const bool same = head.epoch == bucket.epoch;
  if (same && head.sequence >= before.sequence && head.sequence <= bucket.last) return std::nullopt;
  if (same && head.sequence > bucket.last && !eager && bucket.last >= bucket.behind) {
    bucket.behind = head.sequence;  // the message is likely under way
    return std::nullopt;
  }
  // Changes that the table has are gone from the store: it was emptied, or another server took over from it.
  if ((!same && !bucket.epoch.empty()) || (same && head.sequence < before.sequence)) {
    lost.set(number);
    bucket = {};
  }
  return bucket.last;
}

void Sharing::check_heads(bool eager) {
  std::vector<SharedStore::Head> before;
  {
    const std::scoped_lock lock(mutex_);
    for (const Bucket& bucket : buckets_) before.push_back({.sequence = bucket.last, .epoch = bucket.epoch});
  }
  const auto heads = parts_.store->heads();
  std::bitset<kBuckets> lost;
  bool all = true;
  for (std::uint32_t number = 0; number < kBuckets && !ending_; ++number) {
    if (!heads[number]) {
      all = false;
      continue;
    }
    const auto since = missed_since(number, before[number], *heads[number], eager, lost);
    if (since) all = pull(number, *since, *heads[number]) && all;
  }
  if (lost.any()) push_again(lost);
  const std::scoped_lock lock(mutex_);
  if (!all) {
    eager_ = eager_ || eager;
    return;
  }
  complete_ = true;
  wake_.notify_all();
}

bool Sharing::pull(std::uint32_t number, std::uint64_t since, const SharedStore::Head& head) {
  if (!head.epoch.empty()) {
    parts_.statistics.resyncs.add();
    const auto aors = parts_.store->aors_since(number, since);
    if (!aors) return false;
    for (std::size_t at = 0; at < aors->size(); at += kReadAtATime) {
      const auto some = std::span(*aors).subspan(at, std::min(kReadAtATime, aors->size() - at));
      const auto entries = parts_.store->read(some);
      if (!entries || ending_) return false;
      for (std::size_t i = 0; i < some.size(); ++i) merge(some[i], (*entries)[i]);
    }
  }
  const std::scoped_lock lock(mutex_);
  Bucket& bucket = buckets_[number];
  if (bucket.epoch != head.epoch) bucket = {.epoch = head.epoch, .last = 0, .ahead = std::move(bucket.ahead)};
  bucket.last = std::max(bucket.last, head.sequence);
  std::ranges::sort(bucket.ahead);
  for (const std::uint64_t sequence : std::exchange(bucket.ahead, {})) {
    if (sequence == bucket.last + 1) ++bucket.last;
  }
  return true;
}

void Sharing::push_again(const std::bitset<kBuckets>& buckets) {
  log::notice("usrloc: {} is sent to the store again", parts_.table.name());
  const std::size_t most = parts_.options.max_waiting / 2;  // leaves room for what changes meanwhile
  for (std::size_t partition = 0; partition < LocationTable::partitions(); ++partition) {
    std::vector<std::string> names;
    parts_.table.for_each_in(partition, [&](std::string_view aor, const AorRecord&) {
      if (buckets.test(bucket_of(aor))) names.emplace_back(aor);
    });
    std::unique_lock lock(mutex_);
    for (const std::string& aor : names) {
      while (!ending_ && connected_ && waiting_.size() > most) wake_.wait_for(lock, kListenStep);
      if (ending_) return;
      if (!connected_) {
        overflowed_ = true;  // all of it once more, when the store is back
        return;
      }
      mark(aor, 1);
      send_wake_.notify_one();
    }
  }
}

// --- everything, slowly ----------------------------------------------------------------------------------------------

void Sharing::sweep() {
  const std::uint32_t number = sweep_at_;
  sweep_at_ = (sweep_at_ + 1) % kBuckets;
  if (const auto aors = parts_.store->aors_since(number, 0)) {
    for (std::size_t at = 0; at < aors->size() && !ending_; at += kReadAtATime) {
      const auto some = std::span(*aors).subspan(at, std::min(kReadAtATime, aors->size() - at));
      const auto entries = parts_.store->read(some);
      if (!entries) return;
      for (std::size_t i = 0; i < some.size(); ++i) merge(some[i], (*entries)[i]);
      if (is_pinging()) parts_.store->prune(some);  // one server does
    }
  }
  const std::size_t step = LocationTable::partitions() / kBuckets;
  for (std::size_t i = 0; i < step; ++i) compare_partition(number * step + i);
}

// What the table has and the store hasn't, because that lost it, is sent again.
void Sharing::compare_partition(std::size_t partition) {
  std::vector<std::string> names;
  parts_.table.for_each_in(partition, [&](std::string_view aor, const AorRecord&) { names.emplace_back(aor); });
  for (std::size_t at = 0; at < names.size() && !ending_; at += kReadAtATime) {
    const auto some = std::span(names).subspan(at, std::min(kReadAtATime, names.size() - at));
    const auto entries = parts_.store->read(some);
    if (!entries) return;
    for (std::size_t i = 0; i < some.size(); ++i) {
      ContactVersion missing = 0;
      parts_.table.read(some[i], [&](const AorRecord& record) {
        for (const Contact& contact : record) {
          const auto there = std::ranges::find((*entries)[i], identity_of(contact.fields(), parts_.options.matching),
                                               &SharedEntry::identity);
          if (there != (*entries)[i].end() && there->version >= contact.version()) continue;
          missing = missing == 0 ? contact.version() : std::min(missing, contact.version());
        }
      });
      if (missing == 0) continue;
      const std::scoped_lock lock(mutex_);
      mark(some[i], missing);
      send_wake_.notify_one();
    }
  }
}

// --- who pings -------------------------------------------------------------------------------------------------------

void Sharing::renew_lease() {
  const base::TimePoint asked = steady_clock::now();
  next_lease_ = asked + parts_.options.lease / 3;
  const auto taken = parts_.store->take_lease(parts_.server, parts_.options.lease);
  if (!taken) return;  // it ends by itself, here as there
  const base::TimePoint until =
      asked + parts_.options.lease - std::min<base::Duration>(kLeaseMargin, parts_.options.lease / 4);
  lease_until_ = *taken ? until.time_since_epoch().count() : 0;
}

}  // namespace carillon::usrloc
