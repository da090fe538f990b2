// SPDX-License-Identifier: Apache-2.0
// See log.h. spdlog stays inside this file.
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"

namespace carillon::log {

namespace detail {
std::atomic<std::int8_t> current_level{static_cast<std::int8_t>(Level::Notice)};
}

namespace {

struct Output {
  std::mutex mutex;
  Settings settings;
  std::shared_ptr<spdlog::logger> logger;
};

Output& output() {
  static Output instance;
  return instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::Alert:
    case Level::Critical:
      return spdlog::level::critical;
    case Level::Error:
      return spdlog::level::err;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Notice:
    case Level::Info:
      return spdlog::level::info;
    case Level::Debug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

std::string_view name(Level level) {
  switch (level) {
    case Level::Alert:
      return "alert";
    case Level::Critical:
      return "critical";
    case Level::Error:
      return "error";
    case Level::Warning:
      return "warning";
    case Level::Notice:
      return "notice";
    case Level::Info:
      return "info";
    case Level::Debug:
      return "debug";
  }
  return "info";
}

std::shared_ptr<spdlog::logger> make_logger(const Settings& settings) {
  std::vector<spdlog::sink_ptr> sinks;
  // The texts are written whole by write(): the pattern adds only what syslog does not add itself.
  const char* const pattern = settings.format == Format::Text ? "%Y-%m-%dT%H:%M:%S.%e%z %v" : "%v";
  if (settings.format == Format::Syslog || settings.also_syslog) {
    sinks.push_back(std::make_shared<spdlog::sinks::syslog_sink_mt>(settings.syslog_name, 0, settings.syslog_facility,
                                                                    /*enable_formatting=*/false));
  }
  if (settings.format != Format::Syslog) {
    if (settings.file.empty()) {
      sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    } else {
      sinks.push_back(std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file));
    }
    sinks.back()->set_pattern(pattern);
  }
  auto logger = std::make_shared<spdlog::logger>("carillon", sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// Texts carry what strangers sent: control characters are shown, never obeyed by a terminal or a log reader.
void append_escaped(fmt::memory_buffer& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

// The same as a JSON string, which is UTF-8 whatever the text was.
void append_json(fmt::memory_buffer& out, std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t length = base::utf8_length(text);
    if (length == 0) {
      out.append(std::string_view("\\ufffd"));
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

}  // namespace

std::optional<int> syslog_facility(std::string_view name) {
  static constexpr std::pair<std::string_view, int> kFacilities[] = {
      {"kern", LOG_KERN},     {"user", LOG_USER},     {"mail", LOG_MAIL},         {"daemon", LOG_DAEMON},
      {"auth", LOG_AUTH},     {"syslog", LOG_SYSLOG}, {"lpr", LOG_LPR},           {"news", LOG_NEWS},
      {"uucp", LOG_UUCP},     {"cron", LOG_CRON},     {"authpriv", LOG_AUTHPRIV}, {"ftp", LOG_FTP},
      {"local0", LOG_LOCAL0}, {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},     {"local3", LOG_LOCAL3},
      {"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},     {"local7", LOG_LOCAL7},
  };
  static_assert(kDaemonFacility == LOG_DAEMON);
  constexpr std::string_view kPrefix = "log_";
  if (base::istarts_with(name, kPrefix)) name.remove_prefix(kPrefix.size());
  const auto found =
      std::ranges::find_if(kFacilities, [name](const auto& facility) { return base::iequals(facility.first, name); });
  if (found == std::end(kFacilities)) return std::nullopt;
  return found->second;
}

base::Result<> configure(const Settings& settings) {
  Output& out = output();
  const std::scoped_lock lock(out.mutex);
  try {
    out.logger = make_logger(settings);
  } catch (const spdlog::spdlog_ex& problem) {
    return base::fail(problem.what());
  }
  out.settings = settings;
  set_level(settings.level);
  return {};
}

void set_level(Level level) { detail::current_level.store(static_cast<std::int8_t>(level), std::memory_order_relaxed); }

Level level() { return static_cast<Level>(detail::current_level.load(std::memory_order_relaxed)); }

base::Result<> reopen() {
  Settings settings;
  {
    const std::scoped_lock lock(output().mutex);
    settings = output().settings;
  }
  settings.level = level();
  return configure(settings);
}

void flush() {
  const std::scoped_lock lock(output().mutex);
  if (output().logger) output().logger->flush();
}

void detail::write(Level level, fmt::string_view format, fmt::format_args arguments) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, arguments);

  Output& out = output();
  std::shared_ptr<spdlog::logger> logger;
  Format style;
  {
    const std::scoped_lock lock(out.mutex);
    if (!out.logger) out.logger = make_logger(out.settings);
    logger = out.logger;
    style = out.settings.format;
  }
  const std::string_view message(text.data(), text.size());
  fmt::memory_buffer whole;
  if (style == Format::Json) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    fmt::format_to(std::back_inserter(whole), R"({{"time":{:.6f},"level":"{}","message":")", now, name(level));
    append_json(whole, message);
    fmt::format_to(std::back_inserter(whole), R"("}})");
  } else {
    fmt::format_to(std::back_inserter(whole), "{}: ", name(level));
    append_escaped(whole, message);
  }
  logger->log(spdlog_level(level), std::string_view(whole.data(), whole.size()));
}

}  // namespace carillon::log
