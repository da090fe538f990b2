// SPDX-License-Identifier: Apache-2.0
// Several threads at one AoR: check-and-change is one operation, and what one thread saw no other had touched.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "modules/usrloc/shared_location_fixture.h"
#include "shard/shards.h"

namespace carillon::usrloc {
namespace {

class LocationTableThreadsTest : public ::testing::Test {
 protected:
  static void in_threads(int count, const std::function<void(int)>& work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) threads.emplace_back(work, i);
  }

  base::SystemClock clock_;
  shard::Shards shards_{clock_};
  OwnSharedLocation shared_{shards_};
  LocationTable table_{"location", shared_.shared, LocationTable::Options{}};
};

TEST_F(LocationTableThreadsTest, OneContactHoweverManyRegisterIt) {
  in_threads(4, [this](int) {
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      table_.change("alice@example.org", [&](Bindings& bindings) {
        const Contact* contact = bindings.record().find({.uri = "sip:alice@192.0.2.1"});
        ContactFields fields{.uri = "sip:alice@192.0.2.1",
                             .call_id = "one",
                             .user_agent = i % 2 == 0 ? "phone" : "other phone",
                             .expires = bindings.now() + 3600};
        fields.cseq = contact == nullptr ? 1 : contact->cseq() + 1;
        if (contact == nullptr) {
          bindings.insert(fields);
        } else {
          bindings.update(*contact, fields);
        }
      });
    }
  });
  EXPECT_EQ(table_.contacts(), 1U);
  table_.read("alice@example.org", [](const AorRecord& record) { EXPECT_EQ(record.begin()->cseq(), 4U * 2'000U); });
}

TEST_F(LocationTableThreadsTest, ALimitHoldsWhoeverComesFirst) {
  in_threads(4, [this](int thread) {
    for (int i = 0; i < 200; ++i) {
      const std::string uri = "sip:" + std::to_string(thread) + "." + std::to_string(i) + "@192.0.2.1";
      table_.change("alice@example.org", [&](Bindings& bindings) {
        if (bindings.record().valid_at(bindings.now()) < 10) bindings.insert({.uri = uri});
      });
    }
  });
  EXPECT_EQ(table_.contacts(), 10U);
}

TEST_F(LocationTableThreadsTest, WalkersAndWritersDoNotDisturbEachOther) {
  in_threads(4, [this](int thread) {
    for (int i = 0; i < 500; ++i) {
      const std::string aor = "user" + std::to_string(i % 50) + "@example.org";
      if (thread == 0) {
        std::size_t seen = 0;
        table_.for_each_in(static_cast<std::size_t>(i) % LocationTable::partitions(),
                           [&seen](std::string_view, const AorRecord& record) { seen += record.valid_at(0); });
        EXPECT_LE(seen, 50U * 4U * 500U);
      } else if (i % 7 == 0) {
        table_.erase(aor);
      } else {
        table_.change(aor, [](Bindings& bindings) { bindings.insert({.uri = "sip:x", .user_agent = "phone"}); });
      }
    }
  });
  for (int i = 0; i < 50; ++i) table_.erase("user" + std::to_string(i) + "@example.org");
  EXPECT_EQ(table_.contacts(), 0U);
  EXPECT_EQ(shared_.agents->size(), 0U);
}

}  // namespace
}  // namespace carillon::usrloc
