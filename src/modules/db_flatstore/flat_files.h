// SPDX-License-Identifier: Apache-2.0
// Text files that rows are only added to, a line each: accounting for those who read it with other programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/driver.h"

namespace carillon::db_flatstore {

struct Settings {
  char delimiter = '|';
  // Around the table's name; $time(FORMAT) in them is the local time by strftime(3) when a file is opened.
  std::string prefix = {};
  std::string suffix = ".log";
  // One file a table; otherwise one for each connection, its number in the name.
  bool single_file = false;
  // Each row reaches the file at once. Otherwise up to 64 KiB wait in memory, and are lost when the process is killed.
  bool flush = true;
};

// $time(FORMAT) replaced; an error for any other $.
[[nodiscard]] base::Result<std::string> expand_name(std::string_view text, std::int64_t unix_seconds);

// With its line end. NULL is empty, a date its seconds since 1970. A backslash stands before the delimiter and before
// itself; line ends, carriage returns and NULs are \n, \r and \0: a record stays a line.
[[nodiscard]] std::string line_of(std::span<const storage::Value> cells, char delimiter);

// The files of one directory. Any thread.
class FlatFiles {
 public:
  FlatFiles(std::string directory, const Settings& settings);
  ~FlatFiles();
  FlatFiles(const FlatFiles&) = delete;
  FlatFiles& operator=(const FlatFiles&) = delete;

  // The directory is there and can be written to.
  [[nodiscard]] base::Result<> check() const;
  // The smallest number from 1 on that nobody has, and giving it back.
  [[nodiscard]] unsigned take_number();
  void give_back(unsigned number);

  // All lines or none. `number` is of the connection.
  [[nodiscard]] base::Result<std::uint64_t> add(std::span<const storage::Write> writes, unsigned number);
  // Closes the files; the next line opens them anew, by the names that they have then. An error when what waits in
  // memory can't be written; it still waits then.
  [[nodiscard]] base::Result<> rotate();

 private:
  class File;

  // With mutex_ held.
  [[nodiscard]] base::Result<File*> file_for(const std::string& table, unsigned number);

  const std::string directory_;
  const Settings settings_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<File>> files_;  // by table and number
  std::set<unsigned> numbers_;
};

class FlatstoreDriver final : public storage::Driver {
 public:
  explicit FlatstoreDriver(Settings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::string_view scheme() const override { return "flatstore"; }
  [[nodiscard]] std::size_t connections() const override { return 4; }
  [[nodiscard]] base::Result<std::unique_ptr<storage::Connection>> connect(const storage::Url& url) override;
  [[nodiscard]] base::Result<> create_database(const storage::Url& url) override;

  [[nodiscard]] base::Result<> rotate();

 private:
  const Settings settings_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<FlatFiles>> directories_;  // by path
};

}  // namespace carillon::db_flatstore
