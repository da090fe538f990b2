// SPDX-License-Identifier: Apache-2.0
// `carillon test` and `carillon explain` on the example and on scripts of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "management/json.h"
#include "server/tools/explain.h"
#include "server/tools/play_scenarios.h"
#include "server/tools/watched_database.h"

namespace carillon::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kExample = "examples/testing/proxy.cfg";

class Tools : public ::testing::Test {
 protected:
  Tools() {
    std::string pattern = (std::filesystem::temp_directory_path() / "carillon-tools-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~Tools() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string file(const std::string& name, std::string_view text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }
  // The status, and what was printed on standard output.
  std::pair<int, std::string> play(const PlayOptions& options) {
    ::testing::internal::CaptureStdout();
    const int status = play_scenarios(options);
    return {status, ::testing::internal::GetCapturedStdout()};
  }
  std::pair<int, std::string> explain(const ExplainOptions& options) {
    ::testing::internal::CaptureStdout();
    const int status = explain_requests(options);
    return {status, ::testing::internal::GetCapturedStdout()};
  }

  std::string folder_;
};

constexpr std::string_view kScript = R"cfg(socket = udp:192.0.2.1:5060
loadmodule "proto_udp.so"
loadmodule "signaling.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "sipmsgops.so"
loadmodule "mi_fifo.so"
modparam("mi_fifo", "fifo_name", "/proc/no/fifo")
route {
  if (is_method("ACK")) exit;
  $var(user) = $rU;
  if ($var(user) == "bob") {
    $du = "sip:203.0.113.9:5070";
    t_relay();
    exit;
  }
  sl_send_reply(404, "No $var(user)");
}
)cfg";

constexpr std::string_view kInvite =
    "INVITE sip:bob@example.org SIP/2.0\n"
    "Via: SIP/2.0/UDP 198.51.100.7:5062;branch=z9hG4bKx\n"
    "From: <sip:alice@example.org>;tag=a\n"
    "To: <sip:bob@example.org>\n"
    "Call-ID: one\n"
    "CSeq: 1 INVITE\n"
    "Contact: <sip:alice@198.51.100.7:5062>\n"
    "Max-Forwards: 70\n";

// --- test

TEST_F(Tools, TheExamplePasses) {
  const auto [status, text] = play({.script = {.file = kExample}, .scenarios = {"examples/testing/scenarios"}});
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text, HasSubstr("4 passed, 0 failed\n"));
}

TEST_F(Tools, AFailureTellsWhatWasExpectedTheWireAndTheScript) {
  const std::string script = file("proxy.cfg", kScript);
  const std::string scenario = file("call.scn",
                                    "send alice INVITE sip:carol@example.org\n"
                                    "expect alice 200\n");
  const auto [status, text] = play({.script = {.file = script}, .scenarios = {scenario}});
  EXPECT_EQ(status, kFailure);
  EXPECT_THAT(text,
              AllOf(HasSubstr("FAIL  " + scenario), HasSubstr("call.scn:2: alice expected alice 200"),
                    HasSubstr("alice > INVITE sip:carol@example.org"), HasSubstr("alice < SIP/2.0 404 No carol"),
                    HasSubstr("route: INVITE sip:carol@example.org from udp:10.0.0.11:5060"), HasSubstr("proxy.cfg:11"),
                    HasSubstr("$var(user) = $rU;"), HasSubstr("$rU is \"carol\"; $var(user) := \"carol\""),
                    HasSubstr("if ($var(user) == \"bob\") {"), HasSubstr("sl_send_reply() = 1"),
                    HasSubstr("0 passed, 1 failed\n")));
}

TEST_F(Tools, PhonesCallTheServerWhereTheScriptListens) {
  const std::string script = file("proxy.cfg", kScript);
  std::filesystem::create_directory(folder_ + "/a");
  file("a/ignored.txt", "nonsense");
  file("a/call.scn",
       "peer gateway udp 203.0.113.9:5070\n"
       "send alice INVITE sip:bob@example.org\n"
       "expect gateway INVITE  Via: ~ \"^SIP/2.0/UDP $server\"\n"
       "send gateway 200\n"
       "expect alice 200\n"
       "send alice ACK\n");
  file("a/other.scn", "send alice INVITE sip:x@$server\nexpect alice 404\nsend alice ACK\n");
  const auto [status, text] = play({.script = {.file = script}, .scenarios = {folder_}, .verbose = true});
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("2 passed, 0 failed"), HasSubstr("proxy.cfg:14"), HasSubstr("t_relay() = 1")));
  const auto [one, filtered] = play({.script = {.file = script}, .scenarios = {folder_}, .filter = "*other*"});
  EXPECT_EQ(one, kSuccess);
  EXPECT_THAT(filtered, AllOf(HasSubstr("1 passed, 0 failed"), Not(HasSubstr("call.scn"))));
}

