// SPDX-License-Identifier: Apache-2.0
// What usrloc offers to other modules: the location tables. registrar fills them and looks contacts up.
#pragma once

#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "modules/usrloc/location_table.h"
#include "modules/usrloc/methods.h"

namespace carillon::shard {
class Shard;
}

namespace carillon::usrloc {

class LocationService {
 public:
  static constexpr std::string_view kModule = "usrloc";

  // The table of a domain ("location"): made at its first mention, and then loaded from the database, if there is one.
  // May block: at start, or where scripts are compiled. The table lives as long as the module.
  [[nodiscard]] virtual base::Result<LocationTable*> table(std::string_view name) = 0;

  // Whether AoRs are user@domain (use_domain) or users.
  [[nodiscard]] virtual bool use_domain() const = 0;
  // matching_mode.
  [[nodiscard]] virtual Matching matching() const = 0;
  // Seconds in which a REGISTER with a CSeq seen already is a retransmission (cseq_delay).
  [[nodiscard]] virtual int cseq_delay() const = 0;
  // The branch flag that says a contact is behind a NAT (nat_bflag); 0: none.
  [[nodiscard]] virtual std::uint32_t nat_branch_flag() const = 0;

  // In write-through mode: ends when what has changed in `table` is in the database, false when that failed (it is
  // tried again). Otherwise true at once. Inside `shard`.
  [[nodiscard]] virtual base::Task<bool> written(LocationTable& table, shard::Shard& shard) = 0;
  // Whether written() may wait.
  [[nodiscard]] virtual bool is_write_through() const = 0;

 protected:
  ~LocationService() = default;
};

}  // namespace carillon::usrloc
