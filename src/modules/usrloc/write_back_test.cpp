// SPDX-License-Identifier: Apache-2.0
// Contacts on their way to the database and back: restarts, kills, databases that fail.
#include "modules/usrloc/write_back.h"

#include <gmock/gmock.h>

#include "modules/usrloc/usrloc_fixture.h"

namespace carillon::usrloc {
namespace {

using namespace std::chrono_literals;
using storage::Fault;
using ::testing::HasSubstr;

constexpr const char* kWriteBack = "single-instance-sql-write-back";
constexpr const char* kWriteThrough = "single-instance-sql-write-through";
constexpr std::string_view kAlice = "alice@example.org";

class WriteBackTest : public UsrlocTest {
 protected:
  [[nodiscard]] std::uint64_t written() { return usrloc().write_back_statistics.written.value(); }
  [[nodiscard]] std::uint64_t failures() { return usrloc().write_back_statistics.failures.value(); }
  [[nodiscard]] std::uint64_t dropped() { return usrloc().write_back_statistics.dropped.value(); }
  // Until the next failure has been counted and its pause is set.
  void let_fail() {
    const std::uint64_t before = failures();
    EXPECT_TRUE(pass_time_until(1s, [&] { return failures() > before; }));
  }
};

TEST_F(WriteBackTest, ARestartFindsEverything) {
  begin(kWriteBack);
  ContactFields full = fields("sip:alice@192.0.2.1:5060;transport=tcp");
  full.received = "sip:198.51.100.7:1234";
  full.path = "<sip:p.example.org;lr>";
  full.call_id = "call'1\"; DROP TABLE location; --";
  full.instance = "urn:uuid:1";
  full.attr = "attribute";
  full.cseq = 4'000'000'000U;
  full.branch_flags = server_->flag_names.mask(routing::FlagSpace::Branch, "NAT").value();
  full.methods = 9;
  full.reg_id = 2;
  full.q = 750;
  insert(kAlice, full);
  insert("bob@example.org", fields("sip:bob@192.0.2.2"));
  table().change(kAlice, [](Bindings& bindings) { bindings.set_key("color", "blue"); });

  begin(kWriteBack);
  // Another order of mentions gives the flag another bit; its name is what was written.
  ASSERT_TRUE(server_->flag_names.mask(routing::FlagSpace::Branch, "OTHER"));
  EXPECT_EQ(table().contacts(), 2U);
  EXPECT_TRUE(table().read(kAlice, [&](const AorRecord& record) {
    const ContactFields kept = record.begin()->fields();
    EXPECT_EQ(kept.uri, full.uri);
    EXPECT_EQ(kept.received, full.received);
    EXPECT_EQ(kept.path, full.path);
    EXPECT_EQ(kept.call_id, full.call_id);
    EXPECT_EQ(kept.instance, full.instance);
    EXPECT_EQ(kept.attr, full.attr);
    EXPECT_EQ(kept.user_agent, full.user_agent);
    EXPECT_EQ(kept.expires, full.expires);
    EXPECT_EQ(kept.last_modified, full.last_modified);
    EXPECT_EQ(kept.cseq, full.cseq);
    EXPECT_EQ(server_->flag_names.names(routing::FlagSpace::Branch, kept.branch_flags), "NAT");
    EXPECT_EQ(kept.methods, 9U);
    EXPECT_EQ(kept.reg_id, 2U);
    EXPECT_EQ(kept.q, 750);
    EXPECT_EQ(record.value_of("color"), "blue");
  }));
}

TEST_F(WriteBackTest, NumbersOfContactsGoOnWhereTheyEnded) {
  begin(kWriteBack);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  begin(kWriteBack);
  static_cast<void>(table());
  insert(kAlice, fields("sip:b@192.0.2.1"));
  begin(kWriteBack);
  EXPECT_EQ(table().contacts(), 2U);
}

TEST_F(WriteBackTest, AKillLosesNothingOlderThanTheInterval) {
  begin(kWriteBack, [](Usrloc& module) { module.timer_interval = 5s; });
  insert(kAlice, fields("sip:a@192.0.2.1"));
  simulation_.advance(5s + 20ms);
  EXPECT_TRUE(run_until([&] { return written() == 1; }));
  insert("bob@example.org", fields("sip:b@192.0.2.1"));
  kill();

  begin(kWriteBack);
  EXPECT_TRUE(table().read(kAlice, [](const AorRecord&) {}));
}

TEST_F(WriteBackTest, TheTimerGoesOn) {
  begin(kWriteBack, [](Usrloc& module) { module.timer_interval = 5s; });
  for (std::uint64_t round = 1; round <= 3; ++round) {
    insert(kAlice, fields("sip:a@192.0.2." + std::to_string(round)));
    EXPECT_TRUE(pass_time_until(5s + 20ms, [&] { return written() == round; }));
  }
}

TEST_F(WriteBackTest, AContactThatChangesOftenIsWrittenOnce) {
  begin(kWriteBack);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  for (unsigned cseq = 1; cseq <= 10; ++cseq) {
    table().change(kAlice, [&](Bindings& bindings) {
      ContactFields later = fields("sip:a@192.0.2.1");
      later.cseq = cseq;
      bindings.update(*bindings.record().begin(), later);
    });
  }
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(written(), 1U);
}

TEST_F(WriteBackTest, WhatComesAndGoesWithinTheIntervalCostsNoWrite) {
  begin(kWriteBack);
  static_cast<void>(table());
  const int before = driver_->writes();
  insert(kAlice, fields("sip:a@192.0.2.1"));
  EXPECT_TRUE(table().erase(kAlice));
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(driver_->writes(), before);
}

TEST_F(WriteBackTest, RemovedAndExpiredContactsLeaveTheDatabase) {
  begin(kWriteBack);
  insert_users(3);
  ContactFields brief = fields("sip:brief@192.0.2.1");
  brief.expires = now() + 60;
  insert(kAlice, brief);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 4U);
  EXPECT_TRUE(table().erase("user0@example.org"));
  simulation_.advance(61s);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 2U);
}

