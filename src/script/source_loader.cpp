// SPDX-License-Identifier: Apache-2.0
// Reading a script from disk: includes are expanded as text, then an external preprocessor may rewrite the whole.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>

#include "base/strings.h"
#include "script/source.h"

extern char** environ;  // NOLINT: POSIX declares it nowhere

namespace carillon::script {

namespace {

// Written before every line that goes to the preprocessor and cut out of what comes back, wherever it ends up.
constexpr std::string_view kMarker = "__CARILLON_LINE__";

struct Descriptor {
  int number = -1;
  Descriptor() = default;
  explicit Descriptor(int fd) : number(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (number >= 0) ::close(number);
    number = -1;
  }
};

base::Result<std::string> read_all(std::istream& in, std::string_view name, std::size_t limit) {
  std::string text;
  char block[16384];
  while (in.read(block, sizeof block), in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit) return base::fail(fmt::format("{}: larger than {} bytes", name, limit));
  }
  return text;
}

base::Result<std::string> read_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_all(std::cin, "standard input", limit);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return base::fail(fmt::format("{}: is a directory", path));
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::fail(fmt::format("{}: {}", path, std::strerror(errno)));
  return read_all(in, path, limit);
}

// A file in memory that holds `text`, to be read from its beginning.
base::Result<> fill(const Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.number, text.data(), text.size());
    if (written < 0 && errno != EINTR)
      return base::fail(fmt::format("memory for the preprocessor: {}", std::strerror(errno)));
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.number, 0, SEEK_SET);
  return {};
}

