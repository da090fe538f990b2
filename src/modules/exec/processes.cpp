// SPDX-License-Identifier: Apache-2.0
// See processes.h. A child is the leader of a process group of its own, and is not reaped before its pipes are closed:
// until then the number of the group is no one else's, and killing it hits nobody but what the child has started.
#include "modules/exec/processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "base/log.h"

extern "C" {  // which the header of glibc 2.36 forgets
#include <sys/pidfd.h>
}

namespace carillon::exec {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr base::Duration kGrace = 2s;             // between SIGTERM and SIGKILL
constexpr base::Duration kLook = 100ms;           // how often an end is looked for where the kernel doesn't tell it
constexpr base::Duration kTimeToEnd = 1s;         // of what runs when the server stops
constexpr std::size_t kMostInATurn = 256 * 1024;  // bytes read of one pipe before others have their turn

base::TimePoint now() { return std::chrono::steady_clock::now(); }

base::TimePoint after(base::TimePoint begin, base::Duration time) {
  return time == base::Duration::max() ? base::TimePoint::max() : begin + time;
}

std::unexpected<base::Error> failed(std::string_view doing, int error) {
  return base::fail(fmt::format("{}: {}", doing, std::system_category().message(error)), error);
}

// What posix_spawn() wants to know, freed at the end.
struct SpawnPlan {
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// A process group of its own, and signals as a program expects them: the server blocks some and ignores others.
int set_attributes(posix_spawnattr_t& attributes) {
  sigset_t none;
  sigset_t usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  for (const int signal : {SIGPIPE, SIGUSR1, SIGUSR2, SIGCHLD, SIGHUP, SIGINT, SIGTERM}) sigaddset(&usual, signal);
  int error = posix_spawnattr_setflags(
      &attributes, static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  if (error == 0) error = posix_spawnattr_setpgroup(&attributes, 0);
  if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &usual);
  return error;
}

}  // namespace

// Our end is `own`, the child's `theirs`; -1 when closed.
struct Processes::Pipe {
  int own = -1;
  int theirs = -1;

