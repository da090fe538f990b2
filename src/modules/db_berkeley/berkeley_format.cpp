// SPDX-License-Identifier: Apache-2.0
// See berkeley_format.h.
#include "modules/db_berkeley/berkeley_format.h"

#include <db.h>
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/strings.h"
#include "modules/db_berkeley/berkeley_rows.h"
#include "storage/whole_file.h"

namespace carillon::db_berkeley {
namespace {

using storage::Fault;
using storage::StoredRowPtr;
using storage::StoredTable;

constexpr std::uint32_t kPageBytes = 4096;
constexpr int kMode = S_IRUSR | S_IWUSR | S_IRGRP;

// Bits of METADATA_LOGFLAGS.
constexpr unsigned kLogInserts = 1;
constexpr unsigned kLogDeletes = 2;
constexpr unsigned kLogUpdates = 4;
constexpr unsigned kToOutput = 8;
constexpr unsigned kToSyslog = 16;

struct CloseDatabase {
  void operator()(DB* database) const { database->close(database, 0); }
};
using Handle = std::unique_ptr<DB, CloseDatabase>;

struct CloseCursor {
  void operator()(DBC* cursor) const { cursor->close(cursor); }
};

base::Result<Handle> new_handle(const std::string& file) {
  DB* raw = nullptr;
  if (const int code = db_create(&raw, nullptr, 0); code != 0) return storage::file_failure(file, code);
  // What it has to say is in its codes; it would write to the standard error.
  raw->set_errfile(raw, nullptr);
  raw->set_errcall(raw, [](const DB_ENV*, const char*, const char*) {});
  return Handle(raw);
}

std::unexpected<base::Error> damaged(const std::string& file, std::string_view why) {
  return base::fail(fmt::format("{}: {}; it was left untouched", file, why), static_cast<int>(Fault::NotADatabase));
}

// Numbers above 0 are the system's, those below the library's.
std::unexpected<base::Error> failure(const std::string& file, int code) {
  if (code > 0 && code != EINVAL) return storage::file_failure(file, code);
  return damaged(file, db_strerror(code));
}

// Every page of it, so that reading can't be led astray.
base::Result<> verify(const std::string& file) {
  auto handle = new_handle(file);
  if (!handle) return std::unexpected(std::move(handle.error()));
  DB* raw = handle->release();  // verify() ends it
  if (const int code = raw->verify(raw, file.c_str(), nullptr, nullptr, 0); code != 0) return failure(file, code);
  return {};
}

DBT bytes_of(std::string_view text) {
  DBT bytes{};
  bytes.data = const_cast<char*>(text.data());  // the library only reads it
  bytes.size = static_cast<std::uint32_t>(text.size());
  return bytes;
}

std::string_view text_of(const DBT& bytes) { return {static_cast<const char*>(bytes.data), bytes.size}; }

// Calls `action(key, data)` for every pair.
template <typename Action>
base::Result<> each_pair(DB* database, const std::string& file, Action action) {
  DBC* raw = nullptr;
  if (const int code = database->cursor(database, nullptr, &raw, 0); code != 0) return failure(file, code);
  const std::unique_ptr<DBC, CloseCursor> cursor(raw);
  while (true) {
    DBT key{};
    DBT data{};
    const int code = raw->get(raw, &key, &data, DB_NEXT);
    if (code == DB_NOTFOUND) return {};
    if (code != 0) return failure(file, code);
    if (base::Result<> done = action(text_of(key), text_of(data)); !done) return done;
  }
}

base::Result<> put(DB* database, const std::string& file, std::string_view key, std::string_view data) {
  DBT key_bytes = bytes_of(key);
  DBT data_bytes = bytes_of(data);
  const int code = database->put(database, nullptr, &key_bytes, &data_bytes, 0);
  if (code != 0) return failure(file, code);
  return {};
}

std::string_view note(const StoredTable& table, std::string_view key) {
  const auto found = table.schema().notes.find(std::string(key));
  return found != table.schema().notes.end() ? base::trim(found->second) : std::string_view();
}

base::Result<> write_pairs(DB* database, const StoredTable& table, const std::string& file) {
  for (const auto& [key, text] : table.schema().notes) {
    if (auto written = put(database, file, key, text); !written) return written;
  }
  auto columns = key_columns(table.schema());
  if (!columns) return std::unexpected(std::move(columns.error()));
  std::set<std::string> taken;
  for (const auto& [id, row] : table.rows()) {
    std::string key = key_text(*row, *columns);
    // The key that OpenSIPS declared needn't tell our rows apart. It finds the first by it, and the others by search.
    if (!taken.insert(key).second) {
      key += fmt::format("\x1a{}|", id);
      taken.insert(key);
    }
    if (auto written = put(database, file, key, row_text(*row)); !written) return written;
  }
  return {};
}

}  // namespace

base::Result<storage::TableFormat::Loaded> BerkeleyFormat::read(const std::string& directory,
                                                                const std::string& name) const {
  const std::string file = directory + "/" + name;
  if (auto sound = verify(file); !sound) return std::unexpected(std::move(sound.error()));
  auto handle = new_handle(file);
  if (!handle) return std::unexpected(std::move(handle.error()));
  DB* database = handle->get();
  const int code = database->open(database, nullptr, file.c_str(), nullptr, DB_UNKNOWN, DB_RDONLY, 0);
  if (code != 0) return failure(file, code);

  Metadata metadata;
  auto scanned = each_pair(database, file, [&metadata](std::string_view key, std::string_view data) -> base::Result<> {
    if (key.starts_with(kMetadata)) metadata.emplace(key, data);
    return {};
  });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  auto schema = schema_of(metadata);
  if (!schema) return damaged(file, schema.error().message);

  Loaded loaded{.table = {name, std::move(*schema)}};
  scanned = each_pair(database, file, [&](std::string_view key, std::string_view data) -> base::Result<> {
    if (key.starts_with(kMetadata)) return {};
    auto row = parse_row(loaded.table.schema(), data);
    base::Result<> added;
    if (row) added = loaded.table.add(std::move(*row));
    if (row && added) return {};
    return damaged(file, fmt::format("row '{}': {}", key, (row ? added.error() : row.error()).message));
  });
  if (!scanned) return std::unexpected(std::move(scanned.error()));
  return loaded;
}

base::Result<> BerkeleyFormat::write(const StoredTable& table, const std::string& file) const {
  ::unlink(file.c_str());  // left by a crash
  const auto give_up = [&file](base::Error error) {
    ::unlink(file.c_str());
    return std::unexpected(std::move(error));
  };
  auto handle = new_handle(file);
  if (!handle) return std::unexpected(std::move(handle.error()));
  DB* database = handle->get();
  database->set_pagesize(database, kPageBytes);
  int code = database->open(database, nullptr, file.c_str(), nullptr, DB_HASH, DB_CREATE | DB_EXCL, kMode);
  if (code != 0) return give_up(failure(file, code).error());
  if (auto written = write_pairs(database, table, file); !written) return give_up(std::move(written.error()));
  database = handle->release();
  code = database->close(database, 0);  // writes what it holds
  if (code != 0) return give_up(failure(file, code).error());
  return {};
}

base::Result<storage::StoredSchema> BerkeleyFormat::prepare(const std::string& /*directory*/,
                                                            const std::string& /*name*/,
                                                            storage::StoredSchema schema) const {
  Metadata metadata = metadata_of(schema);
  const bool new_table = schema.notes.empty();
  if (!new_table) {
    // What a table was told stays; OpenSIPS's has no row of ours.
    for (const std::string_view key : {kKey, kReadOnly, kLogFlags}) {
      const auto told = schema.notes.find(std::string(key));
      if (told != schema.notes.end()) metadata[told->first] = told->second;
    }
    if (!schema.notes.contains(std::string(kOurs))) metadata.erase(std::string(kOurs));
  }
  schema.notes = std::move(metadata);
  return schema;
}

base::Result<> BerkeleyFormat::allow_write(const StoredTable& table) const {
  if (note(table, kReadOnly).empty() || note(table, kReadOnly) == "0") return {};
  return base::fail(fmt::format("table '{}' is read only by its {}", table.name(), kReadOnly),
                    static_cast<int>(Fault::Unsupported));
}

void BerkeleyFormat::written(const std::string& directory, const StoredTable& table,
                             const StoredTable::Changes& changes) const {
  if (!settings_.log_enable) return;
  const auto flags = base::parse_number<unsigned>(note(table, kLogFlags)).value_or(0);
  const auto columns = key_columns(table.schema());
  std::string lines;
  for (const StoredTable::Change& change : changes) {
    const auto after = table.rows().find(change.id);
    const bool there = after != table.rows().end();
    const unsigned kind = !there ? kLogDeletes : change.before ? kLogUpdates : kLogInserts;
    if ((flags & kind) == 0 || (!there && !change.before)) continue;
    const std::string line = there ? fmt::format("{}|{}", change.before ? "UPDATE" : "INSERT", row_text(*after->second))
                                   : "DELETE|" + key_text(*change.before, *columns);
    if ((flags & kToOutput) != 0) log::info("{}: {}", table.name(), line);
    if ((flags & kToSyslog) != 0) log::notice("{}: {}", table.name(), line);
    lines += line + '\n';
  }
  if (lines.empty()) return;

  const std::scoped_lock lock(mutex_);
  const std::string place = directory + "/" + table.name();
  const auto now = std::chrono::system_clock::now();
  auto [journal, made] = journals_.try_emplace(place);
  if (made) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    journal->second = {.file = fmt::format("{}-{:%Y%m%d%H%M%S}.jnl", place,
                                           fmt::localtime(std::chrono::system_clock::to_time_t(seconds))),
                       .begun = now};
  }
  if (auto added = storage::add_to_file(journal->second.file, lines); !added) {
    log::warning("db_berkeley: the journal lacks changes: {}", added.error().message);
  }
  const bool over =
      settings_.journal_roll_interval.count() > 0 && now - journal->second.begun >= settings_.journal_roll_interval;
  if (over) journals_.erase(journal);
}

}  // namespace carillon::db_berkeley
