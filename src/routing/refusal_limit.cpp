// SPDX-License-Identifier: Apache-2.0
// See refusal_limit.h.
#include "routing/refusal_limit.h"

#include <functional>

namespace carillon::routing {

bool RefusalLimit::allow(const base::IpAddress& source, base::TimePoint now, std::uint32_t per_second) {
  return slots_[std::hash<base::IpAddress>()(source) % kSlots].allow(now, per_second);
}

}  // namespace carillon::routing
