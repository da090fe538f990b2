// SPDX-License-Identifier: Apache-2.0
// Commands that look at a whole table: ul_dump and ul_sync. They work on threads that nobody waits for, with locks as
// short as those of a call.
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "modules/usrloc/usrloc.h"
#include "shard/context.h"
#include "shard/suspension.h"
#include "storage/pool.h"

namespace carillon::usrloc {
namespace {

using management::Json;
using management::Parameters;

constexpr int kBadRequest = 400;
constexpr int kServerError = 500;
constexpr int kUnavailable = 503;

// Rows a query asks for.
constexpr std::size_t kPage = 1000;

// Elements of an array, one after the other.
class ArrayText {
 public:
  explicit ArrayText(std::string& to) : to_(to) { to_ += '['; }
  void push_back(std::string_view element) {
    if (to_.back() != '[') to_ += ',';
    to_ += element;
  }
  void end() { to_ += ']'; }

 private:
  std::string& to_;
};

}  // namespace

// --- ul_dump ---------------------------------------------------------------------------------------------------------

template <typename Work>
base::Task<base::Result<std::string>> Usrloc::in_background(shard::Shard& shard, Work work) {
  auto text = shard.suspend<std::string>();
  auto job = [state = background_, handle = text.handle(), &shards = services_->shards,
              work = std::move(work)]() mutable {
    // stop() waits for the lock, after which nothing of the module is there.
    std::unique_lock lock(state->mutex);
    std::string result;
    if (!state->ended) result = work(state->ended);
    lock.unlock();
    shards.resume(handle, std::move(result));
  };
  const auto lane = std::hash<std::string_view>{}("usrloc:dump");
  if (!services_->pool.submit(lane, std::move(job))) co_return base::fail("too much is going on", kUnavailable);
  co_return co_await text;
}

std::string Usrloc::dump_text(bool brief, const std::atomic<bool>& ended) const {
  std::string text(Json::kHeadroom, ' ');
  text += "{\"Domains\":";
  ArrayText all(text);
  for (const Domain* domain : domains()) {
    all.push_back(fmt::format("{{\"name\":{},\"hash_size\":{},\"AORs\":", Json(domain->table.name()).text(),
                              1U << static_cast<unsigned>(std::clamp(hash_size, 0, 30))));
    ArrayText aors(text);
    for (std::size_t partition = 0; partition < LocationTable::partitions() && !ended; ++partition) {
      // Only the names while the partition is locked; what has gone when its turn comes is left out.
      std::vector<std::string> names;
      domain->table.for_each_in(partition, [&](std::string_view aor, const AorRecord&) { names.emplace_back(aor); });
      for (const std::string& aor : names) {
        Json one;
        if (domain->table.read(aor, [&](const AorRecord& record) { one = describe(aor, record, brief); })) {
          aors.push_back(one.text());
        }
      }
    }
    aors.end();
    text += '}';
  }
  all.end();
  text += '}';
  text.reserve(text.size() + Json::kHeadroom);  // for what comes behind
  return text;
}

base::Task<base::Result<std::string>> Usrloc::dump_database(shard::Shard& shard, bool brief) {
  std::string text(Json::kHeadroom, ' ');
  text += "{\"Domains\":";
  ArrayText all(text);
  for (Domain* domain : domains()) {
    // Rows of one AoR are anywhere in the table.
    std::map<std::string, std::vector<LocatedContact>> by_aor;
    SqlOnly::Page page;
    do {
      auto next = co_await domain->sql_only->page(shard, page.last, kPage);
      if (!next) co_return base::fail(next.error().message, kServerError);
      page = std::move(*next);
      for (LocatedContact& contact : page.contacts) {
        const std::string aor = contact.aor();
        by_aor[aor].push_back(std::move(contact));
      }
    } while (page.more);
    all.push_back(fmt::format("{{\"name\":{},\"hash_size\":{},\"AORs\":", Json(domain->table.name()).text(),
                              1U << static_cast<unsigned>(std::clamp(hash_size, 0, 30))));
    ArrayText aors(text);
    std::size_t since_pause = 0;
    for (const auto& [aor, contacts] : by_aor) {
      AorRecord record;
      domain->sql_only->fill(record, contacts);
      aors.push_back(describe(aor, record, brief).text());
      if (++since_pause % kPage == 0) co_await shard.sleep(std::chrono::milliseconds(1));
    }
    aors.end();
    text += '}';
  }
  all.end();
  text += '}';
  co_return text;
}

Usrloc::Reply Usrloc::dump(Parameters parameters) {
  bool brief = false;
  if (parameters.has("brief")) {
    const auto value = parameters.text("brief");
    if (!value) co_return std::unexpected(value.error());
    brief = *value != "0";
  }
  shard::Shard& shard = *shard::context.shard;
  if (mode_ == Mode::SqlOnly) {
    auto text = co_await dump_database(shard, brief);
    if (!text) co_return std::unexpected(std::move(text.error()));
    co_return Json::written(std::move(*text));
  }
  auto text =
      co_await in_background(shard, [this, brief](const std::atomic<bool>& ended) { return dump_text(brief, ended); });
  if (!text) co_return std::unexpected(std::move(text.error()));
  co_return Json::written(std::move(*text));
}

// --- ul_sync ---------------------------------------------------------------------------------------------------------

Usrloc::Reply Usrloc::cluster_sync(Parameters /*parameters*/) {
  if (mode_ != Mode::Shared) co_return base::fail("there is no cluster to synchronise with", kServerError);
  for (Domain* domain : domains()) domain->sharing->resync();
  co_return Json("OK");
}

// Contacts are written first and strange rows removed then, so that the database is never without what is registered.
Usrloc::Reply Usrloc::sync(Parameters parameters) {
  const auto named = named_table(parameters);
  if (!named) co_return std::unexpected(named.error());
  std::string aor;
  if (parameters.has("aor")) {
    auto name = named_aor(parameters);
    if (!name) co_return std::unexpected(std::move(name.error()));
    aor = std::move(*name);
  }
  Domain* domain = find((*named)->name());
  if (domain->write_back == nullptr) {
    co_return base::fail("needs contacts in memory and a database they are written to", kBadRequest);
  }
  shard::Shard& shard = *shard::context.shard;
  const std::uint64_t newer = next_contact_id_.load();  // these are no strangers, whenever they are written
  for (std::size_t partition = 0; partition < LocationTable::partitions(); ++partition) {
    domain->table.mark_unwritten_in(partition, aor);
    if (partition % 16 == 0) co_await shard.sleep(std::chrono::milliseconds(1));
  }
  if (!co_await domain->write_back->commit(shard)) {
    co_return base::fail("Failed to write to the database", kServerError);
  }
  auto work = [this, domain, aor = std::move(aor), newer](const std::atomic<bool>& ended) {
    const auto removed = remove_strangers(*domain, aor, newer, ended);
    return removed ? std::string() : removed.error().message;
  };
  auto removal = in_background(shard, std::move(work));
  const auto problem = co_await removal;
  if (!problem) co_return std::unexpected(problem.error());
  if (!problem->empty()) co_return base::fail(*problem, kServerError);
  co_return Json("OK");
}

base::Result<> Usrloc::remove_strangers(const Domain& domain, const std::string& aor, std::uint64_t newer,
                                        const std::atomic<bool>& ended) {
  absl::flat_hash_set<std::uint64_t> known;
  for (std::size_t partition = 0; partition < LocationTable::partitions() && !ended; ++partition) {
    domain.table.for_each_in(partition, [&known](std::string_view, const AorRecord& record) {
      for (const Contact& contact : record) known.insert(contact.id());
    });
  }
  const std::string& key = columns.contact_id;
  std::vector<storage::Value> strangers;
  storage::Select query{.table = domain.table.name(), .columns = {key}};
  if (!aor.empty()) query.where = domain.row->where(aor);
  auto looked = database_.database().select(query, [&](const storage::Row& row) {
    const auto id = static_cast<std::uint64_t>(row.integer(0));
    if (id < newer && !known.contains(id)) strangers.emplace_back(row.integer(0));
    return !ended;
  });
  if (!looked) return looked;
  for (std::size_t at = 0; at < strangers.size() && !ended; at += kPage) {
    const auto end = strangers.begin() + static_cast<std::ptrdiff_t>(std::min(at + kPage, strangers.size()));
    const std::vector<storage::Value> some(strangers.begin() + static_cast<std::ptrdiff_t>(at), end);
    auto removed = database_.database().write(
        storage::DeleteRows{.table = domain.table.name(), .keys = {.columns = {key}, .values = some}});
    if (!removed) return std::unexpected(std::move(removed.error()));
    write_back_statistics.removed.add(*removed);
  }
  return {};
}

}  // namespace carillon::usrloc