TEST_F(Tools, WhatCanNotBePlayedIsNoFailureOfTheScript) {
  const std::string script = file("proxy.cfg", kScript);
  EXPECT_EQ(play({.script = {.file = script}, .scenarios = {folder_}}).first, kBadStart) << "no scenario";
  EXPECT_EQ(play({.script = {.file = script}, .scenarios = {folder_ + "/none.scn"}}).first, kBadStart);
  const std::string scenario = file("call.scn", "send alice OPTIONS sip:x\nexpect alice 404\n");
  EXPECT_EQ(play({.script = {.file = file("bad.cfg", "route { nonsense(); }")}, .scenarios = {scenario}}).first,
            kBadStart);
  EXPECT_EQ(play({.script = {.file = folder_ + "/none.cfg"}, .scenarios = {scenario}}).first, kBadStart);
}

TEST_F(Tools, MistakesOfAScenarioAreTold) {
  const std::string script = file("proxy.cfg", kScript);
  constexpr std::string_view kWrong[] = {
      "",
      "# nothing\n",
      "nonsense\n",
      "send\n",
      "send nobody OPTIONS sip:x\n",
      "expect alice\n",
      "expect alice 200\n",
      "script route { }\n",
      "load tm\n",
      "peer alice udp 192.0.2.1:5060\nsend alice OPTIONS sip:x\n",
      "peer zoe tcp\nsend zoe OPTIONS sip:x\n",
      "command\n",
      "command uptime  result ~ \"(\"\n",
      "log ~ \"(\"\n",
      "modparam nonsense x 1\nsend alice OPTIONS sip:x\n",
      "advance soon\n",
      "rows\n",
      "web-server\n",
      "exec\n",
      "exec /bin/x  status many\n",
      "exec /bin/x  status 256\n",
      "exec /bin/x  fails -2\n",
      "exec /bin/x  input ~ \"(\"\n",
      "exec /bin/x  input ~ x\n",
      "exec /bin/x  Content-Type: text/plain\n",
      "http GET\n",
      "http GET http://x/  fails -5\n",
      "http GET http://x/  status 20\n",
      "http GET http://x/  error: x\n",
      "send alice OPTIONS sip:x\nexpect alice 404  Via: ~ \"(\"\n",
  };
  for (const std::string_view wrong : kWrong) {
    const auto [status, text] = play({.script = {.file = script}, .scenarios = {file("wrong.scn", wrong)}});
    EXPECT_EQ(status, kFailure) << wrong;
    EXPECT_THAT(text, HasSubstr("wrong.scn")) << wrong;
  }
}

TEST_F(Tools, NamesAndInterfacesOfTheScriptAreHereToo) {
  std::string text(kScript);
  text.replace(0, text.find('\n'),
               "socket = udp:eth7:5060 as 198.51.100.1\nsocket = udp:*:5080\nsocket = udp:[2001:db8::9]:5060");
  const std::string script = file("proxy.cfg", text);
  const std::string scenario = file("call.scn",
                                    "peer zoe udp [2001:db8::77]:5060\n"
                                    "send alice OPTIONS sip:x@y\nexpect alice 404\n"
                                    "send zoe OPTIONS sip:x@y\nexpect zoe 404\n");
  const auto [status, printed] = play({.script = {.file = script}, .scenarios = {scenario}});
  EXPECT_EQ(status, kSuccess) << printed;
}

// --- nobody outside hears of it

