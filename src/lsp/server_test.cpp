// SPDX-License-Identifier: Apache-2.0
// The server as a client sees it, with the modules that there are.
#include "lsp/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lsp/client_fixture.h"

namespace carillon::lsp {
namespace {

using testing::Client;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kUri = "untitled:a.cfg";

constexpr std::string_view kScript = R"cfg(loadmodule "tm.so"
loadmodule "sipmsgops.so"
modparam("tm", "fr_timeout", 5)
route {
  t_on_failure("missed");
  route(relay);
  if (is_method("INVITE")) route(relay);
}
route[relay] {
  t_relay();
}
failure_route[missed] {
  exit;
}
)cfg";

TEST(LanguageServer, SaysWhatItCan) {
  Server server(modules::all(), "1.2");
  const auto answers = server.handle(R"({"jsonrpc": "2.0", "id": "x", "method": "initialize", "params": {}})");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_THAT(answers.front(), HasSubstr(R"("id":"x")"));
  EXPECT_THAT(answers.front(), HasSubstr(R"("positionEncoding":"utf-16")"));
  EXPECT_THAT(answers.front(), HasSubstr(R"("serverInfo":{"name":"carillon","version":"1.2"})"));
}

TEST(LanguageServer, LivesAsTheProtocolSays) {
  Server server(modules::all(), "1");
  const auto ask = [&](std::string_view method) {
    const auto answers = server.handle(fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"{}"}})", method));
    return answers.empty() ? std::string() : answers.front();
  };
  EXPECT_THAT(ask("shutdown"), HasSubstr("-32002"));
  EXPECT_THAT(ask("initialize"), HasSubstr("capabilities"));
  EXPECT_THAT(ask("initialize"), HasSubstr("-32600"));
  EXPECT_THAT(ask("textDocument/foldingRange"), HasSubstr("-32601"));
  EXPECT_THAT(ask("$/something"), HasSubstr("-32601"));
  EXPECT_EQ(server.exit_status(), 1);
  EXPECT_THAT(ask("shutdown"), HasSubstr(R"("result":null)"));
  EXPECT_THAT(ask("textDocument/hover"), HasSubstr("-32600"));
  EXPECT_FALSE(server.ended());
  EXPECT_TRUE(server.handle(R"({"jsonrpc":"2.0","method":"exit"})").empty());
  EXPECT_TRUE(server.ended());
  EXPECT_EQ(server.exit_status(), 0);
}

TEST(LanguageServer, AnswersWhatIsNoMessage) {
  Client client;
  const auto answer = [&](std::string_view message) {
    const auto answers = client.server.handle(message);
    return answers.empty() ? std::string("nothing") : answers.front();
  };
  EXPECT_THAT(answer(""), HasSubstr("-32700"));
  EXPECT_THAT(answer("{\"id\": 1"), HasSubstr("-32700"));
  EXPECT_THAT(answer("\xff"), HasSubstr("-32700"));
  EXPECT_THAT(answer(std::string(1000, '[')), HasSubstr("-32700"));
  EXPECT_THAT(answer("[]"), HasSubstr("-32600"));
  EXPECT_THAT(answer("{}"), HasSubstr("-32600"));
  EXPECT_THAT(answer(R"({"id": 1, "method": 5})"), HasSubstr("-32600"));
  EXPECT_THAT(answer(R"({"id": {}, "method": "shutdown"})"), HasSubstr("-32600"));
  EXPECT_EQ(answer(R"({"id": 1, "result": null})"), "nothing");
  EXPECT_EQ(answer(R"({"method": "$/cancelRequest", "params": {"id": 1}})"), "nothing");
  EXPECT_EQ(answer(R"({"method": "no/such"})"), "nothing");
}

