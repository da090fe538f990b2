// SPDX-License-Identifier: Apache-2.0
#include "transaction/intrusive_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/hash.h"

namespace carillon::transaction {
namespace {

struct Item {
  explicit Item(int of) : number(of) {}
  int number;
  IndexLink<Item> link{*this};
};

TEST(IntrusiveIndex, FindsWhatWasInsertedAndNotWhatWasRemoved) {
  IntrusiveIndex<Item> index;
  std::deque<Item> items;
  for (int i = 0; i < 1000; ++i) index.insert(items.emplace_back(i).link, base::mix(static_cast<std::uint64_t>(i)));
  for (int i = 0; i < 1000; i += 3) index.remove(items[static_cast<std::size_t>(i)].link);
  for (int i = 0; i < 1000; ++i) {
    const Item* found = index.find(base::mix(static_cast<std::uint64_t>(i)), [](const Item&) { return true; });
    EXPECT_EQ(found, i % 3 == 0 ? nullptr : &items[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(index.size(), 666U);
}

TEST(IntrusiveIndex, TellsEntriesWithOneHashApart) {
  IntrusiveIndex<Item> index;
  std::deque<Item> items;
  for (int i = 0; i < 50; ++i) index.insert(items.emplace_back(i).link, 7);
  const auto find = [&](int number) { return index.find(7, [&](const Item& item) { return item.number == number; }); };
  for (int i = 0; i < 50; ++i) EXPECT_EQ(find(i), &items[static_cast<std::size_t>(i)]);
  index.remove(items[20].link);
  index.remove(items[20].link);
  EXPECT_EQ(find(20), nullptr);
  EXPECT_NE(find(21), nullptr);
}

TEST(IntrusiveIndex, VisitsEveryEntryOnce) {
  IntrusiveIndex<Item> index;
  std::deque<Item> items;
  std::vector<int> visited;
  index.for_each([&](const Item& item) { visited.push_back(item.number); });
  EXPECT_TRUE(visited.empty());
  for (int i = 0; i < 20; ++i) index.insert(items.emplace_back(i).link, static_cast<std::uint64_t>(i % 4));
  index.for_each([&](const Item& item) { visited.push_back(item.number); });
  std::ranges::sort(visited);
  EXPECT_EQ(visited.size(), 20U);
  EXPECT_TRUE(std::ranges::adjacent_find(visited) == visited.end());
}

}  // namespace
}  // namespace carillon::transaction
