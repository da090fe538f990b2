// SPDX-License-Identifier: Apache-2.0
// Files that are read, written and replaced whole, so that a crash leaves the old one or the new one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::storage {

// "<path>: <why>" with the Fault that the error number means: no room is Busy, all else Unavailable.
[[nodiscard]] std::unexpected<base::Error> file_failure(const std::string& path, int number);

// Owns an open file; false, and errno set, where it couldn't be opened. What is made is for its owner and group.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return file_; }
  [[nodiscard]] explicit operator bool() const { return file_ >= 0; }

 private:
  int file_;
};

// Makes the directory of `path`, and those above it, as far as they can be made; opening the file tells what is wrong.
void make_folder_of(const std::string& path);

// Writes all of it at `offset`; false with errno set when not all of it could be written.
[[nodiscard]] bool write_at(int file, off_t offset, std::string_view bytes);

// Tells whether a file was changed or replaced. A file that isn't there has inode 0.
struct FileStamp {
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  [[nodiscard]] static FileStamp of(const std::string& path);
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// An error with Fault::NotADatabase beyond `max_bytes`.
[[nodiscard]] base::Result<std::string> read_file(const std::string& path, std::size_t buffer_bytes,
                                                  std::size_t max_bytes);

// Makes or empties `path` and writes `bytes` to it. It is removed when that fails.
[[nodiscard]] base::Result<> write_file(const std::string& path, std::string_view bytes);

// Puts `temporary` in the place of `path` with the owner and mode that `path` had, its bytes on the disk first.
[[nodiscard]] base::Result<> settle_file(const std::string& temporary, const std::string& path);

// Appends `bytes` to a file of `size` bytes so that a crash leaves either all of them, or a NUL byte where they would
// begin. When it fails the file is as before.
[[nodiscard]] base::Result<> append_to_file(const std::string& path, off_t size, std::string_view bytes);

// The same without such care, for what may be lost; makes the file.
[[nodiscard]] base::Result<> add_to_file(const std::string& path, std::string_view bytes);

// A lock that programs writing the same directory share; given back by the destructor.
class DirectoryLock {
 public:
  // Waits two seconds at most, then fails with Fault::Busy.
  [[nodiscard]] static base::Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

}  // namespace carillon::storage
