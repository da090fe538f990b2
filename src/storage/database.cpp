// SPDX-License-Identifier: Apache-2.0
// Connections kept and replaced, table versions checked.
#include "storage/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "net/network.h"

namespace carillon::storage {

Database::Database(Driver& driver, Url url, const Limits& limits)
    : url_(std::move(url)),
      limits_(limits),
      clock_(limits.clock != nullptr ? *limits.clock : machine_clock_),
      connections_(driver, url_, limits.connections, clock_),
      pool_({.threads = limits.without_threads ? 0 : std::max<std::size_t>(driver.connections(), 1),
             .queued_jobs = limits.queued_jobs}) {
  if (limits.network == nullptr || limits.without_threads || limits.worker_queries.connections == 0) return;
  if (!driver.has_event_connections()) return;
  WorkerQueries::Threads& threads = *this;
  for (unsigned worker = 0; worker < limits.network->loops(); ++worker) {
    net::EventLoop& loop = limits.network->loop(worker);
    if (loop.watcher() == nullptr) return;
    worker_queries_.push_back(std::make_shared<WorkerQueries>(loop, threads, limits.worker_queries, clock_));
  }
}

Database::~Database() = default;

void Database::read(unsigned worker, std::unique_ptr<ReadJob> job) {
  const auto* query = std::get_if<Select>(&job->statement());
  const bool is_endless = query != nullptr && query->where.empty();  // all of a table
  if (is_endless || worker >= worker_queries_.size()) return read_by_threads(std::move(job));
  worker_queries_[worker]->read(std::move(job));
}

void Database::read_by_threads(std::unique_ptr<ReadJob> job) {
  // Shared: what the pool doesn't take, it destroys.
  const std::shared_ptr<ReadJob> kept = std::move(job);
  auto taken = pool_.submit([this, kept, latest = clock_.now() + limits_.longest_wait] {
    if (clock_.now() > latest) {
      kept->finish(too_slow());
    } else {
      kept->finish(perform(*kept));
    }
  });
  if (!taken) kept->finish(base::fail(std::move(taken.error().message), static_cast<int>(Fault::Busy)));
}

std::unexpected<base::Error> Database::too_slow() const {
  return base::fail(fmt::format("{} is too slow for what is asked of it", url_.display()),
                    static_cast<int>(Fault::Busy));
}

base::Result<> Database::perform(ReadJob& job) {
  return connections_.use([&job](Connection& connection) {
    job.restart();
    const RowFunction on_row = [&job](const Row& row) { return job.on_row(row); };
    if (const auto* query = std::get_if<Select>(&job.statement())) return connection.select(*query, on_row);
    return connection.raw(std::get<RawStatement>(job.statement()), on_row);
  });
}

base::Result<> Database::open_by_thread(Opened opened) {
  return pool_.submit([this, opened = std::move(opened)]() mutable { opened(connections_.connect_for_events()); });
}

base::Result<> Database::select(const Select& select, const RowFunction& on_row) {
  bool handed_over = false;
  const RowFunction noting = [&](const Row& row) {
    handed_over = true;
    return on_row(row);
  };
  return connections_.use([&](Connection& connection) -> base::Result<> {
    auto result = connection.select(select, noting);
    if (!result && handed_over && fault_of(result.error()) == Fault::Unavailable) {
      result.error().code = static_cast<int>(Fault::Other);
    }
    return result;
  });
}

base::Result<ResultSet> Database::select(const Select& query, std::size_t max_rows) {
  RowCollector collector(max_rows);
  return collector.finish(select(query, [&](const Row& row) { return collector.add(row); }));
}

base::Result<ResultSet> Database::raw(const RawStatement& statement, std::size_t max_rows) {
  return connections_.use([&](Connection& connection) {
    RowCollector collector(max_rows);
    return collector.finish(connection.raw(statement, [&](const Row& row) { return collector.add(row); }));
  });
}

base::Result<std::uint64_t> Database::write(std::span<const Write> writes) {
  return connections_.use([&](Connection& connection) { return connection.write(writes); });
}

base::Result<std::uint64_t> Database::write(Write write) { return this->write({&write, 1}); }

base::Result<bool> Database::has_table(std::string_view name) {
  return connections_.use([&](Connection& connection) { return connection.has_table(name); });
}

base::Result<> Database::make_table(const TableSpec& table) {
  return connections_.use([&](Connection& connection) { return connection.create_table(table); });
}

base::Result<> Database::drop_table(std::string_view name) {
  return connections_.use([&](Connection& connection) { return connection.drop_table(name); });
}

base::Result<> Database::change_table(const TableChange& change) {
  return connections_.use([&](Connection& connection) { return connection.change_table(change); });
}

base::Result<std::vector<NarrowColumn>> Database::narrow_columns(const TableSpec& table) {
  return connections_.use([&](Connection& connection) { return connection.narrow_columns(table); });
}

base::Result<> Database::widen(std::string_view table, std::span<const NarrowColumn> columns) {
  return connections_.use([&](Connection& connection) { return connection.widen(table, columns); });
}

namespace {

// For calls that must not be tried again once `begun`.
base::Result<> not_again(base::Result<> result, bool begun) {
  if (!result && begun && Database::fault_of(result.error()) == Fault::Unavailable) {
    result.error().code = static_cast<int>(Fault::Other);
  }
  return result;
}

}  // namespace

base::Result<> Database::read_snapshot(const ReadFunction& action) {
  bool begun = false;
  return connections_.use([&](Connection& connection) {
    auto done = connection.read_snapshot([&](Connection& snapshot) {
      begun = true;
      return action(snapshot);
    });
    return not_again(std::move(done), begun);
  });
}

base::Result<> Database::transact(const WriteFunction& action) {
  bool begun = false;
  return connections_.use([&](Connection& connection) {
    auto done = connection.transact([&](Transaction& transaction) {
      begun = true;
      return action(transaction);
    });
    return not_again(std::move(done), begun);
  });
}

// The version row is written first, so that what a crash leaves behind is a row without a table, which the next try
// completes.
base::Result<> Database::create_table(const TableSpec& table, std::string_view version_table_name) {
  if (version_table_name.empty()) version_table_name = limits_.version_table;
  TableSpec versions = version_table();
  versions.name = version_table_name;
  if (auto made = make_table(versions); !made && fault_of(made.error()) != Fault::Duplicate) {
    if (fault_of(made.error()) == Fault::Unsupported) return {};  // rows are added there without being declared
    return made;
  }

  if (table.name == version_table_name) return {};

  auto exists = has_table(table.name);
  if (!exists) return std::unexpected(std::move(exists.error()));
  if (*exists) return check_table(table, {}, version_table_name);

  const Upsert version{.table = std::string(version_table_name),
                       .keys = {"table_name"},
                       .rows = {.columns = {"table_name", "table_version"},
                                .values = {std::string(table.name), std::int64_t{table.version}}}};
  if (auto written = write(version); !written) return std::unexpected(std::move(written.error()));
  auto made = make_table(table);
  // Somebody else was quicker.
  if (!made && fault_of(made.error()) == Fault::Duplicate) return check_table(table, {}, version_table_name);
  return made;
}

base::Result<std::uint32_t> Database::version_of(std::string_view table, std::string_view version_table_name) {
  if (version_table_name.empty()) version_table_name = limits_.version_table;
  const Select query{.table = std::string(version_table_name),
                     .columns = {"table_version"},
                     .where = {{.column = "table_name", .value = std::string(table)}},
                     .limit = 1};
  std::int64_t found = 0;
  auto read = select(query, [&](const Row& row) {
    found = row.integer(0);
    return false;
  });
  if (read) return static_cast<std::uint32_t>(std::clamp<std::int64_t>(found, 0, UINT32_MAX));
  if (fault_of(read.error()) != Fault::NoSuchTable) return std::unexpected(std::move(read.error()));
  return base::fail(
      fmt::format("{} has no table '{}': `carillon db create` makes the tables", url_.display(), version_table_name),
      static_cast<int>(Fault::NoSuchTable));
}

namespace {

// "table 'acc' has version 5, but version 7 is needed", or that it isn't listed.
std::unexpected<base::Error> wrong_version(const Url& url, std::string_view table, std::uint32_t found,
                                           std::uint32_t expected, std::string_view version_table_name) {
  if (found == 0) {
    return base::fail(fmt::format("{}: table '{}' is not listed in '{}'; version {} is needed", url.display(), table,
                                  version_table_name, expected));
  }
  return base::fail(
      fmt::format("{}: table '{}' has version {}, but version {} is needed", url.display(), table, found, expected));
}

}  // namespace

base::Result<> Database::check_version(std::string_view table, std::uint32_t expected,
                                       std::string_view version_table_name) {
  if (version_table_name.empty()) version_table_name = limits_.version_table;
  auto found = version_of(table, version_table_name);
  if (!found && fault_of(found.error()) == Fault::Unsupported) return {};  // nothing can be read there
  if (!found) return std::unexpected(std::move(found.error()));
  if (*found == expected) return {};
  return wrong_version(url_, table, *found, expected, version_table_name);
}

base::Result<> Database::check_table(const TableSpec& table, std::span<const std::string> columns,
                                     std::string_view version_table_name) {
  if (version_table_name.empty()) version_table_name = limits_.version_table;
  auto found = version_of(table.name, version_table_name);
  if (!found && fault_of(found.error()) == Fault::Unsupported) return {};
  if (!found) return std::unexpected(std::move(found.error()));
  if (*found == table.version) return {};
  if (std::ranges::find(table.older_versions, *found) == table.older_versions.end()) {
    return wrong_version(url_, table.name, *found, table.version, version_table_name);
  }
  Select query{.table = std::string(table.name), .columns = {columns.begin(), columns.end()}, .limit = 1};
  if (columns.empty()) {
    for (const Column& column : table.columns) query.columns.emplace_back(column.name);
  }
  auto read = select(query, [](const Row&) { return false; });
  if (read) return {};
  if (fault_of(read.error()) == Fault::Unavailable || fault_of(read.error()) == Fault::Busy) return read;
  return base::fail(fmt::format("{}: table '{}' has version {}, and not all columns of version {}, which are needed "
                                "(`carillon db migrate` adds them): {}",
                                url_.display(), table.name, *found, table.version, read.error().message),
                    read.error().code);
}

Fault Database::fault_of(const base::Error& error) {
  const bool known = error.code > 0 && error.code <= static_cast<int>(Fault::OutcomeUnknown);
  return known ? static_cast<Fault>(error.code) : Fault::Other;
}

void Databases::add_driver(std::unique_ptr<Driver> driver) {
  const std::scoped_lock lock(mutex_);
  drivers_.push_back(std::move(driver));
}

void Databases::use_only(std::unique_ptr<Driver> driver) {
  const std::scoped_lock lock(mutex_);
  only_ = std::move(driver);
}

std::vector<std::string_view> Databases::schemes() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string_view> result;
  for (const auto& driver : drivers_) result.push_back(driver->scheme());
  return result;
}