class Outside : public Tools {
 protected:
  // Of a script that leaves its traces in the folder of the test.
  std::string script() {
    file("code.lua",
         "function touch(message, folder)\n"
         "  local file, why = io.open(folder .. '/lua', 'w')\n"
         "  local removed = os.remove(folder .. '/kept')\n"
         "  local renamed = os.rename(folder .. '/kept', folder .. '/lua')\n"
         "  local named = os.tmpname()\n"
         "  local chosen = pcall(io.output, folder .. '/lua')\n"
         "  local library = package.loadlib('libm.so.6', '*')\n"
         "  local required, reason = pcall(require, 'cjson')\n"
         "  local read = io.open(folder .. '/kept'):read('*a')\n"
         "  if file or removed or renamed or named or chosen or library or required then return -2 end\n"
         "  if not why:find('changes nothing') or not reason:find('cjson') then return -3 end\n"
         "  io.output(io.stdout)\n"
         "  return read == 'here' and 1 or -4\n"
         "end\n");
    file("kept", "here");
    std::string text(kScript);
    text.replace(
        text.find("route {"), std::string_view("route {\n").size(),
        "loadmodule \"exec.so\"\nloadmodule \"rest_client.so\"\nloadmodule \"lua.so\"\n"
        "modparam(\"lua\", \"luafilename\", \"" +
            folder_ + "/code.lua\")\nstartup_route {\n  exec(\"touch " + folder_ +
            "/startup\");\n}\nroute {\n  if (is_method(\"OPTIONS\")) {\n    exec(\"touch " + folder_ +
            "/exec\", , $var(out));\n    $var(exec) = $rc;\n"
            "    rest_get(\"http://127.0.0.1:1/\", $var(body));\n    $var(rest) = $rc;\n    lua_exec(\"touch\", \"" +
            folder_ +
            "\");\n    sl_send_reply(200, \"$var(exec) $(var(out){s.trim}) $var(rest) $var(body) $rc\");\n"
            "    exit;\n  }\n");
    return file("outside.cfg", text);
  }
  void expect_nothing_done() {
    for (const char* trace : {"exec", "startup", "lua"}) {
      EXPECT_FALSE(std::filesystem::exists(folder_ + "/" + trace)) << trace;
    }
    EXPECT_TRUE(std::filesystem::exists(folder_ + "/kept"));
  }
};

TEST_F(Outside, WhatNobodyStatedFailsAndIsNotDone) {
  const std::string scenario = file("call.scn",
                                    "send alice OPTIONS sip:x@y\n"
                                    "expect alice 200 -1 <null> -10 <null> 1\n"
                                    "log ~ \"exec\\(\\): runs no command here: touch .*/startup\"\n"
                                    "log ~ \"exec\\(\\): runs no command here: touch .*/exec\"\n"
                                    "log ~ \"rest_get\\(\\): asks nobody here: GET http://127.0.0.1:1/\"\n"
                                    "log ~ \"lua: os.remove\\(\\) changes nothing .*/kept\"\n"
                                    "log ~ \"lua: require\\(\\) .*: cjson\"\n");
  const auto [status, text] = play({.script = {.file = script()}, .scenarios = {scenario}, .verbose = true});
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("  exec ? touch " + folder_ + "/exec   (no answer is stated)\n"),
                          HasSubstr("  http ? GET http://127.0.0.1:1/   (no answer is stated)\n")));
  expect_nothing_done();
}

TEST_F(Outside, AScenarioSaysWhatIsAnswered) {
  const std::string scenario = file("call.scn",
                                    "exec touch */startup\n"
                                    "exec touch */exec\n  | made\n"
                                    "http GET http://127.0.0.1:1/\n  | body\n"
                                    "send alice OPTIONS sip:x@y\n"
                                    "expect alice 200 1 made 1 body 1\n"
                                    "http GET *  fails -2\n"
                                    "send alice OPTIONS sip:x@y\n"
                                    "expect alice 200 1 made -2 <null> 1\n"
                                    "no-log ~ \"here: touch|asks nobody\"\n");
  const auto [status, text] = play({.script = {.file = script()}, .scenarios = {scenario}});
  EXPECT_EQ(status, kSuccess) << text;
  expect_nothing_done();
}

TEST_F(Outside, AnExplanationTellsWhatIsNotDone) {
  std::string options(kInvite);
  for (std::size_t at = options.find("INVITE"); at != std::string::npos; at = options.find("INVITE")) {
    options.replace(at, 6, "OPTIONS");
  }
  const auto [status, text] = explain({.script = {.file = script()}, .requests = {file("options.sip", options)}});
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("  note: exec() runs no command here: touch " + folder_ + "/startup\n"),
                          HasSubstr("  note: exec() runs no command here: touch " + folder_ + "/exec\n"),
                          HasSubstr("  note: nobody is asked here: GET http://127.0.0.1:1/\n"),
                          HasSubstr("exec() = -1"), HasSubstr("rest_get() = -10")));
  expect_nothing_done();
}

