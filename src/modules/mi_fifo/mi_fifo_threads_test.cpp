// SPDX-License-Identifier: Apache-2.0
// mi_fifo as a script loads it: its parameters, and a command that runs in a shard of a simulated server.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "modules/mi_fifo/reply_queue.h"
#include "testing/scenario/world.h"

namespace carillon::mi_fifo {
namespace {

using ::testing::HasSubstr;
using testing::World;

class MiFifoTest : public ::testing::Test {
 protected:
  MiFifoTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon_mi_fifo_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~MiFifoTest() override { std::filesystem::remove_all(folder_); }

  base::Result<> start(std::vector<World::Setup::Parameter> parameters) {
    World::Setup setup;
    setup.path = "mi_fifo_threads_test.cpp";
    setup.script = "route { }";
    setup.modules = {"mi_fifo"};
    setup.parameters = std::move(parameters);
    setup.parameters.push_back({"mi_fifo", "fifo_name", '"' + fifo() + '"'});
    setup.parameters.push_back({"mi_fifo", "reply_dir", '"' + folder_.string() + '"'});
    return world_.start(setup);
  }
  [[nodiscard]] std::string fifo() const { return folder_ / "commands"; }

  std::filesystem::path folder_;
  World world_;
};

TEST_F(MiFifoTest, RunsACommandInAShardAndAnswers) {
  ASSERT_TRUE(start({{"mi_fifo", "pretty_printing", "1"}, {"mi_fifo", "fifo_mode", "384"}}));
  struct stat status{};
  ASSERT_EQ(::stat(fifo().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);

  const std::string reply_path = folder_ / "reply";
  ASSERT_EQ(::mkfifo(reply_path.c_str(), 0600), 0);
  const FileDescriptor reply(::open(reply_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const FileDescriptor commands(::open(fifo().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string request = R"(:reply:{"jsonrpc":"2.0","method":"version","id":1})";
  ASSERT_EQ(::write(commands.get(), request.data(), request.size()), static_cast<ssize_t>(request.size()));

  pollfd polled{.fd = reply.get(), .events = POLLIN, .revents = 0};
  for (int i = 0; i < 20'000 && ::poll(&polled, 1, 1) == 0; ++i) world_.advance({});
  char bytes[4096];
  const ssize_t size = ::read(reply.get(), bytes, sizeof bytes);
  ASSERT_GT(size, 0);
  EXPECT_THAT(std::string(bytes, static_cast<std::size_t>(size)), HasSubstr("\n    \"id\": 1\n}"));
}

TEST_F(MiFifoTest, SaysWhatKeepsItFromStarting) {
  const auto started = start({{"mi_fifo", "fifo_mode", "1000"}});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("mi_fifo: fifo_mode must be between 0 and 0777"));
}

TEST_F(MiFifoTest, KnowsItsUsers) {
  const auto started = start({{"mi_fifo", "fifo_user", R"("nobody by this name")"}});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("'nobody by this name' is not known to this system"));
}

TEST_F(MiFifoTest, TakesUsersAndGroupsByNumber) {
  EXPECT_TRUE(start(
      {{"mi_fifo", "fifo_user", std::to_string(::geteuid())}, {"mi_fifo", "fifo_group", std::to_string(::getegid())}}));
}

}  // namespace
}  // namespace carillon::mi_fifo
