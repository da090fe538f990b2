// SPDX-License-Identifier: Apache-2.0
// See journal.h. A half holds the records of one generation, one behind the other; what is behind the last of them is
// of an older one, or no record. Records of entries and of what is done stand in the order in which they came.
#include "storage/journal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "base/hash.h"

namespace carillon::storage {
namespace {

constexpr std::size_t kHead = 4096;
constexpr std::string_view kMagic = "carillon journal 1\n";
// Left for what is done, which must find room when entries don't.
constexpr std::size_t kReserve = 4096;

struct RecordHead {
  std::uint64_t checksum = 0;
  std::uint64_t generation = 0;
  std::uint64_t id = 0;
  std::uint32_t size = 0;
  std::uint32_t kind = 0;

  [[nodiscard]] std::uint64_t checksum_of(std::string_view payload) const {
    return base::sip_hash({.k0 = generation ^ (std::uint64_t{kind} << 63U), .k1 = id}, payload);
  }
};

constexpr std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }
constexpr std::size_t record_size(std::size_t payload) { return sizeof(RecordHead) + padded(payload); }

// Where blocks that were written once are written again in place, so that a store into a mapping needs no room.
bool may_be_mapped(int file) {
  struct statfs filesystem{};
  if (::fstatfs(file, &filesystem) != 0) return false;
  const auto type = static_cast<unsigned long>(filesystem.f_type);
  return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC || type == TMPFS_MAGIC;
}

}  // namespace

// --- runs of ids -----------------------------------------------------------------------------------------------------

void Journal::Runs::add(std::uint64_t id) {
  if (!runs_.empty() && runs_.back().last + 1 == id) {
    runs_.back().last = id;
  } else {
    runs_.push_back({.first = id, .last = id});
  }
}

bool Journal::Runs::remove(std::uint64_t first, std::uint64_t last) {
  if (runs_.empty()) return false;
  std::vector<Run> kept;
  bool any = false;
  for (const Run& run : runs_) {
    if (run.last < first || run.first > last) {
      kept.push_back(run);
      continue;
    }
    any = true;
    if (run.first < first) kept.push_back({.first = run.first, .last = first - 1});
    if (run.last > last) kept.push_back({.first = last + 1, .last = run.last});
  }
  runs_ = std::move(kept);
  return any;
}

// --- open ------------------------------------------------------------------------------------------------------------

struct Journal::Found {
  std::uint64_t generation;
  Kind kind;
  std::uint64_t id;
  std::string_view payload;
};

Journal::Journal(const std::string& path, std::size_t bytes)
    : file_(path, O_RDWR | O_CREAT | O_NOFOLLOW), half_bytes_(padded(bytes / 2)) {
  halves_[0].begin = kHead;
  halves_[1].begin = kHead + half_bytes_;
}

Journal::~Journal() {
  if (map_ != nullptr) ::munmap(map_, kHead + 2 * half_bytes_);
}

base::Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, std::size_t bytes) {
  std::unique_ptr<Journal> journal(new Journal(path, bytes));
  if (!journal->file_) return file_failure(path, errno);
  if (::flock(journal->file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return base::fail(path + ": another process has it open");
    return file_failure(path, errno);
  }
  if (auto ready = journal->prepare(path); !ready) return std::unexpected(std::move(ready.error()));
  return journal;
}

base::Result<> Journal::prepare(const std::string& path) {
  const std::size_t size = kHead + 2 * half_bytes_;
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return file_failure(path, errno);
  if (!S_ISREG(status.st_mode)) return base::fail(path + ": not a file");
  std::string content(size, '\0');
  const ssize_t got = ::pread(file_.get(), content.data(), size, 0);
  if (got < 0) return file_failure(path, errno);
  // A process that was killed while it made the file has left less.
  const bool blank = content.find_first_not_of('\0') == std::string::npos;
  if (!blank && !content.starts_with(kMagic)) return base::fail(path + ": it is something else");
  if (static_cast<std::size_t>(status.st_size) > size) return base::fail(path + ": it has another size");
  if (!blank) read_left(content);
  if (static_cast<std::size_t>(got) < size) {
    // Written, not only reserved, so that no store has to find room later; the head last.
    if (!write_at(file_.get(), got, std::string_view(content).substr(static_cast<std::size_t>(got)))) {
      const int why = errno;
      static_cast<void>(::ftruncate(file_.get(), got));  // others need the room
      return file_failure(path, why);
    }
  }
  if (blank && !write_at(file_.get(), 0, kMagic)) return file_failure(path, errno);
  if (!may_be_mapped(file_.get())) return {};
  void* const map = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file_.get(), 0);
  if (map == MAP_FAILED) return file_failure(path, errno);  // NOLINT(performance-no-int-to-ptr): the system's macro
  map_ = static_cast<char*>(map);
  return {};
}