// What is stored is taken in; only the doors stay shut.
TEST_F(Tools, DialogsOfTheDatabaseAreThere) {
  std::string text(kScript);
  text.replace(text.find("loadmodule \"mi_fifo.so\""), 0,
               "db_default_url = \"sqlite:///none\"\nloadmodule \"rr.so\"\nloadmodule \"dialog.so\"\n"
               "modparam(\"dialog\", \"db_mode\", 1)\n");
  const std::string script = file("proxy.cfg", text);
  const std::string scenario = file(
      "call.scn",
      "database\n  INSERT INTO dialog (dlg_id, callid, from_uri, from_tag, to_uri, to_tag, caller_cseq, callee_cseq, "
      "caller_ping_cseq, callee_ping_cseq, caller_contact, callee_contact, caller_sock, callee_sock, state, "
      "start_time, "
      "timeout, flags) VALUES (3, 'call1', 'sip:a@example.org', 'a1', 'sip:b@example.org', 'b1', '0', '1', 0, 0, "
      "'sip:a@10.0.0.11', 'sip:b@10.0.0.12', 'udp:192.0.2.1:5060', 'udp:192.0.2.1:5060', 4, 1, 4000000000, 0)\n"
      "command dlg_list  result ~ \"call1\"\ncommand reload_routes\n");
  const auto [status, printed] = play({.script = {.file = script}, .scenarios = {scenario}});
  EXPECT_EQ(status, kSuccess) << printed;
}

// There is nobody to share a table with: it is one server's.
TEST_F(Tools, ContactsOfACloudAreKeptInMemory) {
  std::string text(kScript);
  text.replace(text.find("loadmodule \"mi_fifo.so\""), 0,
               "loadmodule \"cachedb_redis.so\"\nloadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n"
               "modparam(\"usrloc\", \"working_mode_preset\", \"full-sharing-cachedb-cluster\")\n"
               "modparam(\"usrloc\", \"cachedb_url\", \"redis:cloud://192.0.2.9:6379/\")\n");
  text.replace(text.find("  $var(user)"), 0,
               "  if (is_method(\"REGISTER\")) {\n    save(\"location\");\n    exit;\n  }\n");
  const std::string scenario = file("register.scn",
                                    "send bob REGISTER sip:example.org\n"
                                    "expect bob 200  Contact: ~ \"expires\"\n"
                                    "command ul_dump  result ~ \"bob\"\n");
  const auto [status, printed] = play({.script = {.file = file("proxy.cfg", text)}, .scenarios = {scenario}});
  EXPECT_EQ(status, kSuccess) << printed;
}

// --- explain

// Functions change where a request goes without a word in the script.
TEST_F(Tools, WhatAFunctionDoesToTheRequestIsToldToo) {
  std::string text(kScript);
  text.replace(text.find("loadmodule \"mi_fifo.so\""), 0, "loadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n");
  text.replace(text.find("  $var(user)"), 0,
               "  if (is_method(\"REGISTER\")) {\n    save(\"location\");\n    exit;\n  }\n  lookup(\"location\");\n");
  const std::string script = file("proxy.cfg", text);
  const std::string scenario = file("call.scn",
                                    "send bob REGISTER sip:example.org  To: <sip:bob@example.org>\n"
                                    "expect bob 200\n"
                                    "send alice OPTIONS sip:bob@example.org\n"
                                    "expect alice 404\n");
  const auto [status, printed] = play({.script = {.file = script}, .scenarios = {scenario}, .verbose = true});
  EXPECT_THAT(printed, HasSubstr("lookup() = 1; $ru := \"sip:bob@10.0.0.12:5060\""));
  EXPECT_THAT(printed, HasSubstr("$du := \"sip:203.0.113.9:5070\"\n")) << "told once";
}

TEST_F(Tools, ARequestIsExplainedLineByLine) {
  const std::string script = file("proxy.cfg", kScript);
  const std::string request = file("invite.sip", kInvite);
  const auto [status, text] = explain({.script = {.file = script}, .requests = {request}});
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text,
              AllOf(HasSubstr("INVITE sip:bob@example.org from udp:198.51.100.7:5062 at udp:192.0.2.1:5060\n"),
                    HasSubstr("proxy.cfg:13"), HasSubstr("$du := \"sip:203.0.113.9:5070\""), HasSubstr("t_relay() = 1"),
                    HasSubstr("ends: exit"),
                    HasSubstr("sent: udp from 192.0.2.1:5060 to 203.0.113.9:5070\n    | INVITE sip:bob@example.org"),
                    HasSubstr("to 198.51.100.7:5062\n    | SIP/2.0 100 ")));
}

