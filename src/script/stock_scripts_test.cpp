// SPDX-License-Identifier: Apache-2.0
// The usual scripts, message by message; and that a run takes nothing from the heap.
#include "script/stock_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace carillon::script {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StockScripts : public ::testing::Test {
 protected:
  void load(std::string_view text) {
    const Source source = Source::from_text(text);
    Compilation compiled = compile(source, host);
    ASSERT_NE(compiled.program, nullptr) << render(compiled.diagnostics, source);
    program = compiled.program;
  }
  const std::vector<std::string>& handle(std::string_view method) {
    environment.calls.clear();
    environment.variables["rm"] = Value::text(method);
    outcome = machine.start(program, *program->find_route(RouteKind::Request), environment);
    return environment.calls;
  }

  testing::StockHost host;
  testing::FakeEnvironment environment;
  std::shared_ptr<const Program> program;
  script::Run machine;
  Outcome outcome;
};

TEST_F(StockScripts, ResidentialCompilesWithoutRemarks) {
  const Source source = Source::from_text(testing::kResidential);
  const Compilation compiled = compile(source, host);
  EXPECT_THAT(compiled.diagnostics.all(), IsEmpty()) << render(compiled.diagnostics, source);
  EXPECT_EQ(compiled.program->settings().modules.size(), 11U);
  EXPECT_EQ(compiled.program->settings().sockets.size(), 1U);
}

TEST_F(StockScripts, ResidentialRoutesACall) {
  load(testing::kResidential);
  host.codes = {{"has_totag", -1}, {"loose_route", -1}};
  environment.variables["fd"] = Value::text("example.org");
  environment.variables["rd"] = Value::text("example.org");
  environment.variables["rU"] = Value::text("bob");
  EXPECT_THAT(
      handle("INVITE"),
      ElementsAre("mf_process_maxfwd_header(10)", "has_totag()", "is_method(CANCEL)", "t_check_trans()",
                  "is_method(REGISTER)", "is_myself(example.org,)", "loose_route()", "is_method(REGISTER|MESSAGE)",
                  "record_route()", "is_method(INVITE)", "do_accounting(log,)", "is_myself(example.org,)",
                  "is_method(PUBLISH|SUBSCRIBE)", "is_method(REGISTER)", "lookup(location,method-filtering)",
                  "do_accounting(log,missed)", "is_method(INVITE)", "t_on_branch(per_branch_ops)",
                  "t_on_reply(handle_nat)", "t_on_failure(missed_call)", "t_relay()"));
  EXPECT_EQ(outcome.end, End::Exited);
}

TEST_F(StockScripts, ResidentialTurnsAwayWhatItMust) {
  load(testing::kResidential);
  host.codes = {{"has_totag", -1}, {"loose_route", -1}, {"is_myself", -1}};
  EXPECT_EQ(handle("INVITE").back(), "send_reply(403,Relay Forbidden)");
  host.codes = {{"mf_process_maxfwd_header", -1}};
  EXPECT_EQ(handle("INVITE").back(), "send_reply(483,Too Many Hops)");
  host.codes = {{"has_totag", -1}, {"loose_route", -1}};
  EXPECT_EQ(handle("INVITE").back(), "send_reply(484,Address Incomplete)");
  environment.variables["rU"] = Value::text("bob");
  host.codes["lookup"] = -1;
  EXPECT_EQ(handle("INVITE").back(), "t_reply(404,Not Found)");
  host.codes = {{"loose_route", -1}};
  EXPECT_EQ(handle("BYE").back(), "send_reply(404,Not here)");
  host.codes = {{"has_totag", -1}, {"t_check_trans", 0}};
  EXPECT_EQ(handle("INVITE").back(), "t_check_trans()");
  EXPECT_EQ(outcome.end, End::Exited);
  host.codes = {{"t_relay", -1}};
  EXPECT_EQ(handle("BYE").back(), "send_reply(500,Internal Error)");
}

TEST_F(StockScripts, ResidentialRegistersAndHandlesEvents) {
  load(testing::kResidential);
  host.codes = {{"has_totag", -1}, {"loose_route", -1}, {"save", -1}};
  environment.variables["tu"] = Value::text("sip:bob@example.org");
  EXPECT_EQ(handle("REGISTER").back(), "save(location,)");
  EXPECT_THAT(environment.logged, ElementsAre("failed to register AoR sip:bob@example.org\n"));
  environment.calls.clear();
  host.codes = {{"t_was_cancelled", -1}};
  environment.variables["T_reply_code"] = Value::both("486", 486);
  machine.start(program, *program->find_route(RouteKind::Failure, "missed_call"), environment);
  EXPECT_THAT(environment.calls, ElementsAre("t_was_cancelled()", "t_was_cancelled()"));
}

TEST_F(StockScripts, RedirectAnswersByMethodAndNumber) {
  load(testing::kRedirect);
  environment.variables["rU"] = Value::text("0049301234");
  EXPECT_THAT(handle("INVITE"), ElementsAre("sl_send_reply(302,Moved Temporarily)"));
  EXPECT_EQ(environment.variables["ru"], Value::text("sip:+49301234@gw.example.org"));
  environment.variables["rU"] = Value::text("bob");
  EXPECT_THAT(handle("MESSAGE"), ElementsAre("lookup(location,)", "sl_send_reply(302,Moved Temporarily)"));
  host.codes = {{"lookup", -1}};
  EXPECT_THAT(handle("INVITE"), ElementsAre("lookup(location,)", "append_hf(X-Reason: no contact for bob\r\n)",
                                            "sl_send_reply(404,Not Found)"));
  EXPECT_THAT(handle("ACK"), IsEmpty());
  EXPECT_THAT(handle("OPTIONS"), ElementsAre("sl_send_reply(405,Method Not Allowed)"));
}

TEST_F(StockScripts, ARunTakesNothingFromTheHeap) {
  host.codes = {{"has_totag", -1}, {"loose_route", -1}};
  environment.variables["rU"] = Value::text("bob");
  environment.variables["rd"] = Value::text("example.org");
  environment.record_calls = false;
  environment.max_level = LogLevel::Alert;
  for (const std::string_view script : {testing::kResidential, testing::kRedirect}) {
    load(script);
    for (int i = 0; i < 3; ++i) {
      environment.recycle();
      handle("INVITE");
    }
    environment.recycle();
    const std::size_t before = allocations;
    handle("INVITE");
    EXPECT_EQ(allocations, before);
  }
}

}  // namespace
}  // namespace carillon::script
