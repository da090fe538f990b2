// SPDX-License-Identifier: Apache-2.0
// The queue on the disk: order, bounds, what a crash leaves.
#include "storage/disk_queue.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace carillon::storage {
namespace {

using Entry = DiskQueue::Entry;

class DiskQueueTest : public ::testing::Test {
 protected:
  DiskQueueTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-queue-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "queue";
  }
  ~DiskQueueTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<DiskQueue> open(std::size_t max_entries = 100) {
    auto opened = DiskQueue::open(path_.string(), max_entries);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  static std::vector<std::string> texts(DiskQueue& queue, std::size_t count = 100) {
    std::vector<std::string> result;
    const auto entries = queue.first(count).value();
    for (const Entry& entry : entries) result.push_back(entry.bytes);
    return result;
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(DiskQueueTest, KeepsEntriesInOrderOfTheirIdsAcrossProcesses) {
  {
    const auto queue = open();
    EXPECT_EQ(queue->push(std::vector<Entry>{{.id = 3, .bytes = "third"}, {.id = 5, .bytes = std::string("\0'", 2)}}),
              2U);
    EXPECT_EQ(queue->push(std::vector<Entry>{{.id = 1, .bytes = "first"}}), 1U);
  }
  const auto queue = open();
  EXPECT_EQ(queue->size(), 3U);
  EXPECT_EQ(queue->next_id(), 6U);
  EXPECT_THAT(texts(*queue), ::testing::ElementsAre("first", "third", std::string("\0'", 2)));
  EXPECT_THAT(texts(*queue, 1), ::testing::ElementsAre("first"));
  ASSERT_TRUE(queue->remove_through(3));
  EXPECT_THAT(texts(*queue), ::testing::ElementsAre(std::string("\0'", 2)));
  EXPECT_EQ(queue->size(), 1U);
}

TEST_F(DiskQueueTest, IdsAreNeverGivenTwice) {
  {
    const auto queue = open();
    ASSERT_TRUE(queue->push(std::vector<Entry>{{.id = 7, .bytes = "x"}}));
    ASSERT_TRUE(queue->remove_through(7));
  }
  EXPECT_EQ(open()->next_id(), 8U);
}

TEST_F(DiskQueueTest, TakesNoMoreThanItsBound) {
  const auto queue = open(2);
  EXPECT_EQ(queue->push(std::vector<Entry>{{.id = 1, .bytes = "a"}}), 1U);
  EXPECT_EQ(queue->push(std::vector<Entry>{{.id = 2, .bytes = "b"}, {.id = 3, .bytes = "c"}}), 1U);
  EXPECT_EQ(queue->push(std::vector<Entry>{{.id = 4, .bytes = "d"}}), 0U);
  EXPECT_THAT(texts(*queue), ::testing::ElementsAre("a", "b"));
}

TEST_F(DiskQueueTest, ASecondProcessIsRefused) {
  const auto queue = open();
  EXPECT_FALSE(DiskQueue::open(path_.string(), 10));
}

TEST_F(DiskQueueTest, SomethingElseIsRefusedAndLeftAlone) {
  const std::string text(5000, 'x');
  std::ofstream(path_) << text;
  EXPECT_FALSE(DiskQueue::open(path_.string(), 10));
  EXPECT_EQ(std::filesystem::file_size(path_), text.size());
}

}  // namespace
}  // namespace carillon::storage
