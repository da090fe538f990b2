// SPDX-License-Identifier: Apache-2.0
// A stream connection as commands and subscribers see it.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"
#include "base/time.h"
#include "transport/flow.h"

namespace carillon::transport {

struct ConnectionInfo {
  enum class State : std::uint8_t { Connecting, Open, Closing };

  Flow flow;
  State state = State::Open;
  bool accepted = true;  // false: opened by us
  bool authenticated = false;
  base::TimePoint opened;
  base::TimePoint expires;  // closed then if nothing happens
  std::size_t queued = 0;   // bytes waiting to be written
};

// Hears of each connection that was open and no longer is, once. On the connection's worker, outside any shard.
using ConnectionClosed = std::function<void(const Flow& flow, const base::Error& reason)>;

}  // namespace carillon::transport
