// SPDX-License-Identifier: Apache-2.0
// See location_table.h.
#include "modules/usrloc/location_table.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "modules/usrloc/aor_name.h"
#include "shard/partitioned_table.h"

namespace carillon::usrloc {
namespace {

constexpr std::size_t kPartitions = 256;

// Of all servers that share a database: time first, so that they tell who came first; then those of one second in their
// order, and which server it was.
std::uint64_t id_among_servers(const SharedLocation& shared) {
  constexpr std::int64_t kEpoch = 1'577'836'800;  // 2020; lasts until 2054
  constexpr unsigned kServerBits = 20;
  constexpr unsigned kOrderBits = 13;
  constexpr std::uint64_t kSecondsMask = (1ULL << 30) - 1;
  const auto seconds = static_cast<std::uint64_t>(shared.shards.clock().unix_seconds() - kEpoch) & kSecondsMask;
  const std::uint64_t order = shared.next_contact_id.fetch_add(1, std::memory_order_relaxed) & ((1U << kOrderBits) - 1);
  const std::uint64_t server = shared.server & ((1U << kServerBits) - 1);
  return (((seconds << kOrderBits) | order) << kServerBits) | server;
}

std::uint64_t new_contact_id(const Bindings::Place& place) {
  return place.among_servers ? id_among_servers(place.shared)
                             : place.shared.next_contact_id.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

struct LocationTable::Table {
  explicit Table(LocationTable& owner)
      : aors(owner.shared_.shards,
             [&owner](const AorName& aor, AorRecord& record) { return owner.on_expire(aor, record); }) {}

  shard::PartitionedTable<AorName, AorRecord, kPartitions> aors;
};

// --- Bindings --------------------------------------------------------------------------------------------------------

Bindings::Bindings(const Place& place, std::string_view aor, AorRecord& record, std::int64_t now)
    : place_(place), aor_(aor), record_(record), now_(now), was_empty_(record.empty()) {}

Bindings::~Bindings() {
  if (discarded_) return;
  const bool appears = was_empty_ && !record_.empty() && is_wanted(LocationChange::Kind::AorInserted);
  const bool goes = !was_empty_ && record_.empty() && is_wanted(LocationChange::Kind::AorDeleted);
  if (changes_.empty() && !appears && !goes) return;
  struct News {
    std::shared_ptr<UserAgents> agents;  // the last to go
    std::string table;
    std::string aor;
    std::vector<LocationChange> changes;
  };
  News news{place_.shared.user_agents, std::string(place_.table), std::string(aor_), {}};
  if (appears) news.changes.push_back({.kind = LocationChange::Kind::AorInserted});
  std::ranges::move(changes_, std::back_inserter(news.changes));
  if (goes) news.changes.push_back({.kind = LocationChange::Kind::AorDeleted});
  const auto home = shard::shard_of_hash(std::hash<std::string_view>{}(aor_));
  place_.shared.shards.post(home, [&observers = place_.shared.observers, news = std::move(news)](shard::Shard& shard) {
    for (const LocationChange& change : news.changes) {
      for (LocationObserver* observer : observers) {
        if (observer->wants(change.kind)) observer->on_change(shard, news.table, news.aor, change);
      }
    }
  });
}

bool Bindings::has_room_for(std::size_t more) const {
  const SharedLocation& shared = place_.shared;
  if (more == 0 || shared.bindings.load(std::memory_order_relaxed) + more <= shared.max_bindings) return true;
  shared.refused.add();
  return false;
}

void Bindings::insert(const ContactFields& fields, std::uint64_t id) {
  if (id == 0) id = new_contact_id(place_);
  Contact::Ptr contact = Contact::make(fields, id, *place_.shared.user_agents);
  Contact& inserted = *contact;
  record_.insert(std::move(contact), place_.newest_first);
  if (place_.contacts != nullptr) {
    place_.contacts->add();
    place_.shared.bindings.fetch_add(1, std::memory_order_relaxed);
  }
  mark_unwritten(inserted);
  mark_shared(inserted);
  note(LocationChange::Kind::Inserted, inserted);
}

void Bindings::update(const Contact& contact, const ContactFields& fields) {
  Contact::Ptr& link = record_.link_of(contact);
  const bool moves = place_.newest_first ? &link != &record_.first_ : contact.q() != fields.q;
  if (!moves && contact.has_texts_of(fields)) {
    link->refresh(fields);
    mark_unwritten(*link);
    mark_shared(*link);
    note(LocationChange::Kind::Updated, *link);
    return;
  }
  if (place_.sharing != nullptr && others_version_ == 0) place_.sharing->on_replaced(aor_, contact, fields);
  Contact::Ptr changed = Contact::make(fields, contact.id(), *place_.shared.user_agents);
  changed->in_database_ = contact.in_database_;
  changed->unwritten_ = contact.unwritten_;
  changed->latency_ = contact.latency_;
  changed->version_ = contact.version_;
  Contact& kept = *changed;
  if (moves) {
    const Contact::Ptr gone = record_.take(contact);
    record_.insert(std::move(changed), place_.newest_first);
  } else {
    changed->next_ = std::move(link->next_);
    link = std::move(changed);
  }
  mark_unwritten(kept);
  mark_shared(kept);
  note(LocationChange::Kind::Updated, kept);
}

// As it stands in the database; nobody is told.
void Bindings::add_written(const ContactFields& fields, std::uint64_t id) {
  Contact::Ptr contact = Contact::make(fields, id, *place_.shared.user_agents);
  contact->in_database_ = true;
  record_.insert(std::move(contact), place_.newest_first);
  was_empty_ = false;
  if (place_.contacts == nullptr) return;
  place_.contacts->add();
  place_.shared.bindings.fetch_add(1, std::memory_order_relaxed);
}

void Bindings::erase(const Contact& contact) { note_removed(record_.take(contact), false); }

void Bindings::forget_keys(const Contact& contact) {
  if (contact.keys().empty()) return;
  ContactFields fields = contact.fields();
  fields.keys = {};
  Contact::Ptr& link = record_.link_of(contact);
  Contact::Ptr changed = Contact::make(fields, contact.id(), *place_.shared.user_agents);
  changed->in_database_ = contact.in_database_;
  changed->unwritten_ = contact.unwritten_;
  changed->version_ = contact.version_;
  changed->next_ = std::move(link->next_);
  link = std::move(changed);
}

std::size_t Bindings::erase_if(base::FunctionRef<bool(const Contact&)> unwanted) {
  return erase_matching(unwanted, false);
}

std::size_t Bindings::erase_expired() {
  return erase_matching([this](const Contact& contact) { return !contact.is_valid_at(now_); }, true);
}

std::size_t Bindings::erase_matching(base::FunctionRef<bool(const Contact&)> unwanted, bool expired) {
  std::size_t erased = 0;
  for (Contact::Ptr* link = &record_.first_; *link;) {
    if (!unwanted(**link)) {
      link = &(*link)->next_;
      continue;
    }
    Contact::Ptr gone = std::move(*link);
    *link = std::move(gone->next_);
    note_removed(std::move(gone), expired);
    ++erased;
  }
  return erased;
}

void Bindings::set_latency(const Contact& contact, std::uint32_t latency) {
  const std::uint32_t before = std::exchange(record_.link_of(contact)->latency_, latency);
  const std::size_t noted = changes_.size();
  note(LocationChange::Kind::LatencyChanged, contact);
  if (changes_.size() != noted) changes_.back().old_latency = before;
}

void Bindings::ask_refresh(const Contact& contact, std::string_view reason, std::string_view request_call_id) {
  const std::size_t before = changes_.size();
  note(LocationChange::Kind::RefreshDue, contact);
  if (changes_.size() == before) return;
  changes_.back().reason = reason;
  changes_.back().request_call_id = request_call_id;
}

void Bindings::ask_due_refreshes() {
  const std::int64_t before = place_.shared.refresh_before;
  if (before == 0) return;
  for (Contact* c = record_.first_.get(); c != nullptr; c = c->next_.get()) {
    if (c->refresh_asked_ || c->expires() == kPermanent || c->expires() - before > now_ || !c->is_woken_by_push()) {
      continue;
    }
    c->refresh_asked_ = true;
    ask_refresh(*c, "reg-refresh", {});
  }
}

void Bindings::set_key(std::string_view key, std::string_view value) {
  if (record_.keys_ == nullptr) record_.keys_ = std::make_unique<KeyValues>();
  KeyValues& keys = *record_.keys_;
  const auto found = std::ranges::find(keys, key, &KeyValues::value_type::first);
  if (found == keys.end()) {
    keys.emplace_back(key, value);
  } else {
    found->second = value;
  }
  for (Contact* contact = record_.first_.get(); contact != nullptr; contact = contact->next_.get()) {
    mark_unwritten(*contact);
  }
}

bool Bindings::erase_key(std::string_view key) {
  if (record_.keys_ == nullptr) return false;
  if (std::erase_if(*record_.keys_, [key](const auto& pair) { return pair.first == key; }) == 0) return false;
  if (record_.keys_->empty()) record_.keys_.reset();
  for (Contact* contact = record_.first_.get(); contact != nullptr; contact = contact->next_.get()) {
    mark_unwritten(*contact);
  }
  return true;
}

void Bindings::mark_unwritten(Contact& contact) {
  // Where nothing is kept, there is no memory to be kept in.
  const bool stays_here = contact.is_memory_only() && place_.contacts != nullptr;
  if (place_.sink == nullptr || stays_here || contact.unwritten_) return;
  const bool told = std::ranges::any_of(record_, [](const Contact& other) { return other.unwritten_; });
  contact.unwritten_ = true;
  if (!told) place_.sink->on_changed(aor_);
}

void Bindings::mark_shared(Contact& contact) {
  if (others_version_ != 0) {
    contact.version_ = others_version_;
  } else if (place_.sharing != nullptr) {
    contact.version_ = place_.sharing->on_set(aor_, contact);
  }
}

void Bindings::note_removed(Contact::Ptr contact, bool expired) {
  if (place_.sharing != nullptr && others_version_ == 0 && !expired) place_.sharing->on_removed(aor_, *contact);
  if (place_.contacts != nullptr) {
    place_.contacts->subtract();
    place_.shared.bindings.fetch_sub(1, std::memory_order_relaxed);
  }
  if (place_.sink != nullptr && contact->in_database_) place_.sink->on_removed(contact->id());
  if (!is_wanted(LocationChange::Kind::Deleted)) return;
  contact->next_.reset();
  changes_.push_back({.kind = LocationChange::Kind::Deleted, .expired = expired, .contact = std::move(contact)});
}

bool Bindings::is_wanted(LocationChange::Kind kind) const {
  return std::ranges::any_of(place_.shared.observers,
                             [kind](const LocationObserver* observer) { return observer->wants(kind); });
}

void Bindings::note(LocationChange::Kind kind, const Contact& contact) {
  if (!is_wanted(kind)) return;
  Contact::Ptr copy = Contact::make(contact.fields(), contact.id(), *place_.shared.user_agents);
  copy->latency_ = contact.latency_;
  changes_.push_back({.kind = kind, .contact = std::move(copy)});
}

// --- LocationTable ---------------------------------------------------------------------------------------------------

LocationTable::LocationTable(std::string name, const SharedLocation& shared, Options options)
    : name_(std::move(name)),
      shared_(shared),
      place_{.shared = shared, .table = name_, .newest_first = options.newest_first, .contacts = &contacts_},
      table_(std::make_unique<Table>(*this)) {}

std::uint64_t LocationTable::new_contact_id() const { return usrloc::new_contact_id(place_); }

LocationTable::~LocationTable() = default;

void LocationTable::close() { table_.reset(); }

void LocationTable::change(std::string_view aor, base::FunctionRef<void(Bindings&)> f) {
  table_->aors.with(aor, [&](auto& entry) {
    AorRecord fresh;
    AorRecord& record = entry.value() != nullptr ? *entry.value() : fresh;
    {
      Bindings bindings(place_, aor, record, shared_.shards.clock().unix_seconds());
      f(bindings);
    }
    if (record.empty()) {
      if (entry.value() != nullptr) entry.erase();
      return;
    }
    const base::TimePoint expiry = next_expiry(record);
    if (entry.value() == nullptr) entry.create(std::move(record));
    if (expiry == base::TimePoint::max()) {
      entry.never_expire();
    } else {
      entry.expire_at(expiry);
    }
  });
}

bool LocationTable::read(std::string_view aor, base::FunctionRef<void(const AorRecord&)> f) const {
  return table_->aors.with(aor, [&f](auto& entry) {
    if (entry.value() == nullptr) return false;
    f(*entry.value());
    return true;
  });
}

bool LocationTable::erase(std::string_view aor) {
  bool there = false;
  change(aor, [&there](Bindings& bindings) { there = bindings.erase_if([](const Contact&) { return true; }) != 0; });
  return there;
}

std::size_t LocationTable::partitions() { return kPartitions; }

void LocationTable::for_each_in(std::size_t partition,
                                base::FunctionRef<void(std::string_view, const AorRecord&)> f) const {
  table_->aors.for_each_in(partition, [&f](const AorName& aor, AorRecord& record) { f(aor.text(), record); });
}

void LocationTable::change_each_in(std::size_t partition, base::FunctionRef<void(Bindings&)> f) {
  const std::int64_t now = shared_.shards.clock().unix_seconds();
  table_->aors.erase_if_in(partition, [&](const AorName& aor, AorRecord& record) {
    Bindings bindings(place_, aor.text(), record, now);
    f(bindings);
    return record.empty();
  });
}

void LocationTable::load(std::string_view aor, const ContactFields& fields, std::uint64_t contact_id, KeyValues keys) {
  change(aor, [&](Bindings& bindings) {
    if (fields.expires != kPermanent && fields.expires <= bindings.now()) return;
    bindings.add_written(fields, contact_id);
    if (!keys.empty() && bindings.record_.keys_ == nullptr) {
      bindings.record_.keys_ = std::make_unique<KeyValues>(std::move(keys));
    }
  });
}

void LocationTable::reload(std::string_view aor, const ContactFields& fields, std::uint64_t contact_id,
                           KeyValues keys) {
  change(aor, [&](Bindings& bindings) {
    const auto known = std::ranges::find(bindings.record(), contact_id, &Contact::id);
    if (known != bindings.record().end()) {
      if (known->unwritten_) return;
      const bool stays = fields.expires == kPermanent || fields.expires > bindings.now();
      if (stays && known->has_texts_of(fields) && known->expires() == fields.expires) return;
      // What the database holds needn't be removed there.
      bindings.record_.link_of(*known)->in_database_ = false;
      bindings.erase(*known);
    }
    if (fields.expires != kPermanent && fields.expires <= bindings.now()) return;
    bindings.add_written(fields, contact_id);
    if (!keys.empty()) bindings.record_.keys_ = std::make_unique<KeyValues>(std::move(keys));
  });
}

void LocationTable::take_unwritten(std::string_view aor, base::FunctionRef<void(const AorRecord&, const Contact&)> f) {
  table_->aors.with(aor, [&f](auto& entry) {
    if (entry.value() == nullptr) return;
    for (Contact* c = entry.value()->first_.get(); c != nullptr; c = c->next_.get()) {
      if (!std::exchange(c->unwritten_, false)) continue;
      c->in_database_ = true;
      f(*entry.value(), *c);
    }
  });
}

void LocationTable::mark_unwritten_in(std::size_t partition, std::string_view aor) {
  table_->aors.for_each_in(partition, [&](const AorName& name, AorRecord& record) {
    if (!aor.empty() && name.text() != aor) return;
    Bindings bindings(place_, name.text(), record, 0);
    for (Contact* c = record.first_.get(); c != nullptr; c = c->next_.get()) bindings.mark_unwritten(*c);
  });
}

bool LocationTable::take_unwritten_in(std::size_t partition, std::size_t limit,
                                      base::FunctionRef<void(std::string_view, const AorRecord&, const Contact&)> f) {
  bool more = false;
  table_->aors.for_each_in(partition, [&](const AorName& aor, AorRecord& record) {
    for (Contact* c = record.first_.get(); c != nullptr; c = c->next_.get()) {
      if (!c->unwritten_) continue;
      if (limit == 0) {
        more = true;
        return;
      }
      --limit;
      c->unwritten_ = false;
      c->in_database_ = true;
      f(aor.text(), record, *c);
    }
  });
  return !more;
}

std::size_t LocationTable::users() const { return table_ == nullptr ? 0 : table_->aors.size(); }

base::TimePoint LocationTable::time_of(std::int64_t unix_seconds) const {
  const base::Clock& clock = shared_.shards.clock();
  // Far enough for any timer, and no overflow on the way.
  constexpr std::int64_t kTenYears = 10LL * 366 * 86400;
  const std::int64_t left = std::clamp<std::int64_t>(unix_seconds - clock.unix_seconds(), 0, kTenYears);
  return clock.now() + std::chrono::seconds(left);
}

base::TimePoint LocationTable::next_expiry(const AorRecord& record) const {
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  const std::int64_t before = shared_.refresh_before;
  for (const Contact& contact : record) {
    if (contact.expires() == kPermanent) continue;
    const bool is_told = before != 0 && !contact.refresh_asked_ && contact.is_woken_by_push();
    next = std::min(next, is_told ? contact.expires() - before : contact.expires());
  }
  return next == std::numeric_limits<std::int64_t>::max() ? base::TimePoint::max() : time_of(next);
}

std::optional<base::TimePoint> LocationTable::on_expire(std::string_view aor, AorRecord& record) {
  {
    Bindings bindings(place_, aor, record, shared_.shards.clock().unix_seconds());
    expired_.add(bindings.erase_expired());
    bindings.ask_due_refreshes();
  }
  if (record.empty()) return std::nullopt;
  // The clock that dates contacts was set back: not before it has moved on.
  const base::TimePoint soonest = shared_.shards.clock().now() + std::chrono::seconds(1);
  return std::clamp(next_expiry(record), soonest, time_of(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace carillon::usrloc
