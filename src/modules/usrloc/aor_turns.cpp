// SPDX-License-Identifier: Apache-2.0
// See aor_turns.h.
#include "modules/usrloc/aor_turns.h"

#include <optional>

#include "storage/driver.h"

namespace carillon::usrloc {

base::Task<base::Result<AorTurns::Turn>> AorTurns::take(shard::Shard& shard, std::string aor) {
  enum class Place { First, Behind, Nowhere };
  auto turn = shard.suspend<base::Result<Turn>>();
  const Place place = taken_.with(aor, [&turn](auto& entry) {
    Waiting* waiting = entry.value();
    if (waiting == nullptr) {
      entry.create();
      return Place::First;
    }
    if (waiting->size() >= kMaxWaiting) return Place::Nowhere;
    waiting->push_back(turn.handle());
    return Place::Behind;
  });
  if (place == Place::First) co_return Turn(*this, std::move(aor));
  if (place == Place::Nowhere) {
    co_return std::unexpected(
        base::Error{"too many changes of one AoR wait for the database", static_cast<int>(storage::Fault::Busy)});
  }
  co_return co_await turn;
}

// Who has stopped waiting drops the turn where it arrives, and so passes it on again.
void AorTurns::pass_on(const std::string& aor) {
  std::optional<shard::Handle<base::Result<Turn>>> next;
  taken_.with(aor, [&next](auto& entry) {
    Waiting* waiting = entry.value();
    if (waiting == nullptr) return;
    if (waiting->empty()) {
      entry.erase();
      return;
    }
    next = waiting->front();
    waiting->pop_front();
  });
  if (next) shards_.resume(*next, base::Result<Turn>(Turn(*this, aor)));
}

}  // namespace carillon::usrloc