std::vector<Journal::Found> Journal::read_half(std::string_view bytes) const {
  std::vector<Found> found;
  while (bytes.size() >= sizeof(RecordHead)) {
    RecordHead head;
    std::memcpy(&head, bytes.data(), sizeof(head));
    if (head.size > bytes.size() - sizeof(head) || padded(head.size) > bytes.size() - sizeof(head)) break;
    const std::string_view payload = bytes.substr(sizeof(head), head.size);
    if (head.generation == 0 || head.checksum != head.checksum_of(payload)) break;
    if (!found.empty() && found.front().generation != head.generation) break;
    found.push_back({head.generation, static_cast<Kind>(head.kind), head.id, payload});
    bytes.remove_prefix(record_size(head.size));
  }
  return found;
}

void Journal::read_left(std::string_view bytes) {
  std::array<std::vector<Found>, 2> halves;
  for (std::size_t i = 0; i < 2; ++i) halves[i] = read_half(bytes.substr(halves_[i].begin, half_bytes_));
  const auto generation = [](const std::vector<Found>& half) { return half.empty() ? 0 : half.front().generation; };
  newest_ = generation(halves[0]) > generation(halves[1]) ? 0 : 1;
  if (newest_ == 0) std::swap(halves[0], halves[1]);
  std::map<std::uint64_t, std::string_view> entries;
  for (const std::vector<Found>& half : halves) {
    for (const Found& record : half) {
      if (record.kind == Kind::Entry) {
        entries[record.id] = record.payload;
      } else if (std::uint64_t last = 0; record.payload.size() == sizeof(last)) {
        std::memcpy(&last, record.payload.data(), sizeof(last));
        entries.erase(entries.lower_bound(record.id), entries.upper_bound(last));
      }
    }
  }
  for (const auto& [id, payload] : entries) left_.push_back({.id = id, .bytes = std::string(payload)});
}

// Generations are counted from 1 again, so nothing may be left of those before. The older half goes first: the newer
// one says what of it is done.
void Journal::begin() {
  const std::scoped_lock lock(mutex_);
  left_ = {};
  scratch_.assign(half_bytes_, '\0');
  for (const std::size_t half : {1 - newest_, newest_}) {
    if (!write(halves_[half].begin, scratch_)) generation_ = 1ULL << 62U;  // above all of them
  }
  scratch_ = {};
  for (Half& half : halves_) restart(half);
}

// --- entries ---------------------------------------------------------------------------------------------------------

void Journal::restart(Half& half) {
  half.used = 0;
  half.generation = ++generation_;
}

// A half begins anew when none of its entries is live. What it says of those of the other half being done goes with it:
// they are of no interest when that half is the younger one, and else must go before.
bool Journal::make_room(std::size_t bytes) {
  Half& half = halves_[current_];
  Half& other = halves_[1 - current_];
  if (half.live.empty() && other.live.empty()) {
    if (other.used != 0 && !blank(other)) return false;
    restart(half);
  }
  const std::size_t room = half_bytes_ - kReserve;
  if (bytes > room) return false;
  if (half.used + bytes <= room) return true;
  if (!other.live.empty()) return false;
  restart(other);
  current_ = 1 - current_;
  return true;
}

void Journal::add_record(const Half& half, Kind kind, std::uint64_t id, std::string_view payload) {
  RecordHead head{.generation = half.generation,
                  .id = id,
                  .size = static_cast<std::uint32_t>(payload.size()),
                  .kind = static_cast<std::uint32_t>(kind)};
  head.checksum = head.checksum_of(payload);
  const std::size_t at = scratch_.size();
  scratch_.resize(at + record_size(payload.size()));
  std::memcpy(scratch_.data() + at, &head, sizeof(head));
  std::memcpy(scratch_.data() + at + sizeof(head), payload.data(), payload.size());
}

bool Journal::write(std::size_t at, std::string_view bytes) {
  if (map_ == nullptr) return write_at(file_.get(), static_cast<off_t>(at), bytes);
  std::memcpy(map_ + at, bytes.data(), bytes.size());
  return true;
}

bool Journal::blank(Half& half) {
  constexpr std::array<char, sizeof(RecordHead)> kNone{};
  if (!write(half.begin, {kNone.data(), kNone.size()})) return false;
  half.used = 0;
  return true;
}

bool Journal::write_scratch() {
  Half& half = halves_[current_];
  if (!write(half.begin + half.used, scratch_)) return false;
  half.used += scratch_.size();
  return true;
}

bool Journal::append(std::span<const Entry> entries) {
  std::size_t bytes = 0;
  for (const Entry& entry : entries) bytes += record_size(entry.bytes.size());
  const std::scoped_lock lock(mutex_);
  if (!make_room(bytes)) return false;
  Half& half = halves_[current_];
  scratch_.clear();
  for (const Entry& entry : entries) add_record(half, Kind::Entry, entry.id, entry.bytes);
  if (!write_scratch()) return false;
  for (const Entry& entry : entries) half.live.add(entry.id);
  return true;
}

void Journal::done(std::uint64_t first, std::uint64_t last) {
  const std::scoped_lock lock(mutex_);
  bool any = false;
  for (Half& half : halves_) any = half.live.remove(first, last) || any;
  Half& half = halves_[current_];
  if (!any || half.used + record_size(sizeof(last)) > half_bytes_) return;
  scratch_.clear();
  add_record(half, Kind::Done, first, {reinterpret_cast<const char*>(&last), sizeof(last)});
  static_cast<void>(write_scratch());
}

}  // namespace carillon::storage
