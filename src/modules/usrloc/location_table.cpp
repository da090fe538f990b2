// SPDX-License-Identifier: Apache-2.0
// See location_table.h.
#include "modules/usrloc/location_table.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "modules/usrloc/aor_name.h"
#include "shard/partitioned_table.h"

namespace carillon::usrloc {
namespace {

constexpr std::size_t kPartitions = 256;

}  // namespace

struct LocationTable::Table {
  explicit Table(LocationTable& owner)
      : aors(owner.shared_.shards,
             [&owner](const AorName& aor, AorRecord& record) { return owner.on_expire(aor, record); }) {}

  shard::PartitionedTable<AorName, AorRecord, kPartitions> aors;
};

// --- Bindings --------------------------------------------------------------------------------------------------------

void Bindings::insert(const ContactFields& fields) {
  const std::uint64_t id = table_.shared_.next_contact_id.fetch_add(1, std::memory_order_relaxed);
  Contact::Ptr contact = Contact::make(fields, id, table_.shared_.user_agents);
  Contact& inserted = *contact;
  record_.insert(std::move(contact), table_.options_.newest_first);
  table_.contacts_.add();
  mark_unwritten(inserted);
}

void Bindings::update(const Contact& contact, const ContactFields& fields) {
  Contact::Ptr& link = record_.link_of(contact);
  const bool moves = table_.options_.newest_first ? &link != &record_.first_ : contact.q() != fields.q;
  if (!moves && contact.has_texts_of(fields)) {
    link->refresh(fields);
    mark_unwritten(*link);
    return;
  }
  Contact::Ptr changed = Contact::make(fields, contact.id(), table_.shared_.user_agents);
  changed->in_database_ = contact.in_database_;
  changed->unwritten_ = contact.unwritten_;
  Contact& kept = *changed;
  if (moves) {
    const Contact::Ptr gone = record_.take(contact);
    record_.insert(std::move(changed), table_.options_.newest_first);
  } else {
    changed->next_ = std::move(link->next_);
    link = std::move(changed);
  }
  mark_unwritten(kept);
}

void Bindings::erase(const Contact& contact) {
  note_removed(contact);
  const Contact::Ptr gone = record_.take(contact);
}

std::size_t Bindings::erase_if(base::FunctionRef<bool(const Contact&)> unwanted) {
  std::size_t erased = 0;
  for (Contact::Ptr* link = &record_.first_; *link;) {
    if (!unwanted(**link)) {
      link = &(*link)->next_;
      continue;
    }
    note_removed(**link);
    Contact::Ptr rest = std::move((*link)->next_);
    *link = std::move(rest);
    ++erased;
  }
  return erased;
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
  if (table_.sink_ == nullptr || contact.is_memory_only() || contact.unwritten_) return;
  const bool told = std::ranges::any_of(record_, [](const Contact& other) { return other.unwritten_; });
  contact.unwritten_ = true;
  if (!told) table_.sink_->on_changed(aor_);
}

void Bindings::note_removed(const Contact& contact) {
  table_.contacts_.subtract();
  if (table_.sink_ != nullptr && contact.in_database_) table_.sink_->on_removed(contact.id());
}

// --- LocationTable ---------------------------------------------------------------------------------------------------

LocationTable::LocationTable(std::string name, const Shared& shared, Options options)
    : name_(std::move(name)), shared_(shared), options_(options), table_(std::make_unique<Table>(*this)) {}

LocationTable::~LocationTable() = default;

void LocationTable::close() { table_.reset(); }

void LocationTable::change(std::string_view aor, base::FunctionRef<void(Bindings&)> f) {
  table_->aors.with(aor, [&](auto& entry) {
    AorRecord fresh;
    AorRecord& record = entry.value() != nullptr ? *entry.value() : fresh;
    Bindings bindings(*this, aor, record, shared_.shards.clock().unix_seconds());
    f(bindings);
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
    Bindings bindings(*this, aor.text(), record, now);
    f(bindings);
    return record.empty();
  });
}

void LocationTable::load(std::string_view aor, const ContactFields& fields, std::uint64_t contact_id, KeyValues keys) {
  change(aor, [&](Bindings& bindings) {
    if (fields.expires != kPermanent && fields.expires <= bindings.now()) return;
    Contact::Ptr contact = Contact::make(fields, contact_id, shared_.user_agents);
    contact->in_database_ = true;
    bindings.record_.insert(std::move(contact), options_.newest_first);
    contacts_.add();
    if (!keys.empty() && bindings.record_.keys_ == nullptr) {
      bindings.record_.keys_ = std::make_unique<KeyValues>(std::move(keys));
    }
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
  for (const Contact& contact : record) {
    if (contact.expires() != kPermanent) next = std::min(next, contact.expires());
  }
  return next == std::numeric_limits<std::int64_t>::max() ? base::TimePoint::max() : time_of(next);
}

std::optional<base::TimePoint> LocationTable::on_expire(std::string_view aor, AorRecord& record) {
  Bindings bindings(*this, aor, record, shared_.shards.clock().unix_seconds());
  expired_.add(bindings.erase_if([&](const Contact& contact) { return !contact.is_valid_at(bindings.now()); }));
  if (record.empty()) return std::nullopt;
  // The clock that dates contacts was set back: not before it has moved on.
  const base::TimePoint soonest = shared_.shards.clock().now() + std::chrono::seconds(1);
  return std::clamp(next_expiry(record), soonest, time_of(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace carillon::usrloc
