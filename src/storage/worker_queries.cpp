// SPDX-License-Identifier: Apache-2.0
// See worker_queries.h.
#include "storage/worker_queries.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "base/log.h"

namespace carillon::storage {
namespace {

// How often it is looked whether something takes too long: limits are seconds.
constexpr base::Duration kBusyLook = std::chrono::milliseconds(50);

}  // namespace

struct WorkerQueries::Link {
  explicit Link(std::unique_ptr<EventConnection> opened) : connection(std::move(opened)) {}

  [[nodiscard]] bool busy() const { return job != nullptr; }

  base::Running run() {
    const RowFunction on_row = [this](const Row& row) { return job->on_row(row); };
    if (const auto* query = std::get_if<Select>(&job->statement())) {
      auto read = connection->select(*query, on_row);
      outcome = co_await read;
    } else {
      auto read = connection->raw(std::get<RawStatement>(job->statement()), on_row);
      outcome = co_await read;
    }
  }

  std::unique_ptr<EventConnection> connection;
  std::unique_ptr<net::Watch> watch;  // ends before the connection closes its socket
  std::unique_ptr<ReadJob> job;       // under way
  base::Result<> outcome;
  base::TimePoint deadline = base::TimePoint::max();
  bool is_used = true;     // since the last look
  base::TimePoint used{};  // when a look saw that last
  base::Running running;
};

WorkerQueries::WorkerQueries(net::EventLoop& loop, Threads& threads, const WorkerQueryLimits& limits,
                             const base::Clock& clock)
    : loop_(loop), threads_(threads), limits_(limits), clock_(clock) {}

WorkerQueries::~WorkerQueries() = default;

void WorkerQueries::read(std::unique_ptr<ReadJob> job) {
  if (Link* link = idle_link()) return begin(*link, std::move(job));
  if (links_.size() < limits_.connections && !opening_ && !unsupported_) open();
  if (links_.empty() || queue_.size() >= limits_.queued) return threads_.read_by_threads(std::move(job));
  queue_.push_back({.job = std::move(job), .since = clock_.now()});
  look_after(kBusyLook, busy_look_);
}

WorkerQueries::Link* WorkerQueries::idle_link() {
  const auto found =
      std::ranges::find_if(links_.rbegin(), links_.rend(), [](const auto& link) { return !link->busy(); });
  return found == links_.rend() ? nullptr : found->get();
}

// --- opening ---------------------------------------------------------------------------------------------------------

void WorkerQueries::open() {
  const base::TimePoint now = clock_.now();
  if (now < try_again_) return;
  try_again_ = now + limits_.pause;
  auto opened = [loop = &loop_, self = weak_from_this()](base::Result<std::unique_ptr<EventConnection>> result) {
    loop->post([self, result = std::move(result)]() mutable {
      if (const auto kept = self.lock()) kept->on_opened(std::move(result));
    });
  };
  opening_ = threads_.open_by_thread(std::move(opened)).has_value();
}

void WorkerQueries::on_opened(base::Result<std::unique_ptr<EventConnection>> opened) {
  opening_ = false;
  if (!opened) {
    unsupported_ = opened.error().code == static_cast<int>(Fault::Unsupported);
    return;
  }
  auto link = std::make_unique<Link>(std::move(*opened));
  link->watch = loop_.watcher()->watch(link->connection->socket(),
                                       [this, link = link.get()](net::Readiness ready) { on_ready(*link, ready); });
  if (link->watch == nullptr) {
    log::error("the kernel watches no more descriptors: a connection to a database is closed again");
    return;
  }
  try_again_ = {};
  links_.push_back(std::move(link));
  look_after(kBusyLook, busy_look_);
  look_after(limits_.idle, idle_look_);
  serve_queue();
}

// --- serving ---------------------------------------------------------------------------------------------------------

void WorkerQueries::begin(Link& link, std::unique_ptr<ReadJob> job) {
  link.job = std::move(job);
  link.running = link.run();
  follow(link);
}

void WorkerQueries::on_ready(Link& link, net::Readiness ready) {
  if (link.busy()) {
    link.connection->wait().resume(ready);
    return follow(link);
  }
  // A server sends nothing unasked, except that it says goodbye. Mostly this is an answer that was there at once.
  if (!link.connection->alive()) drop(link);
}

void WorkerQueries::follow(Link& link) {
  look_after(kBusyLook, busy_look_);
  if (link.running.running()) {
    const SocketWait& wait = link.connection->wait();
    link.deadline = wait.limit() == SocketWait::kForEver ? base::TimePoint::max() : clock_.now() + wait.limit();
    return link.watch->ask(wait.wanted());
  }
  link.running = {};
  std::unique_ptr<ReadJob> job = std::exchange(link.job, nullptr);
  base::Result<> outcome = std::exchange(link.outcome, {});
  const bool nothing_done = !outcome && outcome.error().code == static_cast<int>(Fault::Unavailable);
  if (nothing_done || link.connection->lost()) {
    drop(link);
  } else {
    link.is_used = true;
    serve_queue();
  }
  if (nothing_done) {
    job->restart();
    threads_.read_by_threads(std::move(job));
  } else {
    job->finish(std::move(outcome));
  }
}

void WorkerQueries::drop(Link& link) {
  const auto place = std::ranges::find(links_, &link, &std::unique_ptr<Link>::get);
  const std::unique_ptr<Link> dropped = std::move(*place);
  links_.erase(place);
  if (links_.empty()) queue_to_threads(base::TimePoint::max());
}

void WorkerQueries::serve_queue() {
  while (!queue_.empty()) {
    Link* link = idle_link();
    if (link == nullptr) return;
    std::unique_ptr<ReadJob> job = std::move(queue_.front().job);
    queue_.pop_front();
    begin(*link, std::move(job));
  }
}

// What has waited since then or longer.
void WorkerQueries::queue_to_threads(base::TimePoint since) {
  while (!queue_.empty() && queue_.front().since <= since) {
    std::unique_ptr<ReadJob> job = std::move(queue_.front().job);
    queue_.pop_front();
    threads_.read_by_threads(std::move(job));
  }
}

// --- what takes too long ---------------------------------------------------------------------------------------------

void WorkerQueries::look_after(base::Duration delay, bool& pending) {
  if (std::exchange(pending, true)) return;
  loop_.watcher()->call_after(delay, [self = weak_from_this(), &pending] {
    const auto kept = self.lock();
    if (kept == nullptr) return;
    pending = false;
    if (&pending == &kept->busy_look_) {
      kept->on_busy_look();
    } else {
      kept->on_idle_look();
    }
  });
}

void WorkerQueries::on_busy_look() {
  const base::TimePoint now = clock_.now();
  const auto is_late = [now](const auto& link) { return link->busy() && link->deadline <= now; };
  // One at a time: what ends it may begin another.
  for (auto late = std::ranges::find_if(links_, is_late); late != links_.end();
       late = std::ranges::find_if(links_, is_late)) {
    Link& link = **late;
    link.connection->wait().resume({});
    follow(link);
  }
  queue_to_threads(now - limits_.longest_queued);
  for (const auto& link : links_) {
    if (std::exchange(link->is_used, false)) link->used = now;
    // For the end of those that idle: asked here and not after each statement, as asking is a system call.
    if (!link->busy()) link->watch->ask({.readable = true});
  }
  const bool busy = std::ranges::any_of(links_, [](const auto& link) { return link->busy(); });
  if (busy || !queue_.empty()) look_after(kBusyLook, busy_look_);
}

void WorkerQueries::on_idle_look() {
  const base::TimePoint before = clock_.now() - limits_.idle;
  while (links_.size() > 1) {
    const auto unused =
        std::ranges::find_if(links_, [before](const auto& link) { return !link->busy() && link->used <= before; });
    if (unused == links_.end()) break;
    drop(**unused);
  }
  if (links_.size() > 1) look_after(limits_.idle, idle_look_);
}

}  // namespace carillon::storage
