// SPDX-License-Identifier: Apache-2.0
// The contacts of one domain ("location") by address of record. Check-and-change of an AoR is one operation.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/time.h"
#include "metrics/counter.h"
#include "modules/usrloc/aor_record.h"
#include "modules/usrloc/location_observer.h"
#include "modules/usrloc/sharing_sink.h"

namespace carillon::shard {
class Shards;
}

namespace carillon::usrloc {

// Is told what the database doesn't know yet. Called with the partition's lock held: takes note and returns.
class ChangeSink {
 public:
  // Some contact of this AoR is unwritten; said once until it was taken by LocationTable::take_unwritten().
  virtual void on_changed(std::string_view aor) = 0;
  // A contact that is in the database is gone.
  virtual void on_removed(std::uint64_t contact_id) = 0;

 protected:
  ~ChangeSink() = default;
};

// What the location tables of usrloc share; outlives them.
struct SharedLocation {
  shard::Shards& shards;
  std::shared_ptr<UserAgents> user_agents;  // shared with news of changes that nobody has heard yet
  std::atomic<std::uint64_t>& next_contact_id;
  // Of all tables; how many there may be, and how often that was too few.
  std::atomic<std::uint64_t>& bindings;
  std::uint64_t max_bindings;
  metrics::Counter& refused;
  // So many seconds before it ends a contact that is woken by push is told to be due; 0: never. Until the first change.
  const std::int64_t& refresh_before;
  std::uint32_t server;  // a number by chance, the same as long as this process runs
  // Complete before the first change.
  const std::vector<LocationObserver*>& observers;
};

// The contacts of one AoR, to be changed: in a table, with the partition locked, or on their way between two queries.
class Bindings {
 public:
  // Where the changes go.
  struct Place {
    const SharedLocation& shared;
    std::string_view table;
    bool newest_first = false;
    ChangeSink* sink = nullptr;
    metrics::Gauge* contacts = nullptr;  // null: they live elsewhere, and count there
    bool among_servers = false;          // ids must differ from those that other servers give, too
    SharingSink* sharing = nullptr;
  };

  Bindings(const Place& place, std::string_view aor, AorRecord& record, std::int64_t now);
  // Tells the observers, who hear of it when the partition is no longer locked.
  ~Bindings();
  // Unless what was changed didn't come to be.
  void discard() { discarded_ = true; }
  // What is changed from now on is what another server wrote, in that version.
  void speak_for_another(ContactVersion version) { others_version_ = version; }

  [[nodiscard]] const AorRecord& record() const { return record_; }
  // Unix seconds.
  [[nodiscard]] std::int64_t now() const { return now_; }
  // Whether there may be so many bindings more, in all tables together. A refusal is counted.
  [[nodiscard]] bool has_room_for(std::size_t more) const;

  // `fields` must be storable(). `id`: given out before by LocationTable::new_contact_id(); 0: a new one.
  void insert(const ContactFields& fields, std::uint64_t id = 0);
  // `contact`, and views into it, end here; `fields` may be made of them.
  void update(const Contact& contact, const ContactFields& fields);
  void erase(const Contact& contact);
  // Of a contact that is about to go: modules that keep something with it have nothing more to do. `contact` ends here.
  void forget_keys(const Contact& contact);
  // Returns how many there were.
  std::size_t erase_if(base::FunctionRef<bool(const Contact&)> unwanted);
  // The same where their time is over.
  std::size_t erase_expired();
  // Microseconds that a ping of the contact took.
  void set_latency(const Contact& contact, std::uint32_t latency);
  // The phone has to be woken.
  void ask_refresh(const Contact& contact, std::string_view reason, std::string_view request_call_id);
  void set_key(std::string_view key, std::string_view value);
  // False when there is no such key.
  bool erase_key(std::string_view key);

  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;

 private:
  friend class LocationTable;

  void add_written(const ContactFields& fields, std::uint64_t id);
  std::size_t erase_matching(base::FunctionRef<bool(const Contact&)> unwanted, bool expired);
  void ask_due_refreshes();
  void mark_unwritten(Contact& contact);
  void mark_shared(Contact& contact);
  void note_removed(Contact::Ptr contact, bool expired);
  void note(LocationChange::Kind kind, const Contact& contact);
  [[nodiscard]] bool is_wanted(LocationChange::Kind kind) const;

