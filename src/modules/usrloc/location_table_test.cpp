// SPDX-License-Identifier: Apache-2.0
// The location table: contacts packed, found, ordered, expired; what the database is told of it.
#include "modules/usrloc/shared_location_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "modules/usrloc/aor_name.h"
#include "modules/usrloc/methods.h"
#include "shard/shards.h"
#include "shard/workers.h"
#include "testing/fake_clock.h"

namespace carillon::usrloc {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kAlice = "alice@example.org";

class RecordingSink final : public ChangeSink {
 public:
  void on_changed(std::string_view aor) override { changed.emplace_back(aor); }
  void on_removed(std::uint64_t contact_id) override { removed.push_back(contact_id); }

  std::vector<std::string> changed;
  std::vector<std::uint64_t> removed;
};

class LocationTableTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::int64_t now() const { return clock_.unix_seconds(); }

  // A contact that lasts an hour.
  [[nodiscard]] ContactFields fields(std::string_view uri) const {
    return {.uri = uri, .call_id = "call-1", .user_agent = "phone", .expires = now() + 3600, .last_modified = now()};
  }
  void insert(const ContactFields& fields, std::string_view aor = kAlice) {
    table_.change(aor, [&](Bindings& bindings) { bindings.insert(fields); });
  }
  std::vector<std::string> uris(std::string_view aor = kAlice) const {
    std::vector<std::string> found;
    table_.read(aor, [&](const AorRecord& record) {
      for (const Contact& contact : record) found.emplace_back(contact.uri());
    });
    return found;
  }
  std::string found(const ContactKey& key) const {
    std::string uri;
    table_.read(kAlice, [&](const AorRecord& record) {
      if (const Contact* contact = record.find(key)) uri = contact->uri();
    });
    return uri;
  }
  void advance(base::Duration by) {
    clock_.advance(by);
    worker_.run_until_idle();
  }

  carillon::testing::FakeClock clock_;
  shard::Shards shards_{clock_};
  shard::ManualWorker worker_{shards_};
  OwnSharedLocation shared_{shards_};
  LocationTable table_{"location", shared_.shared, {}};
  RecordingSink sink_;
};

TEST(AorName, KeepsShortAndLongTexts) {
  for (const std::size_t size : {0U, 1U, 30U, 31U, 32U, 300U}) {
    const std::string text(size, 'a');
    AorName name(text);
    EXPECT_EQ(name.text(), text);
    AorName moved(std::move(name));
    EXPECT_EQ(moved.text(), text);
    AorName other("other");
    other = std::move(moved);
    EXPECT_EQ(other, std::string_view(text));
  }
}

TEST(Methods, AreBitsInTheOrderOfOpenSips) {
  EXPECT_EQ(method_bits("INVITE, ACK,BYE , CANCEL,OPTIONS"), 1U | 4U | 8U | 2U | 32U);
  EXPECT_EQ(method_bit("PUBLISH"), 8192U);
  EXPECT_EQ(method_bit("invite"), method_bit("SOMETHING"));
  EXPECT_EQ(method_bits(" , "), 0U);
}

TEST_F(LocationTableTest, AContactKeepsAllItIsMadeOf) {
  const ContactFields full = {.uri = "sip:alice@192.0.2.1:5060",
                              .received = "sip:198.51.100.7:1234",
                              .path = "<sip:p.example.org;lr>",
                              .call_id = "call-1@host",
                              .instance = "urn:uuid:00000000-0000-1000-8000-000a95a0e128",
                              .attr = "attribute",
                              .user_agent = "phone 1.0",
                              .expires = now() + 60,
                              .last_modified = now(),
                              .cseq = 7,
                              .flags = 0,
                              .branch_flags = 5,
                              .methods = 9,
                              .reg_id = 2,
                              .q = 500,
                              .socket = transport::ListenerId{3},
                              .connection = transport::ConnectionId{77}};
  insert(full);
  table_.read(kAlice, [&](const AorRecord& record) {
    const ContactFields kept = record.begin()->fields();
    EXPECT_EQ(kept.uri, full.uri);
    EXPECT_EQ(kept.received, full.received);
    EXPECT_EQ(kept.path, full.path);
    EXPECT_EQ(kept.call_id, full.call_id);
    EXPECT_EQ(kept.instance, full.instance);
    EXPECT_EQ(kept.attr, full.attr);
    EXPECT_EQ(kept.user_agent, full.user_agent);
    EXPECT_EQ(kept.expires, full.expires);
    EXPECT_EQ(kept.cseq, 7U);
    EXPECT_EQ(kept.branch_flags, 5U);
    EXPECT_EQ(kept.methods, 9U);
    EXPECT_EQ(kept.reg_id, 2U);
    EXPECT_EQ(kept.q, 500);
    EXPECT_EQ(kept.socket, transport::ListenerId{3});
    EXPECT_EQ(kept.connection, transport::ConnectionId{77});
  });
}

