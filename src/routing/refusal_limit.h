// SPDX-License-Identifier: Apache-2.0
// How many refusals for want of room a source is sent: a flood is answered a little and then dropped, so that answering
// is no load of its own and we amplify nothing towards an address somebody forged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ip.h"
#include "base/per_second.h"
#include "base/time.h"

namespace carillon::routing {

// The process has one. Any thread. Sources that share a slot share its allowance; which do is secret.
class RefusalLimit {
 public:
  // Whether `source` may be sent one more, with at most `per_second` of them in the second that `now` is in.
  [[nodiscard]] bool allow(const base::IpAddress& source, base::TimePoint now, std::uint32_t per_second);

 private:
  static constexpr std::size_t kSlots = 4096;

  std::array<base::PerSecond, kSlots> slots_{};
};

}  // namespace carillon::routing
