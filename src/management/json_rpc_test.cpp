// SPDX-License-Identifier: Apache-2.0
// JSON-RPC requests as texts, and the answers they must get; names, recipes and types of parameters.
#include "management/json_rpc.h"

#include <gmock/gmock.h>

#include <coroutine>

namespace carillon::management {
namespace {

using ::testing::HasSubstr;

base::Result<Json> echo(const Parameters& parameters) {
  Json result = Json::object();
  for (const std::string_view name : {"text", "number", "list"}) {
    if (!parameters.has(name)) continue;
    if (name == "text") {
      auto text = parameters.text(name);
      if (!text) return std::unexpected(text.error());
      result.add("text", *text);
    } else if (name == "number") {
      auto number = parameters.integer(name);
      if (!number) return std::unexpected(number.error());
      result.add("number", *number);
    } else {
      auto list = parameters.texts(name);
      if (!list) return std::unexpected(list.error());
      for (const std::string& item : *list) result.add(item, true);
    }
  }
  return result;
}

// Suspends who awaits it, and says where.
struct Suspension {
  std::coroutine_handle<>* waiting;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) const noexcept { *waiting = handle; }
  void await_resume() const noexcept {}
};

class JsonRpcTest : public ::testing::Test {
 protected:
  JsonRpcTest() {
    add({.name = "test:echo",
         .aliases = "old_echo,older_echo",
         .recipes = " | text | number | text,number | number,text | list | a,b,c",
         .help = "Gives back what it got.",
         .result = "the parameters"},
        immediate(echo));
    add({.name = "test:dump", .aliases = "test_dump", .recipes = "", .help = "", .result = ""},
        immediate([this](const Parameters&) -> base::Result<Json> {
          ++dumps;
          return Json("OK");
        }));
    add({.name = "other:dump", .aliases = "od", .recipes = " | text", .help = "", .result = "", .named_only = true},
        immediate(echo));
    add({.name = "test:fail", .aliases = "", .recipes = "number", .help = "", .result = ""},
        immediate([](const Parameters& parameters) -> base::Result<Json> {
          return base::fail("it said so", static_cast<int>(parameters.integer("number").value()));
        }));
    add({.name = "test:nothing", .aliases = "", .recipes = "", .help = "", .result = ""},
        immediate([](const Parameters&) -> base::Result<Json> { return Json(); }));
    add({.name = "test:wait", .aliases = "", .recipes = "text", .help = "", .result = ""},
        [this](Parameters parameters) -> base::Task<base::Result<Json>> {
          co_await Suspension{&waiting};
          co_return echo(parameters);
        });
  }

  void add(const CommandSpec& spec, Handler handler) {
    auto added = registry.add(spec, std::move(handler));
    ASSERT_TRUE(added) << added.error().message;
  }

  std::string ask(std::string_view request) {
    std::string answer = "not answered";
    base::start(rpc.handle(std::string(request)), [&](std::string text) { answer = std::move(text); });
    return answer;
  }

  // The answer to a call with these `params`, without its envelope.
  std::string call(std::string_view method, std::string_view params = "[]") {
    std::string text = ask(R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"(","params":)" +
                           std::string(params) + R"(,"id":1})");
    constexpr std::string_view kBegin = R"({"jsonrpc":"2.0",)";
    constexpr std::string_view kEnd = R"(,"id":1})";
    EXPECT_TRUE(text.starts_with(kBegin) && text.ends_with(kEnd)) << text;
    return text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  }

  int dumps = 0;
  std::coroutine_handle<> waiting;
  CommandRegistry registry;
  JsonRpc rpc{registry};
};

std::string invalid_params(std::string_view data) {
  return R"("error":{"code":-32602,"message":"Invalid params","data":")" + std::string(data) + R"("})";
}

