// SPDX-License-Identifier: Apache-2.0
// See turns.h.
#include "shard/turns.h"

namespace carillon::shard {
namespace {

using Waiter = Handle<base::Result<Turn>>;

// Ends a wait that has lasted too long. The turn that comes later is dropped on arrival, and so passed on.
struct Patience {
  Shards& shards;
  Waiter waiter;
  Timer timer = Timer::calling<&Patience::on_timer>(this);

  void on_timer() {
    shards.resume(waiter, base::Result<Turn>(base::fail("somebody else has it for too long", Turns::kTooLong)));
  }
};

}  // namespace

std::optional<Turn> Turns::try_take(std::string_view name) {
  const bool free = taken_.with(name, [](auto& entry) {
    if (entry.value() != nullptr) return false;
    entry.create();
    return true;
  });
  if (!free) return std::nullopt;
  return Turn(*this, std::string(name));
}

base::Task<base::Result<Turn>> Turns::take(Shard& shard, std::string name, base::Duration longest) {
  enum class Place { First, Behind, Nowhere };
  auto turn = shard.suspend<base::Result<Turn>>();
  const Place place = taken_.with(name, [this, &turn](auto& entry) {
    Waiting* waiting = entry.value();
    if (waiting == nullptr) {
      entry.create();
      return Place::First;
    }
    if (waiting->size() >= max_waiting_) return Place::Nowhere;
    waiting->push_back(turn.handle());
    return Place::Behind;
  });
  if (place == Place::First) co_return Turn(*this, std::move(name));
  if (place == Place::Nowhere) co_return base::fail("too many wait for it already", kTooMany);
  Patience patience{.shards = shards_, .waiter = turn.handle()};
  if (longest > base::Duration::zero()) shard.schedule(patience.timer, longest);
  co_return co_await turn;
}

// Who has stopped waiting drops the turn where it arrives, and so passes it on again.
void Turns::pass_on(const std::string& name) {
  std::optional<Waiter> next;
  taken_.with(name, [&next](auto& entry) {
    Waiting* waiting = entry.value();
    if (waiting == nullptr) return;
    if (waiting->empty()) {
      entry.erase();
      return;
    }
    next = waiting->front();
    waiting->pop_front();
  });
  if (next) shards_.resume(*next, base::Result<Turn>(Turn(*this, name)));
}

}  // namespace carillon::shard
