// SPDX-License-Identifier: Apache-2.0
// See refusal_limit.h.
#include "routing/refusal_limit.h"

#include <chrono>

namespace carillon::routing {

bool RefusalLimit::allow(const base::IpAddress& source, base::TimePoint now, std::uint32_t per_second) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::uint64_t second = static_cast<std::uint64_t>(seconds) << 32;
  std::atomic<std::uint64_t>& slot = slots_[std::hash<base::IpAddress>()(source) % kSlots];
  std::uint64_t before = slot.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t current = before >> 32 == second >> 32 ? before : second;
    if (static_cast<std::uint32_t>(current) >= per_second) return false;
    if (slot.compare_exchange_weak(before, current + 1, std::memory_order_relaxed)) return true;
  }
}

}  // namespace carillon::routing
