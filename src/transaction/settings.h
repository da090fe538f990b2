// SPDX-License-Identifier: Apache-2.0
// The timers and limits of transactions: RFC 3261 table 4 beside the parameters of module tm.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/time.h"

namespace carillon::transaction {

// | member         | tm parameter   | RFC 3261                                                         | default |
// |----------------|----------------|------------------------------------------------------------------|---------|
// | t1             | T1_timer       | T1: first retransmission (timers A, E, G); H, J, L, M are 64*T1  | 500 ms  |
// | t2             | T2_timer       | T2: longest interval of timers E and G                           | 4 s     |
// | t4             | wt_timer       | T4: timers I and K on UDP                                        | 5 s     |
// | timer_d        |                | D: INVITE client in Completed on UDP                             | 32 s    |
// | fr_timeout     | fr_timeout     | B and F: no response, no final response to a non-INVITE          | 30 s    |
// | fr_inv_timeout | fr_inv_timeout | C: no final response to an INVITE after a provisional one        | 120 s   |
//
// On reliable transports A, E and G never start and D, I, J and K are zero. delete_timer has no counterpart: memory
// goes back when the last state ends.
struct Settings {
  base::Duration t1 = std::chrono::milliseconds(500);
  base::Duration t2 = std::chrono::seconds(4);
  base::Duration t4 = std::chrono::seconds(5);
  base::Duration timer_d = std::chrono::seconds(32);
  base::Duration fr_timeout = std::chrono::seconds(30);
  base::Duration fr_inv_timeout = std::chrono::seconds(120);
  // Each provisional response starts timer C again (RFC 3261 section 16.7 step 2); off: only the first one.
  bool restart_fr_on_each_reply = true;

  // Live transactions of the whole process; a shard takes an equal share, and at least one. CANCELs that we make are
  // not counted.
  std::size_t max_server_transactions = 1'000'000;
  std::size_t max_client_transactions = 2'000'000;
};

}  // namespace carillon::transaction