  const Place& place_;
  std::string_view aor_;
  AorRecord& record_;
  std::int64_t now_;
  bool was_empty_;
  bool discarded_ = false;
  ContactVersion others_version_ = 0;
  std::vector<LocationChange> changes_;
};

// Any thread. Contacts leave it when they expire; until their timer fires they are there but not valid.
class LocationTable {
 public:
  struct Options {
    bool newest_first = false;  // desc_time_order
  };

  LocationTable(std::string name, const SharedLocation& shared, Options options);
  ~LocationTable();
  LocationTable(const LocationTable&) = delete;
  LocationTable& operator=(const LocationTable&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // Before the table is used.
  void set_sink(ChangeSink& sink) { place_.sink = &sink; }
  void set_sharing(SharingSink& sharing) { place_.sharing = &sharing; }
  // For a contact that is to be inserted later.
  [[nodiscard]] std::uint64_t new_contact_id() const;
  // Gives everything back, before the shards end: only counts may be asked afterwards.
  void close();

  // Calls `f` with the AoR's partition locked; what it leaves empty is removed. `f` doesn't wait, and doesn't touch
  // this or another table.
  void change(std::string_view aor, base::FunctionRef<void(Bindings&)> f);
  // The same to look; not called, and false, when the AoR isn't there.
  bool read(std::string_view aor, base::FunctionRef<void(const AorRecord&)> f) const;
  // Removes the AoR with its contacts; false when it isn't there.
  bool erase(std::string_view aor);

  // Work through the partitions one by one, so that nobody waits for the whole table. `f` as in read().
  [[nodiscard]] static std::size_t partitions();
  void for_each_in(std::size_t partition, base::FunctionRef<void(std::string_view, const AorRecord&)> f) const;
  // As change() for each AoR there is; `f` makes no contact expire earlier.
  void change_each_in(std::size_t partition, base::FunctionRef<void(Bindings&)> f);

  // A contact as it stands in the database. An expired one is left out.
  void load(std::string_view aor, const ContactFields& fields, std::uint64_t contact_id, KeyValues keys);
  // The same for one that the database holds now; what we hold unwritten is newer and stays.
  void reload(std::string_view aor, const ContactFields& fields, std::uint64_t contact_id, KeyValues keys);
  // Calls `f` with each unwritten contact, which then counts as written. For the writer to the database.
  void take_unwritten(std::string_view aor, base::FunctionRef<void(const AorRecord&, const Contact&)> f);
  // Has the contacts of an AoR, or of all (an empty text), written again.
  void mark_unwritten_in(std::size_t partition, std::string_view aor);
  // As many as `limit` of them, so that the partition isn't locked for long; false when there are more.
  [[nodiscard]] bool take_unwritten_in(std::size_t partition, std::size_t limit,
                                       base::FunctionRef<void(std::string_view, const AorRecord&, const Contact&)> f);

  [[nodiscard]] std::size_t users() const;
  [[nodiscard]] std::size_t contacts() const { return static_cast<std::size_t>(contacts_.value()); }
  [[nodiscard]] metrics::Gauge& contacts_gauge() { return contacts_; }
  // Contacts that expired since the start.
  [[nodiscard]] metrics::Counter& expired_counter() { return expired_; }

 private:
  struct Table;

  [[nodiscard]] base::TimePoint time_of(std::int64_t unix_seconds) const;
  // When the next contact of the record expires; TimePoint::max() when none does.
  [[nodiscard]] base::TimePoint next_expiry(const AorRecord& record) const;
  // Removes what has expired. Returns when to be called again, or nothing when no contact is left.
  [[nodiscard]] std::optional<base::TimePoint> on_expire(std::string_view aor, AorRecord& record);

  std::string name_;
  const SharedLocation& shared_;
  metrics::Gauge contacts_;
  Bindings::Place place_;
  metrics::Counter expired_;
  std::unique_ptr<Table> table_;
};

}  // namespace carillon::usrloc
