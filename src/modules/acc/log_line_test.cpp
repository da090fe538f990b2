// SPDX-License-Identifier: Apache-2.0
// The form of a record, and that values can't change it.
#include "modules/acc/log_line.h"

#include <gtest/gtest.h>

namespace carillon::acc {
namespace {

TEST(LogLine, NamesTheOccasion) {
  EXPECT_EQ(log_line(Occasion::Answered, {{"timestamp", "17"}}), "ACC: transaction answered: timestamp=17");
  EXPECT_EQ(log_line(Occasion::Missed, {{"timestamp", "17"}}), "ACC: call missed: timestamp=17");
  EXPECT_EQ(log_line(Occasion::Requested, {{"timestamp", "17"}}), "ACC: request accounted: timestamp=17");
  EXPECT_EQ(log_line(Occasion::Ended, {{"created", "17"}}), "ACC: call ended: created=17");
}

TEST(LogLine, HoldsTheFieldsInTheirOrder) {
  EXPECT_EQ(log_line(Occasion::Answered, {{"method", "INVITE"}, {"reason", ""}, {"from", "\"Zo\xc3\xab\" <sip:z@x>"}}),
            "ACC: transaction answered: method=INVITE;reason=;from=\"Zo\xc3\xab\" <sip:z@x>");
}

TEST(LogLine, KeepsValuesInsideTheirFields) {
  EXPECT_EQ(log_line(Occasion::Answered, {{"reason", "OK;code=200\r\nACC: \\x3b\x7f"}}),
            "ACC: transaction answered: reason=OK\\x3bcode=200\\x0d\\x0aACC: \\x5cx3b\\x7f");
  EXPECT_EQ(log_line(Occasion::Answered, {{"reason", std::string_view("a\0b", 3)}}),
            "ACC: transaction answered: reason=a\\x00b");
}

}  // namespace
}  // namespace carillon::acc
