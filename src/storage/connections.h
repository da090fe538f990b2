// SPDX-License-Identifier: Apache-2.0
// The connections to one database: opened when needed, kept, replaced when lost, and not tried for a while when the
// database is away.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "storage/driver.h"
#include "storage/event_connection.h"

namespace carillon::storage {

struct ConnectionLimits {
  // How long a call waits for a free connection when all are in use.
  base::Duration longest_wait = std::chrono::seconds(5);
  // A database that can't be connected to is tried again after this, and each time after twice as long as before. Calls
  // meanwhile fail at once.
  base::Duration first_pause = std::chrono::milliseconds(100);
  base::Duration longest_pause = std::chrono::seconds(5);
};

// Any thread. At most the driver's number of connections at a time.
class Connections {
 public:
  // All outlive it.
  Connections(Driver& driver, const Url& url, const ConnectionLimits& limits, const base::Clock& clock)
      : driver_(driver), url_(url), limits_(limits), clock_(clock) {}

  // Calls `action(Connection&)` and gives its Result. What failed with Fault::Unavailable did nothing, and is tried
  // once more with another connection, as often as the driver allows.
  template <typename Action>
  auto use(Action action) -> decltype(action(std::declval<Connection&>())) {
    for (unsigned attempt = 1;; ++attempt) {
      auto taken = take();
      if (!taken) return std::unexpected(std::move(taken.error()));
      auto result = action(**taken);
      const bool lost = !result && result.error().code == static_cast<int>(Fault::Unavailable);
      if (lost || !(*taken)->alive()) taken->reset();
      give_back(std::move(*taken));
      if (!lost || attempt >= driver_.tries()) return result;
      drop_idle();  // those that idled beside it are as likely lost
    }
  }

  // One for an event loop, which isn't counted. Not tried while the database is away. Blocks.
  [[nodiscard]] base::Result<std::unique_ptr<EventConnection>> connect_for_events();

 private:
  // A kept connection or a new one. Fault::Unavailable: none can be opened now. Fault::Busy: all are in use.
  [[nodiscard]] base::Result<std::unique_ptr<Connection>> take();
  // One that still stands, or null.
  [[nodiscard]] std::unique_ptr<Connection> take_idle();
  [[nodiscard]] base::Result<std::unique_ptr<Connection>> connect();
  // Why there is no trying now; nothing when this thread may try.
  [[nodiscard]] base::Result<> permission_to_connect();
  // null: it couldn't be opened, or was lost.
  void give_back(std::unique_ptr<Connection> connection);
  void drop_idle();

  Driver& driver_;
  const Url& url_;
  const ConnectionLimits limits_;
  const base::Clock& clock_;

  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t in_use_ = 0;
  bool was_connected_ = false;
  // While it can't be connected to: why, and when somebody may try again.
  std::string away_;
  base::Duration pause_{0};
  base::TimePoint try_again_{};
  bool no_events_ = false;  // the last connection for an event loop failed, which was logged
};

}  // namespace carillon::storage
