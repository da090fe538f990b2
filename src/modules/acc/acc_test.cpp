// SPDX-License-Identifier: Apache-2.0
// What the compiler of a script is told about arguments and parameters. What is recorded when is tested in
// tests/scenarios/acc.
#include "modules/acc/acc.h"

#include <gmock/gmock.h>

namespace carillon::acc {
namespace {

using script::Value;
using ::testing::HasSubstr;

TEST(RecordTypes, NameTheTargets) {
  Acc acc;
  EXPECT_EQ(RecordTypes::parse("log", acc)->targets, kLog);
  EXPECT_EQ(RecordTypes::parse(" db | log|evi", acc)->targets, kAllTargets);
  EXPECT_FALSE(RecordTypes::parse("", acc));
  EXPECT_THAT(RecordTypes::parse("syslog", acc).error().message, HasSubstr("no accounting to 'syslog'"));
  EXPECT_THAT(RecordTypes::parse("log|aaa", acc).error().message, HasSubstr("AAA"));
}

TEST(RecordFlags, AddUp) {
  EXPECT_TRUE(RecordFlags::parse("missed")->missed);
  EXPECT_FALSE(RecordFlags::parse("missed")->failed);
  const RecordFlags all = RecordFlags::parse("missed | failed|cdr").value();
  EXPECT_TRUE(all.missed && all.failed && all.cdr);
  EXPECT_THAT(RecordFlags::parse("mised").error().message, HasSubstr("unknown flag 'mised'"));
}

TEST(Targets, OfAaaServersAreRefusedByNameAndMayBeSwitchedOff) {
  Acc acc;
  EXPECT_TRUE(acc.set_aaa_url(Value::text("")));
  EXPECT_THAT(acc.set_aaa_url(Value::text("radius:x")).error().message, HasSubstr("AAA"));
}

TEST(Fields, AreDeclaredOnce) {
  Acc acc;
  ASSERT_TRUE(acc.set_extra_fields(Value::text("log: a; b->in_record ;")));
  ASSERT_TRUE(acc.set_extra_fields(Value::text("log:c")));
  EXPECT_EQ(ExtraIndex::parse("b", acc)->at, 1U);
  EXPECT_EQ(ExtraIndex::parse("c", acc)->at, 2U);
  EXPECT_EQ(acc.fields(kLog).extra[1].in_record, "in_record");
  ASSERT_TRUE(acc.set_extra_fields(Value::text("db: b->column"))) << "another target";
  EXPECT_EQ(acc.fields(kDatabase).extra[0].at, 1U);
  EXPECT_FALSE(ExtraIndex::parse("in_record", acc));
  EXPECT_FALSE(LegIndex::parse("a", acc)) << "of the record, not of a leg";
  EXPECT_THAT(acc.set_extra_fields(Value::text("log: a")).error().message, HasSubstr("declared twice"));
}

TEST(Fields, HaveNamesThatCanNotBreakTheRecord) {
  Acc acc;
  for (const std::string_view text : {"a;b", "aaa: a", "log: a b", "log: a->b=c", "log: ->b", "log: a->"}) {
    EXPECT_FALSE(acc.set_leg_fields(Value::text(text))) << text;
  }
  EXPECT_TRUE(acc.leg_names().empty());
}

TEST(Account, IsTheSameAfterARestart) {
  Acc before;
  ASSERT_TRUE(before.set_extra_fields(Value::text("db: a; b")));
  ASSERT_TRUE(before.set_leg_fields(Value::text("db: l")));
  Account account(before);
  account.wishes = {.enabled = kDatabase | kLog, .cdr = kDatabase, .missed = 0, .failed = kLog};
  account.table = "other";
  account.created = 1'700'000'000'123'456;
  account.started = 1'700'000'001'000'007;
  account.extra = {"1:2-", std::nullopt};
  account.legs = {{std::string("x\0y", 3)}, {std::nullopt}};
  Record& answered = account.answered.emplace();
  answered.unix_seconds = 17;
  answered.method = "INVITE";
  answered.from_tag = "f";
  answered.call_id = "c";
  answered.code = "200";
  answered.reason = "OK; \"fine\"";
  const std::string packed = account.pack(before);

  Acc after;  // whose script declares other fields
  ASSERT_TRUE(after.set_extra_fields(Value::text("db: b; a; c")));
  ASSERT_TRUE(after.set_leg_fields(Value::text("db: l")));
  Account read(after);
  ASSERT_TRUE(read.unpack(packed, after));
  EXPECT_EQ(read.wishes.enabled, account.wishes.enabled);
  EXPECT_EQ(read.wishes.cdr, account.wishes.cdr);
  EXPECT_EQ(read.wishes.failed, account.wishes.failed);
  EXPECT_EQ(read.table, "other");
  EXPECT_EQ(read.created, account.created);
  EXPECT_EQ(read.started, account.started);
  EXPECT_EQ(read.extra, (FieldValues{std::nullopt, "1:2-", std::nullopt}));
  EXPECT_EQ(read.legs, account.legs);
  ASSERT_TRUE(read.answered);
  EXPECT_EQ(read.answered->unix_seconds, 17);
  EXPECT_EQ(read.answered->reason, "OK; \"fine\"");
}

TEST(Account, IsNotReadFromAnythingElse) {
  Acc acc;
  ASSERT_TRUE(acc.set_extra_fields(Value::text("db: a")));
  const std::string packed = Account(acc).pack(acc);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    Account account(acc);
    EXPECT_FALSE(account.unpack(std::string_view(packed).substr(0, size), acc)) << size;
  }
  Account account(acc);
  EXPECT_FALSE(account.unpack("9999999999:x", acc));
  EXPECT_FALSE(account.unpack("1:a1:0", acc));
}

}  // namespace
}  // namespace carillon::acc