TEST_F(WriteBackTest, WhatExpiredWhileTheServerWasDownIsNotLoaded) {
  begin(kWriteBack);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  ContactFields permanent = fields("sip:b@192.0.2.1");
  permanent.expires = kPermanent;
  insert("bob@example.org", permanent);
  end();
  simulation_.advance(24h);
  begin(kWriteBack);
  EXPECT_EQ(table().contacts(), 1U);
  EXPECT_EQ(rows(), 1U);
}

TEST_F(WriteBackTest, MemoryOnlyContactsStayOutOfTheDatabase) {
  begin(kWriteBack);
  ContactFields hidden = fields("sip:a@192.0.2.1");
  hidden.flags = kMemoryOnly;
  insert(kAlice, hidden);
  insert("bob@example.org", fields("sip:b@192.0.2.1"));
  end();
  EXPECT_EQ(rows(), 1U);
}

TEST_F(WriteBackTest, ManyBatchesAreWrittenInOneGo) {
  begin(kWriteBack);
  insert_users(9'000);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(written(), 9'000U);
  EXPECT_EQ(rows(), 9'000U);
}

TEST_F(WriteBackTest, AQueueThatOverflowsIsReplacedByALookThroughTheTable) {
  begin(kWriteBack);
  LocationTable& location = table();
  ContactFields contact = fields("sip:a@192.0.2.1");
  // One AoR that comes and goes is noted each time, until there are too many notes.
  for (int i = 0; i < 250'001; ++i) {
    location.change(kAlice, [&](Bindings& bindings) {
      bindings.insert(contact);
      bindings.erase_if([](const Contact&) { return true; });
    });
  }
  insert_users(100);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 100U);
  insert(kAlice, contact);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 101U);
}

