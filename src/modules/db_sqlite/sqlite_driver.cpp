// SPDX-License-Identifier: Apache-2.0
// Opening SQLite files: nothing is written to one before it was found to be a sound database.
#include "modules/db_sqlite/sqlite_driver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/strings.h"
#include "modules/db_sqlite/sqlite_connection.h"
#include "modules/db_sqlite/sqlite_handle.h"

namespace carillon::db_sqlite {
namespace {

using storage::Fault;

std::unexpected<base::Error> refuse(const std::string& path, std::string_view why, Fault fault) {
  return base::fail(path + ": " + std::string(why), static_cast<int>(fault));
}

std::string system_error(int number) { return std::strerror(number); }  // NOLINT(concurrency-mt-unsafe): glibc's is

// A file without bytes is an empty database; any other begins with SQLite's signature.
base::Result<> check_signature(const std::string& path) {
  constexpr std::string_view kSignature("SQLite format 3\0", 16);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const int number = errno;
    if (number == ENOENT) return refuse(path, "no such file; `carillon db create` makes it", Fault::Unavailable);
    return refuse(path, system_error(number), Fault::Unavailable);
  }
  std::array<char, kSignature.size()> bytes{};
  const ssize_t size = ::read(file, bytes.data(), bytes.size());
  const int number = errno;
  ::close(file);
  if (size < 0) return refuse(path, system_error(number), Fault::NotADatabase);
  if (size == 0 || std::string_view(bytes.data(), static_cast<std::size_t>(size)) == kSignature) return {};
  return refuse(path, "not an SQLite database; it was left untouched", Fault::NotADatabase);
}

// Nothing when the database is sound.
base::Result<> quick_check(sqlite3* database, const std::string& path) {
  auto statement = prepare(database, "PRAGMA quick_check(1)", path);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const int code = sqlite3_step(statement->get());
  if (code != SQLITE_ROW) return failure(database, path);
  const auto* answer = reinterpret_cast<const char*>(sqlite3_column_text(statement->get(), 0));
  const std::string_view verdict = answer != nullptr ? answer : "";
  if (verdict == "ok") return {};
  return refuse(path, "the database is damaged and was left untouched: " + std::string(verdict), Fault::NotADatabase);
}

// Whether it is in WAL mode and nobody has it open: whoever has keeps a -wal file beside it.
bool is_idle_wal(const std::string& path) {
  constexpr off_t kReadVersion = 19;  // https://www.sqlite.org/fileformat2.html: 2 is WAL
  struct stat ignored{};
  if (::stat((path + "-wal").c_str(), &ignored) == 0 || errno != ENOENT) return false;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char version = 0;
  const bool read = ::pread(file, &version, 1, kReadVersion) == 1;
  ::close(file);
  return read && version == 2;
}

// The name of a file that nobody changes while it is read, so that SQLite puts no files beside it.
std::string immutable_uri(const std::string& path) {
  std::string uri = path.starts_with('/') ? "file://" : "file:";  // else a path of two slashes would be a host
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

// Reads the whole file without being able to write it. A journal left by a crash needs a writer: that one is no sign of
// damage, and SQLite undoes the half-written transaction when the file is opened for writing.
base::Result<> check_sound(const std::string& path, int busy_timeout_ms) {
  auto reader = is_idle_wal(path)
                    ? open_file(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, busy_timeout_ms)
                    : open_file(path, SQLITE_OPEN_READONLY, busy_timeout_ms);
  if (!reader) return std::unexpected(std::move(reader.error()));
  auto sound = quick_check(reader->get(), path);
  if (sound) return {};
  const int code = sqlite3_extended_errcode(reader->get());
  const bool needs_writer = (code & 0xff) == SQLITE_READONLY || code == SQLITE_CANTOPEN;
  if (!needs_writer || sound.error().code == static_cast<int>(Fault::NotADatabase)) return sound;
  auto writer = open_file(path, SQLITE_OPEN_READWRITE, busy_timeout_ms);
  if (!writer) return std::unexpected(std::move(writer.error()));
  return quick_check(writer->get(), path);
}

base::Result<> load_extension(sqlite3* database, std::string_view setting, const std::string& path) {
  std::string_view entry_point = setting;
  const std::string library(base::take_until(entry_point, ';'));
  const std::string entry(base::trim(entry_point));
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, nullptr);
  char* message = nullptr;
  const int code = sqlite3_load_extension(database, library.c_str(), entry.empty() ? nullptr : entry.c_str(), &message);
  const std::string why = message != nullptr ? message : "unknown error";
  sqlite3_free(message);
  // Off again, so that no statement can load one.
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  if (code == SQLITE_OK) return {};
  return refuse(path, "extension " + library + ": " + why, Fault::Other);
}

// WAL lets readers go on while somebody writes; NORMAL loses nothing when the process is killed.
base::Result<> set_up(sqlite3* database, const std::string& path, const Settings& settings) {
  // What we quote is the name of a column, never a text, so that a column that isn't there is an error.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  const bool read_only = sqlite3_db_readonly(database, "main") == 1;
  if (!read_only) {
    if (auto wal = execute(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", path); !wal) return wal;
  }
  for (const std::string& extension : settings.extensions) {
    if (auto loaded = load_extension(database, extension, path); !loaded) return loaded;
  }
  for (const std::string& pragma : settings.pragmas) {
    if (auto set = execute(database, "PRAGMA " + pragma, path); !set) return set;
  }
  return {};
}

}  // namespace

std::shared_ptr<File> SqliteDriver::file(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::weak_ptr<File>& entry = files_[path];
  std::shared_ptr<File> result = entry.lock();
  if (!result) {
    result = std::make_shared<File>();
    entry = result;
  }
  return result;
}

base::Result<std::unique_ptr<storage::Connection>> SqliteDriver::connect(const storage::Url& url) {
  const std::string& path = url.path;
  const int timeout = static_cast<int>(settings_.busy_timeout.count());
  std::shared_ptr<File> shared = file(path);
  const std::scoped_lock lock(shared->check);  // one at a time: the others find it checked, and in WAL mode
  if (auto signature = check_signature(path); !signature) return std::unexpected(std::move(signature.error()));
  if (!shared->checked) {
    if (auto sound = check_sound(path, timeout); !sound) return std::unexpected(std::move(sound.error()));
  }
  auto handle = open_file(path, SQLITE_OPEN_READWRITE, timeout);
  if (!handle) return std::unexpected(std::move(handle.error()));
  if (auto ready = set_up(handle->get(), path, settings_); !ready) return std::unexpected(std::move(ready.error()));
  if (!shared->checked) log::debug("{}: the database is sound", path);
  shared->checked = true;
  return std::make_unique<SqliteConnection>(std::move(*handle), path, std::move(shared));
}

base::Result<> SqliteDriver::create_database(const storage::Url& url) {
  // Made by us first, so that it is never readable by everybody: it will hold password hashes.
  constexpr mode_t kOwnerAndGroup = S_IRUSR | S_IWUSR | S_IRGRP;
  const int file = ::open(url.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerAndGroup);
  if (file < 0) {
    const int number = errno;
    if (number == EEXIST) return check_signature(url.path);
    return refuse(url.path, "cannot be made: " + system_error(number), Fault::Unavailable);
  }
  ::close(file);
  return {};
}

base::Result<> SqliteDriver::drop_database(const storage::Url& url) {
  if (auto signature = check_signature(url.path); !signature) return signature;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (::unlink((url.path + suffix).c_str()) == 0) continue;
    const int number = errno;
    if (number != ENOENT) return refuse(url.path + suffix, system_error(number), Fault::Unavailable);
  }
  return {};
}

}  // namespace carillon::db_sqlite
