// SPDX-License-Identifier: Apache-2.0
// A location table that several servers share through a store: each has all of it in memory, changes travel in both
// directions behind it, and of two writes of a contact the newer one holds. docs/adr/0015 says why.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "base/task.h"
#include "base/time.h"
#include "metrics/counter.h"
#include "modules/usrloc/location_table.h"
#include "modules/usrloc/shared_entry.h"
#include "modules/usrloc/shared_store.h"
#include "modules/usrloc/sharing_sink.h"
#include "shard/shards.h"
#include "shard/suspension.h"

namespace carillon::usrloc {

// Of all tables.
struct SharingStatistics {
  metrics::Counter sent;       // AoRs whose changes went to the store
  metrics::Counter received;   // changes of other servers
  metrics::Counter conflicts;  // writes of ours that were older than another server's
  metrics::Counter resyncs;    // buckets read because something was missed
  metrics::Counter dropped;    // removals beyond what waits for the store
};

// Threads of its own: one sends, one listens, one looks after what was missed and the lease. on_set() and on_removed()
// from any thread.
class Sharing final : public SharingSink {
 public:
  struct Options {
    Matching matching = Matching::Contact;
    base::Duration check_every = std::chrono::seconds(2);  // that no message was missed
    base::Duration sweep_every = std::chrono::seconds(5);  // one bucket is compared whole
    std::chrono::milliseconds lease{6000};                 // renewed after a third of it
    std::size_t max_waiting = 250'000;                     // AoRs with changes that the store doesn't know yet
  };
  struct Parts {
    shard::Shards& shards;
    const base::Clock& clock;
    LocationTable& table;
    std::unique_ptr<SharedStore> store;
    SharedDocument document;
    SharingStatistics& statistics;
    std::string server;  // its name, unlike those of the others
    Options options;
  };

  explicit Sharing(Parts parts);
  ~Sharing();

  // From now on the table is shared. Returns when it has what the store has, or `bound` has passed.
  void start(base::Duration bound);
  // Sends what waits, for about `bound` at most, gives the lease back and ends the threads.
  void stop(base::Duration bound);

  // Whether it is this server that pings the contacts: one at a time does.
  [[nodiscard]] bool is_pinging() const;
  // Whether changes of others come in.
  [[nodiscard]] bool is_connected() const { return connected_; }
  // AoRs with changes that the store doesn't know yet.
  [[nodiscard]] std::size_t waiting() const;
  // Ends when the store knows what has changed of `aor` so far. False, and the change goes on waiting: the store isn't
  // there, as far as is known, or is slow. Inside `shard`.
  [[nodiscard]] base::Task<bool> told(shard::Shard& shard, std::string_view aor);
  // Compares the whole table with the store, soon.
  void resync();

  // Takes over what another server wrote, as far as it is newer. Any thread that isn't a worker's.
  void merge(std::string_view aor, const std::vector<SharedEntry>& entries);
  void on_message(std::string_view message);

  // --- SharingSink
  [[nodiscard]] ContactVersion on_set(std::string_view aor, const Contact& contact) override;
  void on_removed(std::string_view aor, const Contact& contact) override;
  void on_replaced(std::string_view aor, const Contact& contact, const ContactFields& fields) override;

 private:
  // What of an AoR waits for the store: contacts from a version on, and removals.
  struct Waiting {
    ContactVersion since = 0;
    bool set = false;
    std::vector<SharedEntry> removed;
    std::vector<shard::Handle<bool>> listeners;  // told()
  };
  using WaitingMap = std::unordered_map<std::string, Waiting, base::StringHash, std::equal_to<>>;
  // A removal of a moment ago: older news of the contact don't bring it back.
  struct Grave {
    ContactVersion version = 0;
    base::TimePoint dug;
  };
  struct Bucket {
    std::string epoch;
    std::uint64_t last = 0;            // all changes up to this one are in the table
    std::uint64_t behind = 0;          // one that should be there by now: a message was missed if it isn't
    std::vector<std::uint64_t> ahead;  // those known beyond a gap
  };

  // --- sending (sharing.cpp)
  void send_loop();
  [[nodiscard]] std::vector<SharedStore::Push> take_batch();
  [[nodiscard]] SharedStore::Push push_of(const std::string& aor, const Waiting& waiting);
  // False when some couldn't be sent; they wait again.
  [[nodiscard]] bool send(const std::vector<SharedStore::Push>& pushes);
  void mark(std::string_view aor, ContactVersion since);
  void dig_grave(std::string key, ContactVersion version);
  void fill_old_graves();
  [[nodiscard]] static std::string grave_key(std::string_view aor, std::string_view identity);

  // --- receiving (sharing_sync.cpp)
  void listen_loop();
  void keep_loop();
  void note_sequence(const SharedChange& change);
  void check_heads(bool eager);
  // From which change on a bucket is to be read; nothing when there is no need. `before`: what we had when the store
  // was asked for `head`. Notes in `lost` that the store lacks some.
  [[nodiscard]] std::optional<std::uint64_t> missed_since(std::uint32_t number, const SharedStore::Head& before,
                                                          const SharedStore::Head& head, bool eager,
                                                          std::bitset<kBuckets>& lost);
  // Whether it was read; `since` 0: whole.
  [[nodiscard]] bool pull(std::uint32_t bucket, std::uint64_t since, const SharedStore::Head& head);
  // All AoRs of these buckets are sent anew.
  void push_again(const std::bitset<kBuckets>& buckets);
  void sweep();
  void compare_partition(std::size_t partition);
  void renew_lease();
  // False when it is time to end.
  bool pause(base::Duration duration);

  [[nodiscard]] std::int64_t unix_milliseconds() const { return parts_.clock.unix_microseconds() / 1000; }

  Parts parts_;
  const std::uint16_t server_bits_;
  std::atomic<bool> connected_{false};
  std::atomic<bool> ending_{false};
  std::atomic<std::int64_t> lease_until_{0};  // nanoseconds of the steady clock

  mutable std::mutex mutex_;  // of all below; taken with a partition's lock held, never the other way round
  std::condition_variable wake_;
  std::condition_variable send_wake_;  // of the thread that sends
  bool sender_waits_ = false;
  WaitingMap waiting_;
  WaitingMap in_flight_;
  bool overflowed_ = false;  // some AoR couldn't wait: all are sent anew
  std::unordered_map<std::string, Grave, base::StringHash, std::equal_to<>> graves_;
  std::deque<std::string> grave_order_;
  std::array<Bucket, kBuckets> buckets_;
  bool check_now_ = false;
  bool eager_ = true;  // what is missing is read at once: no message of it may be under way
  bool failing_ = false;
  bool resync_ = false;
  bool complete_ = false;  // the table once had what the store had

  // Of the thread that keeps.
  base::TimePoint next_check_{};
  base::TimePoint next_sweep_{};
  base::TimePoint next_lease_{};
  std::uint32_t sweep_at_ = 0;

  std::vector<std::thread> threads_;
};

}  // namespace carillon::usrloc