TEST_F(WriteBackTest, AFailingDatabaseHoldsUpNobodyAndLosesNothing) {
  begin(kWriteBack, [](Usrloc& module) { module.timer_interval = 2s; });
  static_cast<void>(table());
  driver_->fail_writes(Fault::Unavailable);
  ContactFields permanent = fields("sip:a@192.0.2.1");
  permanent.expires = kPermanent;
  insert(kAlice, permanent);
  let_fail();
  EXPECT_FALSE(command(&Usrloc::flush)) << "who waits is told";
  EXPECT_TRUE(table().erase(kAlice));
  insert("bob@example.org", permanent);
  let_fail();
  driver_->fail_writes(std::nullopt);
  EXPECT_TRUE(run_until([&] {
    simulation_.advance(10s);
    return written() >= 2;
  }));
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 1U);
  EXPECT_EQ(dropped(), 0U);
}

TEST_F(WriteBackTest, TriesAreRarerTheLongerADatabaseFails) {
  begin(kWriteBack, [](Usrloc& module) { module.timer_interval = 1s; });
  static_cast<void>(table());
  driver_->fail_writes(Fault::Busy);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  for (int i = 0; i < 4; ++i) let_fail();
  // 1 + 2 + 4 + 8 s have been waited; the next try is 16 s off.
  const std::uint64_t tries = failures();
  simulation_.advance(10s);
  EXPECT_LE(failures(), tries + 1);
  driver_->fail_writes(std::nullopt);
}

TEST_F(WriteBackTest, OneBadRowDoesNotHoldUpTheOthers) {
  begin(kWriteBack);
  driver_->refuse_call_id("poison");
  insert_users(20);
  ContactFields poison = fields("sip:poison@192.0.2.1");
  poison.call_id = "poison";
  insert(kAlice, poison);
  EXPECT_TRUE(command(&Usrloc::flush));
  EXPECT_EQ(rows(), 20U);
  EXPECT_EQ(dropped(), 1U);
  EXPECT_EQ(table().contacts(), 21U);
}

TEST_F(WriteBackTest, WriteThroughEndsWhenTheRowIsThere) {
  begin(kWriteThrough);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  std::optional<bool> done;
  const auto write = [&] {
    done.reset();
    simulation_.shards().post(7, [&](shard::Shard& shard) {
      base::start(usrloc().written(table(), shard, ""), [&done](bool written) { done = written; });
    });
    EXPECT_TRUE(run_until([&] { return done.has_value(); }));
    return *done;
  };
  EXPECT_TRUE(write());
  EXPECT_EQ(rows(), 1U);
  driver_->fail_writes(Fault::Unavailable);
  insert("bob@example.org", fields("sip:b@192.0.2.1"));
  EXPECT_FALSE(write());
  driver_->fail_writes(std::nullopt);
  EXPECT_TRUE(write()) << "with nothing new, what failed is tried again";
  EXPECT_EQ(rows(), 2U);
}

TEST_F(WriteBackTest, ATableOfAnotherNameHasTheSameShape) {
  begin(kWriteBack);
  table("subscribers_eu").change(kAlice, [&](Bindings& bindings) { bindings.insert(fields("sip:a@192.0.2.1")); });
  end();
  EXPECT_EQ(rows("subscribers_eu"), 1U);
}

