// SPDX-License-Identifier: Apache-2.0
// See reactor.h.
#include "module/reactor.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace carillon::module {
namespace {

std::unexpected<base::Error> failed(std::string_view doing) {
  return base::fail(fmt::format("{}: {}", doing, std::system_category().message(errno)), errno);
}

// The real one: what a reactor waits for doesn't know the clock of tests.
base::TimePoint now() { return std::chrono::steady_clock::now(); }

// For epoll_wait(): rounded up, as what is due in half a millisecond isn't due at once.
int milliseconds_until(base::TimePoint due) {
  if (due == base::TimePoint::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

Reactor::Reactor(Work& work, storage::Pool& pool, const Limits& limits) : work_(work), pool_(pool), limits_(limits) {}

Reactor::~Reactor() {
  stop(base::Duration::zero());
  for (const int descriptor : {epoll_, wake_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

base::Result<> Reactor::start() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return failed("epoll_create1");
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return failed("eventfd");
  if (auto watched = watch(wake_, EPOLLIN); !watched) return watched;
  if (pool_.has_threads()) thread_ = std::thread([this] { run(); });
  return {};
}

base::Result<> Reactor::submit(Job job) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return base::fail("the server is stopping");
    if (queue_.size() >= limits_.queued) return base::fail(fmt::format("{} wait already", limits_.queued));
    queue_.push_back(std::move(job));
  }
  if (!pool_.has_threads()) return pool_.submit([this] { run_until_idle(); });
  wake();
  return {};
}

void Reactor::stop(base::Duration bound) {
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    end_ = now() + bound;
  }
  if (!thread_.joinable()) {
    queue_.clear();
    work_.abandon();
    return;
  }
  wake();
  thread_.join();
}

base::Result<> Reactor::watch(int descriptor, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0) return {};
  if (errno != ENOENT || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return failed("epoll_ctl");
  return {};
}

void Reactor::forget(int descriptor) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void Reactor::run() {
  while (true) {
    const bool idle = begin_jobs();
    const base::TimePoint end = end_of_work();
    if (end <= now() || (idle && end != base::TimePoint::max())) break;
    turn(end);
  }
  std::deque<Job> dropped;
  {
    const std::scoped_lock lock(mutex_);
    dropped.swap(queue_);
  }
  work_.abandon();
}

void Reactor::run_until_idle() {
  while (!begin_jobs()) turn(base::TimePoint::max());
}

base::TimePoint Reactor::end_of_work() {
  const std::scoped_lock lock(mutex_);
  return end_;
}

bool Reactor::begin_jobs() {
  while (work_.under_way() < limits_.under_way) {
    Job next;
    {
      const std::scoped_lock lock(mutex_);
      if (queue_.empty()) return work_.under_way() == 0;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    next();
  }
  return false;
}

void Reactor::turn(base::TimePoint latest) {
  std::array<epoll_event, 64> events;
  const int timeout = milliseconds_until(std::min(work_.due(), latest));
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_) {
      eventfd_t times = 0;
      static_cast<void>(::eventfd_read(wake_, &times));
    } else {
      work_.on_ready(event.data.fd, event.events);
    }
  }
  if (const base::TimePoint time = now(); work_.due() <= time) work_.on_due(time);
}

void Reactor::wake() const { static_cast<void>(::eventfd_write(wake_, 1)); }

}  // namespace carillon::module
