// SPDX-License-Identifier: Apache-2.0
// What acc offers to other modules: records that they ask for.
#pragma once

#include <string_view>

#include "routing/route_context.h"

namespace carillon::acc {

class RecordService {
 public:
  static constexpr std::string_view kModule = "acc";

  // acc_log_request() or, with `in_database`, acc_db_request(): a record of the request of this run, now. `comment`:
  // "302 moved". False, and said in the log, when there is no database. Inside a shard.
  virtual bool record_request(routing::RouteContext& context, bool in_database, std::string_view comment,
                              std::string_view table) = 0;

 protected:
  ~RecordService() = default;
};

}  // namespace carillon::acc
