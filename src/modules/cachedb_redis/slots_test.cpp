// SPDX-License-Identifier: Apache-2.0
// Slots of keys and maps of a Cluster, as the Redis documentation has them.
#include "modules/cachedb_redis/slots.h"

#include <gtest/gtest.h>

#include "modules/cachedb_redis/reply_reader.h"
#include "modules/cachedb_redis/words.h"

namespace carillon::cachedb_redis {
namespace {

using storage::Reply;

const Address kAsked{"10.0.0.1", 7000};

Reply read(std::string_view bytes) {
  ReplyReader reader;
  EXPECT_TRUE(reader.feed(bytes).has_value());
  auto reply = reader.next();
  EXPECT_TRUE(reply.has_value() && reply->has_value());
  return std::move(**reply);
}

Reply error(std::string text) { return {.kind = Reply::Kind::Error, .text = std::move(text)}; }

TEST(Slots, AreTheCrcOfTheKeyOrItsTag) {
  EXPECT_EQ(crc16("123456789"), 0x31c3);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("bar"), 5061);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_EQ(slot_of("foo{}{bar}"), crc16("foo{}{bar}") % kSlots);
  EXPECT_EQ(slot_of("foo{bar"), crc16("foo{bar") % kSlots);
  EXPECT_EQ(slot_of(""), 0);
}

TEST(Slots, RedirectionsNameTheNode) {
  const auto moved = Redirection::parse(error("MOVED 3999 127.0.0.1:6381"), kAsked);
  ASSERT_TRUE(moved.has_value());
  EXPECT_FALSE(moved->ask);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->to, (Address{"127.0.0.1", 6381}));
  const auto ask = Redirection::parse(error("ASK 1 2001:db8::7:6382"), kAsked);
  ASSERT_TRUE(ask.has_value());
  EXPECT_TRUE(ask->ask);
  EXPECT_EQ(ask->to, (Address{"2001:db8::7", 6382}));
  EXPECT_EQ(ask->to.text(), "[2001:db8::7]:6382");
  // An empty host is that of the node that says so.
  EXPECT_EQ(Redirection::parse(error("MOVED 1 :6383"), kAsked)->to, (Address{"10.0.0.1", 6383}));
  for (const char* bad : {"MOVED", "MOVED 1", "MOVED x 1.1.1.1:1", "MOVED 16384 1.1.1.1:1", "MOVED 1 1.1.1.1:0",
                          "MOVED 1 1.1.1.1", "MOVED 1 ?:7000", "ERR no", ""}) {
    EXPECT_FALSE(Redirection::parse(error(bad), kAsked).has_value()) << bad;
  }
  EXPECT_FALSE(Redirection::parse({.kind = Reply::Kind::Text, .text = "MOVED 1 1.1.1.1:1"}, kAsked).has_value());
}

TEST(Slots, TheMapSaysWhoHasASlot) {
  const auto map = SlotMap::parse(
      read("*3\r\n"
           "*3\r\n:0\r\n:5460\r\n*3\r\n$8\r\n10.0.0.7\r\n:7000\r\n$2\r\nid\r\n"
           "*4\r\n:5461\r\n:10000\r\n*3\r\n$0\r\n\r\n:7001\r\n$2\r\nid\r\n*3\r\n$8\r\n10.0.0.9\r\n:7002\r\n$2\r\nid\r\n"
           "*3\r\n:10002\r\n:16383\r\n*3\r\n$8\r\n10.0.0.7\r\n:7000\r\n$2\r\nid\r\n"),
      kAsked);
  ASSERT_TRUE(map.has_value()) << map.error().message;
  EXPECT_EQ(*map->master_of(0), (Address{"10.0.0.7", 7000}));
  EXPECT_EQ(*map->master_of(5461), (Address{"10.0.0.1", 7001}));
  EXPECT_EQ(map->master_of(10001), nullptr);
  EXPECT_EQ(*map->master_of(16383), (Address{"10.0.0.7", 7000}));
  EXPECT_EQ(map->masters().size(), 2U);
  EXPECT_EQ(map->counts(), (std::vector<std::size_t>{5461 + 6382, 4540}));
}

TEST(Slots, WhatIsNoMapIsAnError) {
  for (const char* bad :
       {"*0\r\n", ":1\r\n", "*1\r\n:1\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n",
        "*1\r\n*3\r\n:5\r\n:1\r\n*2\r\n$1\r\nh\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*2\r\n$1\r\nh\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\n?\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:1\r\n*2\r\n$1\r\nh\r\n:0\r\n"}) {
    EXPECT_FALSE(SlotMap::parse(read(bad), kAsked).has_value()) << bad;
  }
}

TEST(ReplyReader, BoundsWhatAServerMaySay) {
  ReplyReader many;
  ASSERT_TRUE(many.feed("*2147483647\r\n").has_value());
  EXPECT_FALSE(many.next().has_value());
  ReplyReader in_all;
  ASSERT_TRUE(in_all.feed("*600000\r\n*600000\r\n").has_value());
  EXPECT_FALSE(in_all.next().has_value());
  ReplyReader nested;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  ASSERT_TRUE(nested.feed(deep).has_value());
  EXPECT_FALSE(nested.next().has_value());
  ReplyReader nonsense;
  ASSERT_TRUE(nonsense.feed("HTTP/1.1 400\r\n").has_value());
  EXPECT_FALSE(nonsense.next().has_value());
}

TEST(ReplyReader, TakesRepliesInPieces) {
  ReplyReader reader;
  const std::string whole("*3\r\n$-1\r\n$3\r\na\0b\r\n*1\r\n-ERR x\r\n+OK\r\n", 35);
  std::vector<Reply> replies;
  for (const char c : whole) {
    ASSERT_TRUE(reader.feed({&c, 1}).has_value());
    auto reply = reader.next();
    ASSERT_TRUE(reply.has_value());
    if (*reply) replies.push_back(std::move(**reply));
  }
  ASSERT_EQ(replies.size(), 2U);
  ASSERT_EQ(replies[0].list.size(), 3U);
  EXPECT_TRUE(replies[0].list[0].is_nil());
  EXPECT_EQ(replies[0].list[1].text, std::string("a\0b", 3));
  EXPECT_TRUE(replies[0].list[2].list[0].is_error());
  EXPECT_EQ(replies[1].text, "OK");
}

TEST(Words, AreThoseOfACommand) {
  const auto set = parse_query("SET  \"a key\\x41\\n\" 'it\\'s' plain\"joined\"");
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->words, (std::vector<std::string>{"SET", "a keyA\n", "it's", "plainjoined"}));
  EXPECT_EQ(set->key, 1U);
  EXPECT_EQ(parse_query("EVAL 'return 1' 1 k v")->key, 3U);
  EXPECT_EQ(parse_query("EVAL 'return 1' 0")->key, 0U);
  EXPECT_EQ(parse_query("XREAD COUNT 2 STREAMS s 0")->key, 4U);
  EXPECT_EQ(parse_query("OBJECT ENCODING k")->key, 2U);
  EXPECT_EQ(parse_query("ping")->key, 0U);
  EXPECT_FALSE(parse_query("").has_value());
  EXPECT_FALSE(parse_query("GET \"open").has_value());
}

}  // namespace
}  // namespace carillon::cachedb_redis
