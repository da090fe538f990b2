// SPDX-License-Identifier: Apache-2.0
// Child processes: what they are given and write, how they end, and what is left of them.
#include "modules/exec/processes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace carillon::exec {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using End = Result::End;

class ProcessesTest : public ::testing::Test {
 protected:
  ~ProcessesTest() override {
    if (processes_) processes_->stop();
    processes_.reset();
    // Neither a zombie nor a child that still runs.
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  }
  void start(const Processes::Settings& settings = {}) {
    processes_.emplace(settings, pool_, statistics_);
    ASSERT_TRUE(processes_->start());
  }
  std::future<Result> begin(Command command) {
    auto promise = std::make_shared<std::promise<Result>>();
    auto future = promise->get_future();
    EXPECT_TRUE(processes_->begin(std::move(command), [promise](Result result) { promise->set_value(result); }));
    return future;
  }
  Result run(Command command) { return begin(std::move(command)).get(); }
  Result output_of(std::string line) { return run({.line = std::move(line), .wants_output = true}); }
  // Until `done()`; false when it takes too long.
  template <typename Done>
  static bool wait_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  static bool is_alive(const std::string& pid) { return ::kill(std::stoi(pid), 0) == 0; }

  storage::Pool pool_{{.threads = 1}};
  Statistics statistics_;
  std::optional<Processes> processes_;
};

TEST_F(ProcessesTest, GivesOutputAndErrors) {
  start();
  const Result result = run({.line = "echo out; echo err >&2", .wants_output = true, .wants_errors = true});
  EXPECT_EQ(result.end, End::Closed);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
}

TEST_F(ProcessesTest, FeedsTheInput) {
  start();
  EXPECT_EQ(run({.line = "cat", .input = "a\nb", .wants_output = true}).output, "a\nb");
  const std::string much(3'000'000, 'x');
  EXPECT_EQ(run({.line = "wc -c", .input = much, .wants_output = true}).output, "3000000\n");
  EXPECT_EQ(output_of("cat").output, "");  // the input is /dev/null
}

