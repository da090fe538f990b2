// SPDX-License-Identifier: Apache-2.0
// See disk_queue.h.
#include "storage/disk_queue.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "storage/driver.h"

namespace carillon::storage {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

Statement prepared(sqlite3* file, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(file, sql, -1, &statement, nullptr);
  return Statement(statement);
}

}  // namespace

void DiskQueue::Close::operator()(sqlite3* file) const { sqlite3_close_v2(file); }

DiskQueue::~DiskQueue() = default;

std::unexpected<base::Error> DiskQueue::failure() const {
  const char* const path = sqlite3_db_filename(file_.get(), nullptr);
  return base::fail(fmt::format("{}: {}", path != nullptr ? path : "queue", sqlite3_errmsg(file_.get())),
                    static_cast<int>(Fault::Busy));
}

base::Result<std::unique_ptr<DiskQueue>> DiskQueue::open(const std::string& path, std::size_t max_entries) {
  sqlite3* opened = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(path.c_str(), &opened, kFlags, nullptr);
  Handle file(opened);
  if (code != SQLITE_OK) return base::fail(fmt::format("{}: {}", path, sqlite3_errstr(code)));
  std::unique_ptr<DiskQueue> queue(new DiskQueue(std::move(file), max_entries));
  if (auto ready = queue->prepare(); !ready) return std::unexpected(std::move(ready.error()));
  return queue;
}

// The exclusive lock is taken with the first write and kept, so that no second process works on the same entries.
base::Result<> DiskQueue::prepare() {
  for (const char* const sql :
       {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=TRUNCATE", "PRAGMA synchronous=FULL",
        "PRAGMA auto_vacuum=INCREMENTAL", "BEGIN EXCLUSIVE",
        "CREATE TABLE IF NOT EXISTS queue(id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL)", "COMMIT"}) {
    if (auto done = execute(sql); !done) return done;
  }
  const auto count = number("SELECT count(*) FROM queue");
  if (!count) return std::unexpected(count.error());
  const auto last = number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence");
  if (!last) return std::unexpected(last.error());
  size_ = static_cast<std::size_t>(*count);
  next_id_ = static_cast<std::uint64_t>(*last) + 1;
  return {};
}

base::Result<> DiskQueue::execute(const char* sql) {
  if (sqlite3_exec(file_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

base::Result<std::int64_t> DiskQueue::number(const char* sql) {
  const Statement statement = prepared(file_.get(), sql);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return failure();
  return sqlite3_column_int64(statement.get(), 0);
}

base::Result<std::size_t> DiskQueue::push(std::span<const Entry> entries) {
  entries = entries.first(std::min(entries.size(), max_entries_ - std::min(size_, max_entries_)));
  if (entries.empty()) return 0;
  if (auto begun = execute("BEGIN"); !begun) return std::unexpected(std::move(begun.error()));
  auto done = insert(entries);
  if (done) done = execute("COMMIT");
  if (!done) {
    static_cast<void>(execute("ROLLBACK"));
    return std::unexpected(std::move(done.error()));
  }
  size_ += entries.size();
  next_id_ = std::max(next_id_, entries.back().id + 1);
  return entries.size();
}

base::Result<> DiskQueue::insert(std::span<const Entry> entries) {
  const Statement statement = prepared(file_.get(), "INSERT INTO queue(id, bytes) VALUES(?, ?)");
  for (const Entry& entry : entries) {
    sqlite3_bind_int64(statement.get(), 1, static_cast<std::int64_t>(entry.id));
    sqlite3_bind_blob64(statement.get(), 2, entry.bytes.data(), entry.bytes.size(), SQLITE_STATIC);
    if (sqlite3_step(statement.get()) != SQLITE_DONE) return failure();
    sqlite3_reset(statement.get());
  }
  return {};
}

base::Result<std::vector<DiskQueue::Entry>> DiskQueue::first(std::size_t count) {
  const Statement statement = prepared(file_.get(), "SELECT id, bytes FROM queue ORDER BY id LIMIT ?");
  sqlite3_bind_int64(statement.get(), 1, static_cast<std::int64_t>(count));
  std::vector<Entry> entries;
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement.get(), 1));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), 1));
    entries.push_back({.id = static_cast<std::uint64_t>(sqlite3_column_int64(statement.get(), 0)),
                       .bytes = bytes == nullptr ? std::string() : std::string(bytes, size)});
  }
  if (code != SQLITE_DONE) return failure();
  return entries;
}

bool DiskQueue::has(std::uint64_t id) {
  const Statement statement = prepared(file_.get(), "SELECT 1 FROM queue WHERE id = ?");
  sqlite3_bind_int64(statement.get(), 1, static_cast<std::int64_t>(id));
  return sqlite3_step(statement.get()) == SQLITE_ROW;
}

base::Result<> DiskQueue::remove_through(std::uint64_t id) {
  const Statement statement = prepared(file_.get(), "DELETE FROM queue WHERE id <= ?");
  sqlite3_bind_int64(statement.get(), 1, static_cast<std::int64_t>(id));
  if (sqlite3_step(statement.get()) != SQLITE_DONE) return failure();
  size_ -= std::min(size_, static_cast<std::size_t>(sqlite3_changes64(file_.get())));
  if (size_ == 0) static_cast<void>(execute("PRAGMA incremental_vacuum"));  // the disk has its room back
  return {};
}

}  // namespace carillon::storage
