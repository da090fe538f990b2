// SPDX-License-Identifier: Apache-2.0
#include "transaction/statistics.h"

#include <gtest/gtest.h>

namespace carillon::transaction {
namespace {

TEST(TransactionStatistics, HaveTheNamesOfTm) {
  Statistics statistics;
  metrics::Registry registry;
  ASSERT_TRUE(statistics.add_to(registry));
  statistics.uas_transactions.add(3);
  statistics.inuse_transactions.add(2);
  for (const auto& [name, value] : {std::pair{"tm:UAS_transactions", 3U},
                                    {"tm:inuse_transactions", 2U},
                                    {"tm:2xx_transactions", 0U},
                                    {"tm:retransmission_req_T1_1", 0U},
                                    {"tm:timeout_finalresponse_inv", 0U},
                                    {"sl:received_ACKs", 0U}}) {
    const auto samples = registry.read(name);
    ASSERT_EQ(samples.size(), 1U) << name;
    EXPECT_EQ(samples.front().value, value) << name;
  }
  EXPECT_FALSE(statistics.add_to(registry)) << "a second one of the same name";
}

}  // namespace
}  // namespace carillon::transaction
