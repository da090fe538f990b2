// SPDX-License-Identifier: Apache-2.0
// Waiting inside a shard: a coroutine suspends, any thread completes it, and it goes on inside its shard.
#pragma once

#include <concepts>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "shard/shard.h"

namespace carillon::shard {

namespace detail {

// A place in the shard's table of waiting coroutines, found again by slot and generation.
class SuspensionBase {
 public:
  SuspensionBase(const SuspensionBase&) = delete;
  SuspensionBase& operator=(const SuspensionBase&) = delete;

 protected:
  explicit SuspensionBase(Shard& shard) : shard_(shard), key_(shard.add_suspension(*this)) {}
  ~SuspensionBase() { shard_.remove_suspension(key_); }

  static SuspensionBase* find(Shard& shard, SuspensionKey key) { return shard.find_suspension(key); }
  // Completed: a second completion finds nothing.
  void settle() { shard_.remove_suspension(std::exchange(key_, {})); }

  Shard& shard_;
  SuspensionKey key_;
};

template <typename T>
using Stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

}  // namespace detail

// Names a Suspension to other threads: a copyable value that may outlive it.
template <typename T>
class Handle {
 public:
  Handle() = default;
  [[nodiscard]] ShardId shard() const { return shard_; }

  // The mailbox item that completes it.
  template <typename... Value>
  [[nodiscard]] Item completion(Value&&... value) const;
  // Completes it at once. Inside its shard, from where a coroutine of it may go on.
  template <typename... Value>
  void complete(Shard& shard, Value&&... value) const;
  // Inside its shard.
  [[nodiscard]] bool is_awaited(Shard& shard) const;

 private:
  friend class Suspension<T>;
  Handle(ShardId shard, detail::SuspensionKey key) : shard_(shard), key_(key) {}

  ShardId shard_ = 0;
  detail::SuspensionKey key_;
};

// A local variable of a coroutine that runs in the shard:
//
//   auto answer = shard.suspend<Answer>();
//   pool.submit([&shards, handle = answer.handle()] { shards.resume(handle, ask()); });
//   Answer got = co_await answer;
//
// Destroying it before it is completed (the run was ended) makes a later completion do nothing.
template <typename T>
class [[nodiscard]] Suspension : private detail::SuspensionBase {
 public:
  explicit Suspension(Shard& shard) : SuspensionBase(shard), handle_(shard.id(), key_) {}

  [[nodiscard]] Handle<T> handle() const { return handle_; }

  [[nodiscard]] bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept {
    CARILLON_ASSERT(context.locks == 0);
    waiter_ = waiter;
  }
  T await_resume() {
    if constexpr (!std::is_void_v<T>) return std::move(*value_);
  }

 private:
  friend class Handle<T>;

  // May destroy `this` before it returns.
  void complete(detail::Stored<T> value) {
    settle();
    value_.emplace(std::move(value));
    if (waiter_) waiter_.resume();
  }

  Handle<T> handle_;
  std::optional<detail::Stored<T>> value_;
  std::coroutine_handle<> waiter_;
};

// co_await shard.sleep(5s). Ends inside the shard; destroying the coroutine ends it early.
class [[nodiscard]] Sleep {
 public:
  Sleep(Shard& shard, base::Duration delay) : shard_(shard), delay_(delay) {}

  [[nodiscard]] bool await_ready() const noexcept { return delay_ <= base::Duration::zero(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    CARILLON_ASSERT(context.locks == 0);
    waiter_ = waiter;
    shard_.schedule(timer_, delay_);
  }
  void await_resume() const noexcept {}

 private:
  void on_timer() { waiter_.resume(); }

  Shard& shard_;
  base::Duration delay_;
  std::coroutine_handle<> waiter_;
  Timer timer_ = Timer::calling<&Sleep::on_timer>(this);
};

template <typename T>
Suspension<T> Shard::suspend() {
  return Suspension<T>(*this);
}

inline Sleep Shard::sleep(base::Duration delay) { return Sleep(*this, delay); }

template <typename T>
template <typename... Value>
Item Handle<T>::completion(Value&&... value) const {
  return [handle = *this, stored = detail::Stored<T>(std::forward<Value>(value)...)](Shard& shard) mutable {
    handle.complete(shard, std::move(stored));
  };
}

template <typename T>
bool Handle<T>::is_awaited(Shard& shard) const {
  const auto* found = Suspension<T>::find(shard, key_);
  return found != nullptr && static_cast<const Suspension<T>*>(found)->waiter_ != nullptr;
}

template <typename T>
template <typename... Value>
void Handle<T>::complete(Shard& shard, Value&&... value) const {
  auto* found = Suspension<T>::find(shard, key_);
  if (found != nullptr) static_cast<Suspension<T>*>(found)->complete(detail::Stored<T>(std::forward<Value>(value)...));
}

}  // namespace carillon::shard
