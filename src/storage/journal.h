// SPDX-License-Identifier: Apache-2.0
// Entries that outlive the process although it waits for no disk: bytes in the pages that the kernel keeps of a file.
// For what is on its way to a database; what has to wait longer belongs into a DiskQueue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/disk_queue.h"
#include "storage/whole_file.h"

namespace carillon::storage {

// A file of fixed size, in two halves that are written in turn. Whatever way the process ends, the next one finds each
// entry that append() has taken and done() has not; a machine that loses its power may lose those of the last half
// minute, as nothing is forced to the disk. Where the filesystem writes in place (ext4, XFS, tmpfs) the file is mapped,
// and an entry costs a copy; elsewhere, where a mapping may find the disk full and end the process, a pwrite().
class Journal {
 public:
  using Entry = DiskQueue::Entry;  // ids grow from entry to entry

  static constexpr std::size_t kUsualSize = std::size_t{8} << 20;  // bytes, both halves

  // Makes the file when it isn't there; blocks. An error when it is something else, or another process has it open.
  [[nodiscard]] static base::Result<std::unique_ptr<Journal>> open(const std::string& path,
                                                                   std::size_t bytes = kUsualSize);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // What an earlier process has left, in order of the ids. It stays in the file until begin(), with which that is over.
  [[nodiscard]] const std::vector<Entry>& left() const { return left_; }
  void begin();

  // --- After begin(). Any thread.
  // False when there is no room: too much of what was appended is not done yet.
  [[nodiscard]] bool append(std::span<const Entry> entries);
  // All of these ids are somewhere safe, or of no interest any more.
  void done(std::uint64_t first, std::uint64_t last);

 private:
  // Ids as runs of them.
  class Runs {
   public:
    void add(std::uint64_t id);
    // Whether there was any of them.
    bool remove(std::uint64_t first, std::uint64_t last);
    [[nodiscard]] bool empty() const { return runs_.empty(); }

   private:
    struct Run {
      std::uint64_t first;
      std::uint64_t last;
    };
    std::vector<Run> runs_;
  };
  struct Half {
    std::size_t begin = 0;
    std::size_t used = 0;
    std::uint64_t generation = 0;
    Runs live;
  };
  enum class Kind : std::uint32_t { Entry, Done };
  struct Found;

  Journal(const std::string& path, std::size_t bytes);
  [[nodiscard]] base::Result<> prepare(const std::string& path);
  [[nodiscard]] std::vector<Found> read_half(std::string_view bytes) const;
  void read_left(std::string_view bytes);
  // With mutex_ held.
  [[nodiscard]] bool make_room(std::size_t bytes);
  void restart(Half& half);
  void add_record(const Half& half, Kind kind, std::uint64_t id, std::string_view payload);
  [[nodiscard]] bool write_scratch();
  [[nodiscard]] bool write(std::size_t at, std::string_view bytes);
  [[nodiscard]] bool blank(Half& half);

  const OpenFile file_;
  const std::size_t half_bytes_;
  char* map_ = nullptr;  // null: by pwrite()
  std::vector<Entry> left_;
  std::size_t newest_ = 1;  // the half that an earlier process was writing

  std::mutex mutex_;  // of what follows
  std::array<Half, 2> halves_;
  std::size_t current_ = 0;
  std::uint64_t generation_ = 0;
  std::string scratch_;  // records that are about to be written
};

}  // namespace carillon::storage
