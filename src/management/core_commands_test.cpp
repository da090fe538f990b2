// SPDX-License-Identifier: Apache-2.0
// The core commands, called as clients call them.
#include "management/core_commands.h"

#include <gmock/gmock.h>

#include "management/json_rpc.h"

namespace carillon::management {
namespace {

using ::testing::HasSubstr;

class SetClock final : public base::Clock {
 public:
  [[nodiscard]] base::TimePoint now() const override { return {}; }
  [[nodiscard]] std::int64_t unix_microseconds() const override { return seconds * 1'000'000; }
  std::int64_t seconds = 1'700'000'000;
};

class CoreCommandsTest : public ::testing::Test {
 protected:
  CoreCommandsTest() {
    EXPECT_TRUE(statistics.add("tm", "received_replies", replies));
    EXPECT_TRUE(statistics.add("tm", "inuse_transactions", in_use));
    EXPECT_TRUE(statistics.add("core", "rcv_requests", requests));
    EXPECT_TRUE(add_core_commands(registry, {.version = "Carillon (0.1.0 (x86_64/linux))",
                                             .revision = "abc123",
                                             .clock = &clock,
                                             .statistics = &statistics,
                                             .workers = [] {
                                               return std::vector<Worker>{{.id = 0, .pid = 77, .type = "attendant"},
                                                                          {.id = 1, .pid = 78, .type = "worker"}};
                                             }}));
  }

  // The result, or the error, as text.
  std::string call(std::string_view method, std::string_view params = "{}") {
    const std::string request =
        R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + std::string(params) + "}";
    std::string text;
    EXPECT_TRUE(dispatcher.dispatch(request, [&](std::string answer) { text = std::move(answer); }));
    const Json answer = Json::parse(text).value();
    const Json* result = answer.find("result");
    return (result != nullptr ? result : answer.find("error"))->text();
  }

  SetClock clock;
  metrics::Counter replies;
  metrics::Counter requests;
  metrics::Gauge in_use;
  metrics::Registry statistics;
  CommandRegistry registry;
  InlineDispatcher dispatcher{registry};
};

TEST_F(CoreCommandsTest, TellsVersionAndUptime) {
  EXPECT_EQ(call("version"), R"json({"Server":"Carillon (0.1.0 (x86_64/linux))"})json");
  EXPECT_EQ(call("core:version", R"(["revision"])"),
            R"json({"Server":"Carillon (0.1.0 (x86_64/linux))","Revision":"abc123"})json");
  clock.seconds += 90;
  EXPECT_THAT(call("uptime"), HasSubstr(R"("Up time":"90 [sec]")"));
  EXPECT_THAT(call("uptime"), HasSubstr("Nov 1")) << "November 14th or 15th, wherever this runs";
}

TEST_F(CoreCommandsTest, ListsThreads) {
  EXPECT_EQ(call("ps"), R"({"Processes":[{"ID":0,"PID":77,"Type":"attendant"},{"ID":1,"PID":78,"Type":"worker"}]})");
}

TEST_F(CoreCommandsTest, ListsCommands) {
  EXPECT_THAT(call("which"), HasSubstr(R"("core:uptime","core:version","core:which","statistics:get")"));
  EXPECT_EQ(call("which", R"({"command":"statistics:"})"),
            R"(["statistics:get","statistics:list","statistics:reset","statistics:reset_all"])");
  EXPECT_EQ(call("which", R"({"command":"list_statistics"})"), R"([[],["statistics"]])");
  EXPECT_EQ(call("which", R"({"command":"nothing"})"), R"({"code":404,"message":"unknown MI command"})");
  EXPECT_EQ(call("which", R"({"command":"nothing:"})"), R"({"code":404,"message":"unknown MI command"})");
  EXPECT_EQ(call("help", R"({"mi_cmd":"ps"})"), R"({"Help":"The server's threads.","Exported by":"core"})");
  EXPECT_EQ(call("help"), R"({"Help":"What a command does.","Exported by":"core"})");
  EXPECT_EQ(call("help", R"({"mi_cmd":"nothing"})"), R"({"code":404,"message":"unknown MI command"})");
}

TEST_F(CoreCommandsTest, ReadsStatistics) {
  replies.add(3);
  in_use.add(2);
  EXPECT_EQ(call("get_statistics", R"({"statistics":["tm:"]})"),
            R"({"tm:received_replies":3,"tm:inuse_transactions":2})");
  EXPECT_EQ(call("statistics:get", R"([["rcv_requests","nothing","tm:received_replies"]])"),
            R"({"core:rcv_requests":0,"tm:received_replies":3})");
  EXPECT_EQ(call("get_statistics", R"({"statistics":["all"]})"),
            R"({"core:rcv_requests":0,"tm:received_replies":3,"tm:inuse_transactions":2})");
  EXPECT_EQ(call("get_statistics", R"({"statistics":["nothing"]})"),
            R"({"code":404,"message":"Statistics Not Found"})");
  EXPECT_THAT(call("get_statistics", R"({"statistics":"tm:"})"), HasSubstr("Bad type for parameter 'statistics'"));
}

TEST_F(CoreCommandsTest, ListsAndResetsStatistics) {
  EXPECT_EQ(call("list_statistics", R"({"statistics":["tm:"]})"),
            R"({"tm:received_replies":"incremental","tm:inuse_transactions":"non-incremental"})");
  EXPECT_THAT(call("list_statistics"), HasSubstr(R"("core:rcv_requests":"incremental")"));
  replies.add(3);
  requests.add(4);
  EXPECT_EQ(call("reset_statistics", R"({"statistics":["received_replies"]})"), R"("OK")");
  EXPECT_EQ(replies.value(), 0U);
  EXPECT_EQ(requests.value(), 4U);
  EXPECT_EQ(call("reset_statistics", R"({"statistics":["nothing"]})"),
            R"({"code":404,"message":"Statistics Not Found"})");
  EXPECT_EQ(call("reset_all_statistics"), R"("OK")");
  EXPECT_EQ(requests.value(), 0U);
}

}  // namespace
}  // namespace carillon::management