TEST_F(LocationTableTest, AContactHasALimit) {
  ContactFields fields;
  const std::string text(65535, 'x');
  fields.uri = text;
  EXPECT_TRUE(fields.storable());
  insert(fields);
  EXPECT_THAT(uris(), ElementsAre(text));
  fields.attr = "y";
  EXPECT_FALSE(fields.storable());
}

TEST_F(LocationTableTest, OrdersByQAndThenByArrival) {
  for (const auto& [uri, q] : std::vector<std::pair<std::string, std::optional<std::uint16_t>>>{
           {"sip:none", std::nullopt}, {"sip:low", 100}, {"sip:high", 1000}, {"sip:low2", 100}, {"sip:zero", 0}}) {
    ContactFields contact = fields(uri);
    contact.q = q;
    insert(contact);
  }
  EXPECT_THAT(uris(), ElementsAre("sip:high", "sip:low", "sip:low2", "sip:zero", "sip:none"));
  table_.change(kAlice, [&](Bindings& bindings) {
    ContactFields better = fields("sip:low2");
    better.q = 200;
    bindings.update(*bindings.record().find({.uri = "sip:low2"}), better);
  });
  EXPECT_THAT(uris(), ElementsAre("sip:high", "sip:low2", "sip:low", "sip:zero", "sip:none"));
}

TEST_F(LocationTableTest, NewestFirstWhenAskedFor) {
  LocationTable newest("other", shared_.shared, {.newest_first = true});
  std::vector<std::string> order;
  for (const char* uri : {"sip:a", "sip:b", "sip:c"}) {
    newest.change(kAlice, [&](Bindings& bindings) { bindings.insert(fields(uri)); });
  }
  newest.change(kAlice, [&](Bindings& bindings) {
    bindings.update(*bindings.record().find({.uri = "sip:a"}), fields("sip:a"));
    for (const Contact& contact : bindings.record()) order.emplace_back(contact.uri());
  });
  EXPECT_THAT(order, ElementsAre("sip:a", "sip:c", "sip:b"));
}

TEST_F(LocationTableTest, ARefreshKeepsTheContactAndItsNumber) {
  insert(fields("sip:alice@192.0.2.1"));
  std::uint64_t id = 0;
  table_.change(kAlice, [&](Bindings& bindings) {
    id = bindings.record().begin()->id();
    ContactFields later = fields("sip:alice@192.0.2.1");
    later.cseq = 2;
    bindings.update(*bindings.record().begin(), later);
    EXPECT_EQ(bindings.record().begin()->cseq(), 2U);
    EXPECT_EQ(bindings.record().begin()->id(), id);
    // With other texts it moves in memory and stays the same contact.
    later.user_agent = "another phone";
    bindings.update(*bindings.record().begin(), later);
    EXPECT_EQ(bindings.record().begin()->user_agent(), "another phone");
    EXPECT_EQ(bindings.record().begin()->id(), id);
  });
  EXPECT_EQ(table_.contacts(), 1U);
}

TEST_F(LocationTableTest, UserAgentsAreKeptOnceAndGoWithTheirLastContact) {
  insert(fields("sip:a@192.0.2.1"));
  insert(fields("sip:b@192.0.2.1"), "bob@example.org");
  EXPECT_EQ(shared_.agents->size(), 1U);
  table_.erase(kAlice);
  EXPECT_EQ(shared_.agents->size(), 1U);
  table_.erase("bob@example.org");
  EXPECT_EQ(shared_.agents->size(), 0U);
}

TEST_F(LocationTableTest, FindsByTheRulesOfUriComparison) {
  insert(fields("sip:alice@Host.example.org:5060;transport=tcp;x=1"));
  EXPECT_NE(found({.uri = "sip:%61lice@host.EXAMPLE.org:5060;X=1;transport=TCP"}), "");
  EXPECT_NE(found({.uri = "sip:alice@host.example.org:5060;transport=tcp"}), "") << "x counts only when both have it";
  EXPECT_EQ(found({.uri = "sip:alice@host.example.org:5060;transport=tcp;x=2"}), "");
  EXPECT_EQ(found({.uri = "sip:ALICE@host.example.org:5060;transport=tcp;x=1"}), "");
  EXPECT_EQ(found({.uri = "sip:alice@host.example.org:5060"}), "");
  EXPECT_EQ(found({.uri = "not a URI"}), "");
}

