// SPDX-License-Identifier: Apache-2.0
// The top level of a script: sockets, aliases, parameters, modules, and what a Program tells of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "script/fake_host.h"

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class SettingsTest : public ::testing::Test {
 protected:
  const Settings& load(std::string_view script) {
    source = Source::from_text(script, "test.cfg");
    Compilation compiled = compile(source, host, options);
    diagnostics = compiled.diagnostics;
    EXPECT_NE(compiled.program, nullptr) << render(diagnostics, source);
    program = compiled.program;
    static const Settings kNone;
    return program == nullptr ? kNone : program->settings();
  }

  testing::FakeHost host;
  CompileOptions options;
  Source source;
  Diagnostics diagnostics;
  std::shared_ptr<const Program> program;
};

TEST_F(SettingsTest, SocketsKeepAllTheirOptions) {
  const Settings& settings = load(
      "socket=udp:127.0.0.1:5060\n"
      "socket = tls:[2001:db8::1]:5061 as sip.example.org:5062 tag edge use_workers 3 TOS 0x10\n"
      "socket=udp:eth0:5060-5065,5070 anycast reuse_port proxy_protocol\n"
      "socket=tcp:*\n"
      "socket=udp : my-host.example.org : 5080\n"
      "socket=ws:\"dns\":8080 accept_subdomain frag tos IPTOS_THROUGHPUT\n"
      "socket = bond:pair { \"udp:10.0.0.1:5060\", \"udp:10.0.0.2:5060\" }\n");
  ASSERT_EQ(settings.sockets.size(), 7U);
  const auto& s = settings.sockets;
  EXPECT_EQ(s[0].protocol, "udp");
  EXPECT_EQ(s[0].host, "127.0.0.1");
  EXPECT_THAT(s[0].ports, ElementsAre(Pair(5060, 5060)));
  EXPECT_EQ(s[0].position.line, 1U);
  EXPECT_EQ(s[1].host, "2001:db8::1");
  EXPECT_EQ(s[1].advertised_host, "sip.example.org");
  EXPECT_EQ(s[1].advertised_port, 5062);
  EXPECT_EQ(s[1].tag, "edge");
  EXPECT_EQ(s[1].workers, 3);
  EXPECT_EQ(s[1].tos, 16);
  EXPECT_EQ(s[5].tos, 8);
  EXPECT_THAT(s[2].ports, ElementsAre(Pair(5060, 5065), Pair(5070, 5070)));
  EXPECT_TRUE(s[2].anycast && s[2].reuse_port && s[2].allow_proxy_protocol && s[2].send_proxy_protocol);
  EXPECT_EQ(s[3].host, "*");
  EXPECT_TRUE(s[3].ports.empty());
  EXPECT_EQ(s[4].host, "my-host.example.org");
  EXPECT_THAT(s[4].ports, ElementsAre(Pair(5080, 5080)));
  EXPECT_EQ(s[5].host, "dns");
  EXPECT_TRUE(s[5].accept_subdomain && s[5].fragment);
  EXPECT_THAT(s[6].bond_members, ElementsAre("udp:10.0.0.1:5060", "udp:10.0.0.2:5060"));
}

TEST_F(SettingsTest, OldListenIsAcceptedWithItsNewSpelling) {
  const Settings& settings = load("listen=192.0.2.1:5062\nlisten=tcp:192.0.2.1:5060 as 203.0.113.5\n");
  ASSERT_EQ(settings.sockets.size(), 2U);
  EXPECT_EQ(settings.sockets[0].protocol, "udp");
  EXPECT_EQ(settings.sockets[1].advertised_host, "203.0.113.5");
  ASSERT_EQ(diagnostics.all().size(), 2U);
  EXPECT_EQ(diagnostics.all()[0].severity, Severity::Warning);
  EXPECT_EQ(diagnostics.all()[0].hint, "today: socket = udp:192.0.2.1:5062");
  EXPECT_EQ(diagnostics.all()[1].hint, "today: socket = tcp:192.0.2.1:5060");
}

TEST_F(SettingsTest, BadSocketsAreToldAndTheRestIsRead) {
  source = Source::from_text(
      "socket=127.0.0.1:5060\nsocket=udp:127.0.0.1:99999\nsocket=\n;socket=udp:[::1:5060\nalias=udp:x:y\nlog_level="
      "2\n");
  const Compilation compiled = compile(source, host);
  std::vector<std::uint32_t> lines;
  for (const Diagnostic& d : compiled.diagnostics.all()) lines.push_back(d.position.line);
  EXPECT_THAT(lines, ElementsAre(1U, 2U, 4U, 4U, 5U)) << render(compiled.diagnostics, source);
}

TEST_F(SettingsTest, SeveralAliasesMayFollowOneAnother) {
  const Settings& settings = load(
      "alias=udp:example.org:5060 sip.example.org accept_subdomain tcp:[2001:db8::1]:5060\nalias = \"tag\"\n"
      "alias=any:wild.example:*\nlog_level=3\n");
  ASSERT_EQ(settings.aliases.size(), 5U);
  EXPECT_EQ(settings.aliases[0].protocol, "udp");
  EXPECT_EQ(settings.aliases[0].port, 5060);
  EXPECT_EQ(settings.aliases[1].host, "sip.example.org");
  EXPECT_TRUE(settings.aliases[1].accept_subdomain);
  EXPECT_EQ(settings.aliases[2].host, "2001:db8::1");
  EXPECT_EQ(settings.aliases[3].host, "tag");
  EXPECT_EQ(settings.aliases[4].port, 0);
  EXPECT_THAT(host.parameters, ElementsAre(Pair("log_level", "3")));
}

