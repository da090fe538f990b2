// SPDX-License-Identifier: Apache-2.0
// See flat_files.h.
#include "modules/db_flatstore/flat_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/strings.h"
#include "storage/cells.h"
#include "storage/whole_file.h"

namespace carillon::db_flatstore {
namespace {

using storage::Fault;
using storage::Value;

constexpr std::size_t kBufferBytes = 65536;

std::unexpected<base::Error> only_added_to() {
  return base::fail("flatstore: rows can only be added", static_cast<int>(Fault::Unsupported));
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && !name.contains('/') && !name.contains('\0');
}

void escape(std::string& to, std::string_view text, char delimiter) {
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else if (c == '\r') {
      to += "\\r";
    } else if (c == '\0') {
      to += "\\0";
    } else {
      if (c == delimiter || c == '\\') to += '\\';
      to += c;
    }
  }
}

class FlatConnection final : public storage::Connection {
 public:
  explicit FlatConnection(std::shared_ptr<FlatFiles> files)
      : files_(std::move(files)), number_(files_->take_number()) {}
  ~FlatConnection() override { files_->give_back(number_); }
  FlatConnection(const FlatConnection&) = delete;
  FlatConnection& operator=(const FlatConnection&) = delete;

  [[nodiscard]] base::Result<> select(const storage::Select& /*select*/,
                                      const storage::RowFunction& /*on_row*/) override {
    return only_added_to();
  }
  [[nodiscard]] base::Result<std::uint64_t> write(std::span<const storage::Write> writes) override {
    return files_->add(writes, number_);
  }
  [[nodiscard]] base::Result<> raw(const storage::RawStatement& /*statement*/,
                                   const storage::RowFunction& /*on_row*/) override {
    return only_added_to();
  }
  [[nodiscard]] base::Result<> create_table(const storage::TableSpec& /*table*/) override { return only_added_to(); }
  [[nodiscard]] base::Result<> drop_table(std::string_view /*name*/) override { return only_added_to(); }
  // Every table can be added to.
  [[nodiscard]] base::Result<bool> has_table(std::string_view name) override {
    if (auto there = files_->check(); !there) return std::unexpected(std::move(there.error()));
    return is_file_name(name);
  }

 private:
  std::shared_ptr<FlatFiles> files_;  // shared by the connections to a directory; the last one closes them
  const unsigned number_;
};

}  // namespace

base::Result<std::string> expand_name(std::string_view text, std::int64_t unix_seconds) {
  constexpr std::string_view kTime = "$time(";
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    result += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    const std::size_t end = text.find(')');
    if (!text.starts_with(kTime) || end == std::string_view::npos) {
      return base::fail("only $time(FORMAT) may stand in a file's name");
    }
    const std::string format(text.substr(kTime.size(), end - kTime.size()));
    const std::time_t now = static_cast<std::time_t>(unix_seconds);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 256> buffer{};
    result.append(buffer.data(), std::strftime(buffer.data(), buffer.size(), format.c_str(), &local));
    text.remove_prefix(end + 1);
  }
  return result;
}

std::string line_of(std::span<const Value> cells, char delimiter) {
  std::string line;
  bool first = true;
  for (const Value& cell : cells) {
    if (!std::exchange(first, false)) line += delimiter;
    if (const auto* moment = std::get_if<storage::DateTime>(&cell)) {
      line += std::to_string(moment->unix_seconds);
    } else {
      escape(line, storage::text_of(cell), delimiter);
    }
  }
  return line + '\n';
}

