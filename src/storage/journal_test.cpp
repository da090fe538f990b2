// SPDX-License-Identifier: Apache-2.0
// What is left of the journal by a process that ended in whatever way.
#include "storage/journal.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace carillon::storage {
namespace {

using Entry = Journal::Entry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kSmall = 32 * 1024;  // two halves of 16 KiB, of which entries get 12

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-journal-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "journal";
  }
  ~JournalTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Journal> open() {
    auto opened = Journal::open(path_.string(), kSmall);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  std::unique_ptr<Journal> begun() {
    auto journal = open();
    journal->begin();
    return journal;
  }
  // By the next process.
  std::vector<std::uint64_t> left() {
    std::vector<std::uint64_t> ids;
    const auto journal = open();
    for (const Entry& entry : journal->left()) ids.push_back(entry.id);
    return ids;
  }
  static bool add(Journal& journal, std::uint64_t id, std::size_t size = 10) {
    return journal.append(std::vector<Entry>{{.id = id, .bytes = std::string(size, 'x')}});
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(JournalTest, KeepsWhatIsNotDone) {
  {
    const auto journal = begun();
    ASSERT_TRUE(journal->append(std::vector<Entry>{
        {.id = 3, .bytes = "three"}, {.id = 4, .bytes = std::string("\0'", 2)}, {.id = 6, .bytes = ""}}));
    ASSERT_TRUE(add(*journal, 7));
    journal->done(3, 3);
    journal->done(7, 9);
  }
  const auto journal = open();
  ASSERT_EQ(journal->left().size(), 2U);
  EXPECT_EQ(journal->left()[0].id, 4U);
  EXPECT_EQ(journal->left()[0].bytes, std::string("\0'", 2));
  EXPECT_EQ(journal->left()[1].id, 6U);
}

TEST_F(JournalTest, WhatIsLeftIsThereUntilItIsForgotten) {
  ASSERT_TRUE(add(*begun(), 1));
  EXPECT_THAT(left(), ElementsAre(1));
  EXPECT_THAT(left(), ElementsAre(1));
  EXPECT_TRUE(begun() != nullptr);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(JournalTest, RunsInCirclesForEver) {
  const auto journal = begun();
  for (std::uint64_t id = 1; id < 10'000; ++id) {
    ASSERT_TRUE(add(*journal, id, id % 300)) << id;
    if (id > 20) journal->done(id - 20, id - 20);
  }
}

TEST_F(JournalTest, OldGenerationsNeverComeBack) {
  std::uint64_t id = 1;
  for (std::uint64_t round = 0; round < 60; ++round) {
    {
      const auto journal = begun();
      const std::uint64_t first = id;
      for (std::uint64_t i = 0; i < 17 * round; ++i) {
        ASSERT_TRUE(add(*journal, ++id, 40));
        // Often all of them, so that a half begins anew before it is full; often some.
        if (i % 7 == 0) journal->done(first, round % 2 == 0 ? id : id - 2);
      }
      journal->done(first, id);
      ASSERT_TRUE(add(*journal, ++id, 40));
    }
    ASSERT_THAT(left(), ElementsAre(id)) << round;
  }
}

TEST_F(JournalTest, TakesNoMoreThanItHasRoomFor) {
  const auto journal = begun();
  std::uint64_t id = 0;
  while (add(*journal, id + 1, 1000)) ++id;
  EXPECT_GT(id, 20U);
  EXPECT_LT(id, 32U);
  journal->done(1, 1);
  EXPECT_FALSE(add(*journal, 100, 1000)) << "the half has others that wait";
  journal->done(1, 12);
  EXPECT_TRUE(add(*journal, 100, 1000));
  EXPECT_FALSE(add(*journal, 101, kSmall)) << "never";
}

TEST_F(JournalTest, ATornRecordIsNone) {
  {
    const auto journal = begun();
    ASSERT_TRUE(add(*journal, 1));
    ASSERT_TRUE(add(*journal, 2));
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 + 48 + 32 + 3);  // head of the file, a record, the next one's head
  file.put('y');
  file.close();
  EXPECT_THAT(left(), ElementsAre(1));
}

TEST_F(JournalTest, ASecondProcessIsRefused) {
  const auto journal = open();
  const auto second = Journal::open(path_.string(), kSmall);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, ::testing::HasSubstr("another process"));
}

TEST_F(JournalTest, SomethingElseIsRefusedAndLeftAlone) {
  const std::string text(5000, 'x');
  std::ofstream(path_) << text;
  EXPECT_FALSE(Journal::open(path_.string(), kSmall));
  EXPECT_EQ(std::filesystem::file_size(path_), text.size());
  EXPECT_FALSE(Journal::open(directory_.string(), kSmall));
  EXPECT_FALSE(Journal::open((directory_ / "none" / "journal").string(), kSmall));
}

TEST_F(JournalTest, AFileThatWasNotFinishedIsMadeAnew) {
  {
    std::ofstream(path_) << std::string(100, '\0');
  }
  ASSERT_TRUE(add(*begun(), 1));
  EXPECT_THAT(left(), ElementsAre(1));
}

// In a process of its own, whose files may have so many bytes.
TEST_F(JournalTest, WhatDoesNotFitOnTheDiskTakesNoRoomThere) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit small{.rlim_cur = kSmall / 2, .rlim_max = kSmall / 2};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    ::_exit(Journal::open(path_.string(), kSmall) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(std::filesystem::file_size(path_), 0U);
  EXPECT_TRUE(begun() != nullptr) << "once there is room";
}

// SIGKILL at a moment nobody chose: what the process said it has is there, and nothing but the next entry besides.
TEST_F(JournalTest, AKillLosesNothing) {
  for (int round = 0; round < 5; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto journal = begun();
      for (std::uint64_t id = 1;; ++id) {
        if (!add(*journal, id, 200)) ::_exit(1);
        if (::write(pipe[1], &id, sizeof(id)) != sizeof(id)) ::_exit(1);
        if (id > 5) journal->done(id - 5, id - 5);
      }
    }
    ::close(pipe[1]);
    std::uint64_t said = 0;
    for (int i = 0; i < 500 + 137 * round; ++i) ASSERT_EQ(::read(pipe[0], &said, sizeof(said)), 8);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    while (::read(pipe[0], &said, sizeof(said)) == 8) {
    }
    ::close(pipe[0]);
    const std::vector<std::uint64_t> ids = left();
    ASSERT_GE(ids.size(), 5U);
    EXPECT_TRUE(ids.back() == said || ids.back() == said + 1) << said << " " << ids.back();
    for (std::uint64_t id = said - 4; id <= said; ++id) EXPECT_THAT(ids, ::testing::Contains(id));
    EXPECT_LE(ids.size(), 7U);
  }
}

}  // namespace
}  // namespace carillon::storage