base::Result<Driver*> Databases::driver_for(const Url& url) {
  const std::scoped_lock lock(mutex_);
  if (only_ != nullptr) return only_.get();
  const auto found = std::ranges::find(drivers_, std::string_view(url.scheme), &Driver::scheme);
  if (found != drivers_.end()) return found->get();
  std::string known;
  for (const auto& driver : drivers_) known += (known.empty() ? "" : ", ") + std::string(driver->scheme());
  return base::fail(
      fmt::format("no database driver for '{}' is loaded (loaded: {})", url.scheme, known.empty() ? "none" : known),
      static_cast<int>(Fault::Unsupported));
}

base::Result<std::shared_ptr<Database>> Databases::open(std::string_view text) {
  auto url = Url::parse(text);
  if (!url) return std::unexpected(std::move(url.error()));
  auto driver = driver_for(*url);
  if (!driver) return std::unexpected(std::move(driver.error()));

  {
    const std::scoped_lock lock(mutex_);
    if (auto database = find_open(*url)) return database;
  }
  // Without the lock: a driver may open other databases meanwhile, and one that is slow holds up no other.
  auto database = std::make_shared<Database>(**driver, std::move(*url), limits_);
  if (auto proven = database->has_table("version"); !proven) return std::unexpected(std::move(proven.error()));
  const std::scoped_lock lock(mutex_);
  if (auto other = find_open(database->url())) return other;
  open_.push_back(database);
  return database;
}