  // Numbers above those of the standard streams, where the child's ends are moved to.
  [[nodiscard]] base::Result<> open(bool child_reads) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
    for (int& end : ends) {
      if (end > STDERR_FILENO) continue;
      const int moved = ::fcntl(end, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
      ::close(std::exchange(end, moved));
    }
    own = ends[child_reads ? 1 : 0];
    theirs = ends[child_reads ? 0 : 1];
    if (own < 0 || theirs < 0) return failed("pipe", EMFILE);
    if (::fcntl(own, F_SETFL, O_NONBLOCK) != 0) return failed("fcntl", errno);
    return {};
  }
  void close_theirs() {
    if (theirs >= 0) ::close(std::exchange(theirs, -1));
  }
};

struct Processes::Child {
  Child(Command asked, Done when_done) : command(std::move(asked)), done(std::move(when_done)) {}
  ~Child() {
    for (Pipe* pipe : {&in, &out, &err}) {
      pipe->close_theirs();
      if (pipe->own >= 0) ::close(pipe->own);
    }
    if (process >= 0) ::close(process);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // As long as it is not reaped.
  void kill_group(int signal) const {
    if (pid > 0) ::kill(-pid, signal);
  }
  // The kernel doesn't tell when it ends, or what it writes.
  [[nodiscard]] bool is_looked_after() const { return !ended && (process < 0 || !is_watched); }

  Command command;
  Done done;
  base::TimePoint waited_until = after(now(), command.longest_wait);
  base::TimePoint kill_at = base::TimePoint::max();
  pid_t pid = -1;
  int process = -1;  // its pidfd; -1 where the kernel has none
  Pipe in;
  Pipe out;
  Pipe err;
  std::size_t written = 0;
  Result result;
  bool is_watched = true;
  base::TimePoint next_look = base::TimePoint::min();
  bool ended = false;  // it, not what it has started
  bool was_killed = false;
};

Processes::Processes(const Settings& settings, storage::Pool& pool, Statistics& statistics, module::StandIn* stand_in)
    : settings_(settings), statistics_(statistics), stand_in_(stand_in), reactor_(*this, pool, settings_.at_once) {}

Processes::~Processes() { reactor_.stop(base::Duration::zero()); }

base::Result<> Processes::start() {
  if (stand_in_ != nullptr) return {};
  // A child that doesn't read is no reason to end.
  std::signal(SIGPIPE, SIG_IGN);
  return reactor_.start();
}

void Processes::stop() { reactor_.stop(kTimeToEnd); }

base::Result<> Processes::begin(Command command, Done done) {
  if (stand_in_ != nullptr) return ask_stand_in(command, std::move(done));
  auto child = std::make_unique<Child>(std::move(command), std::move(done));
  return reactor_.submit([this, begun = std::move(child)]() mutable { begin_now(std::move(begun)); });
}

base::Result<> Processes::ask_stand_in(const Command& command, Done done) {
  auto answer = stand_in_->answer({module::StandIn::Kind::Command, command.line, command.input});
  const bool runs = answer && !answer->failure;
  (runs ? statistics_.started : statistics_.failed).add();
  if (!answer) return base::fail(fmt::format("runs no command here: {}", command.line));
  if (!runs) return base::fail(fmt::format("fails, as it is said to: {}", command.line));
  if (!done) return {};
  Result result{.end = Result::End::Closed, .status = answer->status};
  if (command.wants_output) result.output = answer->output.substr(0, settings_.max_output);
  if (command.wants_errors) result.errors = answer->errors.substr(0, settings_.max_output);
  done(std::move(result));
  return {};
}

void Processes::begin_now(std::unique_ptr<Child> child) {
  base::Result<> started = base::fail("waited too long for its turn");
  if (!child->done || now() < child->waited_until) started = spawn(*child);
  if (!started) {
    statistics_.failed.add();
    log::error("exec: {}", started.error().message);
    child->result.why = std::move(started.error().message);
    return tell(*child, Result::End::NotStarted);
  }
  statistics_.started.add();
  child->kill_at = after(now(), child->command.time_to_kill);
  Child& begun = *child;
  children_.emplace(&begun, std::move(child));
  if (auto watched = watch(begun); !watched) {
    log::error("exec: {}", watched.error().message);
    begun.is_watched = false;
    begun.kill_at = now();
  }
  write_input(begun);
  settle(begun);
}

base::Result<> Processes::spawn(Child& child) {
  const Command& command = child.command;
  SpawnPlan plan;
  const auto connect = [&plan](Pipe& pipe, int stream) -> base::Result<> {
    if (auto opened = pipe.open(stream == STDIN_FILENO); !opened) return opened;
    const int error = posix_spawn_file_actions_adddup2(&plan.actions, pipe.theirs, stream);
    return error == 0 ? base::Result<>{} : failed("posix_spawn", error);
  };
  if (command.input.empty()) {
    posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  } else if (auto connected = connect(child.in, STDIN_FILENO); !connected) {
    return connected;
  }
  if (command.wants_output) {
    if (auto connected = connect(child.out, STDOUT_FILENO); !connected) return connected;
  }
  if (command.wants_errors) {
    if (auto connected = connect(child.err, STDERR_FILENO); !connected) return connected;
  }
  // Whatever a library has opened without O_CLOEXEC.
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1);
  if (const int error = set_attributes(plan.attributes); error != 0) return failed("posix_spawn", error);

  std::string shell = "sh";
  std::string option = "-c";
  std::string line = command.line;
  const std::array<char*, 4> arguments = {shell.data(), option.data(), line.data(), nullptr};
  std::vector<char*> environment;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) environment.push_back(*one);
  for (const std::string& one : command.environment) environment.push_back(const_cast<char*>(one.c_str()));
  environment.push_back(nullptr);
  const int error =
      ::posix_spawn(&child.pid, "/bin/sh", &plan.actions, &plan.attributes, arguments.data(), environment.data());
  for (Pipe* pipe : {&child.in, &child.out, &child.err}) pipe->close_theirs();
  if (error != 0) return failed("/bin/sh can't be started", error);
  child.process = ::pidfd_open(child.pid, 0);
  return {};
}

base::Result<> Processes::watch(Child& child) {
  base::Result<> watched;
  const auto add = [&](int descriptor, std::uint32_t events) {
    if (descriptor < 0) return;
    by_descriptor_.emplace(descriptor, &child);
    if (auto added = reactor_.watch(descriptor, events); !added) watched = std::move(added);
  };
  add(child.process, EPOLLIN);
  add(child.in.own, EPOLLOUT);
  add(child.out.own, EPOLLIN);
  add(child.err.own, EPOLLIN);
  return watched;
}

