// SPDX-License-Identifier: Apache-2.0
// The FIFO as clients use it, and what clients can do wrong; on real pipes in a folder of the test.
#include "modules/mi_fifo/fifo_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

#include "management/command.h"
#include "modules/mi_fifo/reply_queue.h"

namespace carillon::mi_fifo {
namespace {

using management::Json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kPatienceMilliseconds = 20'000;

// A FIFO a client has made for its answers.
class ReplyFifo {
 public:
  explicit ReplyFifo(const std::filesystem::path& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    fifo_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  // Whether anything comes within so many milliseconds.
  bool wait(int milliseconds) {
    pollfd polled{.fd = fifo_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, milliseconds) > 0;
  }

  // All until the server closes it; what came when that takes too long.
  std::string read() {
    std::string all;
    while (wait(kPatienceMilliseconds)) {
      char bytes[4096];
      const ssize_t size = ::read(fifo_.get(), bytes, sizeof bytes);
      if (size <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(size));
    }
    return all + " (and no end)";
  }

 private:
  FileDescriptor fifo_;
};

class FifoServerTest : public ::testing::Test {
 protected:
  FifoServerTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon_fifo_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    settings_.path = folder_ / "commands";
    settings_.reply_folder = folder_.string();
    EXPECT_TRUE(commands_.add({.name = "test:echo", .aliases = {}, .recipes = "text", .help = {}, .result = {}},
                              management::immediate([](const management::Parameters& parameters) -> base::Result<Json> {
                                auto text = parameters.text("text");
                                if (!text) return std::unexpected(text.error());
                                return Json(*text);
                              })));
  }
  ~FifoServerTest() override { std::filesystem::remove_all(folder_); }

