// SPDX-License-Identifier: Apache-2.0
// See sharing.h: what this server changes, on its way to the store; and what comes of others into the table. How
// changes of others are learnt is sharing_sync.cpp.
#include "modules/usrloc/sharing.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/log.h"

namespace carillon::usrloc {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;           // AoRs sent at a time
constexpr base::Duration kPatience = 200ms;   // of answers with a store that is slow
constexpr std::size_t kMaxEntries = 1'000;    // of one AoR in one write
constexpr base::Duration kFirstPause = 50ms;  // after a write that failed
constexpr base::Duration kLongestPause = 1s;
constexpr base::Duration kGraveTime = 60s;
constexpr std::size_t kMaxGraves = 200'000;
// A removal is known in the store as long as an older copy of the contact may live somewhere.
constexpr std::int64_t kRemovalSeconds = 60;
constexpr std::int64_t kRemovalSecondsOfPermanent = 7 * 86400;

ContactKey key_of(const ContactFields& fields, Matching matching) {
  return {.uri = fields.uri,
          .call_id = fields.call_id,
          .instance = fields.instance,
          .reg_id = fields.reg_id,
          .matching = matching};
}

// Ends a wait for the store that lasts too long.
struct Patience {
  // Which ends this, too.
  void on_timer() { shard::Handle<bool>(handle).complete(shard, false); }

  shard::Shard& shard;
  shard::Handle<bool> handle;
  shard::Timer timer = shard::Timer::calling<&Patience::on_timer>(this);
};

}  // namespace

Sharing::Sharing(Parts parts)
    : parts_(std::move(parts)), server_bits_(static_cast<std::uint16_t>(std::hash<std::string>{}(parts_.server))) {}

Sharing::~Sharing() { stop(0s); }

void Sharing::start(base::Duration bound) {
  parts_.table.set_sharing(*this);
  check_now_ = true;
  threads_.emplace_back([this] { listen_loop(); });
  threads_.emplace_back([this] { keep_loop(); });
  threads_.emplace_back([this] { send_loop(); });
  std::unique_lock lock(mutex_);
  if (!wake_.wait_for(lock, bound, [this] { return complete_; })) {
    log::warning("usrloc: {} begins without what other servers know: the store isn't reached", parts_.table.name());
  }
}

void Sharing::stop(base::Duration bound) {
  {
    std::unique_lock lock(mutex_);
    if (threads_.empty()) return;
    if (connected_) wake_.wait_for(lock, bound, [this] { return waiting_.empty() && in_flight_.empty(); });
    if (!waiting_.empty()) {
      log::error("usrloc: the server ends before {} AoRs of {} were shared", waiting_.size(), parts_.table.name());
    }
    ending_ = true;
  }
  wake_.notify_all();
  send_wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (is_pinging()) parts_.store->end_lease(parts_.server);
  lease_until_ = 0;
}

bool Sharing::is_pinging() const {
  return steady_clock::now().time_since_epoch().count() < lease_until_.load(std::memory_order_relaxed);
}

std::size_t Sharing::waiting() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size() + in_flight_.size();
}

base::Task<bool> Sharing::told(shard::Shard& shard, std::string_view aor) {
  auto known = shard.suspend<bool>();
  {
    const std::scoped_lock lock(mutex_);
    if (failing_) co_return false;
    auto found = waiting_.find(aor);
    if (found == waiting_.end()) {
      found = in_flight_.find(aor);
      if (found == in_flight_.end()) co_return true;
    }
    found->second.listeners.push_back(known.handle());
  }
  Patience patience{.shard = shard, .handle = known.handle()};
  shard.schedule(patience.timer, kPatience);
  co_return co_await known;
}

void Sharing::resync() {
  {
    const std::scoped_lock lock(mutex_);
    resync_ = true;
  }
  wake_.notify_all();
}

// --- what this server changes ----------------------------------------------------------------------------------------

ContactVersion Sharing::on_set(std::string_view aor, const Contact& contact) {
  const std::scoped_lock lock(mutex_);
  ContactVersion before = contact.version();
  if (!graves_.empty()) {
    // Above its own removal, too, should that have been in this millisecond.
    const auto grave = graves_.find(grave_key(aor, identity_of(contact.fields(), parts_.options.matching)));
    if (grave != graves_.end()) before = std::max(before, grave->second.version);
  }
  const ContactVersion version = next_version(unix_milliseconds(), before, server_bits_);
  mark(aor, version);
  if (sender_waits_) send_wake_.notify_one();
  return version;
}

