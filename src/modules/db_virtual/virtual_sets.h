// SPDX-License-Identifier: Apache-2.0
// Sets of databases that are used as one: which of them may be used now, and how one call becomes calls of theirs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "storage/database.h"

namespace carillon::db_virtual {

enum class Mode : std::uint8_t {
  Failover,    // the first that can be used
  Parallel,    // writes go to all, reads to the first that can be used
  RoundRobin,  // the next one each time
};

// One database of a set. Any thread.
class Member {
 public:
  Member(storage::Databases& databases, std::string url) : databases_(databases), url_(std::move(url)) {}

  struct State {
    bool may_use = true;    // as told by an operator
    bool can_use = true;    // it answered last time, or a probe found it back
    unsigned failures = 0;  // since it last answered, each after a probe that found it well
    bool ignore_retries = false;
  };
  [[nodiscard]] State state() const;
  [[nodiscard]] bool usable() const;
  [[nodiscard]] std::string display() const;

  // Opened when first asked for. Blocks.
  [[nodiscard]] base::Result<std::shared_ptr<storage::Database>> database();
  // Makes the database itself where it isn't there. Blocks.
  [[nodiscard]] base::Result<> create();
  // What a call of it came to: a fault of the database itself takes it out of use.
  void note(const base::Error* error);
  // Tries it when it is out of use and hasn't failed too often. Blocks.
  void probe(unsigned max_failures);
  void set(bool may_use, bool ignore_retries);
  void close();

 private:
  storage::Databases& databases_;
  const std::string url_;
  mutable std::mutex mutex_;
  State state_;
  std::shared_ptr<storage::Database> database_;  // shared with others that use the same URL
};

class VirtualSet {
 public:
  VirtualSet(std::string name, Mode mode) : name_(std::move(name)), mode_(mode) {}

  void add(storage::Databases& databases, std::string url) {
    members_.push_back(std::make_unique<Member>(databases, std::move(url)));
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Mode mode() const { return mode_; }
  [[nodiscard]] std::span<const std::unique_ptr<Member>> members() const { return members_; }

  using Call = base::FunctionRef<base::Result<std::uint64_t>(storage::Database&)>;
  // One database does it: the next when that one couldn't even begin.
  [[nodiscard]] base::Result<std::uint64_t> read(Call call);
  // As the mode says. In parallel it succeeds when one does; those that failed otherwise are logged.
  [[nodiscard]] base::Result<std::uint64_t> write(Call call);
  // Whatever the mode, all that can be used do it.
  [[nodiscard]] base::Result<std::uint64_t> all(Call call);

 private:
  [[nodiscard]] base::Result<std::uint64_t> try_one(Member& member, Call call);
  [[nodiscard]] std::unexpected<base::Error> nobody(std::string_view last_error) const;

  const std::string name_;
  const Mode mode_;
  std::vector<std::unique_ptr<Member>> members_;
  std::atomic<std::size_t> turn_ = 0;
};

// All sets. Defined before they are used; then any thread.
class VirtualSets {
 public:
  explicit VirtualSets(storage::Databases& databases) : databases_(databases) {}
  ~VirtualSets() { stop(); }
  VirtualSets(const VirtualSets&) = delete;
  VirtualSets& operator=(const VirtualSets&) = delete;

  // "define NAME FAILOVER|PARALLEL|ROUND", or the URL of a database of the set defined last.
  [[nodiscard]] base::Result<> add_line(std::string_view line);
  // An error when a set has no database.
  [[nodiscard]] base::Result<> check() const;
  [[nodiscard]] VirtualSet* find(std::string_view name) const;
  [[nodiscard]] std::span<const std::unique_ptr<VirtualSet>> sets() const { return sets_; }

  // A thread that looks after databases out of use, every `pause`.
  void start_probing(std::chrono::seconds pause, unsigned max_failures);
  void probe(unsigned max_failures);
  // Ends the thread.
  void stop();
  // Lets go of the databases.
  void close();

 private:
  storage::Databases& databases_;
  std::vector<std::unique_ptr<VirtualSet>> sets_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread prober_;
};

// virtual://NAME of a set.
class VirtualDriver final : public storage::Driver {
 public:
  // Shared with the module, which outlives no connection's use of it but may end before the driver.
  explicit VirtualDriver(std::shared_ptr<VirtualSets> sets) : sets_(std::move(sets)) {}

  [[nodiscard]] std::string_view scheme() const override { return "virtual"; }
  [[nodiscard]] std::size_t connections() const override { return 8; }
  [[nodiscard]] unsigned tries() const override { return 1; }  // the databases of the set have tried already
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  // Makes each database of the set.
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;

 private:
  [[nodiscard]] base::Result<VirtualSet*> set_of(const storage::Url& url) const;

  const std::shared_ptr<VirtualSets> sets_;
};

}  // namespace carillon::db_virtual
