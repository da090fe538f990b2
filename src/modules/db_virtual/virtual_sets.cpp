// SPDX-License-Identifier: Apache-2.0
// See virtual_sets.h.
#include "modules/db_virtual/virtual_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"

namespace carillon::db_virtual {
namespace {

using storage::Database;
using storage::Fault;

// The database itself is away or damaged; nothing was done.
bool is_out_of_use(const base::Error& error) {
  const Fault fault = Database::fault_of(error);
  return fault == Fault::Unavailable || fault == Fault::NotADatabase;
}

}  // namespace

Member::State Member::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

bool Member::usable() const {
  const std::scoped_lock lock(mutex_);
  return state_.may_use && state_.can_use;
}

std::string Member::display() const {
  const auto url = storage::Url::parse(url_);
  return url ? url->display() : "?";
}

base::Result<std::shared_ptr<Database>> Member::database() {
  {
    const std::scoped_lock lock(mutex_);
    if (database_) return database_;
  }
  auto opened = databases_.open(url_);  // gives everybody the same one
  if (!opened) return opened;
  const std::scoped_lock lock(mutex_);
  database_ = *opened;
  return opened;
}

base::Result<> Member::create() {
  auto made = databases_.create(url_);
  if (!made) return std::unexpected(std::move(made.error()));
  const std::scoped_lock lock(mutex_);
  database_ = std::move(*made);
  state_.can_use = true;
  return {};
}

void Member::note(const base::Error* error) {
  const bool lost = error != nullptr && is_out_of_use(*error);
  {
    const std::scoped_lock lock(mutex_);
    if (!lost) {
      state_.failures = 0;
      return;
    }
    ++state_.failures;
    if (!std::exchange(state_.can_use, false)) return;
  }
  log::warning("db_virtual: {} is out of use: {}", display(), error->message);
}

void Member::probe(unsigned max_failures) {
  {
    const std::scoped_lock lock(mutex_);
    if (!state_.may_use || state_.can_use) return;
    if (state_.failures > max_failures && !state_.ignore_retries) return;
  }
  auto opened = database();
  if (!opened) return;
  if (auto answered = (*opened)->has_table("version"); !answered) return;
  {
    const std::scoped_lock lock(mutex_);
    state_.can_use = true;
  }
  log::notice("db_virtual: {} is back in use", display());
}

void Member::set(bool may_use, bool ignore_retries) {
  const std::scoped_lock lock(mutex_);
  state_.may_use = may_use;
  state_.failures = 0;
  state_.ignore_retries = ignore_retries;
}

void Member::close() {
  std::shared_ptr<Database> closed;
  const std::scoped_lock lock(mutex_);
  closed.swap(database_);
}

base::Result<std::uint64_t> VirtualSet::try_one(Member& member, Call call) {
  auto database = member.database();
  if (!database) {
    member.note(&database.error());
    return std::unexpected(std::move(database.error()));
  }
  auto result = call(**database);
  member.note(result ? nullptr : &result.error());
  return result;
}

std::unexpected<base::Error> VirtualSet::nobody(std::string_view last_error) const {
  return base::fail(fmt::format("virtual://{}: no database of the set can be used{}{}", name_,
                                last_error.empty() ? "" : ": ", last_error),
                    static_cast<int>(Fault::Unavailable));
}

base::Result<std::uint64_t> VirtualSet::read(Call call) {
  const std::size_t first = mode_ == Mode::RoundRobin ? turn_.fetch_add(1, std::memory_order_relaxed) : 0;
  std::string last_error;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    Member& member = *members_[(first + i) % members_.size()];
    if (!member.usable()) continue;
    auto result = try_one(member, call);
    if (result || !is_out_of_use(result.error())) return result;
    last_error = std::move(result.error().message);
  }
  return nobody(last_error);
}

base::Result<std::uint64_t> VirtualSet::write(Call call) { return mode_ == Mode::Parallel ? all(call) : read(call); }

base::Result<std::uint64_t> VirtualSet::all(Call call) {
  std::vector<std::pair<Member*, base::Error>> failed;
  base::Result<std::uint64_t> result = nobody("");
  bool done = false;
  for (const auto& member : members_) {
    if (!member->usable()) continue;
    auto one = try_one(*member, call);
    if (!one) {
      failed.emplace_back(member.get(), one.error());
      // What says most of it: that something may have been done, or was refused.
      if (!done && (is_out_of_use(result.error()) || !is_out_of_use(one.error()))) result = std::move(one);
    } else if (!std::exchange(done, true)) {
      result = std::move(one);
    }
  }
  for (const auto& [member, error] : failed) {
    if (done && !is_out_of_use(error)) {
      log::warning("db_virtual: {} lacks what another database of '{}' has: {}", member->display(), name_,
                   error.message);
    }
  }
  return result;
}

base::Result<> VirtualSets::add_line(std::string_view line) {
  line = base::trim(line);
  constexpr std::string_view kDefine = "define ";
  if (!base::istarts_with(line, kDefine)) {
    if (sets_.empty()) return base::fail("a URL before the first 'define NAME MODE'");
    auto url = storage::Url::parse(line);
    if (!url) return std::unexpected(std::move(url.error()));
    if (url->scheme == "virtual") return base::fail("a set can't hold another set");
    sets_.back()->add(databases_, std::string(line));
    return {};
  }
  line = base::trim(line.substr(kDefine.size()));
  const std::string_view name = base::take_until(line, ' ');
  const std::string_view word = base::trim(line);
  Mode mode = Mode::Failover;
  if (base::iequals(word, "PARALLEL")) {
    mode = Mode::Parallel;
  } else if (base::iequals(word, "ROUND")) {
    mode = Mode::RoundRobin;
  } else if (!base::iequals(word, "FAILOVER")) {
    return base::fail(fmt::format("'{}' is none of FAILOVER, PARALLEL and ROUND", word));
  }
  if (find(name) != nullptr) return base::fail(fmt::format("the set '{}' is defined twice", name));
  sets_.push_back(std::make_unique<VirtualSet>(std::string(name), mode));
  return {};
}

base::Result<> VirtualSets::check() const {
  for (const auto& set : sets_) {
    if (set->members().empty()) return base::fail(fmt::format("the set '{}' has no database", set->name()));
  }
  return {};
}

VirtualSet* VirtualSets::find(std::string_view name) const {
  const auto found = std::ranges::find_if(sets_, [name](const auto& set) { return set->name() == name; });
  return found != sets_.end() ? found->get() : nullptr;
}

void VirtualSets::probe(unsigned max_failures) {
  for (const auto& set : sets_) {
    for (const auto& member : set->members()) member->probe(max_failures);
  }
}

void VirtualSets::start_probing(std::chrono::seconds pause, unsigned max_failures) {
  prober_ = std::jthread([this, pause, max_failures](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, ended, pause, [&ended] { return ended.stop_requested(); })) return;
      }
      probe(max_failures);
    }
  });
}

void VirtualSets::stop() {
  if (!prober_.joinable()) return;
  prober_.request_stop();
  prober_.join();
}

void VirtualSets::close() {
  for (const auto& set : sets_) {
    for (const auto& member : set->members()) member->close();
  }
}

}  // namespace carillon::db_virtual