void Sharing::mark(std::string_view aor, ContactVersion since) {
  auto found = waiting_.find(aor);
  if (found == waiting_.end()) {
    if (waiting_.size() >= parts_.options.max_waiting) {
      overflowed_ = true;
      return;
    }
    found = waiting_.try_emplace(std::string(aor)).first;
  }
  Waiting& waiting = found->second;
  waiting.since = waiting.set ? std::min(waiting.since, since) : since;
  waiting.set = true;
}

void Sharing::on_removed(std::string_view aor, const Contact& contact) {
  const std::int64_t now = parts_.clock.unix_seconds();
  SharedEntry entry{.identity = identity_of(contact.fields(), parts_.options.matching),
                    .version = next_version(unix_milliseconds(), contact.version(), server_bits_),
                    .expires = contact.expires() == kPermanent ? now + kRemovalSecondsOfPermanent
                                                               : std::max(contact.expires(), now + kRemovalSeconds)};
  const std::scoped_lock lock(mutex_);
  dig_grave(grave_key(aor, entry.identity), entry.version);
  if (waiting_.size() >= parts_.options.max_waiting && waiting_.find(aor) == waiting_.end()) {
    parts_.statistics.dropped.add();
    return;
  }
  Waiting& waiting = waiting_[std::string(aor)];
  std::erase_if(waiting.removed, [&](const SharedEntry& one) { return one.identity == entry.identity; });
  if (waiting.removed.size() == kMaxEntries) {
    parts_.statistics.dropped.add();
    return;
  }
  waiting.removed.push_back(std::move(entry));
  if (sender_waits_) send_wake_.notify_one();
}

void Sharing::on_replaced(std::string_view aor, const Contact& contact, const ContactFields& fields) {
  const Matching matching = parts_.options.matching;
  if (identity_of(contact.fields(), matching) != identity_of(fields, matching)) on_removed(aor, contact);
}

std::string Sharing::grave_key(std::string_view aor, std::string_view identity) {
  std::string key(aor);
  key += '\0';
  return key.append(identity);
}

void Sharing::dig_grave(std::string key, ContactVersion version) {
  const auto [grave, is_new] = graves_.try_emplace(key);
  grave->second = {std::max(grave->second.version, version), steady_clock::now()};
  if (!is_new) return;
  grave_order_.push_back(std::move(key));
  if (grave_order_.size() > kMaxGraves) {
    graves_.erase(grave_order_.front());
    grave_order_.pop_front();
  }
}

void Sharing::fill_old_graves() {
  const std::scoped_lock lock(mutex_);
  const base::TimePoint oldest = steady_clock::now() - kGraveTime;
  // One that was dug again waits behind a younger one at most.
  while (!grave_order_.empty()) {
    const auto grave = graves_.find(grave_order_.front());
    if (grave != graves_.end() && grave->second.dug > oldest) break;
    if (grave != graves_.end()) graves_.erase(grave);
    grave_order_.pop_front();
  }
}

// --- on its way to the store -----------------------------------------------------------------------------------------

void Sharing::send_loop() {
  base::Duration pause_after_failure{};
  while (true) {
    {
      std::unique_lock lock(mutex_);
      sender_waits_ = true;
      send_wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      sender_waits_ = false;
      if (ending_) return;
    }
    const bool sent = send(take_batch());
    pause_after_failure =
        sent ? base::Duration::zero() : std::clamp<base::Duration>(pause_after_failure * 2, kFirstPause, kLongestPause);
    if (!sent && !pause(pause_after_failure)) return;
  }
}

std::vector<SharedStore::Push> Sharing::take_batch() {
  std::vector<std::pair<std::string, Waiting>> taken;
  {
    const std::scoped_lock lock(mutex_);
    while (!waiting_.empty() && taken.size() < kBatch) {
      auto node = waiting_.extract(waiting_.begin());
      taken.emplace_back(node.key(), node.mapped());
      in_flight_.insert(std::move(node));
    }
  }
  std::vector<SharedStore::Push> pushes;
  for (const auto& [aor, waiting] : taken) pushes.push_back(push_of(aor, waiting));
  return pushes;
}

