// SPDX-License-Identifier: Apache-2.0
// What is demanded of drivers of database servers beyond driver_test_suite.h: a server that dies, hangs, restarts,
// sends its clients away. Runs beside tests/servers/run_with.py, which starts a killed server again.
#pragma once

#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "storage/database.h"
#include "storage/driver.h"

namespace carillon::storage {

// An environment variable that run_with.py sets. A test never goes on without its server.
inline std::string from_environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  if (value != nullptr) return value;
  ADD_FAILURE() << name << " isn't set: run this test by tests/servers/run_with.py, as ctest does";
  std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

struct ServerUnderTest {
  std::string name;
  // A driver with these limits, in seconds.
  std::function<std::unique_ptr<Driver>(int connect_timeout, int query_timeout)> make;
  std::function<std::string()> fresh_url;
  std::function<void(const std::string& url)> provide = [](const std::string&) {};
  // In the server's language, with the number of seconds between the two.
  std::pair<std::string, std::string> sleep;
  // Locks the row 1 of the table numbers for three seconds.
  std::string hold_lock;
  // The pids of the server's processes that must stop for it to hang.
  std::function<std::vector<int>()> processes;
  // Ends all other connections of its user to its database.
  std::string disconnect_others;
};

inline std::string server_name(const ::testing::TestParamInfo<ServerUnderTest>& info) { return info.param.name; }

inline int pid_of_server() {
  int pid = 0;
  std::ifstream(from_environment("CARILLON_TEST_PID_FILE")) >> pid;
  return pid;
}

// For servers that are several processes.
inline std::vector<int> with_children(int pid) {
  std::vector<int> result{pid};
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  for (int child = 0; children >> child;) result.push_back(child);
  return result;
}

// Fails the test after 20 s.
template <typename Condition>
void wait_until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// Whether all threads of a process have stopped, or ended.
inline bool is_stopped(int pid) {
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    std::ifstream file(task.path() / "stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    if (!stat.empty() && !stat.contains(") T") && !stat.contains(") Z")) return false;
  }
  return true;
}

class ServerTest : public ::testing::TestWithParam<ServerUnderTest> {
 protected:
  void SetUp() override {
    url = GetParam().fresh_url();
    GetParam().provide(url);
    database = open(databases, 10);
    auto made = database->create_table(kNumbers);
    ASSERT_TRUE(made) << made.error().message;
  }

  std::shared_ptr<Database> open(Databases& among, int query_timeout) const {
    among.add_driver(GetParam().make(1, query_timeout));
    auto opened = among.create(url);
    if (opened) return *opened;
    ADD_FAILURE() << opened.error().message;
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
  }

  static constexpr Column kColumns[] = {integer("id"), integer("n").or_default("0")};
  static constexpr Key kKeys[] = {{KeyKind::Primary, "id"}};
  static constexpr TableSpec kNumbers{
      .name = "numbers", .version = 1, .group = "test", .columns = kColumns, .keys = kKeys};

  static Insert number(std::int64_t id) { return {.table = "numbers", .rows = {.columns = {"id"}, .values = {id}}}; }
  static Update set(std::int64_t id, std::int64_t n) {
    return {.table = "numbers", .columns = {"n"}, .values = {n}, .where = {{.column = "id", .value = id}}};
  }
  static std::size_t count(Database& in) {
    auto read = in.select(Select{.table = "numbers"}, 1000);
    EXPECT_TRUE(read) << message(read);
    return read ? read->rows.size() : 0;
  }
  static RawStatement sleep(double seconds) {
    return {.text = GetParam().sleep.first + std::to_string(seconds) + GetParam().sleep.second};
  }
  static Fault fault(const auto& result) {
    if (result) {
      ADD_FAILURE() << "it succeeded";
      return Fault::Other;
    }
    return Database::fault_of(result.error());
  }
  static std::string message(const auto& result) { return result ? std::string() : result.error().message; }
  static void hang() {
    for (const int pid : GetParam().processes()) {
      ::kill(pid, SIGSTOP);
      wait_until([pid] { return is_stopped(pid); });
    }
  }
  static void go_on() {
    for (const int pid : GetParam().processes()) ::kill(pid, SIGCONT);
  }

  std::string url;
  Databases databases{
      {.connections = {.first_pause = std::chrono::milliseconds(20), .longest_pause = std::chrono::milliseconds(100)}}};
  std::shared_ptr<Database> database;
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ServerTest);

TEST_P(ServerTest, ReplacesConnectionsThatTheServerClosed) {
  ASSERT_TRUE(database->write(number(1)));
  Databases others;
  auto other = open(others, 10);
  auto ended = other->raw({.text = GetParam().disconnect_others});
  ASSERT_TRUE(ended) << message(ended);
  auto written = database->write(number(2));
  ASSERT_TRUE(written) << message(written);
  EXPECT_EQ(count(*database), 2U);
}

