// SPDX-License-Identifier: Apache-2.0
// Entries that wait on the disk, in order, until somebody has taken them for good: they outlive the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

struct sqlite3;

namespace carillon::storage {

// A file of SQLite. One thread at a time; every member blocks until the disk has done it.
class DiskQueue {
 public:
  struct Entry {
    std::uint64_t id = 0;  // the order: given by who puts it in, never twice
    std::string bytes;
  };

  // Makes the file when it isn't there. An error when it is damaged, or another process has it open.
  [[nodiscard]] static base::Result<std::unique_ptr<DiskQueue>> open(const std::string& path, std::size_t max_entries);
  ~DiskQueue();
  DiskQueue(const DiskQueue&) = delete;
  DiskQueue& operator=(const DiskQueue&) = delete;

  // All of them or none, and on the disk when it returns. Returns how many went in: fewer, the first ones, where the
  // queue is full then.
  [[nodiscard]] base::Result<std::size_t> push(std::span<const Entry> entries);
  // The first `count`, in order of their ids. They stay.
  [[nodiscard]] base::Result<std::vector<Entry>> first(std::size_t count);
  [[nodiscard]] bool has(std::uint64_t id);
  // Removes all up to `id`.
  [[nodiscard]] base::Result<> remove_through(std::uint64_t id);

  [[nodiscard]] std::size_t size() const { return size_; }
  // Greater than every id it has ever held.
  [[nodiscard]] std::uint64_t next_id() const { return next_id_; }

 private:
  struct Close {
    void operator()(sqlite3* file) const;
  };
  using Handle = std::unique_ptr<sqlite3, Close>;

  DiskQueue(Handle file, std::size_t max_entries) : file_(std::move(file)), max_entries_(max_entries) {}
  [[nodiscard]] base::Result<> prepare();
  [[nodiscard]] base::Result<> execute(const char* sql);
  [[nodiscard]] base::Result<std::int64_t> number(const char* sql);
  [[nodiscard]] base::Result<> insert(std::span<const Entry> entries);
  [[nodiscard]] std::unexpected<base::Error> failure() const;

  Handle file_;
  std::size_t max_entries_;
  std::size_t size_ = 0;
  std::uint64_t next_id_ = 1;
};

}  // namespace carillon::storage
