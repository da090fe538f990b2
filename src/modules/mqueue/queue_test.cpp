// SPDX-License-Identifier: Apache-2.0
#include "modules/mqueue/queue.h"

#include <gtest/gtest.h>

namespace carillon::mqueue {
namespace {

std::string why(std::string_view text) {
  const auto settings = QueueSettings::parse(text);
  return settings ? "no error" : settings.error().message;
}

TEST(QueueSettings, AreReadWhole) {
  const auto settings = QueueSettings::parse(" name = q ; size=20;addmode=2;dbmode=2;");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->name, "q");
  EXPECT_EQ(settings->size, 20U);
  EXPECT_EQ(settings->add, QueueSettings::Add::KeepNewest);
  EXPECT_FALSE(settings->read_at_start);
  EXPECT_TRUE(settings->write_at_end);
  EXPECT_TRUE(QueueSettings::parse("name=q;dbmode=1")->read_at_start);
  EXPECT_FALSE(QueueSettings::parse("name=q;dbmode=3")->write_at_end);
}

TEST(QueueSettings, TellTheirMistakes) {
  EXPECT_EQ(why(""), "a queue needs a name");
  EXPECT_EQ(why("size=2"), "a queue needs a name");
  EXPECT_EQ(why("name=q;size=-1"), "size must be a number from 0 to 2147483647");
  EXPECT_EQ(why("name=q;addmode=3"), "addmode must be a number from 0 to 2");
  EXPECT_EQ(why("name=q;colour=red"), "'colour' means nothing");
}

TEST(Queue, GivesItsRoomBack) {
  Room room(1000);
  {
    Queue once(*QueueSettings::parse("name=q;addmode=2;size=2"), room);
    EXPECT_TRUE(once.add("a", "1"));
    EXPECT_TRUE(once.add("b", "2"));
    EXPECT_TRUE(once.add("a", "33"));
    EXPECT_TRUE(once.add("c", "4"));
    EXPECT_EQ(once.size(), 2U);
    EXPECT_EQ(once.fetch()->value, "33");
    EXPECT_FALSE(once.add("d", std::string(900, 'x')));
    EXPECT_EQ(once.size(), 1U);
    EXPECT_EQ(once.items().front().key, "c");
  }
  EXPECT_EQ(room.used.load(), 0U);
}

}  // namespace
}  // namespace carillon::mqueue
