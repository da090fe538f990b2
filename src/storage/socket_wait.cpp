// SPDX-License-Identifier: Apache-2.0
// See socket_wait.h.
#include "storage/socket_wait.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace carillon::storage {

net::Readiness SocketWait::poll(int socket, net::Readiness wanted, base::Duration limit) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t kLongest = 1'000'000;  // what fits, in milliseconds
  const bool bounded = limit != kForEver;
  const Clock::time_point end = bounded ? Clock::now() + limit : Clock::time_point::max();
  const int events = (wanted.readable ? POLLIN : 0) | (wanted.writable ? POLLOUT : 0);
  while (true) {
    int timeout = -1;
    if (bounded) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kLongest));
    }
    pollfd one{.fd = socket, .events = static_cast<short>(events), .revents = 0};
    const int ready = ::poll(&one, 1, timeout);
    if (ready > 0) {
      const bool broken = (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
      return {.readable = broken || (one.revents & POLLIN) != 0, .writable = broken || (one.revents & POLLOUT) != 0};
    }
    if (ready < 0 && errno != EINTR) return {.readable = true, .writable = true};
    if (ready == 0 && Clock::now() >= end) return {};
  }
}

}  // namespace carillon::storage
