// SPDX-License-Identifier: Apache-2.0
// Reading a script from disk: includes are expanded as text, then an external preprocessor may rewrite the whole.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
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

// The path in `include_file "path"` when that is what the line begins with.
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

// Writes `input` to a shell command and returns what it prints. Both pipes are served together, so neither side can
// block the other.
base::Result<std::string> pipe_through(const std::string& command, std::string_view input, std::size_t limit) {
  int in_pipe[2];
  int out_pipe[2];
  if (::pipe2(in_pipe, O_CLOEXEC) != 0) return base::fail("no pipe for the preprocessor");
  Descriptor child_in(in_pipe[0]);
  Descriptor write_end(in_pipe[1]);
  if (::pipe2(out_pipe, O_CLOEXEC) != 0) return base::fail("no pipe for the preprocessor");
  Descriptor read_end(out_pipe[0]);
  Descriptor child_out(out_pipe[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_in.number, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_out.number, STDOUT_FILENO);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  char* arguments[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, "/bin/sh", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return base::fail(fmt::format("cannot start the preprocessor: {}", std::strerror(error)));
  child_in.close();
  child_out.close();
  ::fcntl(write_end.number, F_SETFL, O_NONBLOCK);

  std::string output;
  bool too_long = false;
  while (true) {
    pollfd ends[2] = {{read_end.number, POLLIN, 0}, {write_end.number, POLLOUT, 0}};
    if (::poll(ends, write_end.number < 0 ? 1 : 2, -1) < 0 && errno != EINTR) break;
    if (write_end.number >= 0 && ends[1].revents != 0) {
      const ssize_t sent = input.empty() ? -1 : ::write(write_end.number, input.data(), input.size());
      if (sent > 0) input.remove_prefix(static_cast<std::size_t>(sent));
      if (input.empty() || (sent < 0 && errno != EAGAIN && errno != EINTR)) write_end.close();
    }
    if (ends[0].revents != 0) {
      char block[16384];
      const ssize_t got = ::read(read_end.number, block, sizeof block);
      if (got == 0 || (got < 0 && errno != EINTR)) break;
      if (got > 0) output.append(block, static_cast<std::size_t>(got));
      too_long = output.size() > limit;
      if (too_long) break;
    }
  }
  write_end.close();
  read_end.close();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (too_long) return base::fail(fmt::format("the preprocessor wrote more than {} bytes", limit));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return base::fail(fmt::format("the preprocessor '{}' failed with status {}", command,
                                  WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
  }
  return output;
}

}  // namespace

// Not thread-safe; one load each.
class SourceLoader {
 public:
  SourceLoader(const SourceLimits& limits, bool marked) : limits_(limits), marked_(marked) {}

  base::Result<> add_file(const std::string& path, int depth) {
    auto text = read_file(path, limits_.max_bytes);
    if (!text) return std::unexpected(std::move(text.error()));
    if (source_.files_.size() >= UINT16_MAX) return base::fail(path + ": too many included files");
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

 private:
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

  const SourceLimits& limits_;
  bool marked_;
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

}  // namespace carillon::script