TEST_P(ServerTest, ServerKilledInMidQuery) {
  ASSERT_TRUE(database->write(number(1)));
  const int pid = pid_of_server();
  auto slow = std::async(std::launch::async, [this] { return database->raw(sleep(9)); });
  auto changing = std::async(
      std::launch::async, [this] { return database->raw({.text = "UPDATE numbers SET n = (" + sleep(9).text + ")"}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for the statements to begin: nothing tells when
  const auto begin = std::chrono::steady_clock::now();
  ::kill(pid, SIGKILL);
  const auto read = slow.get();
  const auto written = changing.get();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(fault(read), Fault::Unavailable) << message(read);
  EXPECT_EQ(fault(written), Fault::OutcomeUnknown) << message(written);
  wait_until([&] { return pid_of_server() != pid; });
  wait_until([&] { return database->has_table("numbers").has_value(); });
  EXPECT_EQ(count(*database), 1U);
}

TEST_P(ServerTest, HungServer) {
  Databases impatient{
      {.connections = {.first_pause = std::chrono::milliseconds(20), .longest_pause = std::chrono::milliseconds(20)}}};
  auto hasty = open(impatient, 1);
  ASSERT_TRUE(hasty->write(number(1)));
  const auto begin = std::chrono::steady_clock::now();
  hang();
  const auto written = hasty->write(number(2));                 // on the kept connection
  const auto read = hasty->select(Select{.table = "numbers"});  // has to connect
  go_on();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
  EXPECT_EQ(fault(written), Fault::OutcomeUnknown) << message(written);
  EXPECT_EQ(fault(read), Fault::Unavailable) << message(read);
  wait_until([&] { return hasty->has_table("numbers").has_value(); });
  wait_until([&] { return count(*hasty) == 2U; });  // unknown, but then it was done
}

TEST_P(ServerTest, HungServerWhileItIsRead) {
  Databases impatient;
  auto hasty = open(impatient, 1);
  ASSERT_TRUE(hasty->write(number(1)));
  hang();
  const auto read = hasty->select(Select{.table = "numbers"});
  go_on();
  EXPECT_EQ(fault(read), Fault::Busy) << message(read);
  EXPECT_EQ(count(*hasty), 1U);
}

TEST_P(ServerTest, SlowStatementsAreEnded) {
  Databases impatient;
  auto hasty = open(impatient, 1);
  const auto begin = std::chrono::steady_clock::now();
  const auto read = hasty->raw(sleep(9));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
  EXPECT_EQ(fault(read), Fault::Busy) << message(read);
  EXPECT_TRUE(hasty->write(number(1)));
}

TEST_P(ServerTest, WaitsForALockAsLongAsForAStatement) {
  ASSERT_TRUE(database->write(number(1)));
  Databases impatient;
  auto hasty = open(impatient, 1);
  auto holder = std::async(std::launch::async, [this] { return database->raw({.text = GetParam().hold_lock}); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // for the statement to begin: nothing tells when
  const auto written = hasty->write(set(1, 7));
  EXPECT_EQ(fault(written), Fault::Busy) << message(written);
  static_cast<void>(holder.get());
}

TEST_P(ServerTest, TransactionsInEachOthersWayAreTriedAgain) {
  ASSERT_TRUE(database->write(number(1)));
  ASSERT_TRUE(database->write(number(2)));
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (const bool forwards : {true, false, true, false}) {
      threads.emplace_back([this, forwards, &failures] {
        for (std::int64_t i = 0; i < 50; ++i) {
          const Write writes[] = {set(forwards ? 1 : 2, i), set(forwards ? 2 : 1, i)};
          const auto written = database->write(writes);
          if (!written && Database::fault_of(written.error()) != Fault::Busy) {
            ADD_FAILURE() << message(written);
          }
          failures += written ? 0 : 1;
        }
      });
    }
  }
  EXPECT_LT(failures, 60) << "of 200: most find a time without others";
}

TEST_P(ServerTest, ATransactionLeftOpenIsUndone) {
  const auto begun = database->raw({.text = "START TRANSACTION"});
  EXPECT_EQ(fault(begun), Fault::Unsupported);
  EXPECT_TRUE(database->write(number(1)));
}

TEST_P(ServerTest, FollowsAChangedTable) {
  ASSERT_TRUE(database->write(number(1)));
  EXPECT_EQ(database->select(Select{.table = "numbers"})->columns.size(), 2U);
  ASSERT_TRUE(database->raw({.text = "ALTER TABLE numbers ADD COLUMN more VARCHAR(10)"}));
  const auto read = database->select(Select{.table = "numbers"});
  ASSERT_TRUE(read) << message(read);
  EXPECT_EQ(read->columns.size(), 3U);
}

TEST_P(ServerTest, WrongPasswordIsNamedAndNotShown) {
  Databases others;
  others.add_driver(GetParam().make(1, 10));
  std::string wrong = url;
  wrong.replace(wrong.find("s3cr"), 4, "wrong-secret");
  const auto opened = others.open(wrong);
  EXPECT_EQ(fault(opened), Fault::Unavailable);
  EXPECT_THAT(opened.error().message, ::testing::Not(::testing::HasSubstr("wrong-secret")));
  EXPECT_THAT(opened.error().message, ::testing::HasSubstr("carillon"));
}

}  // namespace carillon::storage