TEST_F(Tools, AnExplanationIsJsonToo) {
  const std::string script = file("proxy.cfg", kScript);
  const std::string request = file("invite.sip", kInvite);
  const auto [status, text] =
      explain({.script = {.file = script}, .requests = {request, request}, .source = "[::1]:9", .json = true});
  EXPECT_EQ(status, kBadStart) << "of another family";
  const auto [done, json] =
      explain({.script = {.file = script}, .requests = {request}, .source = "203.0.113.1", .json = true});
  EXPECT_EQ(done, kSuccess);
  const auto parsed = management::Json::parse(json);
  ASSERT_TRUE(parsed.has_value()) << json;
  ASSERT_NE(parsed->if_array(), nullptr);
  const management::Json& first = parsed->if_array()->front();
  EXPECT_EQ(*first.find("source")->if_string(), "203.0.113.1:5060");
  std::vector<std::string> types;
  for (const management::Json& step : *first.find("steps")->if_array())
    types.push_back(*step.find("type")->if_string());
  EXPECT_EQ(types.front(), "begin");
  EXPECT_THAT(types, AllOf(::testing::Contains("line"), ::testing::Contains("end"), ::testing::Contains("sent")));
}

TEST_F(Tools, TimePassesWhenItIsAskedTo) {
  std::string text(kScript);
  text.replace(text.find("    t_relay();"), 0, "    t_on_failure(\"late\");\n");
  text += "failure_route[late] {\n  t_reply(480, \"Nobody\");\n}\n";
  const std::string script = file("proxy.cfg", text);
  const std::string request = file("invite.sip", kInvite);
  EXPECT_THAT(explain({.script = {.file = script}, .requests = {request}}).second, Not(HasSubstr("failure_route")));
  const auto [status, later] = explain({.script = {.file = script}, .requests = {request}, .time = "60s"});
  EXPECT_THAT(later, AllOf(HasSubstr("failure_route[late]"), HasSubstr("| SIP/2.0 480 Nobody")));
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {request}, .time = "later"}).first, kBadStart);
}

TEST_F(Tools, WhatIsNoRequestIsRefused) {
  const std::string script = file("proxy.cfg", kScript);
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {file("r", "SIP/2.0 200 OK\r\n\r\n")}}).first, kBadStart);
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {file("r", "\n \n")}}).first, kBadStart);
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {folder_ + "/none"}}).first, kBadStart);
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {file("r", "hello\n")}}).first, kFailure);
  EXPECT_EQ(explain({.script = {.file = script}, .requests = {file("r", kInvite)}, .transport = "tcp"}).first,
            kBadStart)
      << "there is no such socket";
}

TEST_F(Tools, DatabasesAreEmptyAndWhatIsWrittenIsTold) {
  const std::string request = file("register.sip",
                                   "REGISTER sip:example.org SIP/2.0\nVia: SIP/2.0/TCP 198.51.100.7;branch=z9hG4bKr\n"
                                   "From: <sip:alice@example.org>;tag=a\nTo: <sip:alice@example.org>\nCall-ID: r\n"
                                   "CSeq: 1 REGISTER\nContact: <sip:alice@198.51.100.7>\nMax-Forwards: 70\n");
  const std::string url = "sqlite://" + folder_ + "/none.sqlite";
  const std::string script = file(
      "registrar.cfg", "socket = tcp:192.0.2.1:5060\ndb_default_url = \"" + url +
                           "\"\nloadmodule \"proto_tcp.so\"\nloadmodule \"db_sqlite.so\"\nloadmodule \"signaling.so\"\n"
                           "loadmodule \"sl.so\"\nloadmodule \"usrloc.so\"\nloadmodule \"registrar.so\"\n"
                           "modparam(\"usrloc\", \"working_mode_preset\", \"single-instance-sql-write-through\")\n"
                           "route {\n  save(\"location\");\n}\n");
  const ExplainOptions options{.script = {.file = script}, .requests = {request}, .transport = "tcp"};
  const auto [status, text] = explain(options);
  EXPECT_EQ(status, kSuccess) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("database: REPLACE INTO location"), HasSubstr("| SIP/2.0 200 OK"),
                          HasSubstr("sent: tcp from 192.0.2.1:5060 to 198.51.100.7:5060")));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none.sqlite"));
  ExplainOptions reading = options;
  reading.databases = true;
  const auto [read, with] = explain(reading);
  EXPECT_EQ(read, kSuccess) << with;
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/none.sqlite"));
}

TEST(WatchedDatabase, OnlyPlainSelectsReadOnly) {
  EXPECT_TRUE(only_reads("SELECT * FROM subscriber WHERE username = ?"));
  EXPECT_TRUE(only_reads("  select 1; "));
  for (const std::string_view sql :
       {"", "DELETE FROM x", "SELECT 1; DELETE FROM x", "select * into outfile 'x' from y",
        "SELECT * FROM x FOR UPDATE", "SELECT nextval('x')", "selection", "UPDATE x SET y = 1"}) {
    EXPECT_FALSE(only_reads(sql)) << sql;
  }
}

}  // namespace
}  // namespace carillon::server
