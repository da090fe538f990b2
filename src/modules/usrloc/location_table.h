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

#include "base/function_ref.h"
#include "base/time.h"
#include "metrics/counter.h"
#include "modules/usrloc/aor_record.h"

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

// The contacts of one AoR while its partition is locked.
class Bindings {
 public:
  [[nodiscard]] const AorRecord& record() const { return record_; }
  // Unix seconds.
  [[nodiscard]] std::int64_t now() const { return now_; }

  // `fields` must be storable().
  void insert(const ContactFields& fields);
  // `contact`, and views into it, end here; `fields` may be made of them.
  void update(const Contact& contact, const ContactFields& fields);
  void erase(const Contact& contact);
  // Returns how many there were.
  std::size_t erase_if(base::FunctionRef<bool(const Contact&)> unwanted);
  void set_key(std::string_view key, std::string_view value);
  // False when there is no such key.
  bool erase_key(std::string_view key);

  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;

 private:
  friend class LocationTable;
  Bindings(class LocationTable& table, std::string_view aor, AorRecord& record, std::int64_t now)
      : table_(table), aor_(aor), record_(record), now_(now) {}

  void mark_unwritten(Contact& contact);
  void note_removed(const Contact& contact);

  LocationTable& table_;
  std::string_view aor_;
  AorRecord& record_;
  std::int64_t now_;
};

// Any thread. Contacts leave it when they expire; until their timer fires they are there but not valid.
class LocationTable {
 public:
  struct Options {
    bool newest_first = false;  // desc_time_order
  };
  // What it shares with the other tables of usrloc; outlives it.
  struct Shared {
    shard::Shards& shards;
    UserAgents& user_agents;
    std::atomic<std::uint64_t>& next_contact_id;
  };

  LocationTable(std::string name, const Shared& shared, Options options);
  ~LocationTable();
  LocationTable(const LocationTable&) = delete;
  LocationTable& operator=(const LocationTable&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  // Before the table is used.
  void set_sink(ChangeSink& sink) { sink_ = &sink; }
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
  // Calls `f` with each unwritten contact, which then counts as written. For the writer to the database.
  void take_unwritten(std::string_view aor, base::FunctionRef<void(const AorRecord&, const Contact&)> f);
  // As many as `limit` of them, so that the partition isn't locked for long; false when there are more.
  [[nodiscard]] bool take_unwritten_in(std::size_t partition, std::size_t limit,
                                       base::FunctionRef<void(std::string_view, const AorRecord&, const Contact&)> f);

  [[nodiscard]] std::size_t users() const;
  [[nodiscard]] std::size_t contacts() const { return static_cast<std::size_t>(contacts_.value()); }
  [[nodiscard]] metrics::Gauge& contacts_gauge() { return contacts_; }
  // Contacts that expired since the start.
  [[nodiscard]] metrics::Counter& expired_counter() { return expired_; }

 private:
  friend class Bindings;
  struct Table;

  [[nodiscard]] base::TimePoint time_of(std::int64_t unix_seconds) const;
  // When the next contact of the record expires; TimePoint::max() when none does.
  [[nodiscard]] base::TimePoint next_expiry(const AorRecord& record) const;
  // Removes what has expired. Returns when to be called again, or nothing when no contact is left.
  [[nodiscard]] std::optional<base::TimePoint> on_expire(std::string_view aor, AorRecord& record);

  std::string name_;
  Shared shared_;
  Options options_;
  ChangeSink* sink_ = nullptr;
  metrics::Gauge contacts_;
  metrics::Counter expired_;
  std::unique_ptr<Table> table_;
};

}  // namespace carillon::usrloc
