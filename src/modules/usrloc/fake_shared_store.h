// SPDX-License-Identifier: Apache-2.0
// A store in memory for tests of what shares a table: can be away, lose messages, and forget everything.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "modules/usrloc/shared_store.h"
#include "storage/driver.h"

namespace carillon::usrloc {

// What all servers see. Any thread.
struct FakeSharedData {
  struct Queue {
    std::deque<std::string> messages;
    bool cut = false;
  };
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::map<std::string, SharedEntry>> aors;
  std::map<std::string, std::uint64_t> last_change;  // of an AoR, in its bucket
  std::vector<SharedStore::Head> heads = std::vector<SharedStore::Head>(kBuckets);
  std::vector<std::shared_ptr<Queue>> queues;
  std::string lease_owner;
  int epochs = 0;
  bool loses_messages = false;

  void forget_everything() {
    const std::scoped_lock lock(mutex);
    aors.clear();
    last_change.clear();
    heads = std::vector<SharedStore::Head>(kBuckets);
  }
};

// One server's way to it.
class FakeSharedStore final : public SharedStore {
 public:
  explicit FakeSharedStore(FakeSharedData& data, std::string server, std::atomic<bool>& away)
      : data_(data), server_(std::move(server)), away_(away) {}

  std::vector<base::Result<std::vector<SharedEntry>>> push(std::span<const Push> pushes) override {
    std::vector<base::Result<std::vector<SharedEntry>>> all;
    const std::scoped_lock lock(data_.mutex);
    for (const Push& push : pushes) {
      if (away_) {
        all.emplace_back(std::unexpected(gone()));
      } else {
        all.emplace_back(store(push));
      }
    }
    data_.changed.notify_all();
    return all;
  }
  std::vector<std::optional<Head>> heads() override {
    const std::scoped_lock lock(data_.mutex);
    std::vector<std::optional<Head>> all(kBuckets);
    if (!away_) std::ranges::copy(data_.heads, all.begin());
    return all;
  }
  base::Result<std::vector<std::string>> aors_since(std::uint32_t bucket, std::uint64_t sequence) override {
    const std::scoped_lock lock(data_.mutex);
    if (away_) return std::unexpected(gone());
    std::vector<std::string> names;
    for (const auto& [aor, last] : data_.last_change) {
      if (bucket_of(aor) == bucket && last > sequence) names.push_back(aor);
    }
    return names;
  }
  base::Result<std::vector<std::vector<SharedEntry>>> read(std::span<const std::string> aors) override {
    const std::scoped_lock lock(data_.mutex);
    if (away_) return std::unexpected(gone());
    std::vector<std::vector<SharedEntry>> all;
    for (const std::string& aor : aors) {
      auto& entries = all.emplace_back();
      for (const auto& [identity, entry] : data_.aors[aor]) entries.push_back(entry);
    }
    return all;
  }
  void prune(std::span<const std::string> /*aors*/) override {}
  base::Result<std::unique_ptr<storage::Subscription>> subscribe() override {
    const std::scoped_lock lock(data_.mutex);
    if (away_) return std::unexpected(gone());
    auto queue = std::make_shared<FakeSharedData::Queue>();
    data_.queues.push_back(queue);
    return std::make_unique<Listening>(data_, std::move(queue), away_);
  }
  base::Result<bool> take_lease(std::string_view owner, std::chrono::milliseconds /*duration*/) override {
    const std::scoped_lock lock(data_.mutex);
    if (away_) return std::unexpected(gone());
    if (data_.lease_owner.empty()) data_.lease_owner = owner;
    return data_.lease_owner == owner;
  }
  void end_lease(std::string_view owner) override {
    const std::scoped_lock lock(data_.mutex);
    if (!away_ && data_.lease_owner == owner) data_.lease_owner.clear();
  }

 private:
  class Listening final : public storage::Subscription {
   public:
    Listening(FakeSharedData& data, std::shared_ptr<FakeSharedData::Queue> queue, std::atomic<bool>& away)
        : data_(data), queue_(std::move(queue)), away_(away) {}
    ~Listening() override {
      const std::scoped_lock lock(data_.mutex);
      std::erase(data_.queues, queue_);
    }
    base::Result<std::optional<std::string>> next(std::chrono::milliseconds bound) override {
      std::unique_lock lock(data_.mutex);
      data_.changed.wait_for(lock, bound, [this] { return away_ || !queue_->messages.empty(); });
      if (away_) return std::unexpected(gone());
      if (queue_->messages.empty()) return std::nullopt;
      std::string message = std::move(queue_->messages.front());
      queue_->messages.pop_front();
      return message;
    }

   private:
    FakeSharedData& data_;
    std::shared_ptr<FakeSharedData::Queue> queue_;
    std::atomic<bool>& away_;
  };

  static base::Error gone() { return {"the store is away", static_cast<int>(storage::Fault::Unavailable)}; }

  std::vector<SharedEntry> store(const Push& push) {
    std::vector<SharedEntry> newer;
    const auto text = [](std::string_view piece) { return fmt::format("{}:{}", piece.size(), piece); };
    std::string won;
    for (const SharedEntry& entry : push.entries) {
      SharedEntry& there = data_.aors[push.aor][entry.identity];
      if (there.version > entry.version) newer.push_back(there);
      if (there.version >= entry.version) continue;
      there = entry;
      won += text(entry.identity) + text(entry.value());
    }
    if (won.empty()) return newer;
    const std::uint32_t bucket = bucket_of(push.aor);
    Head& head = data_.heads[bucket];
    if (head.epoch.empty()) head.epoch = std::to_string(++data_.epochs);
    data_.last_change[push.aor] = ++head.sequence;
    if (data_.loses_messages) return newer;
    const std::string message = text(std::to_string(bucket)) + text(std::to_string(head.sequence)) + text(head.epoch) +
                                text(server_) + text(push.aor) + won;
    for (const auto& queue : data_.queues) queue->messages.push_back(message);
    return newer;
  }

  FakeSharedData& data_;
  const std::string server_;
  std::atomic<bool>& away_;
};

}  // namespace carillon::usrloc