base::Result<pid_t> spawn_shell(const std::string& command, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  char* arguments[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, "/bin/sh", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return base::fail(fmt::format("cannot start the preprocessor: {}", std::strerror(error)));
  return child;
}

// What a shell command prints for `input`. The input is a file, not a pipe: nobody can block the other.
base::Result<std::string> pipe_through(const std::string& command, std::string_view input, std::size_t limit) {
  Descriptor file(::memfd_create("script", MFD_CLOEXEC));
  int ends[2];
  if (file.number < 0 || ::pipe2(ends, O_CLOEXEC) != 0) return base::fail("no descriptors for the preprocessor");
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  if (auto filled = fill(file, input); !filled) return std::unexpected(std::move(filled.error()));
  const auto child = spawn_shell(command, file.number, write_end.number);
  if (!child) return std::unexpected(child.error());
  write_end.close();

  std::string output;
  char block[16384];
  while (output.size() <= limit) {
    const ssize_t got = ::read(read_end.number, block, sizeof block);
    if (got == 0 || (got < 0 && errno != EINTR)) break;
    if (got > 0) output.append(block, static_cast<std::size_t>(got));
  }
  read_end.close();
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {
  }
  if (output.size() > limit) return base::fail(fmt::format("the preprocessor wrote more than {} bytes", limit));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return base::fail(fmt::format("the preprocessor '{}' failed with status {}", command,
                                  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
  }
  return output;
}

}  // namespace

base::Result<std::string> read_text(const std::string& path) { return read_file(path, SourceLimits{}.max_bytes); }

std::optional<std::string_view> included_path(std::string_view line) {
  line = base::trim(line);
  for (const std::string_view keyword : {std::string_view("include_file"), std::string_view("import_file")}) {
    if (!line.starts_with(keyword)) continue;
    const std::string_view rest = base::trim(line.substr(keyword.size()));
    if (rest.size() < 2 || (rest[0] != '"' && rest[0] != '\'')) continue;
    const std::size_t end = rest.find(rest[0], 1);
    if (end != std::string_view::npos) return rest.substr(1, end - 1);
  }
  return std::nullopt;
}

// Not thread-safe; one load each.
class SourceLoader {
 public:
  SourceLoader(const SourceLimits& limits, bool marked, const OpenFiles* open = nullptr)
      : limits_(limits), marked_(marked), open_(open) {}

  base::Result<> add_file(const std::string& path, int depth) {
    auto text = read(path);
    if (!text) return std::unexpected(std::move(text.error()));
    if (source_.files_.size() >= (open_ == nullptr ? UINT16_MAX : kMaxEditedFiles))
      return base::fail(path + ": too many included files");
    const auto file = static_cast<std::uint16_t>(source_.files_.size());
    source_.files_.push_back(path == "-" ? "standard input" : path);
    source_.originals_.push_back(std::move(*text));
    std::uint32_t line_number = 0;
    // originals_ grows while includes are read: go by offsets, not by views.
    for (std::size_t at = 0; at < source_.originals_[file].size();) {
      const std::string& original = source_.originals_[file];
      const std::size_t newline = original.find('\n', at);
      const std::size_t end = newline == std::string::npos ? original.size() : newline + 1;
      const std::string line = original.substr(at, end - at);
      at = end;
      ++line_number;
      const auto path_in_line = included_path(line);
      if (!path_in_line) {
        add_line(line, file, line_number);
      } else if (open_ != nullptr) {
        const auto column = static_cast<std::uint32_t>(path_in_line->data() - line.data());
        include_edited(*path_in_line, {file, line_number, column, static_cast<std::uint32_t>(path_in_line->size()) + 2},
                       depth);
      } else if (auto done = include(std::string(*path_in_line), path, line_number, depth); !done) {
        return done;
      }
      if (source_.text_.size() > limits_.max_bytes) {
        return base::fail(
            fmt::format("{}: the script with its includes is larger than {} bytes", path, limits_.max_bytes));
      }
    }
    if (!source_.text_.empty() && source_.text_.back() != '\n') source_.text_ += '\n';
    return {};
  }

  base::Result<> preprocess(const std::string& command) {
    auto output = pipe_through(command, source_.text_, limits_.max_bytes + marker_bytes_);
    if (!output) return std::unexpected(std::move(output.error()));
    source_.text_.clear();
    source_.segments_.assign(1, Source::Segment{});
    std::string_view rest = *output;
    while (true) {
      const std::size_t marker = rest.find(kMarker);
      source_.text_ += rest.substr(0, marker);
      if (marker == std::string_view::npos) break;
      rest.remove_prefix(marker + kMarker.size());
      const std::size_t newline = rest.find('\n');
      std::istringstream numbers{std::string(rest.substr(0, newline))};
      Source::Segment segment{source_.text_.size(), 0, 1};
      numbers >> segment.file >> segment.line;
      if (numbers && segment.file < source_.files_.size()) source_.segments_.push_back(segment);
      rest = newline == std::string_view::npos ? std::string_view{} : rest.substr(newline + 1);
    }
    return {};
  }

  Source finish() {
    if (source_.segments_.empty()) source_.segments_.push_back({});
    source_.index_lines();
    return std::move(source_);
  }

  EditedSource finish_edited(const base::Result<>& root) {
    if (!root) problems_.push_back({.position = {}, .message = root.error().message, .hint = {}, .code = kUnreadable});
    return {finish(), std::move(includes_), std::move(problems_)};
  }

 private:
  base::Result<std::string> read(const std::string& path) const {
    if (open_ == nullptr) return read_file(path, limits_.max_bytes);
    auto text = open_->find(path);
    if (!text) return read_file(path, limits_.max_bytes);
    if (text->size() > limits_.max_bytes) {
      return base::fail(fmt::format("{}: larger than {} bytes", path, limits_.max_bytes));
    }
    return std::move(*text);
  }

  // Where a path in an edited file leads: beside that file or, when nothing is there, in the folder of the workspace.
  std::string edited_path(std::string_view path, const std::string& from) const {
    namespace fs = std::filesystem;
    const fs::path beside = (fs::path(from).parent_path() / path).lexically_normal();
    std::error_code ignored;
    if (open_->find(beside.string()) || open_->folder.empty() || fs::exists(beside, ignored)) return beside.string();
    const fs::path other = (fs::path(open_->folder) / path).lexically_normal();
    return open_->find(other.string()) || fs::exists(other, ignored) ? other.string() : beside.string();
  }

  // Goes on without a file that can't be read.
  void include_edited(std::string_view written, const Position& at, int depth) {
    if (gave_up_) return;
    const std::string path = edited_path(written, source_.files_[at.file]);
    const auto problem = [&](std::string message) {
      problems_.push_back({.position = at, .message = std::move(message), .hint = {}, .code = kUnreadable});
    };
    if (std::ranges::find(stack_, path) != stack_.end() || path == source_.files_.front()) {
      return problem(fmt::format("{} includes itself", path));
    }
    if (depth >= limits_.max_include_depth) {
      gave_up_ = true;
      return problem(fmt::format("more than {} files include one another", limits_.max_include_depth));
    }
    const std::size_t number = includes_.size();
    includes_.push_back({at, path});
    stack_.push_back(path);
    if (auto done = add_file(path, depth + 1); !done) {
      gave_up_ = source_.files_.size() >= kMaxEditedFiles || source_.text_.size() > limits_.max_bytes;
      includes_.erase(includes_.begin() + static_cast<std::ptrdiff_t>(number));
      problem(std::move(done.error().message));
    }
    stack_.pop_back();
  }

  // A relative path is looked for where the server was started, then beside the file that includes it.
  base::Result<> include(const std::string& path, const std::string& from, std::uint32_t line, int depth) {
    const auto where = fmt::format("{}:{}: ", from, line);
    if (depth >= limits_.max_include_depth) {
      return base::fail(fmt::format("{}more than {} files include one another", where, limits_.max_include_depth));
    }
    std::string found = path;
    if (!std::filesystem::path(path).is_absolute() && !std::filesystem::exists(path)) {
      const auto beside = std::filesystem::path(from).parent_path() / path;
      if (std::filesystem::exists(beside)) found = beside.string();
    }
    auto done = add_file(found, depth + 1);
    if (!done && !done.error().message.starts_with(kIncluded)) {
      return base::fail(fmt::format("{}{}{}", kIncluded, where, done.error().message));
    }
    return done;
  }

  void add_line(std::string_view line, std::uint16_t file, std::uint32_t number) {
    if (marked_) {
      const std::string marker = fmt::format("{} {} {}\n", kMarker, file, number);
      marker_bytes_ += marker.size();
      source_.text_ += marker;
    } else if (source_.segments_.empty() || source_.segments_.back().file != file || number != expected_line_) {
      source_.segments_.push_back({source_.text_.size(), file, number});
    }
    expected_line_ = number + 1;
    source_.text_ += line;
  }

  static constexpr std::string_view kIncluded = "included at ";
  static constexpr std::size_t kMaxEditedFiles = 1000;
  static constexpr DiagnosticCode kUnreadable = DiagnosticCode::Unreadable;

  const SourceLimits& limits_;
  bool marked_;
  const OpenFiles* open_;
  std::vector<std::string> stack_;  // of edited files being read
  std::vector<EditedSource::Include> includes_;
  std::vector<Diagnostic> problems_;
  bool gave_up_ = false;
  std::size_t marker_bytes_ = 0;
  std::uint32_t expected_line_ = 0;
  Source source_;
};

base::Result<Source> load_source(const std::string& path, const std::string& preprocessor, const SourceLimits& limits) {
  SourceLoader loader(limits, !preprocessor.empty());
  if (auto done = loader.add_file(path, 0); !done) return std::unexpected(std::move(done.error()));
  if (!preprocessor.empty()) {
    if (auto done = loader.preprocess(preprocessor); !done) return std::unexpected(std::move(done.error()));
  }
  return loader.finish();
}

EditedSource load_edited_source(const std::string& path, const OpenFiles& open, const SourceLimits& limits) {
  SourceLoader loader(limits, false, &open);
  const base::Result<> root = loader.add_file(path, 0);
  return loader.finish_edited(root);
}

}  // namespace carillon::script