TEST_F(WriteBackTest, RowsThatAreNoContactsAreLeftOut) {
  begin(kWriteBack);
  insert(kAlice, fields("sip:a@192.0.2.1"));
  end();
  auto database = databases_.open(url_).value();
  const auto insert_row = [&](const char* username, const char* contact) {
    ASSERT_TRUE(database->raw({.text = "INSERT INTO location (username, domain, contact, expires) VALUES (?, ?, ?, ?)",
                               .parameters = {std::string(username), std::string("example.org"), std::string(contact),
                                              std::int64_t{4'000'000'000}}}));
  };
  insert_row("", "sip:x@192.0.2.1");
  insert_row("carol", "");
  insert_row("erin", "sip:erin@192.0.2.1>\r\nEvil: 1");
  insert_row("frank", "sip:frank@192.0.2.1 SIP/2.0");
  insert_row("dave", "sip:dave@192.0.2.1");
  begin(kWriteBack);
  EXPECT_EQ(table().contacts(), 2U);
}

TEST_F(WriteBackTest, RowsAsOpenSipsWritesThemAreRead) {
  begin(kWriteBack);
  static_cast<void>(table());
  end();
  ASSERT_TRUE(databases_.open(url_).value()->raw(
      {.text = "INSERT INTO location (contact_id, username, domain, contact, expires, q, callid, cseq, last_modified, "
               "flags, cflags, user_agent, socket, methods, sip_instance, kv_store, attr) VALUES (?, 'alice', "
               "'example.org', 'sip:alice@192.0.2.1', 4000000000, -1.0, 'call-1', 13, '2026-01-31 12:00:00', 0, '', "
               "'n/a', 'udp:192.0.2.9:5060', -1, '\"<urn:uuid:1>\"', ?, NULL)",
       .parameters = {std::int64_t{3'659'174'697'238'784},
                      std::string(R"({"other":"x","_urec_kvs":"{\"color\":\"blue\",\"size\":7}"})")}}));
  begin(kWriteBack);
  EXPECT_TRUE(table().read(kAlice, [](const AorRecord& record) {
    const Contact& contact = *record.begin();
    EXPECT_EQ(contact.methods(), kAllMethods);
    EXPECT_EQ(contact.instance(), "urn:uuid:1");
    EXPECT_FALSE(contact.q());
    EXPECT_EQ(record.value_of("color"), "blue");
    EXPECT_EQ(record.value_of("size"), "7");
    EXPECT_FALSE(record.has_key("other"));
  }));
}

TEST_F(WriteBackTest, WhoWaitsIsServedHoweverMuchComes) {
  begin(kWriteThrough);
  LocationTable& location = table();
  insert(kAlice, fields("sip:a@192.0.2.1"));
  bool served = false;
  simulation_.shards().post(7, [&](shard::Shard& shard) {
    base::start(usrloc().written(table(), shard, ""), [&served](bool) { served = true; });
  });
  // Others register all the time, faster than a database writes.
  int number = 0;
  EXPECT_TRUE(run_until([&] {
    for (int i = 0; i < 5'000 && number < 200'000; ++i, ++number) {
      location.change("user" + std::to_string(number) + "@example.org",
                      [&](Bindings& bindings) { bindings.insert(fields("sip:user@192.0.2.1")); });
    }
    return served;
  }));
  EXPECT_LT(number, 200'000);
}

TEST_F(WriteBackTest, ModesThatAreNotThereAreNamed) {
  EXPECT_THAT(failed_start([](Usrloc& module) { module.working_mode_preset = "federation-cachedb-cluster"; }),
              HasSubstr("needs the clusterer module"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.working_mode_preset = "full-sharing-cachedb-cluster"; }),
              HasSubstr("needs a cachedb_url"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.cachedb_url = "redis://localhost/"; }),
              HasSubstr("cachedb_url needs the mode"));
  EXPECT_THAT(failed_start([](Usrloc& module) {
                module.cluster_mode = "full-sharing-cachedb";
                module.cachedb_url = "redis://localhost/";
              }),
              HasSubstr("is the module cachedb_redis loaded?"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.working_mode_preset = "full-sharing-cluster"; }),
              HasSubstr("full-sharing-cluster"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.cluster_mode = "federation-cachedb"; }),
              HasSubstr("federation-cachedb"));
  EXPECT_THAT(failed_start([](Usrloc& module) { module.working_mode_preset = kWriteBack; }), HasSubstr("db_url"));
  EXPECT_EQ(failed_start([this](Usrloc& module) {
              module.restart_persistency = "load-from-sql";
              module.sql_write_mode = "write-back";
              module.db_url = url_;
            }),
            "");
}

}  // namespace
}  // namespace carillon::usrloc
