// SPDX-License-Identifier: Apache-2.0
// What usrloc offers to other modules: the location tables. registrar fills them and looks contacts up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

  // Whether tables hold their contacts in memory, so that LocationTable's functions are all there is to it. Otherwise
  // they are empty, and change() and read() wait for the database.
  [[nodiscard]] virtual bool is_in_memory() const = 0;
  // As LocationTable::change() and read(), wherever the contacts are. Inside `shard`; `aor` and `f` must outlive the
  // task. An error (storage::Fault) when the database can't be asked or told.
  [[nodiscard]] virtual base::Task<base::Result<>> change(LocationTable& table, shard::Shard& shard,
                                                          std::string_view aor,
                                                          base::FunctionRef<void(Bindings&)> f) = 0;
  [[nodiscard]] virtual base::Task<base::Result<bool>> read(LocationTable& table, shard::Shard& shard,
                                                            std::string_view aor,
                                                            base::FunctionRef<void(const AorRecord&)> f) = 0;

  // The names of all AoRs that have contacts in the database of such a table.
  [[nodiscard]] virtual base::Task<base::Result<std::vector<std::string>>> aors(LocationTable& table,
                                                                                shard::Shard& shard) = 0;

  // In write-through mode: ends when what has changed in `table` is in the database, false when that failed (it is
  // tried again). In a shared table: when the store knows what has changed of `aor`; false when it can't be told now,
  // or is slow. Otherwise true at once. Inside `shard`; `aor` must outlive the task.
  [[nodiscard]] virtual base::Task<bool> written(LocationTable& table, shard::Shard& shard, std::string_view aor) = 0;
  // Whether written() may wait.
  [[nodiscard]] virtual bool is_write_awaited() const = 0;

  // Contacts that push wakes are told to be due so many seconds before they end (contact_refresh_timer). At start.
  virtual void set_refresh_before(std::int64_t seconds) = 0;
  // Tells `observer` what becomes of contacts from now on. Until all modules have started; it outlives the tables.
  virtual void observe(LocationObserver& observer) = 0;

  // Whether this server is the one that pings the contacts of a table that several share; true of one that isn't
  // shared. Asked before each round of pings: it changes when a server goes.
  [[nodiscard]] virtual bool is_pinging_here(const LocationTable& table) const = 0;

 protected:
  ~LocationService() = default;
};

}  // namespace carillon::usrloc
