// SPDX-License-Identifier: Apache-2.0
// Whose turn it is at an AoR whose contacts are in the database: reading, changing and writing them is one step for
// everybody else.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "shard/partitioned_table.h"
#include "shard/suspension.h"

namespace carillon::usrloc {

// Any shard. Turns are given in the order in which they were asked for.
class AorTurns {
 public:
  // The right to an AoR; whoever drops it, in whatever way, passes it on.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, {})), aor_(std::move(other.aor_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (const auto turns = turns_.lock()) (*turns)->pass_on(aor_);
    }

   private:
    friend class AorTurns;
    Turn(const AorTurns& turns, std::string aor) : turns_(turns.self_), aor_(std::move(aor)) {}

    std::weak_ptr<AorTurns*> turns_;
    std::string aor_;
  };

  explicit AorTurns(shard::Shards& shards) : shards_(shards), taken_(shards) {}
  AorTurns(const AorTurns&) = delete;
  AorTurns& operator=(const AorTurns&) = delete;

  // Waits for it inside `shard`. An error when too many wait already.
  [[nodiscard]] base::Task<base::Result<Turn>> take(shard::Shard& shard, std::string aor);

 private:
  static constexpr std::size_t kMaxWaiting = 200;  // for one AoR

  using Waiting = std::deque<shard::Handle<base::Result<Turn>>>;

  void pass_on(const std::string& aor);

  shard::Shards& shards_;
  // Shared only so that what is left in a mailbox can see that this has ended.
  std::shared_ptr<AorTurns*> self_ = std::make_shared<AorTurns*>(this);
  shard::PartitionedTable<std::string, Waiting> taken_;
};

}  // namespace carillon::usrloc
