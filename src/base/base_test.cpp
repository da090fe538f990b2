// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <coroutine>

#include "base/arena.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/random.h"
#include "base/strings.h"
#include "base/task.h"
#include "base/utf8.h"

namespace carillon::base {
namespace {

TEST(Strings, NumbersAreStrict) {
  EXPECT_EQ(parse_number<int>("42"), 42);
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint32_t>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<int>("12ab"), std::nullopt);
  EXPECT_EQ(parse_number<int>(" 1"), std::nullopt);
  EXPECT_EQ(parse_number<int>(""), std::nullopt);
}

TEST(Strings, ComparesWithoutCase) {
  EXPECT_TRUE(iequals("Call-ID", "CALL-id"));
  EXPECT_FALSE(iequals("Call-ID", "Call-I"));
  EXPECT_LT(icompare("alice", "BOB"), 0);
  EXPECT_EQ(icompare("Bob", "bOB"), 0);
  EXPECT_GT(icompare("bobby", "bob"), 0);
}

TEST(Strings, TakeUntilLeavesTheRest) {
  std::string_view text = "a;b";
  EXPECT_EQ(take_until(text, ';'), "a");
  EXPECT_EQ(text, "b");
  EXPECT_EQ(take_until(text, ';'), "b");
  EXPECT_TRUE(text.empty());
}

TEST(Strings, NearestNameForgivesSlipsOnly) {
  const std::array<std::string_view, 3> names{"t_relay", "t_check_trans", "loose_route"};
  EXPECT_EQ(nearest_name("t_realy", names), "t_relay");
  EXPECT_EQ(nearest_name("something_else", names), "");
}

TEST(Hash, DependsOnEveryByteAndOnTheKey) {
  const HashKey key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  EXPECT_NE(sip_hash(key, ""), sip_hash(key, "a"));
  EXPECT_NE(sip_hash(key, "12345678"), sip_hash(key, "12345679"));
  EXPECT_EQ(sip_hash(key, "12345678x"), sip_hash(key, "12345678x"));
  EXPECT_NE(sip_hash(key, "x"), sip_hash({1, 2}, "x"));
}

TEST(Random, TokensHaveTheLengthAndAlphabet) {
  const std::string token = random_token(40);
  EXPECT_EQ(token.size(), 40U);
  EXPECT_EQ(token.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"), std::string::npos);
  EXPECT_NE(token, random_token(40));
}

TEST(Arena, KeepsCopiesUntilReset) {
  Arena arena(64);
  std::vector<std::string_view> copies;
  for (int i = 0; i < 100; ++i) copies.push_back(arena.copy(std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(copies[static_cast<std::size_t>(i)], std::to_string(i));
  auto* number = arena.make<double>(2.5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(number) % alignof(double), 0U);
  arena.reset();
  const std::size_t kept = arena.capacity();
  EXPECT_EQ(arena.characters(kept / 2).size(), kept / 2);
  EXPECT_EQ(arena.capacity(), kept);
}

TEST(Arena, ServesMoreThanABlock) {
  Arena arena(16);
  const auto large = arena.characters(200'000);
  std::ranges::fill(large, 'x');
  EXPECT_EQ(arena.copy("after"), "after");
}

TEST(Arena, StepsOfTheGivenSize) {
  Arena arena(256, 64);
  EXPECT_EQ(arena.characters(250).size(), 250U);
  EXPECT_EQ(arena.characters(32).size(), 32U);
  EXPECT_EQ(arena.capacity(), 256U + 64U);
  EXPECT_EQ(arena.characters(100).size(), 100U);
  EXPECT_EQ(arena.capacity(), 256U + 64U + 128U);
  arena.reset();
  EXPECT_EQ(arena.capacity(), 256U);
  EXPECT_EQ(arena.characters(260).size(), 260U);
  EXPECT_EQ(arena.capacity(), 256U + 261U);
}

TEST(Ip, ParsesBothFamilies) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("[2001:DB8:0:0::1]")->to_uri_host(), "[2001:db8::1]");
  EXPECT_FALSE(IpAddress::parse("[192.0.2.1]"));
  EXPECT_FALSE(IpAddress::parse("1.2.3"));
  EXPECT_FALSE(IpAddress::parse("example.org"));
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(Ip, EndpointsRoundTripThroughSockaddr) {
  for (const std::string_view text : {"192.0.2.1:5060", "[2001:db8::1]:5061"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint);
    sockaddr_storage storage{};
    endpoint->to_sockaddr(storage);
    EXPECT_EQ(Endpoint::from_sockaddr(storage), *endpoint);
    EXPECT_EQ(endpoint->to_string(), text);
  }
  EXPECT_FALSE(Endpoint::parse("2001:db8::1:5060"));
  EXPECT_FALSE(Endpoint::parse("192.0.2.1"));
  EXPECT_FALSE(Endpoint::parse("192.0.2.1:70000"));
}

TEST(Ip, NetworksContainTheirAddresses) {
  EXPECT_TRUE(IpNetwork::parse("10.0.0.0/8")->contains(*IpAddress::parse("10.255.0.1")));
  EXPECT_FALSE(IpNetwork::parse("10.0.0.0/9")->contains(*IpAddress::parse("10.128.0.1")));
  EXPECT_TRUE(IpNetwork::parse("192.168.1.0/255.255.255.0")->contains(*IpAddress::parse("192.168.1.7")));
  EXPECT_TRUE(IpNetwork::parse("2001:db8::/32")->contains(*IpAddress::parse("2001:db8:ffff::1")));
  EXPECT_FALSE(IpNetwork::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
  EXPECT_FALSE(IpNetwork::parse("10.0.0.0/33"));
  EXPECT_FALSE(IpNetwork::parse("10.0.0.0/255.0.255.0"));
}

TEST(Ip, KnowsPrivateAndLoopbackRanges) {
  EXPECT_TRUE(IpAddress::parse("172.31.0.1")->is_private());
  EXPECT_FALSE(IpAddress::parse("172.32.0.1")->is_private());
  EXPECT_TRUE(IpAddress::parse("fd00::1")->is_private());
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
}

struct Gate {
  std::coroutine_handle<> waiting;
  auto wait() {
    struct Awaiter {
      Gate& gate;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> handle) const noexcept { gate.waiting = handle; }
      void await_resume() const noexcept {}
    };
    return Awaiter{*this};
  }
};

Task<int> answer() { co_return 20; }
Task<int> twice(Gate& gate) {
  const int first = co_await answer();
  co_await gate.wait();
  co_return first * 2;
}

TEST(Task, WithoutWaitingItIsDoneAtOnce) {
  int result = 0;
  start(answer(), [&](int value) { result = value; });
  EXPECT_EQ(result, 20);
}

TEST(Task, ResumesWhereItWaited) {
  Gate gate;
  int result = 0;
  start(twice(gate), [&](int value) { result = value; });
  EXPECT_EQ(result, 0);
  gate.waiting.resume();
  EXPECT_EQ(result, 40);
}

Running record(Gate& gate, std::vector<int>& steps) {
  const int first = co_await answer();
  steps.push_back(first);
  co_await gate.wait();
  steps.push_back(first + 1);
}

TEST(Task, RunningGoesOnByItself) {
  Gate gate;
  std::vector<int> steps;
  EXPECT_FALSE(Running().running());
  const Running running = record(gate, steps);
  EXPECT_TRUE(running.running());
  EXPECT_THAT(steps, testing::ElementsAre(20));
  gate.waiting.resume();
  EXPECT_FALSE(running.running());
  EXPECT_THAT(steps, testing::ElementsAre(20, 21));
}

TEST(Utf8, TellsCharactersFromOtherBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("gr\u00f6\u00dfer \U0001f600"));
  for (const std::string_view bad : {"caf\xe9", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_TRUE(is_utf8(to_utf8(bad)));
  }
  EXPECT_EQ(to_utf8("caf\xe9!"), "caf\ufffd!");
}

TEST(Task, RunningEndsWhereItWaits) {
  Gate gate;
  std::vector<int> steps;
  {
    const Running running = record(gate, steps);
  }
  EXPECT_THAT(steps, testing::ElementsAre(20));
}

TEST(Tasks, EndWhereTheyWaitOrGoOnAsAnyTask) {
  std::array<Gate, 3> gates;
  std::vector<int> results;
  Tasks tasks;
  for (Gate& gate : gates) tasks.start(twice(gate), [&](int value) { results.push_back(value); });
  gates[1].waiting.resume();
  EXPECT_THAT(results, testing::ElementsAre(40));
  EXPECT_FALSE(tasks.empty());
  tasks.end();
  EXPECT_TRUE(tasks.empty());
  EXPECT_THAT(results, testing::ElementsAre(40));
  tasks.start(answer(), [&](int value) { results.push_back(value); });
  EXPECT_THAT(results, testing::ElementsAre(40, 20));
}

TEST(Task, DestroyedUnstartedTaskLeaksNothing) { const Task<int> task = answer(); }

}  // namespace
}  // namespace carillon::base
