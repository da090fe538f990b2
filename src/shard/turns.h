// SPDX-License-Identifier: Apache-2.0
// Turns: whose turn it is at something that has a name. Whoever has it is alone with it; the others wait in a queue
// without a thread, and go on in their shards.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "shard/partitioned_table.h"
#include "shard/suspension.h"

namespace carillon::shard {

// The right to a name; whoever drops it, in whatever way, passes it on. May outlive the Turns it is of.
class Turn;

// Any shard. Turns are given in the order in which they were asked for.
class Turns {
 public:
  // `max_waiting`: for one name.
  Turns(Shards& shards, std::size_t max_waiting) : shards_(shards), max_waiting_(max_waiting), taken_(shards) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Waits for it inside `shard`, for `longest` at most (0: without end). The error's code is kTooMany or kTooLong.
  [[nodiscard]] base::Task<base::Result<Turn>> take(Shard& shard, std::string name, base::Duration longest = {});
  // Nothing when somebody has it or waits for it.
  [[nodiscard]] std::optional<Turn> try_take(std::string_view name);

  static constexpr int kTooMany = 1;
  static constexpr int kTooLong = 2;

 private:
  friend class Turn;
  using Waiting = std::deque<Handle<base::Result<Turn>>>;

  void pass_on(const std::string& name);

  Shards& shards_;
  const std::size_t max_waiting_;
  // Shared only so that what is left in a mailbox can see that this has ended.
  std::shared_ptr<Turns*> self_ = std::make_shared<Turns*>(this);
  PartitionedTable<std::string, Waiting> taken_;
};

class Turn {
 public:
  Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, {})), name_(std::move(other.name_)) {}
  Turn& operator=(Turn&& other) noexcept {
    std::swap(turns_, other.turns_);
    std::swap(name_, other.name_);
    return *this;
  }
  ~Turn() {
    if (const auto turns = turns_.lock()) (*turns)->pass_on(name_);
  }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend class Turns;
  Turn(const Turns& turns, std::string name) : turns_(turns.self_), name_(std::move(name)) {}

  std::weak_ptr<Turns*> turns_;
  std::string name_;
};

}  // namespace carillon::shard
