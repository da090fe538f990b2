// SPDX-License-Identifier: Apache-2.0
#include "base/line_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

namespace carillon::base {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

class LineWriterTest : public ::testing::Test {
 protected:
  ~LineWriterTest() override {
    for (const int end : ends_) ::close(end);
  }
  void open_pipe() { ASSERT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  void open_socket() { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0); }
  // All that is there to be read.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    std::array<char, 65536> bytes{};
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    while (true) {
      const ssize_t length = ::read(ends_[0], bytes.data(), bytes.size());
      if (length <= 0) return all;
      all.append(bytes.data(), static_cast<std::size_t>(length));
    }
  }
  // Lines of so many bytes until one is lost; how many were written.
  static std::size_t fill(LineWriter& writer, std::size_t size) {
    std::size_t written = 0;
    while (writer.write(std::string(size - 1, 'x') + "\n")) ++written;
    return written;
  }

  std::array<int, 2> ends_{-1, -1};  // reading, writing
};

TEST_F(LineWriterTest, APipeNobodyReadsKeepsNobodyWaiting) {
  open_pipe();
  LineWriter writer(ends_[1]);
  const std::size_t written = fill(writer, 100);
  EXPECT_GT(written, 100U);
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(writer.write("lost\n"));
  EXPECT_EQ(read_all().size(), written * 100);
  EXPECT_TRUE(writer.write("read again\n"));
  EXPECT_EQ(read_all(), "read again\n");
}

TEST_F(LineWriterTest, ATornLineEndsBeforeTheNext) {
  for (const bool socket : {false, true}) {
    SCOPED_TRACE(socket ? "socket" : "pipe");
    if (socket) {
      open_socket();
    } else {
      open_pipe();
    }
    LineWriter writer(ends_[1]);
    EXPECT_FALSE(writer.write(std::string(10'000'000, 'y') + "\n"));
    EXPECT_FALSE(writer.write("no room\n"));
    const std::string torn = read_all();
    EXPECT_EQ(torn, std::string(torn.size(), 'y'));
    EXPECT_GT(torn.size(), 10'000U);
    EXPECT_TRUE(writer.write("whole\n"));
    EXPECT_EQ(read_all(), "\nwhole\n");
    for (int& end : ends_) ::close(std::exchange(end, -1));
  }
}

TEST_F(LineWriterTest, NobodyAtTheOtherEndIsNoReasonToEnd) {
  open_socket();
  ::close(std::exchange(ends_[0], -1));
  LineWriter writer(ends_[1]);
  EXPECT_FALSE(writer.write("nobody\n"));
  LineWriter closed(-1);
  EXPECT_FALSE(closed.write("nowhere\n"));
}

TEST_F(LineWriterTest, AFileTakesAll) {
  std::string path = "/tmp/carillon-lines-XXXXXX";
  ends_[1] = ::mkstemp(path.data());
  ends_[0] = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ::unlink(path.c_str());
  LineWriter writer(ends_[1]);
  EXPECT_TRUE(writer.write("first\n"));
  EXPECT_TRUE(writer.write(std::string(1'000'000, 'z') + "\n"));
  const std::string all = read_all();
  EXPECT_THAT(all, StartsWith("first\nzzz"));
  EXPECT_THAT(all, EndsWith("zzz\n"));
  EXPECT_EQ(all.size(), 1'000'007U);
}

}  // namespace
}  // namespace carillon::base