TEST_F(SettingsTest, ParametersTakeNumbersTextsAndWords) {
  load(
      "log_level=-2\nstderror_enabled=no\nsyslog_facility=LOG_LOCAL0\nadvertised_address=sip.example.org\n"
      "server_header=\"Server: \" 'x'\nudp_workers = 4 use_auto_scaling_profile "
      "P\nmcast_ttl=0x10;open_files_limit=4096\ntos=010\n"
      "auto_scaling_profile = P scale up to 6 on 70% for 4 cycles within 5 scale down to 2 on 20% for 5 cycles\n"
      "mem-group = \"g\": \"a\" \"b\"\ndst_blacklist = gw/expire:{ (udp,10.0.0.0/8,5060,\"x\") }\npoll_method=epoll\n"
      "advertised_address = 192.0.2.1\n");
  EXPECT_THAT(
      host.parameters,
      ElementsAre(Pair("log_level", "-2"), Pair("stderror_enabled", "0"), Pair("syslog_facility", "LOG_LOCAL0"),
                  Pair("advertised_address", "sip.example.org"), Pair("server_header", "Server: x"),
                  Pair("udp_workers", "4"), Pair("mcast_ttl", "16"), Pair("open_files_limit", "4096"), Pair("tos", "8"),
                  Pair("auto_scaling_profile",
                       "P scale up to 6 on 70 % for 4 cycles within 5 scale down to 2 on 20 % for 5 cycles"),
                  Pair("mem-group", "gab"), Pair("dst_blacklist", "gw/expire:{ (udp,10.0.0.0/8,5060,\"x\") }"),
                  Pair("poll_method", "epoll"), Pair("advertised_address", "192.0.2.1")));
}

TEST_F(SettingsTest, ModulesAreSetInOrder) {
  const Settings& settings = load(
      "mpath=\"/usr/lib/modules/\"\nloadmodule \"/opt/modules/tm.so\"\nloadmodule \"sl\"\n"
      "modparam(\"tm\", \"fr_timeout\", 5)\nmodparam(\"tm\", \"onreply_avp_mode\", -1)\n"
      "modparam(\"sl\", \"text\", \"a\" \"b\")\n");
  EXPECT_THAT(settings.modules, ElementsAre("tm", "sl"));
  EXPECT_THAT(host.modules, ElementsAre("tm", "sl"));
  EXPECT_THAT(host.parameters, ElementsAre(Pair("mpath", "/usr/lib/modules/"), Pair("tm.fr_timeout", "5"),
                                           Pair("tm.onreply_avp_mode", "-1"), Pair("sl.text", "ab")));
  ASSERT_EQ(settings.module_parameters.size(), 3U);
  EXPECT_EQ(settings.module_parameters[1].value.get(), Value::integer(-1));
  EXPECT_EQ(settings.module_parameters[2].value.get(), Value::text("ab"));
  EXPECT_EQ(settings.module_parameters[2].position.line, 6U);
}

TEST_F(SettingsTest, AReloadAsksAboutRoutesOnly) {
  options.routes_only = true;
  load("log_level=\"wrong\"\nloadmodule \"no_such.so\"\nroute { exit; }");
  EXPECT_TRUE(host.parameters.empty());
  EXPECT_TRUE(host.modules.empty());
}

TEST_F(SettingsTest, ProgramsKnowTheirRoutes) {
  host.function("forward", {});
  load(
      "max_while_loops=5\npv_print_buf_size=100\nroute { route(a); } route[a] { forward(); } onreply_route { exit; }\n"
      "onreply_route[a] { exit; } failure_route[a] { exit; } timer_route[gw, 120] { exit; }\n"
      "event_route[E_PIKE_BLOCKED] { exit; } startup_route { exit; }");
  EXPECT_EQ(program->routes().size(), 8U);
  EXPECT_EQ(*program->find_route(RouteKind::Request), 0U);
  EXPECT_EQ(*program->find_route(RouteKind::Request, "a"), 1U);
  EXPECT_FALSE(program->find_route(RouteKind::Request, "A"));
  EXPECT_FALSE(program->find_route(RouteKind::Branch, "a"));
  const RouteInfo& timer = program->route(*program->find_route(RouteKind::Timer, "gw"));
  EXPECT_EQ(timer.period, std::chrono::seconds(120));
  EXPECT_EQ(program->describe(timer.position), "test.cfg:4");
  EXPECT_TRUE(program->find_route(RouteKind::Event, "E_PIKE_BLOCKED"));
  EXPECT_TRUE(program->calls_function("forward"));
  EXPECT_FALSE(program->calls_function("send"));
  EXPECT_EQ(program->limits().max_loop_iterations, 5U);
  EXPECT_EQ(program->limits().max_text, 100U);
}

TEST_F(SettingsTest, CommentsNest) {
  load("/* a /* b */ still */ # route {\nroute { exit; } #!KAMAILIO\n/**/");
  EXPECT_EQ(program->routes().size(), 1U);
}

}  // namespace
}  // namespace carillon::script
