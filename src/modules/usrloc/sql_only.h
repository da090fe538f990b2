// SPDX-License-Identifier: Apache-2.0
// The location of mode sql-only: nothing is kept, each look and each change goes to the database, which other servers
// may share. Runs are suspended meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "base/task.h"
#include "metrics/counter.h"
#include "module/database_user.h"
#include "modules/usrloc/location_row.h"
#include "modules/usrloc/location_table.h"
#include "modules/usrloc/write_back.h"
#include "shard/turns.h"

namespace carillon::usrloc {

// Any shard. Two servers write rows of their own: what both change at the same moment is as the later of them wrote it,
// and what one removed the other doesn't bring back.
class SqlOnly {
 public:
  struct Parts {
    const SharedLocation& shared;
    const module::DatabaseUser& database;
    std::string table;
    LocationRow row;
    bool newest_first;
    WriteBackStatistics& statistics;
  };

  explicit SqlOnly(Parts parts) : parts_(std::move(parts)), turns_(parts_.shared.shards, kMaxWaiting) {}

  // `f` sees what the database holds now, expired contacts among it; what it changes is written before the task ends.
  [[nodiscard]] base::Task<base::Result<>> change(shard::Shard& shard, std::string aor,
                                                  base::FunctionRef<void(Bindings&)> f);
  // Not called, and false, when there is no contact.
  [[nodiscard]] base::Task<base::Result<bool>> read(shard::Shard& shard, std::string aor,
                                                    base::FunctionRef<void(const AorRecord&)> f);

  // The names of AoRs behind `after` in the order of contact ids, with the last id looked at: some at a time.
  struct Page {
    std::vector<LocatedContact> contacts;
    std::int64_t last = 0;
    bool more = false;
  };
  [[nodiscard]] base::Task<base::Result<Page>> page(shard::Shard& shard, std::int64_t after, std::size_t size);
  // One that a change can be made of.
  void fill(AorRecord& record, const std::vector<LocatedContact>& contacts) const;

  // Removes what is over from the database, as nobody's timer does. Any thread.
  void remove_expired();

 private:
  class Removals;

  [[nodiscard]] std::uint64_t lane_of(std::string_view aor) const;
  [[nodiscard]] base::Task<base::Result<std::vector<LocatedContact>>> select(shard::Shard& shard, std::string aor);
  [[nodiscard]] std::vector<storage::Write> writes_of(std::string_view aor, AorRecord& record,
                                                      const std::vector<std::uint64_t>& removed) const;

  static constexpr std::size_t kMaxWaiting = 200;  // for one AoR

  Parts parts_;
  // At an AoR: reading, changing and writing its contacts is one step for everybody else.
  shard::Turns turns_;
};

}  // namespace carillon::usrloc
