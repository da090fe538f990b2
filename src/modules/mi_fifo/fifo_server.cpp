// SPDX-License-Identifier: Apache-2.0
// See fifo_server.h.
#include "modules/mi_fifo/fifo_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "management/json.h"
#include "modules/mi_fifo/fifo_framer.h"
#include "modules/mi_fifo/reply_queue.h"

namespace carillon::mi_fifo {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kIndent = 4;

base::Result<> failed(std::string_view what, const std::string& path) {
  return base::fail(fmt::format("{} {}: {}", what, path, std::generic_category().message(errno)));
}

// An old FIFO makes room, unless somebody reads from it; anything else stays.
base::Result<> make_room(const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? base::Result<>() : failed("can't look at", path);
  if (!S_ISFIFO(status.st_mode)) return base::fail(fmt::format("{} is there and is no FIFO", path));
  const FileDescriptor reader(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (reader) return base::fail(fmt::format("another process reads from {}", path));
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? base::Result<>() : failed("can't remove the old", path);
}

base::Result<FileDescriptor> make_fifo(const FifoServer::Settings& settings) {
  const std::string& path = settings.path;
  const auto fail = [&path](std::string_view what) { return std::unexpected(failed(what, path).error()); };
  if (auto room = make_room(path); !room) return std::unexpected(std::move(room.error()));
  if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0) return fail("can't make");
  // Open for writing too: without a writer a FIFO is at its end all the time.
  FileDescriptor fifo(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!fifo) return fail("can't open");
  if (::fchown(fifo.get(), settings.user, settings.group) != 0) return fail("can't give away");
  if (::fchmod(fifo.get(), settings.mode) != 0) return fail("can't set the mode of");
  return fifo;
}

bool is_still_at(const FileDescriptor& fifo, const std::string& path) {
  struct stat open{};
  struct stat there{};
  return ::fstat(fifo.get(), &open) == 0 && ::lstat(path.c_str(), &there) == 0 && open.st_ino == there.st_ino &&
         open.st_dev == there.st_dev;
}

// Where answers arrive from other threads. Shared with the answers that are still out, so that one given after the
// server has gone finds a box that nobody empties.
class AnswerBox {
 public:
  struct Answer {
    std::string path;
    std::string text;
  };

  [[nodiscard]] bool usable() const { return static_cast<bool>(wake_); }
  [[nodiscard]] int wake_descriptor() const { return wake_.get(); }

  void put(Answer answer) {
    {
      const std::scoped_lock lock(mutex_);
      answers_.push_back(std::move(answer));
    }
    wake();
  }
  [[nodiscard]] std::vector<Answer> take() {
    std::uint64_t wakes = 0;
    static_cast<void>(::read(wake_.get(), &wakes, sizeof wakes));
    const std::scoped_lock lock(mutex_);
    return std::exchange(answers_, {});
  }
  void wake() {
    constexpr std::uint64_t kOne = 1;
    static_cast<void>(::write(wake_.get(), &kOne, sizeof kOne));
  }

 private:
  FileDescriptor wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::mutex mutex_;
  std::vector<Answer> answers_;
};

}  // namespace

class FifoServer::Loop {
 public:
  Loop(Settings settings, management::Dispatcher& dispatcher)
      : settings_(std::move(settings)), dispatcher_(dispatcher), framer_(settings_.max_request_bytes) {}

  base::Result<> start() {
    if (!box_->usable()) return failed("no event descriptor for", settings_.path);
    auto fifo = make_fifo(settings_);
    if (!fifo) return std::unexpected(std::move(fifo.error()));
    fifo_ = std::move(*fifo);
    thread_ = std::thread([this] { run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    box_->wake();
    thread_.join();
    if (is_still_at(fifo_, settings_.path)) ::unlink(settings_.path.c_str());
    fifo_ = {};
  }

 private:
  void run() {
    next_check_ = SteadyClock::now() + settings_.check_interval;
    std::vector<pollfd> polled;
    while (!stopping_) {
      polled.assign({{.fd = box_->wake_descriptor(), .events = POLLIN, .revents = 0},
                     {.fd = fifo_.get(), .events = POLLIN, .revents = 0}});
      replies_.add_to(polled);
      ::poll(polled.data(), polled.size(), timeout());
      const auto now = SteadyClock::now();
      read_requests(now);
      send_answers(now);
      if (now >= next_check_) check_fifo(now);
    }
  }

  // Milliseconds until something is to be done even if nobody writes, rounded up.
  [[nodiscard]] int timeout() const {
    const auto now = SteadyClock::now();
    auto next = std::min(next_check_, replies_.next(now));
    if (framer_.has_rest()) next = std::min(next, rest_deadline_);
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, {})).count());
  }

  void read_requests(SteadyClock::time_point now) {
    const std::size_t skipped = framer_.skipped();
    std::array<char, 16 * 1024> bytes;
    const ssize_t size = ::read(fifo_.get(), bytes.data(), bytes.size());
    if (size > 0) {
      framer_.add({bytes.data(), static_cast<std::size_t>(size)});
      while (auto request = framer_.take()) handle(std::move(*request));
      rest_deadline_ = now + settings_.request_timeout;
    } else if (framer_.has_rest() && now >= rest_deadline_) {
      framer_.drop_rest();
    }
    if (framer_.skipped() != skipped) log::warning("mi_fifo: skipped what is no request");
  }

  void handle(FifoRequest request) {
    std::string path;
    if (!request.reply_fifo.empty()) {
      auto checked = reply_path(settings_.reply_folder, request.reply_fifo);
      if (!checked) return log::warning("mi_fifo: {}", checked.error().message);
      path = std::move(*checked);
    }
    const auto dispatched = dispatcher_.dispatch(std::move(request.json), [box = box_, path](std::string answer) {
      if (!path.empty() && !answer.empty()) box->put({path, std::move(answer)});
    });
    if (!dispatched && !path.empty()) {
      box_->put({path, fmt::format("{} {}\n", dispatched.error().code, dispatched.error().message)});
    }
  }

  void send_answers(SteadyClock::time_point now) {
    for (AnswerBox::Answer& answer : box_->take()) {
      if (settings_.pretty_printing) answer.text = management::indented(std::move(answer.text), kIndent);
      if (auto added = replies_.add(std::move(answer.path), std::move(answer.text), now); !added) {
        log::warning("mi_fifo: {}", added.error().message);
      }
    }
    replies_.advance(now);
  }

  void check_fifo(SteadyClock::time_point now) {
    next_check_ = now + settings_.check_interval;
    if (is_still_at(fifo_, settings_.path)) return;
    log::warning("mi_fifo: {} has gone, making it again", settings_.path);
    if (auto fifo = make_fifo(settings_)) {
      fifo_ = std::move(*fifo);
      if (framer_.has_rest()) framer_.drop_rest();
    } else {
      log::error("mi_fifo: {}", fifo.error().message);
    }
  }

  const Settings settings_;
  management::Dispatcher& dispatcher_;
  FifoFramer framer_;
  ReplyQueue replies_{{}};
  std::shared_ptr<AnswerBox> box_ = std::make_shared<AnswerBox>();
  FileDescriptor fifo_;
  SteadyClock::time_point next_check_;
  SteadyClock::time_point rest_deadline_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

FifoServer::FifoServer(Settings settings, management::Dispatcher& dispatcher)
    : loop_(std::make_unique<Loop>(std::move(settings), dispatcher)) {}

FifoServer::~FifoServer() { loop_->stop(); }

base::Result<> FifoServer::start() { return loop_->start(); }

void FifoServer::stop() { loop_->stop(); }

}  // namespace carillon::mi_fifo