TEST_F(LocationTableTest, FindsByUriAndCallIdWhenAskedTo) {
  insert(fields("sip:alice@192.0.2.1"));
  EXPECT_NE(found({.uri = "sip:alice@192.0.2.1", .call_id = "call-1", .matching = Matching::ContactCallId}), "");
  EXPECT_EQ(found({.uri = "sip:alice@192.0.2.1", .call_id = "call-2", .matching = Matching::ContactCallId}), "");
}

TEST_F(LocationTableTest, FindsByAParameterWhenAskedTo) {
  insert(fields("sip:alice@192.0.2.1;line=a"));
  EXPECT_NE(found({.uri = "sip:alice@192.0.2.9:7;line=a", .matching = Matching::Parameter, .parameter = "line"}), "");
  EXPECT_EQ(found({.uri = "sip:alice@192.0.2.1;line=b", .matching = Matching::Parameter, .parameter = "line"}), "");
}

TEST_F(LocationTableTest, AFlowIsItsInstanceAndRegId) {
  ContactFields flow = fields("sip:alice@192.0.2.1");
  flow.instance = "urn:uuid:1";
  flow.reg_id = 1;
  insert(flow);
  EXPECT_NE(found({.uri = "sip:alice@192.0.2.99:7", .instance = "urn:uuid:1", .reg_id = 1}), "");
  EXPECT_EQ(found({.uri = "sip:alice@192.0.2.1", .instance = "urn:uuid:1", .reg_id = 2}), "");
  EXPECT_NE(found({.uri = "sip:alice@192.0.2.1", .instance = "urn:uuid:1"}), "") << "without reg-id the URI decides";
}

TEST_F(LocationTableTest, ContactsExpireEachAtItsTime) {
  for (const int seconds : {60, 120, 0}) {
    const std::string uri = "sip:a" + std::to_string(seconds);
    ContactFields contact = fields(uri);
    contact.expires = seconds == 0 ? kPermanent : now() + seconds;
    insert(contact);
  }
  advance(59s);
  EXPECT_EQ(table_.contacts(), 3U);
  advance(1s + 20ms);
  EXPECT_THAT(uris(), ElementsAre("sip:a120", "sip:a0"));
  advance(60s);
  EXPECT_THAT(uris(), ElementsAre("sip:a0"));
  advance(24h * 365);
  EXPECT_THAT(uris(), ElementsAre("sip:a0"));
  EXPECT_EQ(table_.expired_counter().value(), 2U);
}

TEST_F(LocationTableTest, TheLastContactTakesItsAorAlong) {
  insert(fields("sip:a"));
  EXPECT_EQ(table_.users(), 1U);
  advance(3601s);
  EXPECT_EQ(table_.users(), 0U);
  EXPECT_EQ(table_.contacts(), 0U);
  EXPECT_EQ(shards_.next_due(), base::TimePoint::max());
}

TEST_F(LocationTableTest, ManyThatEndAtOnceAreRemovedALittleAtATime) {
  constexpr std::size_t kMany = 50'000;
  for (std::size_t i = 0; i < kMany; ++i) insert(fields("sip:x"), "user" + std::to_string(i) + "@example.org");
  clock_.advance(3601s);
  table_.read("user0@example.org", [this](const AorRecord& record) { EXPECT_EQ(record.valid_at(now()), 0U); });
  EXPECT_TRUE(shards_.run_timers(clock_.now()));
  EXPECT_GT(table_.contacts(), kMany / 2) << "the worker has other things to do";
  EXPECT_LE(shards_.next_due(), clock_.now()) << "and comes back";
  worker_.run_until_idle();
  EXPECT_EQ(table_.contacts(), 0U);
  EXPECT_EQ(shards_.next_due(), base::TimePoint::max());
}

TEST_F(LocationTableTest, AClockSetBackDelaysExpiryAndNothingElse) {
  insert(fields("sip:a"));
  clock_.set_unix_seconds(now() - 1000);
  advance(3601s);
  EXPECT_EQ(table_.contacts(), 1U);
  advance(1001s);
  EXPECT_EQ(table_.contacts(), 0U);
}