// One open file, and the lines that wait for it.
class FlatFiles::File {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<File>> open(const std::string& path);
  ~File() {
    if (auto written = write_out(); !written) {
      log::error("{}; {} bytes of it are lost", written.error().message, waiting_.size());
    }
    ::close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Whole, or not at all.
  [[nodiscard]] base::Result<> add(std::string_view lines, bool now) {
    const std::size_t before = waiting_.size();
    waiting_ += lines;
    if (!now && waiting_.size() < kBufferBytes) return {};
    auto written = write_out();
    if (!written) waiting_.resize(before);
    return written;
  }
  [[nodiscard]] base::Result<> write_out();

  // Where the lines end that are in the file or wait for it, and going back there.
  struct Mark {
    off_t size = 0;
    std::size_t waiting = 0;
  };
  [[nodiscard]] Mark mark() const { return {size_, waiting_.size()}; }
  void go_back(const Mark& mark) {
    const bool last = ::lseek(file_, 0, SEEK_END) == size_;  // no other program has added to it since
    if (last && size_ != mark.size) cut(mark.size);
    waiting_.resize(std::min(waiting_.size(), mark.waiting));
  }

 private:
  File(std::string path, int file) : path_(std::move(path)), file_(file) {}
  void cut(off_t size) {
    if (::ftruncate(file_, size) != 0) log::error("{}: a line that failed can't be cut off", path_);
    size_ = size;
  }
  void cut_half_line();

  std::string path_;
  int file_;
  off_t size_ = 0;  // when last written by us
  std::string waiting_;
};

base::Result<std::unique_ptr<FlatFiles::File>> FlatFiles::File::open(const std::string& path) {
  constexpr mode_t kOwnerAndGroup = S_IRUSR | S_IWUSR | S_IRGRP;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kOwnerAndGroup);
  if (file < 0) return storage::file_failure(path, errno);
  std::unique_ptr<File> opened(new File(path, file));
  ::flock(file, LOCK_EX);  // no other program is in the middle of a line
  opened->cut_half_line();
  ::flock(file, LOCK_UN);
  return opened;
}

// What a process left that was killed while it wrote: nobody was told that it is there.
void FlatFiles::File::cut_half_line() {
  size_ = ::lseek(file_, 0, SEEK_END);
  off_t end = size_;
  std::array<char, 4096> block{};
  while (end > 0) {
    const auto length = std::min<off_t>(end, static_cast<off_t>(block.size()));
    const ssize_t got = ::pread(file_, block.data(), static_cast<std::size_t>(length), end - length);
    if (got != length) return;
    const std::string_view bytes(block.data(), static_cast<std::size_t>(length));
    const std::size_t line_end = bytes.rfind('\n');
    end -= length;
    if (line_end == std::string_view::npos) continue;
    end += static_cast<off_t>(line_end) + 1;
    break;
  }
  if (end == size_) return;
  log::warning("{}: half a line at its end is cut off", path_);
  cut(end);
}

base::Result<> FlatFiles::File::write_out() {
  if (waiting_.empty()) return {};
  ::flock(file_, LOCK_EX);
  const off_t begin = ::lseek(file_, 0, SEEK_END);
  std::string_view rest = waiting_;
  int number = 0;
  while (!rest.empty() && number == 0) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      number = written == 0 ? ENOSPC : errno;
    }
  }
  size_ = begin + static_cast<off_t>(waiting_.size() - rest.size());
  if (number != 0) cut(begin);
  ::flock(file_, LOCK_UN);
  if (number != 0) return storage::file_failure(path_, number);
  waiting_.clear();
  return {};
}

FlatFiles::FlatFiles(std::string directory, const Settings& settings)
    : directory_(std::move(directory)), settings_(settings) {}

FlatFiles::~FlatFiles() = default;

base::Result<> FlatFiles::check() const {
  struct stat status{};
  if (::stat(directory_.c_str(), &status) != 0) return storage::file_failure(directory_, errno);
  if (!S_ISDIR(status.st_mode)) {
    return base::fail(directory_ + ": not a directory", static_cast<int>(Fault::NotADatabase));
  }
  if (::access(directory_.c_str(), W_OK | X_OK) != 0) return storage::file_failure(directory_, errno);
  return {};
}

unsigned FlatFiles::take_number() {
  const std::scoped_lock lock(mutex_);
  unsigned number = 1;
  while (!numbers_.insert(number).second) ++number;
  return number;
}

