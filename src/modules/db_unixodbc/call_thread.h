// SPDX-License-Identifier: Apache-2.0
// A thread for the calls of one ODBC connection, so that who makes a call can leave it behind when it doesn't come
// back: nothing in ODBC ends the wait for a server that takes a statement and says nothing (drivers ignore
// SQL_ATTR_CONNECTION_TIMEOUT, and SQLCancel asks the same server).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/time.h"

namespace carillon::db_unixodbc {

// How many threads of one database were left behind and haven't come back. Any thread.
class LeftBehind {
 public:
  explicit LeftBehind(std::size_t most) : most_(most) {}

  // So many that no more should be risked.
  [[nodiscard]] bool is_full() const { return count_ >= most_; }
  [[nodiscard]] std::size_t count() const { return count_; }
  void add() { ++count_; }
  void remove() { --count_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> count_ = 0;
};

// What a thread and whoever waits for it have in common.
class Calls {
 public:
  using Call = std::move_only_function<void()>;

  explicit Calls(std::shared_ptr<LeftBehind> left_behind) : left_behind_(std::move(left_behind)) {}

  // From within a call: runs `action` for who waits, whose time doesn't count meanwhile. False, without running it,
  // when nobody waits any more.
  bool call_back(base::FunctionRef<bool()> action);

 private:
  friend class CallThread;

  // On the thread.
  void serve();

  std::shared_ptr<LeftBehind> left_behind_;  // shared by all threads of the database
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable answer_;
  Call call_;
  base::TimePoint heard_{};
  bool pending_ = false;
  bool done_ = false;
  bool calling_back_ = false;
  bool left_ = false;
  bool ended_ = false;
};

// One thread at a time.
class CallThread {
 public:
  static constexpr base::Duration kForEver = base::Duration::max();

  // An error when the system gives no thread.
  [[nodiscard]] static base::Result<std::unique_ptr<CallThread>> start(std::shared_ptr<LeftBehind> left_behind);
  ~CallThread();
  CallThread(const CallThread&) = delete;
  CallThread& operator=(const CallThread&) = delete;

  // Runs `call` there and waits. False when it neither returned nor called back for `silence`: its thread is left
  // behind, runs it to its end some day (not at all, when it hadn't begun), destroys it and ends. So it must own all
  // that it refers to outside of call_back(). Not once was_left().
  [[nodiscard]] bool run(Calls::Call call, base::Duration silence);
  [[nodiscard]] bool was_left() const { return !thread_.joinable(); }
  // Lives as long as a call on this thread runs.
  [[nodiscard]] Calls& calls() { return *calls_; }

 private:
  explicit CallThread(std::shared_ptr<Calls> calls) : calls_(std::move(calls)) {}

  std::shared_ptr<Calls> calls_;  // shared with the thread, which may outlive this
  std::thread thread_;
};

}  // namespace carillon::db_unixodbc