TEST_F(JsonRpcTest, AnswersACall) {
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"test:dump","id":7})"), R"({"jsonrpc":"2.0","result":"OK","id":7})");
  EXPECT_EQ(ask(R"( {"Method":"test:dump","ID":"x","JsonRpc":"2.0","unknown":[1]} )"),
            R"({"jsonrpc":"2.0","result":"OK","id":"x"})");
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"test:dump","id":null,"params":{}})"),
            R"({"jsonrpc":"2.0","result":"OK","id":null})");
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"test:dump","id":3.9})"), R"({"jsonrpc":"2.0","result":"OK","id":3})");
  EXPECT_EQ(dumps, 4);
}

TEST_F(JsonRpcTest, RunsANotificationWithoutAnAnswer) {
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"test:dump"})"), "");
  EXPECT_EQ(dumps, 1);
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"no:such"})"), "");
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","method":"test:dump","params":[1]})"), "");
  EXPECT_EQ(dumps, 1);
}

TEST_F(JsonRpcTest, AnswersBadFormWithoutAnId) {
  EXPECT_THAT(ask("{"), HasSubstr(R"("error":{"code":-32700,"message":"Parse error")"));
  EXPECT_THAT(ask("{"), HasSubstr(R"("id":null})"));
  for (const std::string_view request :
       {R"([])", R"([{"jsonrpc":"2.0","method":"test:dump","id":1}])", R"(5)", R"("x")", R"(null)", R"({})",
        R"({"jsonrpc":2.0,"method":"test:dump"})", R"({"jsonrpc":"1.0","method":"test:dump"})",
        R"({"jsonrpc":"2.0","method":5})", R"({"jsonrpc":"2.0"})",
        R"({"jsonrpc":"2.0","method":"test:dump","params":5})",
        R"({"jsonrpc":"2.0","method":"test:dump","params":null})", R"({"jsonrpc":"2.0","method":"test:dump","id":[]})",
        R"({"jsonrpc":"2.0","method":"test:dump","id":true})",
        R"({"jsonrpc":"2.0","method":"test:dump","id":1e300})"}) {
    EXPECT_THAT(ask(request), HasSubstr(R"("error":{"code":-32600,"message":"Invalid Request")")) << request;
    EXPECT_THAT(ask(request), HasSubstr(R"("id":null})")) << request;
  }
  EXPECT_THAT(ask(R"({"jsonrpc":"1.0","method":"test:dump","id":4})"), HasSubstr(R"("id":4})"));
  EXPECT_EQ(dumps, 0);
}

TEST_F(JsonRpcTest, FindsACommandByEachOfItsNames) {
  for (const std::string_view name : {"test:echo", "echo", "old_echo", "older_echo"}) {
    EXPECT_EQ(call(name), R"("result":{})") << name;
  }
  EXPECT_EQ(call("test_dump"), R"("result":"OK")");
  EXPECT_EQ(call("od"), R"("result":{})");
  EXPECT_EQ(call("dump"),
            R"("error":{"code":-32001,"message":"Method ambiguous","data":"supported names: test:dump, other:dump"})");
  for (const std::string_view name : {"", "no", "no:such", "Test:Echo", "test:", ":echo", "test:old_echo"}) {
    EXPECT_EQ(call(name), R"("error":{"code":-32601,"message":"Method not found"})") << name;
  }
}

TEST_F(JsonRpcTest, MatchesParametersToARecipe) {
  EXPECT_EQ(call("echo", R"({"text":"a","number":5})"), R"("result":{"text":"a","number":5})");
  EXPECT_EQ(call("echo", R"({"number":5,"text":"a"})"), R"("result":{"text":"a","number":5})");
  EXPECT_EQ(call("echo", R"({"list":["x",2,2.5]})"), R"("result":{"x":true,"2":true,"2.5":true})");
  EXPECT_EQ(call("echo", R"(["x"])"), invalid_params("Ambiguous call, use named parameters instead"));
  EXPECT_EQ(call("echo", R"([1,2,3,4])"), invalid_params("Too few or too many parameters"));
  EXPECT_EQ(call("echo", R"({"a":1,"b":2,"c":3,"d":4})"), invalid_params("Too few or too many parameters"));
  EXPECT_EQ(call("echo", R"({"Text":"a"})"), invalid_params("Named parameters do not match"));
  EXPECT_EQ(call("echo", R"({"text":"a","text":"b"})"), invalid_params("Named parameters do not match"));
  EXPECT_EQ(call("echo", R"([1,2,3])"), R"("result":{})");
  EXPECT_EQ(call("fail"), invalid_params("Too few or too many parameters"));
  EXPECT_EQ(call("od", R"(["x"])"), invalid_params("Command only supports named parameters"));
  EXPECT_EQ(call("od", R"({"text":"x"})"), R"("result":{"text":"x"})");
}