void FlatFiles::give_back(unsigned number) {
  const std::scoped_lock lock(mutex_);
  numbers_.erase(number);
}

base::Result<FlatFiles::File*> FlatFiles::file_for(const std::string& table, unsigned number) {
  const std::string key = settings_.single_file ? table : fmt::format("{}_{}", table, number);
  std::unique_ptr<File>& file = files_[key];
  if (file) return file.get();
  const std::int64_t now = std::time(nullptr);
  auto prefix = expand_name(settings_.prefix, now);
  auto suffix = expand_name(settings_.suffix, now);
  if (!prefix || !suffix) return std::unexpected((prefix ? suffix : prefix).error());
  const std::string name = *prefix + key + *suffix;
  if (!is_file_name(name)) return base::fail(fmt::format("'{}' can't be a file's name", name));
  auto opened = File::open(directory_ + "/" + name);
  if (!opened) return std::unexpected(std::move(opened.error()));
  file = std::move(*opened);
  return file.get();
}

base::Result<std::uint64_t> FlatFiles::add(std::span<const storage::Write> writes, unsigned number) {
  std::map<std::string, std::string> lines;  // by table
  std::uint64_t rows = 0;
  for (const storage::Write& write : writes) {
    const auto* insert = std::get_if<storage::Insert>(&write);
    if (insert == nullptr) return only_added_to();
    const std::size_t width = insert->rows.columns.size();
    if (width == 0 ? !insert->rows.values.empty() : insert->rows.values.size() % width != 0) {
      return base::fail(fmt::format("table '{}': the values don't fill whole rows", insert->table));
    }
    for (std::size_t at = 0; at < insert->rows.values.size(); at += width, ++rows) {
      lines[insert->table] += line_of(std::span(insert->rows.values).subspan(at, width), settings_.delimiter);
    }
  }
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<File*, File::Mark>> done;
  for (const auto& [table, text] : lines) {
    auto file = file_for(table, number);
    base::Result<> added;
    if (file) {
      done.emplace_back(*file, (*file)->mark());
      added = (*file)->add(text, settings_.flush);
    }
    if (file && added) continue;
    if (file) done.pop_back();
    for (const auto& [one, mark] : done) one->go_back(mark);
    return std::unexpected(file ? std::move(added.error()) : std::move(file.error()));
  }
  return rows;
}

base::Result<> FlatFiles::rotate() {
  const std::scoped_lock lock(mutex_);
  for (auto& [key, file] : files_) {
    if (!file) continue;
    if (auto written = file->write_out(); !written) return written;
  }
  files_.clear();
  return {};
}

base::Result<std::unique_ptr<storage::Connection>> FlatstoreDriver::connect(const storage::Url& url) {
  const std::scoped_lock lock(mutex_);
  std::weak_ptr<FlatFiles>& known = directories_[url.path];
  std::shared_ptr<FlatFiles> files = known.lock();
  if (!files) {
    files = std::make_shared<FlatFiles>(url.path, settings_);
    if (auto there = files->check(); !there) return std::unexpected(std::move(there.error()));
    known = files;
  }
  return std::make_unique<FlatConnection>(std::move(files));
}

base::Result<> FlatstoreDriver::create_database(const storage::Url& url) {
  constexpr mode_t kOwnerAndGroup = S_IRWXU | S_IRGRP | S_IXGRP;
  if (::mkdir(url.path.c_str(), kOwnerAndGroup) == 0 || errno == EEXIST) return {};
  return storage::file_failure(url.path, errno);
}

base::Result<> FlatstoreDriver::rotate() {
  std::vector<std::shared_ptr<FlatFiles>> all;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [path, known] : directories_) {
      if (auto files = known.lock()) all.push_back(std::move(files));
    }
  }
  for (const auto& files : all) {
    if (auto rotated = files->rotate(); !rotated) return rotated;
  }
  return {};
}

}  // namespace carillon::db_flatstore