void Processes::on_ready(int descriptor, std::uint32_t /*events*/) {
  const auto found = by_descriptor_.find(descriptor);
  if (found == by_descriptor_.end()) return;
  Child& child = *found->second;
  if (descriptor == child.in.own) write_input(child);
  if (descriptor == child.out.own) read(child.out, child.done ? &child.result.output : nullptr);
  if (descriptor == child.err.own) read(child.err, child.done ? &child.result.errors : nullptr);
  settle(child);
}

void Processes::write_input(Child& child) {
  const std::string& input = child.command.input;
  while (child.in.own >= 0 && child.written < input.size()) {
    const ssize_t count = ::write(child.in.own, input.data() + child.written, input.size() - child.written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) break;  // it has closed its end, and doesn't want the rest
    child.written += static_cast<std::size_t>(count);
  }
  close(child.in.own);
}

void Processes::read(Pipe& pipe, std::string* into) {
  std::array<char, 16'384> buffer;
  for (std::size_t all = 0; all < kMostInATurn;) {
    const ssize_t count = ::read(pipe.own, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return close(pipe.own);
    all += static_cast<std::size_t>(count);
    if (into == nullptr) continue;
    const std::size_t room = settings_.max_output - std::min(settings_.max_output, into->size());
    into->append(buffer.data(), std::min(room, static_cast<std::size_t>(count)));
    if (room < static_cast<std::size_t>(count) && room > 0) {
      log::warning("exec: an output is longer than max_output; the rest of it is thrown away");
    }
  }
}

void Processes::close(int& descriptor) {
  if (descriptor < 0) return;
  reactor_.forget(descriptor);
  by_descriptor_.erase(descriptor);
  ::close(std::exchange(descriptor, -1));
}

void Processes::settle(Child& child) {
  if (!child.ended && has_ended(child.pid)) {
    child.ended = true;
    close(child.process);
    close(child.in.own);
  }
  if (child.out.own >= 0 || child.err.own >= 0) return;
  if (child.ended || !child.command.wants_end) {
    if (child.ended && child.command.wants_end) child.result.status = reap(child);
    tell(child, Result::End::Closed);
  }
  if (!child.ended) return;
  static_cast<void>(reap(child));
  children_.erase(&child);
}

// Whether it is a zombie by now, and stays one: its number must not become another's before reap().
bool Processes::has_ended(int pid) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == ECHILD;
  return info.si_pid != 0;
}

// What the shell says of it: its exit status, or 128 and the signal that ended it.
int Processes::reap(Child& child) {
  int status = 0;
  if (child.pid < 0 || ::waitpid(std::exchange(child.pid, -1), &status, WNOHANG) <= 0) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Processes::tell(Child& child, Result::End end) {
  if (!child.done) return;
  child.result.end = child.was_killed ? Result::End::TimedOut : end;
  std::exchange(child.done, nullptr)(std::move(child.result));
}

base::TimePoint Processes::due() const {
  base::TimePoint earliest = base::TimePoint::max();
  for (const auto& [key, child] : children_) {
    earliest = std::min(earliest, child->kill_at);
    if (child->done) earliest = std::min(earliest, child->waited_until);
    if (child->is_looked_after()) earliest = std::min(earliest, child->next_look);
  }
  return earliest;
}

void Processes::on_due(base::TimePoint time) {
  std::vector<Child*> all;
  all.reserve(children_.size());
  for (const auto& [key, child] : children_) all.push_back(key);
  for (Child* child : all) act_on_time(*child, time);
}

void Processes::act_on_time(Child& child, base::TimePoint time) {
  if (time >= child.waited_until && child.done) {
    log::warning("exec: nobody waits any longer for the output of: {}", child.command.line);
    tell(child, Result::End::TimedOut);
  }
  if (time >= child.kill_at && !child.was_killed) {
    log::warning("exec: time_to_kill is over for: {}", child.command.line);
    statistics_.killed.add();
    child.was_killed = true;
    child.kill_group(SIGTERM);
    child.kill_at = time + kGrace;
  } else if (time >= child.kill_at) {
    child.kill_group(SIGKILL);
    child.kill_at = base::TimePoint::max();
    tell(child, Result::End::TimedOut);
    for (int* descriptor : {&child.in.own, &child.out.own, &child.err.own}) close(*descriptor);
  }
  child.next_look = time + kLook;
  settle(child);
}

void Processes::abandon() {
  for (const auto& [key, child] : children_) {
    if (child->done) child->kill_group(SIGTERM);
  }
  by_descriptor_.clear();
  children_.clear();
}

}  // namespace carillon::exec
