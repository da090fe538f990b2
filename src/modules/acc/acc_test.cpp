// SPDX-License-Identifier: Apache-2.0
// What the compiler of a script is told about arguments and parameters. What is recorded when is tested in
// tests/scenarios/acc.
#include "modules/acc/acc.h"

#include <gmock/gmock.h>

namespace carillon::acc {
namespace {

using script::Value;
using ::testing::HasSubstr;

TEST(RecordTypes, AreTheLog) {
  EXPECT_TRUE(RecordTypes::parse("log"));
  EXPECT_TRUE(RecordTypes::parse(" log | log"));
  EXPECT_FALSE(RecordTypes::parse(""));
  EXPECT_THAT(RecordTypes::parse("syslog").error().message, HasSubstr("no accounting to 'syslog'"));
}

TEST(RecordTypes, SayWhatIsNotThereYet) {
  for (const std::string_view other : {"db", "aaa", "evi", "log|db"}) {
    const auto parsed = RecordTypes::parse(other);
    ASSERT_FALSE(parsed) << other;
    EXPECT_THAT(parsed.error().message, HasSubstr("comes with the databases issue")) << other;
  }
}

TEST(RecordFlags, AddUp) {
  EXPECT_TRUE(RecordFlags::parse("missed")->missed);
  EXPECT_FALSE(RecordFlags::parse("missed")->failed);
  const RecordFlags both = RecordFlags::parse("missed | failed").value();
  EXPECT_TRUE(both.missed && both.failed);
  EXPECT_THAT(RecordFlags::parse("cdr").error().message, HasSubstr("needs the module dialog"));
  EXPECT_THAT(RecordFlags::parse("mised").error().message, HasSubstr("unknown flag 'mised'"));
}

TEST(OtherTargets, AreRefusedByNameAndMayBeSwitchedOff) {
  Acc acc;
  EXPECT_TRUE(acc.set_other_target(Value::text("")));
  EXPECT_THAT(acc.set_other_target(Value::text("mysql://x/y")).error().message,
              HasSubstr("comes with the databases issue"));
}

TEST(Fields, AreDeclaredOnce) {
  Acc acc;
  ASSERT_TRUE(acc.set_extra_fields(Value::text("log: a; b->in_record ;")));
  ASSERT_TRUE(acc.set_extra_fields(Value::text("log:c")));
  EXPECT_EQ(ExtraIndex::parse("b", acc)->at, 1U);
  EXPECT_EQ(ExtraIndex::parse("c", acc)->at, 2U);
  EXPECT_EQ(acc.extra_names()[1].in_record, "in_record");
  EXPECT_FALSE(ExtraIndex::parse("in_record", acc));
  EXPECT_FALSE(LegIndex::parse("a", acc)) << "of the record, not of a leg";
  EXPECT_THAT(acc.set_extra_fields(Value::text("log: a")).error().message, HasSubstr("declared twice"));
}

TEST(Fields, HaveNamesThatCanNotBreakTheRecord) {
  Acc acc;
  for (const std::string_view text : {"a;b", "db: a", "log: a b", "log: a->b=c", "log: ->b", "log: a->"}) {
    EXPECT_FALSE(acc.set_leg_fields(Value::text(text))) << text;
  }
  EXPECT_TRUE(acc.leg_names().empty());
}

}  // namespace
}  // namespace carillon::acc