TEST(LanguageServer, ParametersOfTheWrongKindAreNoTrouble) {
  Client client;
  for (const std::string_view method :
       {"textDocument/completion", "textDocument/hover", "textDocument/definition", "textDocument/references",
        "textDocument/prepareRename", "textDocument/rename", "textDocument/documentSymbol"}) {
    for (const std::string_view params :
         {"null", "[]", "5", "{}", R"({"textDocument": 1})", R"({"textDocument": {"uri": 5}, "position": []})",
          R"({"textDocument": {"uri": "file:///nowhere"}, "position": {}})"}) {
      EXPECT_EQ(client.failure(method, params), kInvalidParams) << method << params;
    }
  }
  client.open(kUri, "route { }");
  EXPECT_EQ(client.failure("textDocument/hover",
                           R"({"textDocument": {"uri": "untitled:a.cfg"}, "position": {"line": -1, "character": 0}})"),
            kInvalidParams);
  for (const std::string_view method : {"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose"}) {
    for (const std::string_view params :
         {"null", "[]", "{}", R"({"textDocument": {"uri": "x"}, "contentChanges": 5})",
          R"({"textDocument": {"uri": "untitled:a.cfg"}, "contentChanges": [{"range": 5, "text": "x"}]})",
          R"({"textDocument": {"uri": "untitled:a.cfg"}, "contentChanges": [{"text": 5}]})"}) {
      client.notify(method, params);
    }
  }
  client.open(kUri, "route { }");
  EXPECT_EQ(client.hover(kUri, {4'000'000'000U, 7}), "");
}

TEST(LanguageServer, PublishesWhatIsWrongAndTakesItBack) {
  Client client;
  client.open(kUri, "loadmodule \"tm.so\"\nroute {\n  t_rely();\n  exit;\n  t_relay();\n}\n");
  EXPECT_THAT(client.settle(), ElementsAre(Pair(kUri, ElementsAre("2:2-2:8 unknown-function", "4:2-4:9 unreachable"))));
  EXPECT_THAT(client.settle(), IsEmpty());
  client.replace(kUri, "loadmodule \"tm.so\"\nroute {\n  t_relay();\n}\n");
  EXPECT_THAT(client.settle(), ElementsAre(Pair(kUri, IsEmpty())));
  client.close(kUri);
  EXPECT_THAT(client.settle(), IsEmpty());
}

TEST(LanguageServer, ColumnsAreOfUtf16) {
  Client client;
  client.open(kUri, "loadmodule \"tm.so\"\nroute { xlog(\"\u00e4\U0001F600 $nope\"); }\n");
  EXPECT_THAT(client.settle(), ElementsAre(Pair(kUri, ElementsAre("1:18-1:23 unknown-variable"))));
}

TEST(LanguageServer, ChangesAreParts) {
  Client client;
  client.open(kUri, "loadmodule \"tm.so\"\nroute { \U0001F600t_rely(); }\n");
  client.notify("textDocument/didChange", R"({"textDocument": {"uri": "untitled:a.cfg", "version": 2},
      "contentChanges": [
        {"range": {"start": {"line": 1, "character": 8}, "end": {"line": 1, "character": 10}}, "text": ""},
        {"range": {"start": {"line": 1, "character": 13}, "end": {"line": 1, "character": 13}}, "text": "a"}]})");
  EXPECT_THAT(client.settle(), ElementsAre(Pair(kUri, IsEmpty())));
  EXPECT_THAT(client.hover(kUri, {1, 9}), HasSubstr("t_relay"));
}

TEST(LanguageServer, OffersFunctionsOfTheLoadedModules) {
  Client client;
  client.open(kUri, "loadmodule \"tm.so\"\nroute {\n  t_r\n}\n");
  const auto offered = client.offered(kUri, {2, 5});
  EXPECT_THAT(offered, IsSupersetOf({"t_relay", "t_reply", "if", "xlog", "is_myself"}));
  EXPECT_THAT(offered, Not(Contains("ds_select_dst")));
  EXPECT_THAT(offered, Not(Contains("save")));
  EXPECT_THAT(offered, Not(Contains("loadmodule")));
  EXPECT_EQ(client.inserted(kUri, {2, 5}, "t_reply"), "t_reply(${1:code}, \"${2:reason}\")");
  EXPECT_EQ(client.inserted(kUri, {2, 5}, "t_newtran"), "t_newtran()");
  EXPECT_EQ(client.inserted(kUri, {2, 5}, "t_relay"), "t_relay($1)");
}

TEST(LanguageServer, OffersVariablesTransformationsAndNames) {
  Client client;
  client.open(kUri, "loadmodule \"tm.so\"\nroute {\n  $avp(caller) = $(fu{uri.user});\n  xlog(\"$avp(c $(ru{s.\n}\n");
  EXPECT_THAT(client.offered(kUri, {2, 3}), IsSupersetOf({"$ru", "$avp", "$hdr", "$T_reply_code"}));
  EXPECT_EQ(client.inserted(kUri, {2, 3}, "$hdr"), "hdr(${1:name})");
  EXPECT_THAT(client.offered(kUri, {3, 14}), ElementsAre("caller"));
  EXPECT_THAT(client.offered(kUri, {3, 22}), IsSupersetOf({"s.len", "s.substr", "uri.user", "nameaddr.uri"}));
}

TEST(LanguageServer, OffersModulesAndParameters) {
  Client client;
  client.open(kUri, "loadmodule \"\"\nmodparam(\"tm\", \"fr_\", 5)\nl\n");
  EXPECT_THAT(client.offered(kUri, {0, 12}), IsSupersetOf({"tm", "usrloc", "dialog"}));
  EXPECT_EQ(client.inserted(kUri, {0, 12}, "tm"), "tm.so");
  EXPECT_THAT(client.offered(kUri, {1, 19}), IsSupersetOf({"fr_timeout", "fr_inv_timeout"}));
  EXPECT_THAT(client.offered(kUri, {2, 1}), IsSupersetOf({"loadmodule", "log_level", "route", "failure_route"}));
}

TEST(LanguageServer, OffersRoutesWhereTheyAreNamed) {
  Client client;
  client.open(kUri, kScript);
  EXPECT_THAT(client.offered(kUri, {4, 20}), ElementsAre("missed"));
  EXPECT_THAT(client.offered(kUri, {5, 10}), ElementsAre("relay"));
}

TEST(LanguageServer, TellsAboutNames) {
  Client client;
  client.open(kUri, kScript);
  EXPECT_THAT(client.hover(kUri, {9, 4}), HasSubstr("t_relay([flags], [outbound_proxy])"));
  EXPECT_THAT(client.hover(kUri, {9, 4}), HasSubstr("Module `tm`"));
  EXPECT_THAT(client.hover(kUri, {0, 13}), HasSubstr("**tm**"));
  EXPECT_THAT(client.hover(kUri, {2, 18}), HasSubstr("Takes a number; default `30`"));
  EXPECT_THAT(client.hover(kUri, {12, 3}), HasSubstr("**exit**"));
  EXPECT_EQ(client.hover(kUri, {3, 7}), "");
  client.replace(kUri, "route {\n  ds_is_in_list(); save(\"location\");\n}\nloadmodule \"tm.so\"\nlog_level = 3\n");
  EXPECT_EQ(client.hover(kUri, {1, 4}), "");
  EXPECT_THAT(client.hover(kUri, {1, 20}), HasSubstr("Needs `loadmodule \"registrar.so\"`"));
  EXPECT_THAT(client.hover(kUri, {4, 4}), HasSubstr("log_level = "));
}

TEST(LanguageServer, GoesToRoutesAndFindsTheirUses) {
  Client client;
  client.open(kUri, kScript);
  const std::string uri(kUri);
  EXPECT_THAT(client.places("textDocument/definition", Client::at(kUri, {5, 9})), ElementsAre(uri + " 8:6-8:11"));
  EXPECT_THAT(client.places("textDocument/definition", Client::at(kUri, {4, 18})), ElementsAre(uri + " 11:14-11:20"));
  EXPECT_THAT(client.places("textDocument/definition", Client::at(kUri, {9, 4})), IsEmpty());
  EXPECT_THAT(client.places("textDocument/references", Client::at(kUri, {8, 8})),
              ElementsAre(uri + " 5:8-5:13", uri + " 6:33-6:38"));
  EXPECT_THAT(client.places("textDocument/references",
                            Client::at(kUri, {8, 8}, R"(, "context": {"includeDeclaration": true})")),
              ElementsAre(uri + " 5:8-5:13", uri + " 6:33-6:38", uri + " 8:6-8:11"));
}

TEST(LanguageServer, RenamesRoutesWhereverTheyAreNamed) {
  Client client;
  client.open(kUri, kScript);
  const auto edits = [&](Place place, std::string_view name) {
    const auto result =
        client.request("textDocument/rename", Client::at(kUri, place, fmt::format(R"(, "newName": "{}")", name)));
    std::vector<std::string> ranges;
    for (const auto& edit : *result.find("changes")->find(kUri)->if_array()) {
      ranges.push_back(Client::range(*edit.find("range")));
    }
    return ranges;
  };
  EXPECT_THAT(edits({4, 18}, "lost"), ElementsAre("4:16-4:22", "11:14-11:20"));
  EXPECT_THAT(edits({8, 7}, "send_on"), ElementsAre("5:8-5:13", "6:33-6:38", "8:6-8:11"));
  EXPECT_EQ(Client::range(client.request("textDocument/prepareRename", Client::at(kUri, {4, 18}))), "4:16-4:22");
  const auto refused = [&](Place place, std::string_view name) {
    return client.failure("textDocument/rename", Client::at(kUri, place, fmt::format(R"(, "newName": "{}")", name)));
  };
  for (const std::string_view name : {"", "a b", "a-b", "on", "NULL", "1", "x;y", "\\u00e4"}) {
    EXPECT_EQ(refused({8, 7}, name), kRequestFailed) << name;
  }
  EXPECT_EQ(refused({9, 4}, "x"), kRequestFailed);
  client.replace(kUri, std::string(kScript) + "route[other] { exit; }\n");
  EXPECT_EQ(refused({8, 7}, "other"), kRequestFailed);
  client.replace(kUri, std::string(kScript) + "route[other] { t(; }\n");
  EXPECT_EQ(refused({8, 7}, "x"), kRequestFailed);
}

TEST(LanguageServer, ListsTheRoutesOfADocument) {
  Client client;
  client.open(kUri, kScript);
  std::vector<std::string> symbols;
  const auto list = [&] {
    symbols.clear();
    const auto rows =
        client.request("textDocument/documentSymbol", fmt::format(R"({{"textDocument": {{"uri": "{}"}}}})", kUri));
    for (const auto& row : *rows.if_array()) {
      symbols.push_back(*row.find("name")->if_string() + " " + Client::range(*row.find("range")) + " " +
                        Client::range(*row.find("selectionRange")));
    }
  };
  list();
  EXPECT_THAT(symbols, ElementsAre("route 3:0-7:1 3:0-3:5", "route[relay] 8:0-10:1 8:6-8:11",
                                   "failure_route[missed] 11:0-13:1 11:14-11:20"));
  // What is being written has its symbols too.
  client.replace(kUri, "route {\n  if (\n  t_relay(\n\nroute[a] {\n  exit;\n}\nroute[b] {\n  $var(x) =");
  list();
  EXPECT_THAT(symbols, ElementsAre(HasSubstr("route 0:0"), HasSubstr("route[a] 4:0-6:1"), HasSubstr("route[b] 7:0")));
}

TEST(LanguageServer, FormatsDocuments) {
  Client client;
  const auto format = [&](std::string_view options) {
    return client.request("textDocument/formatting",
                          fmt::format(R"({{"textDocument": {{"uri": "{}"}}, "options": {}}})", kUri, options));
  };
  client.open(kUri, "route{\nexit;\n}\n");
  const auto edits = format(R"({"tabSize": 3, "insertSpaces": true})");
  ASSERT_EQ(edits.if_array()->size(), 1U);
  EXPECT_EQ(Client::range(*edits.if_array()->front().find("range")), "0:0-3:0");
  EXPECT_EQ(*edits.if_array()->front().find("newText")->if_string(), "route {\n   exit;\n}\n");
  const auto tabs = format(R"({"tabSize": 3, "insertSpaces": false})");
  EXPECT_EQ(*tabs.if_array()->front().find("newText")->if_string(), "route {\n\texit;\n}\n");
  client.replace(kUri, "route {\n   exit;\n}\n");
  EXPECT_TRUE(format(R"({"tabSize": 3, "insertSpaces": true})").if_array()->empty());
  client.replace(kUri, "route {\n   exit(;\n}\n");
  EXPECT_TRUE(format("{}").if_array()->empty());
}

TEST(LanguageServer, AFileWithoutModulesIsAPartOfAScript) {
  Client client;
  client.open(kUri, "route[relay] {\n  t_relay();\n  route(elsewhere);\n  xlog(\"$avp(x) $nope\");\n  t_rely();\n}\n");
  EXPECT_THAT(client.settle(),
              ElementsAre(Pair(kUri, ElementsAre("3:16-3:21 unknown-variable", "4:2-4:8 unknown-function"))));
}

class Includes : public ::testing::Test {
 protected:
  Includes() {
    std::filesystem::create_directories(folder_ / "parts");
    std::ofstream(folder_ / "parts" / "relay.cfg") << "route[relay] {\n  t_rely();\n}\n";
  }
  ~Includes() override { std::filesystem::remove_all(folder_); }
  std::string uri(std::string_view name) { return uri_of((folder_ / name).string()); }

  std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) /
      fmt::format("lsp_{}_{}", ::testing::UnitTest::GetInstance()->random_seed(), ::getpid());
  Client client_;
};

constexpr std::string_view kMain =
    "loadmodule \"tm.so\"\nroute {\n  route(relay);\n}\ninclude_file \"parts/relay.cfg\"\ninclude_file \"none.cfg\"\n";

TEST_F(Includes, AreReadBesideTheDocument) {
  client_.open(uri("main.cfg"), kMain);
  EXPECT_THAT(client_.settle(),
              UnorderedElementsAre(Pair(uri("main.cfg"), ElementsAre("5:13-5:23 unreadable")),
                                   Pair(uri("parts/relay.cfg"), ElementsAre("1:2-1:8 unknown-function"))));
  EXPECT_THAT(client_.places("textDocument/definition", Client::at(uri("main.cfg"), {2, 9})),
              ElementsAre(uri("parts/relay.cfg") + " 0:6-0:11"));
  EXPECT_THAT(client_.places("textDocument/definition", Client::at(uri("main.cfg"), {4, 16})),
              ElementsAre(uri("parts/relay.cfg") + " 0:0-0:0"));
}

TEST_F(Includes, OpenDocumentsWinOverFiles) {
  client_.open(uri("main.cfg"), kMain);
  client_.open(uri("parts/relay.cfg"), "route[relay] {\n  t_relay();\n}\n");
  client_.open(uri("none.cfg"), "");
  EXPECT_THAT(client_.settle(),
              UnorderedElementsAre(Pair(uri("main.cfg"), IsEmpty()), Pair(uri("parts/relay.cfg"), IsEmpty()),
                                   Pair(uri("none.cfg"), IsEmpty())));
  // What is included is looked at as the script sees it.
  EXPECT_THAT(client_.places("textDocument/references", Client::at(uri("parts/relay.cfg"), {0, 7})),
              ElementsAre(uri("main.cfg") + " 2:8-2:13"));
  client_.close(uri("parts/relay.cfg"));
  EXPECT_THAT(client_.settle(), Contains(Pair(uri("parts/relay.cfg"), ElementsAre("1:2-1:8 unknown-function"))));
  client_.close(uri("main.cfg"));
  EXPECT_THAT(client_.settle(), Contains(Pair(uri("parts/relay.cfg"), IsEmpty())));
}

TEST_F(Includes, AFileAloneBelongsToTheScriptNearby) {
  std::ofstream(folder_ / "main.cfg") << kMain;
  client_.open(uri("parts/relay.cfg"), "route[relay] {\n  save(\"location\");\n}\n");
  EXPECT_THAT(client_.settle(),
              UnorderedElementsAre(Pair(uri("main.cfg"), ElementsAre("5:13-5:23 unreadable")),
                                   Pair(uri("parts/relay.cfg"), ElementsAre("1:2-1:6 missing-loadmodule"))));
  EXPECT_THAT(client_.places("textDocument/references", Client::at(uri("parts/relay.cfg"), {0, 7})),
              ElementsAre(uri("main.cfg") + " 2:8-2:13"));
  client_.close(uri("parts/relay.cfg"));
  EXPECT_THAT(client_.settle(),
              UnorderedElementsAre(Pair(uri("main.cfg"), IsEmpty()), Pair(uri("parts/relay.cfg"), IsEmpty())));
}

TEST_F(Includes, ThatGoInCirclesEnd) {
  client_.open(uri("a.cfg"), "include_file \"b.cfg\"\ninclude_file \"a.cfg\"\n");
  client_.open(uri("b.cfg"), "include_file \"a.cfg\"\ninclude_file \"b.cfg\"\n");
  const auto published = client_.settle();
  EXPECT_THAT(published, Contains(Pair(uri("a.cfg"), ElementsAre("1:13-1:20 unreadable"))));
  EXPECT_THAT(client_.hover(uri("b.cfg"), {0, 0}), HasSubstr("**include_file**"));
}

}  // namespace
}  // namespace carillon::lsp
