// SPDX-License-Identifier: Apache-2.0
// See terminal.h.
#include "server/terminal.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "base/strings.h"

namespace carillon::server {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr char kInterrupt = '\x03';  // Ctrl-C

void prompt(std::string_view text) {
  fmt::print(stderr, "{}", text);
  std::fflush(stderr);
}

// Echo off for its lifetime. Signals keys are off too: Ctrl-C arrives as a character and ends the question.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = kInterrupt;  // ends a line, as it is to be read at once
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

bool is_interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

base::Result<std::string> read_line() {
  std::string line;
  while (true) {
    char c = 0;
    const ssize_t size = ::read(STDIN_FILENO, &c, 1);
    if (size <= 0 && line.empty()) return base::fail("standard input ended before the answer");
    if (size <= 0 || c == '\n') break;
    if (c == kInterrupt) return base::fail("interrupted");
    line += c;
    if (line.size() > kMaxLine) return base::fail("the line is too long");
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

base::Result<bool> ask(std::string_view question) {
  while (true) {
    prompt(fmt::format("{} (y/n): ", question));
    auto answer = read_line();
    if (!answer) return std::unexpected(std::move(answer.error()));
    const std::string word = base::to_lower(base::trim(*answer));
    if (word == "y" || word == "yes") return true;
    if (word == "n" || word == "no") return false;
  }
}

base::Result<std::string> ask_secret(std::string_view question) {
  base::Result<std::string> answer;
  {
    const Silence silence;  // before the question: what was typed already is thrown away
    prompt(fmt::format("{}: ", question));
    answer = read_line();
  }
  prompt("\n");
  return answer;
}

}  // namespace carillon::server
