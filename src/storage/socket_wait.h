// SPDX-License-Identifier: Apache-2.0
// How a statement under way waits for its socket: where it stands, or suspended until an event loop goes on with it.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>

#include "base/assert.h"
#include "base/time.h"
#include "net/event_loop.h"

namespace carillon::storage {

// A connection has one; one coroutine waits at a time. One thread at a time.
class SocketWait {
 public:
  enum class By : bool {
    Polling,  // the calling thread waits: what awaits is never suspended
    Events,   // it is suspended, and somebody calls resume()
  };
  static constexpr base::Duration kForEver = base::Duration::max();
  explicit SocketWait(By by) : by_(by) {}
  SocketWait(const SocketWait&) = delete;
  SocketWait& operator=(const SocketWait&) = delete;

  [[nodiscard]] bool is_by_events() const { return by_ == By::Events; }
  // After so many rows of an answer a statement that is waited for by events lets others have their turn: it waits
  // until its socket is writable, which it is.
  [[nodiscard]] bool ends_turn(std::size_t rows) const {
    constexpr std::size_t kRowsOfATurn = 200;
    return is_by_events() && rows % kRowsOfATurn == 0;
  }
  // Of what comes next; nothing waits.
  void set(By by) { by_ = by; }

  // --- For the statement: `co_await wait.until(socket, wanted, limit)` gives what the socket is ready for, or broken;
  // neither: the time is up.
  class Awaiter {
   public:
    Awaiter(SocketWait& wait, int socket, net::Readiness wanted, base::Duration limit)
        : wait_(wait), socket_(socket), wanted_(wanted), limit_(limit) {}

    [[nodiscard]] bool await_ready() {
      if (wait_.by_ == By::Events) return false;
      wait_.ready_ = poll(socket_, wanted_, limit_);
      return true;
    }
    void await_suspend(std::coroutine_handle<> waiter) {
      wait_.waiter_ = waiter;
      wait_.wanted_ = wanted_;
      wait_.limit_ = limit_;
    }
    [[nodiscard]] net::Readiness await_resume() const { return wait_.ready_; }

   private:
    SocketWait& wait_;
    int socket_;
    net::Readiness wanted_;
    base::Duration limit_;
  };
  [[nodiscard]] Awaiter until(int socket, net::Readiness wanted, base::Duration limit) {
    return {*this, socket, wanted, limit};
  }

  // --- For who drives it
  [[nodiscard]] net::Readiness wanted() const { return wanted_; }
  [[nodiscard]] base::Duration limit() const { return limit_; }
  // Goes on with what waits; neither readable nor writable: the time is up.
  void resume(net::Readiness ready) {
    CARILLON_ASSERT(waiter_);
    ready_ = ready;
    std::exchange(waiter_, nullptr).resume();
  }

  // Blocks. What poll(2) says of a broken socket counts as readable and writable.
  [[nodiscard]] static net::Readiness poll(int socket, net::Readiness wanted, base::Duration limit);

 private:
  By by_;
  std::coroutine_handle<> waiter_;
  net::Readiness wanted_;
  net::Readiness ready_;
  base::Duration limit_ = kForEver;
};

}  // namespace carillon::storage
