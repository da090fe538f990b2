// SPDX-License-Identifier: Apache-2.0
// Task<T>: work that may wait. A coroutine that starts when awaited and resumes its awaiter when done.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace carillon::base {

template <typename T>
class Task;

namespace detail {

struct FinalAwaiter {
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
    return finished.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }
  // Our code does not throw; libraries' exceptions stop at their boundary.
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

// Owned by one shard (or one thread): awaited once. Destroying it before it is done destroys the coroutine where it
// waits.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    coroutine_.promise().continuation = awaiter;
    return coroutine_;
  }
  T await_resume() { return coroutine_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

namespace detail {

struct Detached {
  struct promise_type {
    [[nodiscard]] Detached get_return_object() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

}  // namespace detail

// The return type of a coroutine that runs by itself, from its call on. Destroying a Running ends the coroutine where
// it waits; not from within it.
class [[nodiscard]] Running {
 public:
  struct promise_type {
    [[nodiscard]] Running get_return_object() {
      return Running(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };

  Running() = default;
  Running(Running&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Running& operator=(Running&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Running() {
    if (coroutine_) coroutine_.destroy();
  }

  // False for one made by the default constructor, and once the coroutine has ended.
  [[nodiscard]] bool running() const { return coroutine_ && !coroutine_.done(); }

 private:
  explicit Running(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

// Runs `task` now; calls `done` with its value when it is finished: before start() returns if it never waited,
// otherwise from where it was resumed. Nobody owns it: one that is never resumed is lost. In a shard Shard::start() is
// what to use.
template <typename T, typename Done>
void start(Task<T> task, Done done) {
  [](Task<T> running, Done then) -> detail::Detached {
    if constexpr (std::is_void_v<T>) {
      co_await running;
      then();
    } else {
      then(co_await running);
    }
  }(std::move(task), std::move(done));
}

// The tasks that their owner has started and that wait somewhere. One thread at a time.
class Tasks {
 public:
  Tasks() = default;
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  ~Tasks() { end(); }

  // As base::start(). What is returned may be destroy()ed as long as the task waits: it ends there, and `done` is not
  // called.
  template <typename T, typename Done>
  std::coroutine_handle<> start(Task<T> task, Done done) {
    if (ending_) return {};
    return run(*this, std::move(task), std::move(done)).coroutine;
  }

  // Destroys each where it waits, the newest first, as what was started later may refer to what started it. No `done`
  // is called, and what their destructors start is not begun.
  void end() {
    const bool before = std::exchange(ending_, true);
    while (newest_ != nullptr) Started::of(*newest_).destroy();  // which takes it out
    ending_ = before;
  }
  [[nodiscard]] bool empty() const { return newest_ == nullptr; }

 private:
  struct Started {
    struct promise_type {
      template <typename... Arguments>
      explicit promise_type(Tasks& tasks, const Arguments&... /*arguments*/)
          : owner(tasks), older(std::exchange(tasks.newest_, this)) {
        if (older != nullptr) older->newer = this;
      }
      promise_type(const promise_type&) = delete;
      promise_type& operator=(const promise_type&) = delete;
      ~promise_type() {
        (newer != nullptr ? newer->older : owner.newest_) = older;
        if (older != nullptr) older->newer = newer;
      }

      [[nodiscard]] Started get_return_object() { return {of(*this)}; }
      [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
      [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
      void return_void() const noexcept {}
      [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

      Tasks& owner;
      promise_type* older;
      promise_type* newer = nullptr;
    };

    static std::coroutine_handle<promise_type> of(promise_type& promise) {
      return std::coroutine_handle<promise_type>::from_promise(promise);
    }

    std::coroutine_handle<> coroutine;
  };

  template <typename T, typename Done>
  static Started run(Tasks& /*owner*/, Task<T> task, Done done) {
    if constexpr (std::is_void_v<T>) {
      co_await task;
      done();
    } else {
      done(co_await task);
    }
  }

  Started::promise_type* newest_ = nullptr;
  bool ending_ = false;
};

// The value of a task that doesn't wait.
template <typename T>
[[nodiscard]] T value_of(Task<T> task) {
  std::optional<T> value;
  start(std::move(task), [&value](T got) { value.emplace(std::move(got)); });
  CARILLON_ASSERT(value);
  return std::move(*value);
}

}  // namespace carillon::base
