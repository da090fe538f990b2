// SPDX-License-Identifier: Apache-2.0
// The location that is in the database alone, and what else of the modes isn't seen by scripts.
#include <gmock/gmock.h>

#include "modules/usrloc/usrloc_fixture.h"

namespace carillon::usrloc {
namespace {

using management::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kSqlOnly = "sql-only";
constexpr const char* kWriteBack = "single-instance-sql-write-back";

class SqlOnlyTest : public UsrlocTest {
 protected:
  // Runs `f` on an AoR in a shard to its end.
  base::Result<> change(std::string aor, std::function<void(Bindings&)> f) {
    std::optional<base::Result<>> done;
    LocationTable& location = table();
    simulation_.shards().post(7, [&](shard::Shard& shard) {
      base::start(usrloc().change(location, shard, aor, f), [&done](base::Result<> result) { done = result; });
    });
    EXPECT_TRUE(run_until([&] { return done.has_value(); }));
    return done ? *done : base::fail("no end");
  }
  std::vector<std::string> uris(std::string aor) {
    std::optional<base::Result<bool>> done;
    std::vector<std::string> found;
    LocationTable& location = table();
    const std::function<void(const AorRecord&)> look = [&found](const AorRecord& record) {
      for (const Contact& contact : record) found.emplace_back(contact.uri());
    };
    simulation_.shards().post(7, [&](shard::Shard& shard) {
      base::start(usrloc().read(location, shard, aor, look), [&done](base::Result<bool> result) { done = result; });
    });
    EXPECT_TRUE(run_until([&] { return done.has_value(); }));
    return found;
  }
  base::Result<> add(const std::string& aor, std::string_view uri) {
    return change(aor, [this, uri](Bindings& bindings) { bindings.insert(fields(uri)); });
  }
};

TEST_F(SqlOnlyTest, ContactsAreRowsInTheOrderTheyCame) {
  begin(kSqlOnly);
  ASSERT_TRUE(add("alice@example.org", "sip:a@192.0.2.1"));
  ASSERT_TRUE(add("alice@example.org", "sip:b@192.0.2.1"));
  ASSERT_TRUE(add("bob@example.org", "sip:c@192.0.2.1"));
  EXPECT_EQ(rows(), 3U);
  EXPECT_EQ(table().contacts(), 0U);
  EXPECT_THAT(uris("alice@example.org"), ElementsAre("sip:a@192.0.2.1", "sip:b@192.0.2.1"));
  EXPECT_THAT(uris("carol@example.org"), ElementsAre());
}

TEST_F(SqlOnlyTest, ChangesOfOneAorComeOneAfterTheOther) {
  begin(kSqlOnly);
  LocationTable& location = table();
  constexpr int kChanges = 40;
  const std::string aor = "alice@example.org";
  int done = 0;
  std::size_t most = 0;
  // Each sees what the one before has left, whichever shard it comes from.
  const std::function<void(Bindings&)> work = [&](Bindings& bindings) {
    const auto count = static_cast<std::size_t>(std::ranges::distance(bindings.record()));
    most = std::max(most, count);
    bindings.insert(fields("sip:" + std::to_string(count) + "@192.0.2.1"));
  };
  for (int i = 0; i < kChanges; ++i) {
    simulation_.shards().post(static_cast<shard::ShardId>(i), [&](shard::Shard& shard) {
      base::start(usrloc().change(location, shard, aor, work), [&done](base::Result<> result) {
        if (result) ++done;
      });
    });
  }
  ASSERT_TRUE(run_until([&] { return done == kChanges; }));
  EXPECT_EQ(most, kChanges - 1U);
  EXPECT_EQ(rows(), static_cast<std::size_t>(kChanges));
}

TEST_F(SqlOnlyTest, WhoHasGivenUpWaitingHoldsUpNobody) {
  begin(kSqlOnly);
  LocationTable& location = table();
  const std::string aor = "alice@example.org";
  const std::function<void(Bindings&)> nothing = [](Bindings&) {};
  simulation_.shards().post(1, [&](shard::Shard& shard) {
    base::start(usrloc().change(location, shard, aor, nothing), [](base::Result<>) {});
    for (int i = 0; i < 3; ++i) {
      const auto given_up = [](Usrloc& server, LocationTable& in, shard::Shard& at, const std::string& name,
                               const std::function<void(Bindings&)>& f) -> base::Running {
        static_cast<void>(co_await server.change(in, at, name, f));
      };
      const base::Running ends_here = given_up(usrloc(), location, shard, aor, nothing);
    }
  });
  EXPECT_TRUE(add(aor, "sip:a@192.0.2.1"));
}

TEST_F(SqlOnlyTest, AFailureIsAnErrorAndIsNotKept) {
  begin(kSqlOnly);
  ASSERT_TRUE(add("alice@example.org", "sip:a@192.0.2.1"));
  driver_->fail_writes(storage::Fault::Unavailable);
  EXPECT_FALSE(add("alice@example.org", "sip:b@192.0.2.1"));
  driver_->fail_writes({});
  EXPECT_THAT(uris("alice@example.org"), ElementsAre("sip:a@192.0.2.1"));
}

TEST_F(SqlOnlyTest, CommandsReadAndWriteTheDatabase) {
  begin(kSqlOnly);
  ASSERT_TRUE(add("alice@example.org", "sip:a@192.0.2.1"));
  ASSERT_TRUE(add("bob@example.org", "sip:b@192.0.2.1"));
  const auto dump = command(&Usrloc::dump);
  ASSERT_TRUE(dump);
  EXPECT_THAT(dump->text(), HasSubstr("sip:a@192.0.2.1"));
  EXPECT_THAT(dump->text(), HasSubstr("bob@example.org"));
  EXPECT_TRUE(Json::parse(dump->text()));
  const Json::Object alice = {{"table_name", Json("location")}, {"aor", Json("alice@example.org")}};
  EXPECT_THAT(command(&Usrloc::show_contact, alice)->text(), HasSubstr("CS_SYNC"));
  ASSERT_TRUE(command(&Usrloc::rm, alice));
  EXPECT_FALSE(command(&Usrloc::show_contact, alice));
  EXPECT_EQ(rows(), 1U);
  EXPECT_FALSE(command(&Usrloc::sync, {{"table_name", Json("location")}}));
}

// --- other modes -----------------------------------------------------------------------------------------------------

TEST_F(SqlOnlyTest, SyncMakesTheDatabaseWhatIsInMemory) {
  begin(kWriteBack);
  insert_users(3);
  ASSERT_TRUE(command(&Usrloc::flush));
  auto database = databases_.open(url_).value();
  ASSERT_TRUE(database->raw({"DELETE FROM location WHERE username = 'user1'"}));
  ASSERT_TRUE(database->raw({"UPDATE location SET contact = 'sip:spoiled@x' WHERE username = 'user2'"}));
  ASSERT_TRUE(
      database->raw({"INSERT INTO location(contact_id, username, domain, contact, expires) VALUES (0, 'strange', "
                     "'example.org', 'sip:s@x', 0)"}));
  EXPECT_TRUE(command(&Usrloc::sync, {{"table_name", Json("location")}}));
  EXPECT_EQ(rows(), 3U);
  const auto kept = database->raw({"SELECT count(*) FROM location WHERE contact = 'sip:user@192.0.2.1'"});
  ASSERT_TRUE(kept);
  EXPECT_FALSE(command(&Usrloc::sync, {{"table_name", Json("nowhere")}}));
  EXPECT_FALSE(command(&Usrloc::cluster_sync));
}

TEST_F(SqlOnlyTest, SyncOfOneAorLeavesTheOthersAlone) {
  begin(kWriteBack);
  insert_users(2);
  ASSERT_TRUE(command(&Usrloc::flush));
  auto database = databases_.open(url_).value();
  ASSERT_TRUE(database->raw({"DELETE FROM location"}));
  EXPECT_TRUE(command(&Usrloc::sync, {{"table_name", Json("location")}, {"aor", Json("user1@example.org")}}));
  EXPECT_EQ(rows(), 1U);
}

TEST_F(SqlOnlyTest, OldModesAreTaken) {
  for (const int mode : {0, 1, 2, 3, 4}) {
    EXPECT_EQ(failed_start([&](Usrloc& module) {
                module.db_mode = mode;
                module.db_url = url_;
              }),
              "")
        << mode;
  }
  EXPECT_THAT(failed_start([](Usrloc& module) { module.db_mode = 5; }), HasSubstr("db_mode"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.restart_persistency = "sync-from-cluster"; }),
              HasSubstr("cluster"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.working_mode_preset = "no-such-thing"; }),
              HasSubstr("unknown working_mode_preset"));
}

TEST_F(SqlOnlyTest, KeysOfAContactSurviveBesideThoseOfItsAor) {
  begin(kWriteBack);
  ContactFields contact = fields("sip:a@192.0.2.1");
  contact.keys = R"({"module":{"x":1}})";
  insert("alice@example.org", contact);
  table().change("alice@example.org", [](Bindings& bindings) { bindings.set_key("colour", "green"); });
  begin(kWriteBack);
  table().read("alice@example.org", [](const AorRecord& record) {
    EXPECT_EQ(record.value_of("colour"), "green");
    EXPECT_EQ(record.begin()->keys(), R"({"module":{"x":1}})");
  });
}

}  // namespace
}  // namespace carillon::usrloc