SharedStore::Push Sharing::push_of(const std::string& aor, const Waiting& waiting) {
  SharedStore::Push push{.aor = aor, .entries = waiting.removed};
  if (!waiting.set) return push;
  parts_.table.read(aor, [&](const AorRecord& record) {
    for (const Contact& contact : record) {
      if (contact.version() < waiting.since || push.entries.size() >= kMaxEntries) continue;
      push.entries.push_back({.identity = identity_of(contact.fields(), parts_.options.matching),
                              .version = contact.version(),
                              .expires = contact.expires(),
                              .document = parts_.document.write(contact)});
    }
  });
  return push;
}

bool Sharing::send(const std::vector<SharedStore::Push>& pushes) {
  const auto newer = parts_.store->push(pushes);
  bool all = true;
  std::string failure;
  bool begins_to_fail = false;
  std::vector<std::pair<shard::Handle<bool>, bool>> listeners;
  {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < pushes.size(); ++i) {
      auto node = in_flight_.extract(pushes[i].aor);
      if (node.empty()) continue;
      for (const shard::Handle<bool>& one : node.mapped().listeners) listeners.emplace_back(one, newer[i].has_value());
      if (newer[i]) continue;
      failure = newer[i].error().message;
      all = false;
      // Waits again, beneath what has come meanwhile.
      Waiting& again = waiting_[pushes[i].aor];
      Waiting& before = node.mapped();
      if (before.set) {
        again.since = again.set ? std::min(again.since, before.since) : before.since;
        again.set = true;
      }
      for (SharedEntry& entry : before.removed) {
        const auto known = std::ranges::find(again.removed, entry.identity, &SharedEntry::identity);
        if (known == again.removed.end()) again.removed.push_back(std::move(entry));
      }
    }
    begins_to_fail = !std::exchange(failing_, !all) && !all;
  }
  wake_.notify_all();
  for (const auto& [listener, is_known] : listeners) parts_.shards.resume(listener, is_known);
  for (std::size_t i = 0; i < pushes.size(); ++i) {
    if (!newer[i]) continue;
    parts_.statistics.sent.add();
    parts_.statistics.conflicts.add(newer[i]->size());
    if (!newer[i]->empty()) merge(pushes[i].aor, *newer[i]);
  }
  if (begins_to_fail) log::warning("usrloc: {} can't be shared, and waits: {}", parts_.table.name(), failure);
  return all;
}

// --- what others wrote -----------------------------------------------------------------------------------------------

void Sharing::merge(std::string_view aor, const std::vector<SharedEntry>& entries) {
  struct Item {
    const SharedEntry* entry;
    std::unique_ptr<SharedContact> contact;  // null: it was removed
  };
  std::vector<Item> items;
  for (const SharedEntry& entry : entries) {
    Item item{&entry, entry.removed() ? nullptr : parts_.document.read(entry.document)};
    if (!entry.removed() && item.contact == nullptr) continue;
    items.push_back(std::move(item));
  }
  if (items.empty()) return;
  const Matching matching = parts_.options.matching;
  parts_.table.change(aor, [&](Bindings& bindings) {
    for (const auto& [entry, contact] : items) {
      const Contact* here = nullptr;
      for (const Contact& one : bindings.record()) {
        if (identity_of(one.fields(), matching) == entry->identity) here = &one;
      }
      bindings.speak_for_another(entry->version);
      if (contact == nullptr) {
        {
          const std::scoped_lock lock(mutex_);
          dig_grave(grave_key(aor, entry->identity), entry->version);
        }
        if (here != nullptr && here->version() < entry->version) bindings.erase(*here);
        continue;
      }
      const ContactFields& fields = contact->fields();
      if (fields.expires != kPermanent && fields.expires <= bindings.now()) continue;
      {
        const std::scoped_lock lock(mutex_);
        const auto grave = graves_.find(grave_key(aor, entry->identity));
        if (grave != graves_.end() && grave->second.version >= entry->version) continue;
      }
      if (here == nullptr) here = bindings.record().find(key_of(fields, matching));
      if (here == nullptr) {
        if (bindings.has_room_for(1)) bindings.insert(fields);
      } else if (here->version() < entry->version) {
        bindings.update(*here, fields);
      }
    }
  });
}

}  // namespace carillon::usrloc
