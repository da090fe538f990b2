// SPDX-License-Identifier: Apache-2.0
// What becomes of contacts, told to whoever wants to know: events of the management interface, mid_registrar.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "modules/usrloc/contact.h"

namespace carillon::shard {
class Shard;
}

namespace carillon::usrloc {

struct LocationChange {
  enum class Kind : std::uint8_t { AorInserted, AorDeleted, Inserted, Updated, Deleted, LatencyChanged, RefreshDue };
  static constexpr std::size_t kKinds = 7;

  Kind kind = Kind::Inserted;
  bool expired = false;           // Deleted: because its time was over
  Contact::Ptr contact = {};      // as it is afterwards, or was before it was deleted; null where it's the AoR's
  std::uint32_t old_latency = 0;  // of LatencyChanged
  // Of RefreshDue: a phone has to be woken (RFC 8599), why, and the Call-ID of the request that is for it.
  std::string reason = {};
  std::string request_call_id = {};
};

// Added before the first change; outlives the tables.
class LocationObserver {
 public:
  // Whether changes of this kind are to be told. With a lock held: says so and returns.
  [[nodiscard]] virtual bool wants(LocationChange::Kind kind) const = 0;
  // After the change, in the shard of the AoR, so that changes of one AoR come in their order.
  virtual void on_change(shard::Shard& shard, std::string_view table, std::string_view aor,
                         const LocationChange& change) = 0;

 protected:
  ~LocationObserver() = default;
};

}  // namespace carillon::usrloc