TEST_F(JsonRpcTest, IsLenientWithTypesWhereOpenSipsIs) {
  EXPECT_EQ(call("echo", R"({"text":5})"), R"("result":{"text":"5"})");
  EXPECT_EQ(call("echo", R"({"text":1.5})"), R"("result":{"text":"1.5"})");
  EXPECT_EQ(call("echo", R"({"number":"-42"})"), R"("result":{"number":-42})");
  EXPECT_EQ(call("echo", R"({"number":3.0})"), R"("result":{"number":3})");
  for (const std::string_view value : {R"("4x")", R"("")", R"(3.5)", R"(1e300)", R"(true)", R"(null)", R"([1])",
                                       R"({})", R"("99999999999999999999")"}) {
    EXPECT_EQ(call("echo", R"({"number":)" + std::string(value) + "}"),
              invalid_params("Bad type for parameter 'number'"))
        << value;
  }
  EXPECT_EQ(call("echo", R"({"text":null})"), invalid_params("Bad type for parameter 'text'"));
  EXPECT_EQ(call("echo", R"({"list":"x"})"), invalid_params("Bad type for parameter 'list'"));
  EXPECT_EQ(call("echo", R"({"list":[]})"), invalid_params("Empty array in parameter 'list'"));
  EXPECT_EQ(call("echo", R"({"list":["x",{}]})"), invalid_params("Bad type for array item in parameter 'list'"));
}

TEST_F(JsonRpcTest, PassesOnWhatAHandlerSaysWentWrong) {
  EXPECT_EQ(call("fail", R"([404])"), R"("error":{"code":404,"message":"it said so"})");
  EXPECT_EQ(call("fail", R"([0])"), R"("error":{"code":-32000,"message":"Server error","data":"it said so"})");
  EXPECT_EQ(call("nothing"),
            R"("error":{"code":-32000,"message":"Server error","data":"Command handler returned null"})");
}

TEST_F(JsonRpcTest, AnswersLaterWhenTheHandlerWaits) {
  std::string answer;
  base::start(rpc.handle(R"({"jsonrpc":"2.0","method":"test:wait","params":["x"],"id":1})"),
              [&](std::string text) { answer = std::move(text); });
  EXPECT_EQ(answer, "");
  waiting.resume();
  EXPECT_EQ(answer, R"({"jsonrpc":"2.0","result":{"text":"x"},"id":1})");
}

TEST_F(JsonRpcTest, IndentsWhenAsked) {
  std::string answer;
  base::start(rpc.handle(R"({"jsonrpc":"2.0","method":"test:dump","id":1})", 1),
              [&](std::string text) { answer = std::move(text); });
  EXPECT_EQ(answer, "{\n \"jsonrpc\": \"2.0\",\n \"result\": \"OK\",\n \"id\": 1\n}");
}

TEST_F(JsonRpcTest, RefusesNamesThatAreTaken) {
  const auto add_named = [this](std::string_view name, std::string_view aliases) {
    return registry.add({.name = name, .aliases = aliases, .recipes = "", .help = "", .result = ""}, immediate(echo));
  };
  EXPECT_THAT(add_named("test:echo", "").error().message, HasSubstr("'test:echo' exists already"));
  EXPECT_THAT(add_named("new:one", "od").error().message, HasSubstr("'od' is an alias of 'other:dump' already"));
  for (const std::string_view name : {"plain", ":x", "x:", ""}) EXPECT_FALSE(add_named(name, "")) << name;
  EXPECT_EQ(registry.names().size(), 6U);
  EXPECT_EQ(registry.all().front()->spec.name, "other:dump");
}

}  // namespace
}  // namespace carillon::management
