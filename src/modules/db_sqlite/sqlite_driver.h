// SPDX-License-Identifier: Apache-2.0
// The SQLite driver: files in WAL mode, checked before the first write, one writer at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"

namespace carillon::db_sqlite {

struct Settings {
  // How long a statement waits for another program that has the file locked (OpenSIPS: busy_timeout).
  std::chrono::milliseconds busy_timeout{500};
  // Run on each new connection: "cache_size=-64000" (OpenSIPS: exec_pragma).
  std::vector<std::string> pragmas = {};
  // Paths of extensions, with ";entry_point" behind them where it isn't the usual one (OpenSIPS: load_extension).
  std::vector<std::string> extensions = {};
};

// What the connections to one file share.
struct File {
  std::mutex writer;  // held for the length of a write, so that our own writers queue instead of polling the lock
  std::mutex check;
  bool checked = false;  // found sound by this process
};

class SqliteDriver final : public storage::Driver {
 public:
  explicit SqliteDriver(Settings settings = {}) : settings_(std::move(settings)) {}

  [[nodiscard]] std::string_view scheme() const override { return "sqlite"; }
  // SQLite has one writer and any number of readers.
  [[nodiscard]] std::size_t connections() const override { return 4; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;
  // The file and what SQLite keeps beside it, after a look whether it is a database at all.
  [[nodiscard]] base::Result<> drop_database(const storage::Url& url) override;

 private:
  [[nodiscard]] std::shared_ptr<File> file(const std::string& path);

  const Settings settings_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<File>> files_;  // by path
};

}  // namespace carillon::db_sqlite
