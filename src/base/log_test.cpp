// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace carillon::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LogTest : public ::testing::Test {
 protected:
  LogTest() : file_((std::filesystem::temp_directory_path() / "carillon-log-XXXXXX").string()) {
    ::close(::mkstemp(file_.data()));
  }
  ~LogTest() override {
    static_cast<void>(configure({}));
    std::filesystem::remove(file_);
  }
  void write_as(Format format) {
    ASSERT_TRUE(configure({.level = Level::Notice, .format = format, .file = file_}).has_value());
  }
  [[nodiscard]] std::string written() const {
    std::ifstream file(file_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string file_;
};

TEST_F(LogTest, TextShowsControlCharactersAndObeysNone) {
  write_as(Format::Text);
  notice("From: {}", "a\r\nb\x1b[2J\"\\");
  EXPECT_THAT(written(), EndsWith(" notice: From: a\\x0d\\x0ab\\x1b[2J\"\\\n"));
}

TEST_F(LogTest, JsonStaysJsonWhateverStrangersSend) {
  write_as(Format::Json);
  notice("{}", "a\"\\\n\u00fc\xff\xc3(\xed\xa0\x80\xf0\x9f\x94\x94\xe2\x82");
  const std::string line = written();
  EXPECT_THAT(line, StartsWith("{\"time\":"));
  EXPECT_THAT(line,
              HasSubstr(",\"level\":\"notice\",\"message\":\"a\\\"\\\\\\u000a\u00fc\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd"
                        "\xf0\x9f\x94\x94\\ufffd\\ufffd\"}\n"));
}

TEST_F(LogTest, APrefixStandsBeforeEveryLine) {
  ASSERT_TRUE(configure({.level = Level::Notice, .file = file_, .prefix = "proxy-1"}).has_value());
  notice("here");
  EXPECT_THAT(written(), EndsWith(" proxy-1: notice: here\n"));
  ASSERT_TRUE(
      configure({.level = Level::Notice, .format = Format::JsonCee, .file = file_, .prefix = "p\"1"}).has_value());
  notice("there");
  EXPECT_THAT(written(), HasSubstr("@cee: {\"time\":"));
  EXPECT_THAT(written(), HasSubstr("\"level\":\"notice\",\"prefix\":\"p\\\"1\",\"message\":\"there\"}\n"));
}

TEST_F(LogTest, ACeilingOfTheFileIsItsOwn) {
  ASSERT_TRUE(configure({.level = Level::Debug, .file = file_, .file_ceiling = Level::Error}).has_value());
  warning("too much");
  error("enough");
  EXPECT_THAT(written(), EndsWith(" error: enough\n"));
  EXPECT_THAT(written(), ::testing::Not(HasSubstr("too much")));
}

TEST_F(LogTest, ColoursGoThroughOnRequestAndNothingElseDoes) {
  ASSERT_TRUE(configure({.level = Level::Notice, .file = file_, .colours = true}).has_value());
  notice("{}", "\x1b[0;31mred\x1b[0m \x1b[2J \x1b[31");
  EXPECT_THAT(written(), EndsWith(" notice: \x1b[0;31mred\x1b[0m \\x1b[2J \\x1b[31\n"));
}

TEST_F(LogTest, AListenerHearsLinesButNotItsOwn) {
  write_as(Format::Text);
  std::vector<std::string> heard;
  set_listener(
      [&heard](const Line& line) {
        heard.emplace_back(line.message);
        error("of the listener");
      },
      Level::Error);
  error("one");
  notice("below its ceiling");
  {
    const Unheard quiet;
    error("unheard");
  }
  error("two");
  set_listener({});
  error("after");
  EXPECT_THAT(heard, ::testing::ElementsAre("one", "two"));
}

TEST_F(LogTest, FacilitiesHaveTheNamesOfSyslog) {
  EXPECT_EQ(syslog_facility("LOG_DAEMON"), kDaemonFacility);
  EXPECT_EQ(syslog_facility("LOG_LOCAL7"), 23 << 3);
  EXPECT_EQ(syslog_facility("local0"), 16 << 3);
  EXPECT_EQ(syslog_facility("LOG_LOCAL8"), std::nullopt);
  EXPECT_EQ(syslog_facility(""), std::nullopt);
}

TEST_F(LogTest, SyslogBesidesTheFileTakesNothingFromIt) {
  ASSERT_TRUE(configure({.level = Level::Notice, .file = file_, .also_syslog = true}).has_value());
  notice("both");
  EXPECT_THAT(written(), EndsWith(" notice: both\n"));
}

TEST_F(LogTest, AReopenedLogIsANewFile) {
  write_as(Format::Text);
  notice("before");
  const std::string moved = file_ + ".1";
  std::filesystem::rename(file_, moved);
  ASSERT_TRUE(reopen().has_value());
  notice("after");
  EXPECT_THAT(written(), EndsWith("notice: after\n"));
  std::filesystem::remove(moved);
}

// Whoever rotates logs wrongly still has the old one.
TEST_F(LogTest, ALogThatCannotBeReopenedGoesOn) {
  write_as(Format::Text);
  const std::string moved = file_ + ".1";
  std::filesystem::rename(file_, moved);
  std::filesystem::create_directory(file_);
  EXPECT_FALSE(reopen().has_value());
  notice("still here");
  std::filesystem::remove(file_);
  std::filesystem::rename(moved, file_);
  EXPECT_THAT(written(), EndsWith("notice: still here\n"));
}

TEST_F(LogTest, WhoeverLogsNeverWaitsForAReader) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
  const auto read_all = [&] {
    std::string all;
    std::array<char, 65536> bytes{};
    for (ssize_t length = 0; (length = ::read(ends[0], bytes.data(), bytes.size())) > 0;) {
      all.append(bytes.data(), static_cast<std::size_t>(length));
    }
    return all;
  };
  const int standard_error = ::dup(STDERR_FILENO);
  ::fcntl(ends[1], F_SETFL, 0);  // blocking, as those of most parents are
  ::dup2(ends[1], STDERR_FILENO);
  ASSERT_TRUE(configure({}).has_value());  // looks what it is now
  for (int i = 0; i < 5000; ++i) notice("line {}, which nobody reads", i);
  const std::string before = read_all();
  notice("somebody reads");
  const std::string after = read_all();
  ::dup2(standard_error, STDERR_FILENO);
  for (const int descriptor : {standard_error, ends[0], ends[1]}) ::close(descriptor);

  const auto written = std::ranges::count(before, '\n');
  EXPECT_LT(written, 5000);
  EXPECT_THAT(
      after, HasSubstr(fmt::format(" warning: {} log lines were lost, as nobody read those before\n", 5000 - written)));
  EXPECT_THAT(after, EndsWith(" notice: somebody reads\n"));
}

}  // namespace
}  // namespace carillon::log