  void write(std::string_view bytes) const {
    const FileDescriptor fifo(::open(settings_.path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    ASSERT_TRUE(fifo) << "nobody reads the FIFO";
    ASSERT_EQ(::write(fifo.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  static std::string echo(std::string_view reply_fifo, std::string_view text) {
    return ":" + std::string(reply_fifo) + R"(:{"jsonrpc":"2.0","method":"echo","params":[")" + std::string(text) +
           R"("],"id":1})";
  }

  std::filesystem::path folder_;
  FifoServer::Settings settings_;
  management::CommandRegistry commands_;
  management::InlineDispatcher dispatcher_{commands_};
};

TEST_F(FifoServerTest, AnswersInTheFifoThatTheClientHasMade) {
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(echo("mine", "hello"));
  EXPECT_EQ(reply.read(), R"({"jsonrpc":"2.0","result":"hello","id":1})");
}

TEST_F(FifoServerTest, AnswersManyLongerThanAPipeHolds) {
  settings_.max_request_bytes = 1 << 20;
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo slow(folder_ / "slow");
  ReplyFifo quick(folder_ / "quick");
  const std::string text(200'000, 'x');
  std::thread writer([&] {
    const FileDescriptor fifo(::open(settings_.path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::string request = echo("slow", text);
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t size = ::write(fifo.get(), request.data() + sent, request.size() - sent);
      if (size <= 0) break;
      sent += static_cast<std::size_t>(size);
    }
  });
  writer.join();
  // Nobody reads the long answer yet; that holds up nobody else.
  write(echo("quick", "short"));
  EXPECT_THAT(quick.read(), HasSubstr("short"));
  EXPECT_THAT(slow.read(), HasSubstr(text));
}

TEST_F(FifoServerTest, PrintsPrettily) {
  settings_.pretty_printing = true;
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(echo("mine", "hello"));
  EXPECT_THAT(reply.read(), HasSubstr("\n    \"result\": \"hello\""));
}

TEST_F(FifoServerTest, ReadsOnBehindNonsense) {
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write("ps\n:mine\n\x01\x02{{{\n" + echo("mine", "still here"));
  EXPECT_THAT(reply.read(), HasSubstr("still here"));
}

TEST_F(FifoServerTest, AnswersWhatIsNoRequestInBraces) {
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(":mine:{nonsense}");
  EXPECT_THAT(reply.read(), HasSubstr("-32700"));
}

TEST_F(FifoServerTest, ForgetsARequestThatNeverEnds) {
  settings_.request_timeout = std::chrono::milliseconds(1);
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(":mine:{\"id\":");
  // Until the beginning is forgotten, what follows belongs to it and is forgotten with it.
  bool answered = false;
  for (int i = 0; i < 1000 && !answered; ++i) {
    write(echo("mine", "hello"));
    answered = reply.wait(20);
  }
  EXPECT_THAT(reply.read(), HasSubstr("hello"));
}

TEST_F(FifoServerTest, NeverWritesOutsideOfTheReplyFolder) {
  EXPECT_EQ(reply_path("/tmp/", "x").value(), "/tmp/x");
  EXPECT_EQ(reply_path("/tmp", "x").value(), "/tmp/x");
  for (const std::string_view name : {"", ".", "..", "../x", "/etc/passwd", "a/b", "a\nb"}) {
    EXPECT_FALSE(reply_path("/tmp", name)) << name;
  }
  EXPECT_FALSE(reply_path("/tmp", std::string("a\0b", 3)));
}

TEST_F(FifoServerTest, WritesOnlyIntoFifosAndNotThroughLinks) {
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  std::filesystem::create_symlink(folder_ / "target", folder_ / "link");
  ReplyFifo target(folder_ / "target");
  {
    const FileDescriptor file(::open((folder_ / "file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  ReplyFifo last(folder_ / "last");
  write(echo("link", "one") + echo("file", "two") + echo("last", "three"));
  EXPECT_THAT(last.read(), HasSubstr("three"));
  server.stop();
  EXPECT_FALSE(target.wait(0)) << "written through a symbolic link";
  EXPECT_EQ(std::filesystem::file_size(folder_ / "file"), 0U);
}

TEST_F(FifoServerTest, MakesTheFifoWithItsModeAndRemovesIt) {
  settings_.mode = 0622;
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  struct stat status{};
  ASSERT_EQ(::stat(settings_.path.c_str(), &status), 0);
  EXPECT_TRUE(S_ISFIFO(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777U, 0622U);
  server.stop();
  EXPECT_FALSE(std::filesystem::exists(settings_.path));
}

TEST_F(FifoServerTest, TakesThePlaceOfAnOldFifoButOfNothingElse) {
  ASSERT_EQ(::mkfifo(settings_.path.c_str(), 0600), 0);
  {
    FifoServer server(settings_, dispatcher_);
    EXPECT_TRUE(server.start()) << "left over from a server that died";
    FifoServer second(settings_, dispatcher_);
    EXPECT_THAT(second.start().error().message, StartsWith("another process reads"));
  }
  {
    const FileDescriptor file(::open(settings_.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  }
  FifoServer server(settings_, dispatcher_);
  EXPECT_THAT(server.start().error().message, HasSubstr("is no FIFO"));
  EXPECT_TRUE(std::filesystem::is_regular_file(settings_.path));
}

TEST_F(FifoServerTest, MakesTheFifoAgainWhenItWasDeleted) {
  settings_.check_interval = std::chrono::milliseconds(1);
  FifoServer server(settings_, dispatcher_);
  ASSERT_TRUE(server.start());
  std::filesystem::remove(settings_.path);
  FileDescriptor fifo;
  pollfd polled{.fd = -1, .events = 0, .revents = 0};
  for (int i = 0; i < kPatienceMilliseconds && !fifo; ++i) {
    fifo = FileDescriptor(::open(settings_.path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!fifo) ::poll(&polled, 0, 1);
  }
  ReplyFifo reply(folder_ / "mine");
  write(echo("mine", "back again"));
  EXPECT_THAT(reply.read(), HasSubstr("back again"));
}

// Answers when it is told to, from whatever thread.
class LateDispatcher final : public management::Dispatcher {
 public:
  base::Result<> dispatch(std::string /*request*/, Done done) override {
    if (full) return base::fail("too many commands are waiting", 503);
    taken.set_value(std::move(done));
    return {};
  }
  bool full = false;
  std::promise<Done> taken;
};

TEST_F(FifoServerTest, TakesAnswersFromOtherThreadsAndAfterItsEnd) {
  LateDispatcher late;
  FifoServer server(settings_, late);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(echo("mine", "x"));
  auto done = late.taken.get_future().get();
  done("late");
  EXPECT_EQ(reply.read(), "late");

  late.taken = {};
  write(echo("mine", "y"));
  done = late.taken.get_future().get();
  server.stop();
  done("too late");
  EXPECT_EQ(reply.read(), "");
}

TEST_F(FifoServerTest, SaysInPlainTextWhenItCanNotServe) {
  LateDispatcher late;
  late.full = true;
  FifoServer server(settings_, late);
  ASSERT_TRUE(server.start());
  ReplyFifo reply(folder_ / "mine");
  write(echo("mine", "x"));
  EXPECT_EQ(reply.read(), "503 too many commands are waiting\n");
}

TEST(ReplyQueue, GivesUpOnReadersWhoNeverCome) {
  ReplyQueue queue({.replies = 1, .patience = std::chrono::seconds(5), .retry = std::chrono::milliseconds(20)});
  const ReplyQueue::Time start{};
  EXPECT_EQ(queue.next(start), ReplyQueue::Time::max());
  ASSERT_TRUE(queue.add("/nonexistent/fifo", "answer", start));
  EXPECT_FALSE(queue.add("/nonexistent/fifo", "answer", start)) << "full";
  queue.advance(start + std::chrono::milliseconds(4999));
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.next(start), start + std::chrono::milliseconds(20));
  queue.advance(start + std::chrono::seconds(5));
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace carillon::mi_fifo
