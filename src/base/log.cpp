// SPDX-License-Identifier: Apache-2.0
// See log.h. spdlog stays inside this file.
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/line_writer.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace carillon::log {

namespace detail {
std::atomic<std::int8_t> current_level{static_cast<std::int8_t>(Level::Notice)};
}

namespace {

using Logger = std::shared_ptr<spdlog::logger>;

struct Output {
  std::mutex mutex;
  std::shared_ptr<const Settings> settings = std::make_shared<const Settings>();
  Logger file;    // or standard error; null: syslog only
  Logger syslog;  // null: none
  std::atomic<bool> heard{false};
  std::shared_mutex listening;  // held while the listener runs
  Listener listener;
  Level listener_ceiling = Level::Debug;
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

Logger make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("carillon", std::move(sink));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// Of "ESC [ 1 ; 31 m" at the front of a text; 0 when there is none.
std::size_t colour_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// Texts carry what strangers sent: control characters are shown, never obeyed by a terminal or a log reader.
void append_escaped(fmt::memory_buffer& out, std::string_view text, bool colours) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t length = colours ? colour_length(text.substr(at)) : 0; length != 0) {
      out.append(text.substr(at, length));
      at += length - 1;
    } else if (byte < 0x20 || byte == 0x7f) {
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

// The whole line as a consumer gets it.
fmt::memory_buffer written(Format format, Level level, const Settings& settings, std::string_view message) {
  fmt::memory_buffer whole;
  if (format == Format::Json || format == Format::JsonCee) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    fmt::format_to(std::back_inserter(whole), R"({}{{"time":{:.6f},"level":"{}",)",
                   format == Format::JsonCee ? "@cee: " : "", now, name(level));
    if (!settings.prefix.empty()) {
      whole.append(std::string_view(R"("prefix":")"));
      append_json(whole, settings.prefix);
      whole.append(std::string_view(R"(",)"));
    }
    whole.append(std::string_view(R"("message":")"));
    append_json(whole, message);
    whole.append(std::string_view(R"("})"));
  } else {
    if (!settings.prefix.empty()) {
      append_escaped(whole, settings.prefix, false);
      whole.append(std::string_view(": "));
    }
    fmt::format_to(std::back_inserter(whole), "{}: ", name(level));
    append_escaped(whole, message, settings.colours);
  }
  return whole;
}

// Standard error, which costs no worker a wait when nobody reads it.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  // How it is told that lines were lost, without the time.
  using Notice = std::function<std::string(std::uint64_t lost)>;
  explicit StandardError(Notice notice) : notice_(std::move(notice)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (lost_ > 0) {
      const std::string notice = notice_(lost_);
      spdlog::details::log_msg told = message;
      told.payload = {notice.data(), notice.size()};
      if (write(told)) lost_ = 0;
    }
    if (!write(message)) ++lost_;
  }
  void flush_() override {}

 private:
  [[nodiscard]] bool write(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return writer_.write({line.data(), line.size()});
  }

  base::LineWriter writer_{STDERR_FILENO};
  Notice notice_;
  std::uint64_t lost_ = 0;
};

// The texts are written whole by write(): patterns add only the time, where syslog does not add it itself.
void open(Output& out, const Settings& settings) {
  Logger syslog;
  Logger file;
  if (settings.format == Format::Syslog || settings.also_syslog) {
    auto sink = std::make_shared<spdlog::sinks::syslog_sink_mt>(settings.syslog_name, 0, settings.syslog_facility,
                                                                /*enable_formatting=*/false);
    sink->set_pattern("%v");
    syslog = make_logger(std::move(sink));
  }
  if (settings.format != Format::Syslog) {
    spdlog::sink_ptr sink;
    if (settings.file.empty()) {
      sink = std::make_shared<StandardError>([settings](std::uint64_t lost) {
        return fmt::to_string(written(settings.format, Level::Warning, settings,
                                      fmt::format("{} log lines were lost, as nobody read those before", lost)));
      });
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
    }
    sink->set_pattern(settings.format == Format::Text ? "%Y-%m-%dT%H:%M:%S.%e%z %v" : "%v");
    file = make_logger(std::move(sink));
  }
  out.file = std::move(file);
  out.syslog = std::move(syslog);
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
    open(out, settings);
  } catch (const spdlog::spdlog_ex& problem) {
    return base::fail(problem.what());
  }
  out.settings = std::make_shared<const Settings>(settings);
  set_level(settings.level);
  return {};
}

void set_level(Level level) { detail::current_level.store(static_cast<std::int8_t>(level), std::memory_order_relaxed); }

Level level() { return static_cast<Level>(detail::current_level.load(std::memory_order_relaxed)); }

base::Result<> reopen() {
  Settings settings;
  {
    const std::scoped_lock lock(output().mutex);
    settings = *output().settings;
  }
  settings.level = level();
  return configure(settings);
}

void flush() {
  const std::scoped_lock lock(output().mutex);
  for (const Logger& logger : {output().file, output().syslog}) {
    if (logger) logger->flush();
  }
}

void set_listener(Listener listener, Level ceiling) {
  Output& out = output();
  const std::unique_lock lock(out.listening);
  out.listener = std::move(listener);
  out.listener_ceiling = ceiling;
  out.heard.store(static_cast<bool>(out.listener));
}

namespace {

void log_to(const Logger& logger, Format format, Level ceiling, Level level, const Settings& settings,
            std::string_view message) {
  if (!logger || level > ceiling) return;
  const fmt::memory_buffer whole = written(format, level, settings, message);
  logger->log(spdlog_level(level), std::string_view(whole.data(), whole.size()));
}

thread_local bool unheard = false;

void tell_listener(Output& out, const Line& line) {
  if (unheard || !out.heard.load(std::memory_order_relaxed)) return;
  // What the listener logs would be told to it again.
  const Unheard quiet;
  const std::shared_lock lock(out.listening);
  if (out.listener && line.level <= out.listener_ceiling) out.listener(line);
}

}  // namespace

Unheard::Unheard() : before_(std::exchange(unheard, true)) {}
Unheard::~Unheard() { unheard = before_; }

void detail::write(Level level, fmt::string_view format, fmt::format_args arguments) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, arguments);
  const std::string_view message(text.data(), text.size());

  Output& out = output();
  Logger file;
  Logger syslog;
  std::shared_ptr<const Settings> settings;
  {
    const std::scoped_lock lock(out.mutex);
    if (!out.file && !out.syslog) open(out, *out.settings);
    file = out.file;
    syslog = out.syslog;
    settings = out.settings;
  }
  log_to(file, settings->format, settings->file_ceiling, level, *settings, message);
  log_to(syslog, settings->syslog_format, settings->syslog_ceiling, level, *settings, message);
  tell_listener(out, {level, settings->prefix, message});
}

}  // namespace carillon::log
