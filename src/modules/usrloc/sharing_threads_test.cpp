// SPDX-License-Identifier: Apache-2.0
// Servers that share a table: which of two writes holds, what is caught up after a split, and who pings.
#include "modules/usrloc/sharing.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>

#include "modules/usrloc/fake_shared_store.h"
#include "modules/usrloc/shared_location_fixture.h"
#include "routing/flag_names.h"
#include "shard/shards.h"
#include "testing/simulation.h"
#include "transport/null_network.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAlice = "alice@example.org";

bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class SharingTest : public ::testing::Test {
 protected:
  struct Server {
    Server(SharingTest& test, std::string name, std::size_t max_waiting = 1000)
        : shared(test.shards_),
          table("location", shared.shared, LocationTable::Options{}),
          sharing({.shards = test.shards_,
                   .clock = test.clock_,
                   .table = table,
                   .store = std::make_unique<FakeSharedStore>(test.data_, name, away),
                   .document = SharedDocument(test.flag_names_, test.transport_),
                   .statistics = statistics,
                   .server = name,
                   .options = {.check_every = 50ms, .sweep_every = 5ms, .lease = 300ms, .max_waiting = max_waiting}}) {}
    ~Server() { sharing.stop(0s); }

    void set(std::string_view aor, std::string_view uri, std::string_view agent = "phone") {
      table.change(aor, [&](Bindings& bindings) {
        const ContactFields fields{
            .uri = uri, .call_id = "call", .user_agent = agent, .expires = bindings.now() + 3600, .cseq = 1};
        const Contact* contact = bindings.record().find({.uri = uri});
        if (contact == nullptr) {
          bindings.insert(fields);
        } else {
          bindings.update(*contact, fields);
        }
      });
    }
    void remove(std::string_view aor) { table.erase(aor); }
    // "uri agent, uri agent"
    [[nodiscard]] std::string contacts(std::string_view aor) const {
      std::vector<std::string> all;
      table.read(aor, [&](const AorRecord& record) {
        for (const Contact& contact : record)
          all.push_back(std::string(contact.uri()) + " " + std::string(contact.user_agent()));
      });
      std::ranges::sort(all);
      std::string text;
      for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
      return text;
    }
    [[nodiscard]] bool has(std::string_view aor, std::string_view wanted) const {
      return eventually([&] { return contacts(aor) == wanted; });
    }

    OwnSharedLocation shared;
    LocationTable table;
    SharingStatistics statistics;
    std::atomic<bool> away{false};
    Sharing sharing;
  };

  base::SystemClock clock_;
  shard::Shards shards_{clock_};
  routing::FlagNames flag_names_;
  carillon::testing::Simulation simulation_;
  transport::NoResolver resolver_;
  transport::TransportLayer transport_{simulation_.network(), simulation_.shards(), resolver_, transport::Limits{}};
  FakeSharedData data_;
  Server a_{*this, "a"};
  Server b_{*this, "b"};

  void start_both() {
    a_.sharing.start(5s);
    b_.sharing.start(5s);
    ASSERT_TRUE(eventually([this] { return a_.sharing.is_connected() && b_.sharing.is_connected(); }));
  }
};

// --- what answers wait for

TEST_F(SharingTest, SaysWhenTheStoreKnowsAChange) {
  start_both();
  const shard::WorkerScope scope(0);
  const auto told = [&](Server& server, std::string_view aor) {
    std::optional<bool> known;
    shards_.post(7, [&](shard::Shard& shard) {
      base::start(server.sharing.told(shard, aor), [&known](bool is_known) { known = is_known; });
    });
    EXPECT_TRUE(eventually([&] {
      shards_.run_mail();
      shards_.run_timers(clock_.now());
      return known.has_value();
    }));
    return known.value_or(false);
  };
  EXPECT_TRUE(told(a_, kAlice)) << "nothing has changed";
  a_.set(kAlice, "sip:alice@192.0.2.1");
  EXPECT_TRUE(told(a_, kAlice));
  {
    const std::scoped_lock lock(data_.mutex);
    EXPECT_EQ(data_.aors.size(), 1U);
  }
  a_.away = true;
  a_.set(kAlice, "sip:alice@192.0.2.2");
  EXPECT_FALSE(told(a_, kAlice)) << "it waits, but nobody waits for it";

  const std::scoped_lock slow(data_.mutex);
  b_.set("bob@example.org", "sip:bob@192.0.2.1");
  EXPECT_FALSE(told(b_, "bob@example.org")) << "an answer has no time for a store that takes its own";
}

