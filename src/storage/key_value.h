// SPDX-License-Identifier: Apache-2.0
// Stores of keys and values (OpenSIPS's CacheDB) behind one interface: what scripts call cache_store() and the like on,
// and what modules share state through. Modules named cachedb_* bring the drivers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "storage/key_value_url.h"
#include "storage/pool.h"

namespace carillon::storage {

// What a command in the store's own language answers.
struct Reply {
  enum class Kind : std::uint8_t { Nil, Integer, Text, List, Error };

  Kind kind = Kind::Nil;
  std::int64_t integer = 0;
  std::string text = {};  // also of an Error
  std::vector<Reply> list = {};

  [[nodiscard]] bool is_nil() const { return kind == Kind::Nil; }
  [[nodiscard]] bool is_error() const { return kind == Kind::Error; }
};

// The words of a command; `key` says which of them decides where in a cluster it runs (0: any node).
struct Command {
  std::vector<std::string> words;
  std::size_t key = 1;
};

// The first word of an Error reply to a command that couldn't be asked for.
inline constexpr std::string_view kUnavailable = "UNAVAILABLE";

using Pairs = std::vector<std::pair<std::string, std::string>>;
using ReplyRows = std::vector<std::vector<std::optional<std::string>>>;

// Messages of one channel. One thread.
class Subscription {
 public:
  virtual ~Subscription() = default;
  // The next message, or nothing when none came within `bound`. An error ends the subscription: what was published
  // since the last message is lost.
  [[nodiscard]] virtual base::Result<std::optional<std::string>> next(std::chrono::milliseconds bound) = 0;
};

// Any thread, several at once. Errors carry a Fault (driver.h). A lifetime of 0 is without end.
class KeyValueStore {
 public:
  using Seconds = std::chrono::seconds;

  virtual ~KeyValueStore() = default;

  // Where the calls below are made from, as they block within the driver's time limits: jobs of this pool, start-up,
  // and threads made for that. Null when they end at once, wherever they are made. Jobs may refer to the store: it ends
  // after them. They must not own it.
  [[nodiscard]] virtual Pool* pool() = 0;
  // A job that has waited so long for a thread is not worth running any more: who asked has given up.
  [[nodiscard]] virtual base::Duration longest_wait() const { return std::chrono::seconds(5); }

  [[nodiscard]] virtual base::Result<std::optional<std::string>> get(std::string_view key) = 0;
  [[nodiscard]] virtual base::Result<> set(std::string_view key, std::string_view value, Seconds lifetime) = 0;
  // False when there was none.
  [[nodiscard]] virtual base::Result<bool> remove(std::string_view key) = 0;
  // Adds to a number, atomically; one that isn't there is 0. Returns the sum. A lifetime of 0 leaves it as it is.
  [[nodiscard]] virtual base::Result<std::int64_t> add(std::string_view key, std::int64_t amount, Seconds lifetime) = 0;
  [[nodiscard]] base::Result<std::optional<std::int64_t>> counter(std::string_view key);

  // A key with named values. Empty when there is none.
  [[nodiscard]] virtual base::Result<Pairs> map(std::string_view key) = 0;
  // Sets these, leaves the other values.
  [[nodiscard]] virtual base::Result<> set_map(std::string_view key, const Pairs& values, Seconds lifetime) = 0;
  [[nodiscard]] virtual base::Result<bool> remove_of_map(std::string_view key, std::string_view name) = 0;

  // Mutual exclusion with a time limit: true when `owner` has the lease from now on, or still, for `duration`.
  [[nodiscard]] virtual base::Result<bool> take_lease(std::string_view key, std::string_view owner,
                                                      std::chrono::milliseconds duration) = 0;
  // Gives it back, if it is its own.
  [[nodiscard]] virtual base::Result<> end_lease(std::string_view key, std::string_view owner) = 0;

  // The store's own language, as scripts write it: cache_raw_query().
  [[nodiscard]] virtual base::Result<ReplyRows> raw(std::string_view query) = 0;

  // The store's own language for modules that need more. Fault::Unsupported where there is none. The replies stand in
  // the order of the commands; where nobody could be asked that is an Error that begins with kUnavailable, and where
  // that holds for all commands there is no other answer either.
  [[nodiscard]] virtual base::Result<std::vector<Reply>> pipeline(std::span<const Command> commands);
  [[nodiscard]] base::Result<Reply> command(Command command);
  [[nodiscard]] virtual base::Result<std::unique_ptr<Subscription>> subscribe(std::string_view channel);
};

// What a kind of store implements.
class KeyValueDriver {
 public:
  virtual ~KeyValueDriver() = default;
  // As URLs spell it: "redis".
  [[nodiscard]] virtual std::string_view scheme() const = 0;
  [[nodiscard]] virtual base::Result<std::shared_ptr<KeyValueStore>> open(const KeyValueUrl& url) = 0;
};

// The drivers main has, and the stores that scripts name. Changed at start only; found from any thread.
class KeyValueStores {
 public:
  void add_driver(std::unique_ptr<KeyValueDriver> driver);
  // The store of that URL: one that is open already, or a new one. shared_ptr because modules that name the same URL
  // share its connections, and the last of them closes it.
  [[nodiscard]] base::Result<std::shared_ptr<KeyValueStore>> open(std::string_view url);

  // Lets scripts find it as "scheme:group"; an empty group as "scheme" too.
  [[nodiscard]] base::Result<> add(std::string_view scheme, std::string_view group,
                                   std::shared_ptr<KeyValueStore> store);
  // Null when there is none of that name.
  [[nodiscard]] std::shared_ptr<KeyValueStore> find(std::string_view id) const;

 private:
  struct Named {
    std::string id;
    std::shared_ptr<KeyValueStore> store;
  };
  struct Open {
    KeyValueUrl url;
    std::weak_ptr<KeyValueStore> store;
  };

  mutable std::shared_mutex mutex_;
  std::vector<std::unique_ptr<KeyValueDriver>> drivers_;
  std::vector<Named> named_;
  std::vector<Open> open_;
};

}  // namespace carillon::storage
