// SPDX-License-Identifier: Apache-2.0
// See statistics.h.
#include "transaction/statistics.h"

#include <array>
#include <string_view>

namespace carillon::transaction {
namespace {

struct Entry {
  std::string_view group;
  std::string_view name;
  metrics::Counter Statistics::* counter;
  std::string_view help;
};

constexpr std::array kEntries = {
    Entry{"tm", "received_replies", &Statistics::received_replies, "Responses received that belong to a transaction."},
    Entry{"tm", "relayed_replies", &Statistics::relayed_replies, "Responses of branches sent upstream."},
    Entry{"tm", "local_replies", &Statistics::local_replies, "Responses made here."},
    Entry{"tm", "UAS_transactions", &Statistics::uas_transactions, "Server transactions created."},
    Entry{"tm", "UAC_transactions", &Statistics::uac_transactions, "Client transactions created."},
    Entry{"tm", "2xx_transactions", &Statistics::transactions_2xx, "Server transactions answered 2xx."},
    Entry{"tm", "3xx_transactions", &Statistics::transactions_3xx, "Server transactions answered 3xx."},
    Entry{"tm", "4xx_transactions", &Statistics::transactions_4xx, "Server transactions answered 4xx."},
    Entry{"tm", "5xx_transactions", &Statistics::transactions_5xx, "Server transactions answered 5xx."},
    Entry{"tm", "6xx_transactions", &Statistics::transactions_6xx, "Server transactions answered 6xx."},
    Entry{"tm", "retransmission_req_T1_1", &Statistics::retransmission_req_T1_1, "Requests sent a second time."},
    Entry{"tm", "retransmission_req_T1_2", &Statistics::retransmission_req_T1_2, "Requests sent a third time."},
    Entry{"tm", "retransmission_req_T1_3", &Statistics::retransmission_req_T1_3, "Requests sent a fourth time."},
    Entry{"tm", "retransmission_req_T2", &Statistics::retransmission_req_T2, "Requests sent again after that."},
    Entry{"tm", "retransmission_rpl_T2", &Statistics::retransmission_rpl_T2, "Final responses sent again by a timer."},
    Entry{"tm", "timeout_finalresponse", &Statistics::timeout_finalresponse, "Branches on which fr_timeout ran out."},
    Entry{"tm", "timeout_finalresponse_inv", &Statistics::timeout_finalresponse_inv,
          "Branches on which fr_inv_timeout ran out."},
    Entry{"tm", "absorbed_requests", &Statistics::absorbed_requests, "Retransmissions and ACKs dealt with."},
    Entry{"tm", "unmatched_responses", &Statistics::unmatched_responses, "Responses that belong to no transaction."},
    Entry{"tm", "refused_transactions", &Statistics::refused_transactions,
          "Transactions refused because there were too many or the server was shutting down."},
    Entry{"tm", "held_events_dropped", &Statistics::held_events_dropped,
          "Responses dropped because too many waited for a suspended run."},
    Entry{"sl", "received_ACKs", &Statistics::received_ACKs, "ACKs of stateless replies."},
};

}  // namespace

base::Result<> Statistics::add_to(metrics::Registry& registry) {
  for (const Entry& entry : kEntries) {
    if (auto added = registry.add(entry.group, entry.name, this->*entry.counter, entry.help); !added) return added;
  }
  return registry.add("tm", "inuse_transactions", inuse_transactions, "Server transactions that have not ended.");
}

}  // namespace carillon::transaction