SharedEntry entry(const std::string& uri, ContactVersion version, std::string_view agent) {
  return {.identity = uri,
          .version = version,
          .expires = 4'000'000'000,
          .document = fmt::format(R"({{"contact":"{}","user_agent":"{}","expires":4000000000}})", uri, agent)};
}
SharedEntry removal(const std::string& uri, ContactVersion version) {
  return {.identity = uri, .version = version, .expires = 4'000'000'000};
}

TEST_F(SharingTest, TheGreaterVersionHolds) {
  a_.sharing.merge(kAlice, {entry("sip:1@h", 20, "new")});
  a_.sharing.merge(kAlice, {entry("sip:1@h", 10, "old")});
  EXPECT_EQ(a_.contacts(kAlice), "sip:1@h new");
  a_.sharing.merge(kAlice, {entry("sip:1@h", 30, "newer"), entry("sip:2@h", 5, "other")});
  EXPECT_EQ(a_.contacts(kAlice), "sip:1@h newer, sip:2@h other");
}

TEST_F(SharingTest, ARemovalHoldsAgainstOlderWritesAndNotAgainstNewer) {
  a_.sharing.merge(kAlice, {entry("sip:1@h", 20, "x")});
  a_.sharing.merge(kAlice, {removal("sip:1@h", 10)});
  EXPECT_EQ(a_.contacts(kAlice), "sip:1@h x");
  a_.sharing.merge(kAlice, {removal("sip:1@h", 30)});
  EXPECT_EQ(a_.contacts(kAlice), "");
  a_.sharing.merge(kAlice, {entry("sip:1@h", 25, "late")});
  EXPECT_EQ(a_.contacts(kAlice), "");
  a_.sharing.merge(kAlice, {entry("sip:1@h", 40, "again")});
  EXPECT_EQ(a_.contacts(kAlice), "sip:1@h again");
}

TEST_F(SharingTest, TheSameUriWrittenOtherwiseIsTheSameContact) {
  a_.sharing.merge(kAlice, {entry("sip:1@HOST", 20, "x")});
  a_.sharing.merge(kAlice, {entry("sip:1@host", 30, "y")});
  EXPECT_EQ(a_.contacts(kAlice), "sip:1@host y");
}

TEST_F(SharingTest, WhatIsNoContactOrHasExpiredIsLeftOut) {
  SharedEntry broken = entry("sip:1@h", 20, "x");
  broken.document = "{\"contact\":\"sip:1@h\\r\\nX: y\"}";
  SharedEntry expired = entry("sip:2@h", 20, "x");
  expired.document = R"({"contact":"sip:2@h","expires":1000})";
  a_.sharing.merge(kAlice, {broken, expired, {.identity = "i", .version = 1, .document = "no json"}});
  EXPECT_EQ(a_.contacts(kAlice), "");
  a_.sharing.on_message("nonsense");
  a_.sharing.on_message("1:11:11:e1:s5:wrong");  // not the bucket of that AoR
}

TEST_F(SharingTest, VersionsGrowWhateverTheClockSays) {
  const ContactVersion first = next_version(1'000'000, 0, 7);
  EXPECT_GT(next_version(900'000, first, 3), first);
  EXPECT_GT(next_version(1'000'000, first, 7), first);
  EXPECT_LT(next_version(1'000'000, 0, 6), first);  // the server decides where the time doesn't
  EXPECT_EQ(read_version(version_text(first)), first);
  EXPECT_LT(version_text(0xff), version_text(0x100));
  EXPECT_FALSE(read_version("12").has_value());
}

TEST_F(SharingTest, WhatOneWritesTheOtherHas) {
  start_both();
  a_.set(kAlice, "sip:1@h");
  EXPECT_TRUE(b_.has(kAlice, "sip:1@h phone"));
  b_.set(kAlice, "sip:2@h");
  b_.set(kAlice, "sip:1@h", "other");
  EXPECT_TRUE(a_.has(kAlice, "sip:1@h other, sip:2@h phone"));
  a_.remove(kAlice);
  EXPECT_TRUE(b_.has(kAlice, ""));
  b_.set(kAlice, "sip:1@h");
  EXPECT_TRUE(a_.has(kAlice, "sip:1@h phone"));
  a_.set(kAlice, "sip:1@H");  // the same contact by another text
  EXPECT_TRUE(b_.has(kAlice, "sip:1@H phone"));
}

TEST_F(SharingTest, ASplitHealsToTheNewestOfEach) {
  start_both();
  a_.set(kAlice, "sip:both@h", "0");
  a_.set(kAlice, "sip:gone@h", "0");
  a_.set("bob@h", "sip:kept@h", "0");
  ASSERT_TRUE(b_.has(kAlice, "sip:both@h 0, sip:gone@h 0"));
  ASSERT_TRUE(b_.has("bob@h", "sip:kept@h 0"));
  b_.away = true;
  b_.set(kAlice, "sip:both@h", "b");
  b_.table.change(kAlice, [](Bindings& bindings) { bindings.erase(*bindings.record().find({.uri = "sip:gone@h"})); });
  b_.remove("bob@h");
  std::this_thread::sleep_for(5ms);  // by the clock a's writes are later
  a_.set(kAlice, "sip:both@h", "a");
  a_.set("bob@h", "sip:kept@h", "a");
  EXPECT_EQ(b_.contacts(kAlice), "sip:both@h b");
  EXPECT_EQ(b_.contacts("bob@h"), "");
  b_.away = false;
  for (const Server* server : {&a_, &b_}) {
    EXPECT_TRUE(server->has(kAlice, "sip:both@h a"));
    EXPECT_TRUE(server->has("bob@h", "sip:kept@h a"));
  }
  EXPECT_GE(b_.statistics.conflicts.value(), 1U);
}

TEST_F(SharingTest, MessagesThatAreLostAreMissed) {
  start_both();
  a_.set(kAlice, "sip:0@h");
  ASSERT_TRUE(b_.has(kAlice, "sip:0@h phone"));
  data_.loses_messages = true;
  a_.set(kAlice, "sip:1@h");
  EXPECT_TRUE(b_.has(kAlice, "sip:0@h phone, sip:1@h phone"));
}

TEST_F(SharingTest, AStoreThatForgotIsToldAgain) {
  start_both();
  for (int i = 0; i < 50; ++i) a_.set("user" + std::to_string(i) + "@h", "sip:1@h");
  ASSERT_TRUE(eventually([&] { return b_.table.users() == 50; }));
  data_.forget_everything();
  EXPECT_TRUE(eventually([&] {
    const std::scoped_lock lock(data_.mutex);
    return data_.last_change.size() == 50;
  }));
  EXPECT_EQ(b_.table.users(), 50U);
}

TEST_F(SharingTest, WhatWaitsIsBoundedAndStillArrives) {
  Server small(*this, "small", 10);
  small.sharing.start(5s);
  b_.sharing.start(5s);
  small.away = true;
  for (int i = 0; i < 100; ++i) small.set("user" + std::to_string(i) + "@h", "sip:1@h");
  EXPECT_LE(small.sharing.waiting(), 10U + 256U);
  small.away = false;
  EXPECT_TRUE(eventually([&] { return b_.table.users() == 100; }));
}

TEST_F(SharingTest, AServerThatBeginsHasWhatTheOthersHave) {
  a_.sharing.start(5s);
  for (int i = 0; i < 50; ++i) a_.set("user" + std::to_string(i) + "@h", "sip:1@h");
  ASSERT_TRUE(eventually([&] { return a_.sharing.waiting() == 0; }));
  b_.sharing.start(5s);
  EXPECT_EQ(b_.table.users(), 50U);
}

TEST_F(SharingTest, OnePingsAndAnotherWhenThatOneGoes) {
  start_both();
  ASSERT_TRUE(eventually([&] { return a_.sharing.is_pinging() || b_.sharing.is_pinging(); }));
  EXPECT_NE(a_.sharing.is_pinging(), b_.sharing.is_pinging());
  Server& first = a_.sharing.is_pinging() ? a_ : b_;
  Server& second = &first == &a_ ? b_ : a_;
  // Cut off, it stops by itself.
  first.away = true;
  EXPECT_TRUE(eventually([&] { return !first.sharing.is_pinging(); }));
  first.away = false;
  ASSERT_TRUE(eventually([&] { return first.sharing.is_pinging(); }));
  first.sharing.stop(0s);
  EXPECT_FALSE(first.sharing.is_pinging());
  EXPECT_TRUE(eventually([&] { return second.sharing.is_pinging(); }));
}

}  // namespace
}  // namespace carillon::usrloc