std::shared_ptr<Database> Databases::find_open(const Url& url) {
  std::erase_if(open_, [](const std::weak_ptr<Database>& database) { return database.expired(); });
  for (const std::weak_ptr<Database>& candidate : open_) {
    std::shared_ptr<Database> database = candidate.lock();
    if (database && database->url() == url) return database;
  }
  return nullptr;
}

base::Result<std::shared_ptr<Database>> Databases::create(std::string_view text) {
  auto url = Url::parse(text);
  if (!url) return std::unexpected(std::move(url.error()));
  auto driver = driver_for(*url);
  if (!driver) return std::unexpected(std::move(driver.error()));
  if (auto made = (*driver)->create_database(*url); !made) return std::unexpected(std::move(made.error()));
  return open(text);
}

std::vector<std::shared_ptr<Database>> Databases::all_open() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<Database>> all;
  for (const std::weak_ptr<Database>& one : open_) {
    if (auto database = one.lock()) all.push_back(std::move(database));
  }
  return all;
}

bool Databases::has_pending() {
  return std::ranges::any_of(all_open(), [](const auto& database) { return database->pool().queued() != 0; });
}

bool Databases::run_pending() {
  bool any = false;
  for (const auto& database : all_open()) any = database->pool().run_pending() || any;
  return any;
}

base::Result<> Databases::drop(std::string_view text) {
  auto url = Url::parse(text);
  if (!url) return std::unexpected(std::move(url.error()));
  auto driver = driver_for(*url);
  if (!driver) return std::unexpected(std::move(driver.error()));
  return (*driver)->drop_database(*url);
}

}  // namespace carillon::storage
