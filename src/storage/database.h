// SPDX-License-Identifier: Apache-2.0
// A database by URL, as modules use it from jobs of the storage pool: connections are kept, replaced when lost, shared.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "storage/connections.h"
#include "storage/driver.h"
#include "storage/pool.h"
#include "storage/worker_queries.h"

namespace carillon::net {
class Network;
}

namespace carillon::storage {

// Any thread, several at once; every call blocks, so only jobs of the Pool and start-up make them. A call takes an idle
// connection, opens one, or (at the driver's limit) waits a limited time for one; a lost connection is replaced and the
// call tried once more, unless rows were already handed over or a write may have been done (Fault::OutcomeUnknown).
class Database : private WorkerQueries::Threads {
 public:
  struct Limits {
    // Jobs that wait. Beyond it they are refused.
    std::size_t queued_jobs = 10'000;
    // A job that has waited so long for a thread is not worth running any more: who asked has given up.
    base::Duration longest_wait = std::chrono::seconds(5);
    // Jobs have no threads, and run when Databases::run_pending() is called.
    bool without_threads = false;
    ConnectionLimits connections = {};
    std::string version_table = "version";  // where members that are given none look
    // Of the pauses before a database that is away is tried again; null: the machine's.
    const base::Clock* clock = nullptr;
    // Whose loops the workers wait in, which outlive the database; null: there are no workers.
    net::Network* network = nullptr;
    WorkerQueryLimits worker_queries = {};
  };

  Database(Driver& driver, Url url, const Limits& limits);
  // With a network: after the workers have stopped.
  ~Database() override;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const Url& url() const { return url_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  // Where its jobs run, as many at a time as the driver has connections, so that a slow database holds up no other.
  // Jobs may refer to the database: it ends after them. They must not own it.
  [[nodiscard]] Pool& pool() { return pool_; }

  [[nodiscard]] base::Result<> select(const Select& select, const RowFunction& on_row);
  // The same, read whole. An error with Fault::Other beyond `max_rows`.
  [[nodiscard]] base::Result<ResultSet> select(const Select& select, std::size_t max_rows = 100'000);
  // In one transaction: all of them or none. Returns the number of rows touched.
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const Write> writes);
  [[nodiscard]] base::Result<std::uint64_t> write(Write write);
  [[nodiscard]] base::Result<ResultSet> raw(const RawStatement& statement, std::size_t max_rows = 100'000);

  // Serves a read without blocking: on a connection that the loop of worker `worker`, which calls, goes on with, or by
  // the threads, which is what happens for another number, too. Errors are as those of select() and raw(); Fault::Busy
  // also when the threads have too much to do.
  void read(unsigned worker, std::unique_ptr<ReadJob> job);
  // How many of those connections stand. On that worker.
  [[nodiscard]] std::size_t worker_connections(unsigned worker) const {
    return worker < worker_queries_.size() ? worker_queries_[worker]->connections() : 0;
  }

  [[nodiscard]] base::Result<bool> has_table(std::string_view name);
  // As Connection has them: without the version table.
  [[nodiscard]] base::Result<> make_table(const TableSpec& table);
  [[nodiscard]] base::Result<> drop_table(std::string_view name);
  [[nodiscard]] base::Result<> change_table(const TableChange& change);
  [[nodiscard]] base::Result<std::vector<NarrowColumn>> narrow_columns(const TableSpec& table);
  [[nodiscard]] base::Result<> widen(std::string_view table, std::span<const NarrowColumn> columns);
  // As Connection has them; `action` is called once, or not at all.
  [[nodiscard]] base::Result<> read_snapshot(const ReadFunction& action);
  [[nodiscard]] base::Result<> transact(const WriteFunction& action);
  // Makes the table and its row in the version table (made when missing). One that exists is left as it is, and must
  // pass check_table().
  [[nodiscard]] base::Result<> create_table(const TableSpec& table, std::string_view version_table = {});
  // An error that names the table and both versions when the version table tells another one than `expected`.
  [[nodiscard]] base::Result<> check_version(std::string_view table, std::uint32_t expected,
                                             std::string_view version_table = {});
  // As above for a module's table: its version, or one of its older versions when the table has all of `columns`, those
  // that the module reads and writes (none given: every column of the newest version).
  [[nodiscard]] base::Result<> check_table(const TableSpec& table, std::span<const std::string> columns = {},
                                           std::string_view version_table = {});
  // What the version table says; 0 when it doesn't list the table.
  [[nodiscard]] base::Result<std::uint32_t> version_of(std::string_view table, std::string_view version_table = {});

  // That it wasn't asked in time, which is Fault::Busy.
  [[nodiscard]] std::unexpected<base::Error> too_slow() const;
  // The error's kind; Fault::Other for errors that don't come from here.
  [[nodiscard]] static Fault fault_of(const base::Error& error);

 private:
  void read_by_threads(std::unique_ptr<ReadJob> job) override;
  [[nodiscard]] base::Result<> open_by_thread(Opened opened) override;
  [[nodiscard]] base::Result<> perform(ReadJob& job);

  Url url_;
  Limits limits_;
  base::SystemClock machine_clock_;
  const base::Clock& clock_;
  Connections connections_;
  std::vector<std::shared_ptr<WorkerQueries>> worker_queries_;  // one a worker; shared with what waits in its loop
  Pool pool_;                                                   // the last: ends first
};

// The drivers main has, and one Database for each distinct URL in use. Any thread.
class Databases {
 public:
  explicit Databases(const Database::Limits& limits = {}) : limits_(limits) {}

  // At start, before open().
  void add_driver(std::unique_ptr<Driver> driver);
  // Whatever a URL says, this one opens it: tests of scripts have one database in the place of all.
  void use_only(std::unique_ptr<Driver> driver);
  [[nodiscard]] std::vector<std::string_view> schemes() const;

  // The database of that URL, connected to once to prove that it is there. shared_ptr because modules that name the
  // same URL share its connections, and the last of them closes it.
  [[nodiscard]] base::Result<std::shared_ptr<Database>> open(std::string_view url);
  // Makes the database itself when it isn't there, then opens it (`carillon db create`, the embedded default).
  [[nodiscard]] base::Result<std::shared_ptr<Database>> create(std::string_view url);
  // As Driver::drop_database.
  [[nodiscard]] base::Result<> drop(std::string_view url);

  // With Limits::without_threads: whether jobs wait, and running them. False when there were none.
  [[nodiscard]] bool has_pending();
  bool run_pending();

 private:
  [[nodiscard]] std::vector<std::shared_ptr<Database>> all_open();
  [[nodiscard]] base::Result<Driver*> driver_for(const Url& url);
  // With mutex_ held.
  [[nodiscard]] std::shared_ptr<Database> find_open(const Url& url);

  Database::Limits limits_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Driver>> drivers_;
  std::unique_ptr<Driver> only_;  // in the place of all of them
  std::vector<std::weak_ptr<Database>> open_;
};

}  // namespace carillon::storage