TEST_F(LocationTableTest, AnExpiryBeyondTimeItselfIsHarmless) {
  ContactFields contact = fields("sip:a");
  contact.expires = std::numeric_limits<std::int64_t>::max();
  insert(contact);
  advance(24h * 366 * 11);
  EXPECT_EQ(table_.contacts(), 1U);
}

TEST_F(LocationTableTest, NothingIsLeftOfAnAorThatWasOnlyLookedAt) {
  table_.change(kAlice, [](Bindings& bindings) { EXPECT_TRUE(bindings.record().empty()); });
  EXPECT_EQ(table_.users(), 0U);
  EXPECT_FALSE(table_.read(kAlice, [](const AorRecord&) {}));
}

TEST_F(LocationTableTest, ManyContactsOfOneAorEndWithoutDeepRecursion) {
  LocationTable newest("other", shared_.shared, {.newest_first = true});  // inserts without a walk
  newest.change(kAlice, [&](Bindings& bindings) {
    for (int i = 0; i < 200'000; ++i) bindings.insert(fields("sip:a"));
  });
  EXPECT_EQ(newest.contacts(), 200'000U);
  EXPECT_TRUE(newest.erase(kAlice));
  EXPECT_EQ(newest.contacts(), 0U);
}

TEST_F(LocationTableTest, KeysStayWithTheAor) {
  insert(fields("sip:a"));
  table_.change(kAlice, [](Bindings& bindings) {
    bindings.set_key("color", "red");
    bindings.set_key("color", "blue");
    bindings.set_key("size", "");
  });
  table_.read(kAlice, [](const AorRecord& record) {
    EXPECT_EQ(record.value_of("color"), "blue");
    EXPECT_TRUE(record.has_key("size"));
    EXPECT_FALSE(record.has_key("shape"));
  });
  table_.change(kAlice, [](Bindings& bindings) {
    EXPECT_TRUE(bindings.erase_key("color"));
    EXPECT_FALSE(bindings.erase_key("color"));
  });
}

TEST_F(LocationTableTest, TheSinkHearsOfAnAorOnceUntilItWasTaken) {
  table_.set_sink(sink_);
  insert(fields("sip:a"));
  insert(fields("sip:b"));
  table_.change(kAlice, [&](Bindings& bindings) { bindings.update(*bindings.record().begin(), fields("sip:a")); });
  EXPECT_THAT(sink_.changed, ElementsAre(kAlice));

  std::vector<std::string> taken;
  const auto take = [&](const AorRecord&, const Contact& contact) { taken.emplace_back(contact.uri()); };
  table_.take_unwritten(kAlice, take);
  EXPECT_THAT(taken, ElementsAre("sip:a", "sip:b"));
  table_.take_unwritten(kAlice, take);
  EXPECT_EQ(taken.size(), 2U);
  insert(fields("sip:c"));
  EXPECT_THAT(sink_.changed, ElementsAre(kAlice, kAlice));
}

TEST_F(LocationTableTest, APartitionIsTakenALittleAtATime) {
  table_.set_sink(sink_);
  for (int i = 0; i < 3000; ++i) insert(fields("sip:x"), "user" + std::to_string(i) + "@example.org");
  std::size_t taken = 0;
  std::size_t calls = 0;
  for (std::size_t partition = 0; partition < LocationTable::partitions(); ++partition) {
    bool all = false;
    while (!all) {
      const std::size_t before = taken;
      all =
          table_.take_unwritten_in(partition, 5, [&](std::string_view, const AorRecord&, const Contact&) { ++taken; });
      EXPECT_LE(taken - before, 5U);
      ++calls;
    }
  }
  EXPECT_EQ(taken, 3000U);
  EXPECT_GT(calls, LocationTable::partitions());
}

TEST_F(LocationTableTest, TheSinkHearsOnlyOfRemovalsTheDatabaseHasToKnow) {
  table_.set_sink(sink_);
  insert(fields("sip:never-written"));
  table_.erase(kAlice);
  EXPECT_THAT(sink_.removed, IsEmpty());

  insert(fields("sip:written"));
  table_.take_unwritten(kAlice, [](const AorRecord&, const Contact&) {});
  ContactFields hidden = fields("sip:hidden");
  hidden.flags = kMemoryOnly;
  insert(hidden);
  advance(3601s);
  EXPECT_EQ(sink_.removed.size(), 1U);
}

TEST_F(LocationTableTest, MemoryOnlyContactsAreNeverTaken) {
  table_.set_sink(sink_);
  ContactFields hidden = fields("sip:hidden");
  hidden.flags = kMemoryOnly;
  insert(hidden);
  EXPECT_THAT(sink_.changed, IsEmpty());
  table_.take_unwritten(kAlice, [](const AorRecord&, const Contact&) { FAIL(); });
}

TEST_F(LocationTableTest, WalksByPartitions) {
  for (int i = 0; i < 1000; ++i) insert(fields("sip:x"), "user" + std::to_string(i) + "@example.org");
  std::size_t seen = 0;
  for (std::size_t partition = 0; partition < LocationTable::partitions(); ++partition) {
    table_.for_each_in(partition, [&](std::string_view, const AorRecord&) { ++seen; });
    table_.change_each_in(partition,
                          [&](Bindings& bindings) { bindings.erase_if([](const Contact&) { return true; }); });
  }
  EXPECT_EQ(seen, 1000U);
  EXPECT_EQ(table_.users(), 0U);
  EXPECT_EQ(table_.contacts(), 0U);
}

// --- what others are told --------------------------------------------------------------------------------------------

class RecordingObserver final : public LocationObserver {
 public:
  [[nodiscard]] bool wants(LocationChange::Kind kind) const override {
    return kind != LocationChange::Kind::Updated || updates;
  }
  void on_change(shard::Shard& /*shard*/, std::string_view table, std::string_view aor,
                 const LocationChange& change) override {
    using Kind = LocationChange::Kind;
    constexpr std::array kNames = {"aor+", "aor-", "+", "=", "-", "latency", "refresh"};
    std::string line = kNames[static_cast<std::size_t>(change.kind)];
    if (change.contact) line += std::string(change.contact->uri());
    if (change.expired) line += " expired";
    if (change.kind == Kind::LatencyChanged) {
      line += " " + std::to_string(change.old_latency) + "-" + std::to_string(change.contact->latency());
    }
    told.push_back(std::string(table) + " " + std::string(aor) + " " + line);
  }

  bool updates = true;
  std::vector<std::string> told;
};

TEST_F(LocationTableTest, ObserversHearOfChangesInTheirOrder) {
  RecordingObserver observer;
  shared_.observers.push_back(&observer);
  insert(fields("sip:a@1"), "alice");
  insert(fields("sip:b@1"), "alice");
  table_.change("alice", [this](Bindings& bindings) {
    bindings.update(*bindings.record().begin(), fields("sip:a@1"));
    bindings.set_latency(*bindings.record().begin(), 300);
    bindings.erase(*bindings.record().find({.uri = "sip:b@1"}));
    EXPECT_EQ(bindings.record().begin()->latency(), 300U);
  });
  table_.change("alice", [](Bindings& bindings) { bindings.discard(); });
  EXPECT_TRUE(table_.erase("alice"));
  worker_.run_until_idle();
  EXPECT_THAT(observer.told,
              ::testing::ElementsAre("location alice aor+", "location alice +sip:a@1", "location alice +sip:b@1",
                                     "location alice =sip:a@1", "location alice latencysip:a@1 0-300",
                                     "location alice -sip:b@1", "location alice -sip:a@1", "location alice aor-"));
}

TEST_F(LocationTableTest, ObserversHearOfWhatExpires) {
  RecordingObserver observer;
  observer.updates = false;
  shared_.observers.push_back(&observer);
  insert(fields("sip:a@1"), "alice");
  advance(std::chrono::hours(3));
  EXPECT_THAT(observer.told, ::testing::Contains("location alice -sip:a@1 expired"));
  EXPECT_EQ(observer.told.back(), "location alice aor-");
}

TEST_F(LocationTableTest, AllTablesTogetherHaveALimit) {
  SharedLocation small = shared_.shared;
  small.max_bindings = 2;
  LocationTable one("one", small, {});
  LocationTable other("other", small, {});
  one.change("alice", [this](Bindings& bindings) {
    EXPECT_TRUE(bindings.has_room_for(2));
    bindings.insert(fields("sip:a@1"));
  });
  other.change("alice", [this](Bindings& bindings) {
    EXPECT_TRUE(bindings.has_room_for(0));
    EXPECT_TRUE(bindings.has_room_for(1));
    bindings.insert(fields("sip:b@1"));
    EXPECT_FALSE(bindings.has_room_for(1));
    bindings.erase(*bindings.record().begin());
    EXPECT_TRUE(bindings.has_room_for(1));
  });
  EXPECT_EQ(shared_.refused.value(), 1U);
}

}  // namespace
}  // namespace carillon::usrloc
