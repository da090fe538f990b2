// SPDX-License-Identifier: Apache-2.0
// See whole_file.h.
#include "storage/whole_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "storage/driver.h"

namespace carillon::storage {
namespace {

constexpr mode_t kOwnerAndGroup = S_IRUSR | S_IWUSR | S_IRGRP;

}  // namespace

OpenFile::OpenFile(const std::string& path, int flags)
    : file_(::open(path.c_str(), flags | O_CLOEXEC, kOwnerAndGroup)) {}

OpenFile::~OpenFile() {
  if (file_ >= 0) ::close(file_);
}

void make_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
}

bool write_at(int file, off_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (written == 0) errno = ENOSPC;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return true;
}

std::unexpected<base::Error> file_failure(const std::string& path, int number) {
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return base::fail(path + ": " + std::strerror(number),  // NOLINT(concurrency-mt-unsafe): glibc's is
                    static_cast<int>(full ? Fault::Busy : Fault::Unavailable));
}

FileStamp FileStamp::of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return {.inode = status.st_ino,
          .size = status.st_size,
          .modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

base::Result<std::string> read_file(const std::string& path, std::size_t buffer_bytes, std::size_t max_bytes) {
  const OpenFile file(path, O_RDONLY);
  if (!file) return file_failure(path, errno);
  std::string bytes;
  std::string buffer(buffer_bytes, '\0');
  while (true) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return file_failure(path, errno);
    if (size == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
    if (bytes.size() > max_bytes) return base::fail(path + ": it is too large", static_cast<int>(Fault::NotADatabase));
  }
}

base::Result<> write_file(const std::string& path, std::string_view bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return file_failure(path, errno);
  if (write_at(file.get(), 0, bytes)) return {};
  const int number = errno;
  ::unlink(path.c_str());
  return file_failure(path, number);
}

base::Result<> settle_file(const std::string& temporary, const std::string& path) {
  const auto give_up = [&](int number) {
    ::unlink(temporary.c_str());
    return file_failure(path, number);
  };
  {
    const OpenFile file(temporary, O_RDWR);
    if (!file) return give_up(errno);
    struct stat before{};
    if (::stat(path.c_str(), &before) == 0) {
      // Another owner's file stays theirs where we may do that; it is no reason to fail.
      if (::fchown(file.get(), before.st_uid, before.st_gid) == 0) ::fchmod(file.get(), before.st_mode & 07777);
    }
    if (::fdatasync(file.get()) != 0) return give_up(errno);
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  return {};
}

base::Result<> append_to_file(const std::string& path, off_t size, std::string_view bytes) {
  if (bytes.empty()) return {};
  const OpenFile file(path, O_WRONLY);
  if (!file) return file_failure(path, errno);
  // The first byte last: until it is there the hole before the others reads as NUL.
  if (write_at(file.get(), size + 1, bytes.substr(1)) && ::fdatasync(file.get()) == 0 &&
      write_at(file.get(), size, bytes.substr(0, 1))) {
    return {};
  }
  const int number = errno;
  if (::ftruncate(file.get(), size) != 0) {
    return base::fail(path + ": the end that could not be written can't be cut off either",
                      static_cast<int>(Fault::Unavailable));
  }
  return file_failure(path, number);
}

base::Result<> add_to_file(const std::string& path, std::string_view bytes) {
  const OpenFile file(path, O_WRONLY | O_CREAT | O_APPEND);
  if (!file) return file_failure(path, errno);
  if (::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) return {};
  return file_failure(path, errno);
}

base::Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  constexpr std::chrono::milliseconds kPause{2};
  constexpr std::chrono::seconds kPatience{2};
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return file_failure(directory, errno);
  DirectoryLock lock(file);
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    if (number == EINTR) continue;
    if (number != EWOULDBLOCK) return file_failure(directory, number);
    if (std::chrono::steady_clock::now() > end) {
      return base::fail(directory + ": another program is writing", static_cast<int>(Fault::Busy));
    }
    std::this_thread::sleep_for(kPause);
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace carillon::storage