TEST_F(ProcessesTest, ReadsAndWritesAtOnce) {
  start({.max_output = 1'000'000});
  const std::string much(500'000, 'x');
  EXPECT_EQ(run({.line = "cat", .input = much, .wants_output = true}).output, much);
}

TEST_F(ProcessesTest, BearsOneThatDoesNotRead) {
  start();
  const Result result = run({.line = "exec <&-; echo done", .input = std::string(500'000, 'x'), .wants_output = true});
  EXPECT_EQ(result.output, "done\n");
}

TEST_F(ProcessesTest, KeepsSoMuchOfTheOutputAndReadsTheRest) {
  start({.max_output = 10});
  const Result result = output_of("head -c 1000000 /dev/zero | tr '\\0' y; echo end");
  EXPECT_EQ(result.end, End::Closed);
  EXPECT_EQ(result.output, "yyyyyyyyyy");
}

TEST_F(ProcessesTest, GivesTheEnvironment) {
  start();
  const Result result =
      run({.line = "printf %s \"$A$B\"", .environment = {"A=one", "B=';two\n"}, .wants_output = true});
  EXPECT_EQ(result.output, "one';two\n");
  EXPECT_EQ(output_of("test -n \"$PATH\" && echo yes").output, "yes\n");
}

TEST_F(ProcessesTest, TellsTheStatusToWhoWaitsForTheEnd) {
  start();
  EXPECT_EQ(run({.line = "exit 3", .wants_end = true}).status, 3);
  EXPECT_EQ(run({.line = "kill -9 $$", .wants_end = true}).status, 128 + 9);
  EXPECT_EQ(run({.line = "true", .wants_output = true, .wants_end = true}).status, 0);
  EXPECT_EQ(run({.line = "/no/such/command 2>/dev/null", .wants_end = true}).status, 127);
}

TEST_F(ProcessesTest, InheritsNoDescriptorsAndNoSignalMask) {
  start();
  const int open = ::open("/dev/null", O_RDONLY);                              // without O_CLOEXEC
  EXPECT_EQ(output_of("ls /proc/self/fd | tr '\\n' ' '").output, "0 1 2 3 ");  // 3: the folder that ls reads
  EXPECT_THAT(output_of("cat /proc/self/status").output, HasSubstr("SigBlk:\t0000000000000000"));
  // But for the two that the C library keeps for itself.
  EXPECT_THAT(output_of("cat /proc/self/status").output, ContainsRegex("SigIgn:\t[0-9a-f]{8}[08]0000000"));
  ::close(open);
}

TEST_F(ProcessesTest, GoesOnWhenTheOutputIsClosedAndReapsLater) {
  start();
  const Result result = output_of("echo $$; exec >&-; sleep 0.2");
  EXPECT_EQ(result.end, End::Closed);
  EXPECT_TRUE(wait_until([&] { return !is_alive(result.output); }));
}

TEST_F(ProcessesTest, WaitsForWhatTheCommandHasStarted) {
  start();
  EXPECT_EQ(output_of("(sleep 0.1; echo late) & echo early").output, "early\nlate\n");
}

TEST_F(ProcessesTest, KillsWhatTakesTooLongWithAllItHasStarted) {
  start();
  const Result result = run({.line = "sleep 100 & echo $!; sleep 100", .wants_output = true, .time_to_kill = 100ms});
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_TRUE(wait_until([&] { return !is_alive(result.output); }));
  EXPECT_EQ(statistics_.killed.value(), 1U);
}

TEST_F(ProcessesTest, KillsWhatDoesNotWantToEnd) {
  start();
  const auto begin_time = std::chrono::steady_clock::now();
  const Result result = run(
      {.line = "trap '' TERM; echo $$; sleep 100 & sleep 100; sleep 100", .wants_output = true, .time_to_kill = 100ms});
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_TRUE(wait_until([&] { return !is_alive(result.output); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 20s);
}

TEST_F(ProcessesTest, KillsWhatHoldsThePipeAfterTheCommandHasEnded) {
  start();
  const Result result = run({.line = "sleep 100 & echo $!", .wants_output = true, .time_to_kill = 100ms});
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_TRUE(wait_until([&] { return !is_alive(result.output); }));
}

TEST_F(ProcessesTest, KillsOneThatNobodyWaitsFor) {
  start();
  ASSERT_TRUE(processes_->begin({.line = "sleep 100", .time_to_kill = 50ms}, nullptr));
  EXPECT_TRUE(wait_until([&] { return statistics_.killed.value() == 1; }));
}

TEST_F(ProcessesTest, GivesUpWaitingAndLetsTheCommandGoOn) {
  start();
  const auto file = std::filesystem::temp_directory_path() / ("carillon_" + std::to_string(::getpid()));
  const Result result = run({.line = "echo begun; sleep 0.3; echo more; echo done > " + file.string(),
                             .wants_output = true,
                             .longest_wait = 100ms});
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_EQ(result.output, "begun\n");
  EXPECT_TRUE(wait_until([&] { return std::filesystem::exists(file); }));
  std::filesystem::remove(file);
}

TEST_F(ProcessesTest, RunsSoManyAtOnceAndTheOthersLater) {
  start({.at_once = {.under_way = 2, .queued = 100}});
  std::vector<std::future<Result>> all;
  for (int i = 0; i < 6; ++i) all.push_back(begin({.line = "sleep 0.05; echo x", .wants_output = true}));
  for (auto& one : all) EXPECT_EQ(one.get().output, "x\n");
}

TEST_F(ProcessesTest, RefusesWhatWouldBeTooMany) {
  start({.at_once = {.under_way = 1, .queued = 1}});
  int refused = 0;
  for (int i = 0; i < 5; ++i) {
    if (!processes_->begin({.line = "sleep 0.2"}, nullptr)) ++refused;
  }
  EXPECT_GE(refused, 3);
}

TEST_F(ProcessesTest, LeavesNoDescriptorBehind) {
  start();
  EXPECT_EQ(output_of("true").end, End::Closed);
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  const auto before = count();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run({.line = "cat; echo e >&2", .input = "x", .wants_output = true, .wants_errors = true}).output, "x");
  }
  EXPECT_TRUE(wait_until([&] { return count() <= before; }));
}

TEST_F(ProcessesTest, EndsAtStopWhatSomebodyWaitsFor) {
  start();
  const auto begin_time = std::chrono::steady_clock::now();
  auto waiting = begin({.line = "exec sleep 100", .wants_output = true});
  EXPECT_TRUE(wait_until([&] { return statistics_.started.value() == 1; }));
  processes_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin_time, 15s);
  EXPECT_GT(::waitpid(-1, nullptr, 0), 0);  // the server would be gone by now, and init reap it
}

TEST_F(ProcessesTest, StartsAtStopWhatWasQueued) {
  start({.at_once = {.under_way = 1, .queued = 10}});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(processes_->begin({.line = "true"}, nullptr));
  processes_->stop();
  EXPECT_EQ(statistics_.started.value(), 4U);
}

TEST_F(ProcessesTest, WithoutAThreadWorksWhereThePoolIsRun) {
  storage::Pool none({.threads = 0});
  Processes processes({}, none, statistics_);
  ASSERT_TRUE(processes.start());
  std::optional<Result> result;
  ASSERT_TRUE(processes.begin({.line = "echo x", .wants_output = true}, [&](Result got) { result = std::move(got); }));
  EXPECT_FALSE(result);
  EXPECT_TRUE(none.run_pending());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "x\n");
}

}  // namespace
}  // namespace carillon::exec
