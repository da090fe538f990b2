// SPDX-License-Identifier: Apache-2.0
// What the transaction layer counts, by the names of OpenSIPS's `tm` and `sl` statistics where they have one.
#pragma once

#include "base/result.h"
#include "metrics/counter.h"
#include "metrics/registry.h"

namespace carillon::transaction {

// One for the process, shared by the layers of all shards. Any thread.
struct Statistics {
  metrics::Counter received_replies;  // that belong to a client transaction
  metrics::Counter relayed_replies;   // counted by the proxy core, which alone knows
  metrics::Counter local_replies;
  metrics::Counter uas_transactions;
  metrics::Counter uac_transactions;
  metrics::Counter transactions_2xx;  // server transactions by the class of their final response
  metrics::Counter transactions_3xx;
  metrics::Counter transactions_4xx;
  metrics::Counter transactions_5xx;
  metrics::Counter transactions_6xx;
  metrics::Gauge inuse_transactions;           // server transactions that are not terminated
  metrics::Counter retransmission_req_T1_1;    // requests sent again: first,
  metrics::Counter retransmission_req_T1_2;    // second,
  metrics::Counter retransmission_req_T1_3;    // third time,
  metrics::Counter retransmission_req_T2;      // and later
  metrics::Counter retransmission_rpl_T2;      // final responses sent again by timer G
  metrics::Counter timeout_finalresponse;      // fr_timeout
  metrics::Counter timeout_finalresponse_inv;  // fr_inv_timeout

  metrics::Counter absorbed_requests;     // retransmissions, and ACKs of non-2xx
  metrics::Counter received_ACKs;         // sl: ACKs of our stateless replies
  metrics::Counter unmatched_responses;   // no client transaction has their branch
  metrics::Counter refused_transactions;  // a limit was reached, or the server is shutting down
  metrics::Counter held_events_dropped;   // responses that came while too many waited for a suspended run

  // Under "tm" ("sl" for received_ACKs). Once, before the registry is read.
  [[nodiscard]] base::Result<> add_to(metrics::Registry& registry);
};

}  // namespace carillon::transaction
