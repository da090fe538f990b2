// SPDX-License-Identifier: Apache-2.0
// Log lines: text on a terminal, JSON lines or syslog. Any thread; a line below the level costs one relaxed load.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::log {

// OpenSIPS's numbers, as `log_level` spells them in a script.
enum class Level : std::int8_t { Alert = -3, Critical = -2, Error = -1, Warning = 1, Notice = 2, Info = 3, Debug = 4 };

// JsonCee: JSON behind "@cee: ", by which log readers know it. Syslog: text, to syslog instead of a file.
enum class Format : std::uint8_t { Text, Json, JsonCee, Syslog };

inline constexpr int kDaemonFacility = 3 << 3;  // LOG_DAEMON

struct Settings {
  Level level = Level::Notice;
  Format format = Format::Text;
  std::string file;          // empty: standard error
  bool also_syslog = false;  // besides the file or standard error
  std::string syslog_name = "carillon";
  int syslog_facility = kDaemonFacility;
  Format syslog_format = Format::Text;  // or Json, JsonCee
  // Ceilings besides `level`, of the file or standard error, and of syslog.
  Level file_ceiling = Level::Debug;
  Level syslog_ceiling = Level::Debug;
  std::string prefix{};  // before every message, with ": "
  bool colours = false;  // sequences that set the colour of a terminal go through as they are
};

// What a listener is told of.
struct Line {
  Level level;
  std::string_view prefix;
  std::string_view message;
};
using Listener = std::function<void(const Line& line)>;

// The number of "LOG_LOCAL0" (or "local0"); nothing when there is no such facility.
[[nodiscard]] std::optional<int> syslog_facility(std::string_view name);

// Replaces where lines go. Called by main, and by tests.
[[nodiscard]] base::Result<> configure(const Settings& settings);
// Told of every line up to `ceiling`, on the thread that logs, after it was written; what it logs itself it isn't told
// of. An empty one ends it. Returns when the one before isn't running any more.
void set_listener(Listener listener, Level ceiling = Level::Debug);
// What the thread logs while one of these lives isn't told to the listener.
class Unheard {
 public:
  Unheard();
  ~Unheard();
  Unheard(const Unheard&) = delete;
  Unheard& operator=(const Unheard&) = delete;

 private:
  bool before_;
};
void set_level(Level level);
[[nodiscard]] Level level();
// Closes and opens the log file again (SIGHUP, after logrotate moved it).
[[nodiscard]] base::Result<> reopen();
void flush();

namespace detail {
extern std::atomic<std::int8_t> current_level;
void write(Level level, fmt::string_view format, fmt::format_args arguments);
}  // namespace detail

[[nodiscard]] inline bool enabled(Level level) {
  return static_cast<std::int8_t>(level) <= detail::current_level.load(std::memory_order_relaxed);
}

template <typename... Args>
void line(Level level, fmt::format_string<Args...> format, const Args&... arguments) {
  if (enabled(level)) detail::write(level, format, fmt::make_format_args(arguments...));
}

template <typename... Args>
void critical(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Critical, format, arguments...);
}
template <typename... Args>
void error(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Error, format, arguments...);
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Warning, format, arguments...);
}
template <typename... Args>
void notice(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Notice, format, arguments...);
}
template <typename... Args>
void info(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Info, format, arguments...);
}
template <typename... Args>
void debug(fmt::format_string<Args...> format, const Args&... arguments) {
  line(Level::Debug, format, arguments...);
}

}  // namespace carillon::log
