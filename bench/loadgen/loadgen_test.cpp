// SPDX-License-Identifier: Apache-2.0
// The generator against the bare relay in a thread of this process: whole calls, lost packets, a server that is silent.
#include <gmock/gmock.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "loadgen/call_load.h"
#include "loadgen/message_template.h"
#include "loadgen/messages.h"
#include "loadgen/register_load.h"
#include "loadgen/search.h"
#include "loadgen/trial.h"
#include "relay/relay.h"

namespace carillon::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

base::Endpoint loopback(std::uint16_t port = 0) { return {*base::IpAddress::parse("127.0.0.1"), port}; }

base::Endpoint local_endpoint(int descriptor) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length);
  return base::Endpoint::from_sockaddr(address);
}

TEST(Histogram, ReadsPercentilesWithinTwoPercent) {
  Histogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.record(std::chrono::microseconds{i});
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.5).count()), 50e6, 1e6);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.99).count()), 99e6, 2e6);
  EXPECT_EQ(Histogram().percentile(0.99).count(), 0);
}

TEST(MessageTemplate, FillsItsFieldsAndKeepsOtherBraces) {
  const MessageTemplate text("a {callee} {nobody} {cseq}b");
  std::string out(kDatagramSize, '\0');
  out.resize(text.render(out.data(), FieldValues().set(Field::Callee, "bob").set(Field::CSeq, "7")));
  EXPECT_EQ(out, "a bob {nobody} 7b");
  EXPECT_EQ(text.render(out.data(), FieldValues().set(Field::Callee, std::string(kDatagramSize, 'x'))), 0U);
}

TEST(Names, HaveTheSizesOfTheBudget) {
  EXPECT_EQ(contact_uri(Digits<9>(7).view(), loopback(40'000)).size(), 48U);
  const CallId call_id(0xabc, {17, 3});
  EXPECT_EQ(call_id.view().size(), 40U);
  const auto key = CallId::parse(0xabc, call_id.view());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->slot, 17U);
  EXPECT_EQ(key->generation, 3U);
  EXPECT_FALSE(CallId::parse(0xabd, call_id.view()));
  EXPECT_FALSE(CallId::parse(0xabc, "short"));
}

TEST(Search, FindsTheHighestRateWithinThreePercent) {
  const auto server = [](double rate) { return rate <= 7'000 ? Bearing::Borne : Bearing::Failed; };
  const SearchResult from_below = find_highest_rate(1'000, server);
  EXPECT_NEAR(from_below.highest, 7'000, 210);
  EXPECT_FALSE(from_below.load_limited);
  EXPECT_NEAR(find_highest_rate(50'000, server).highest, 7'000, 210);
}

TEST(Search, SaysWhenTheGeneratorWasTheLimit) {
  const auto server = [](double rate) { return rate <= 7'000 ? Bearing::Borne : Bearing::Void; };
  EXPECT_TRUE(find_highest_rate(1'000, server).load_limited);
}

TEST(Search, TriesAFailedRateOnceMore) {
  int calls = 0;
  const auto server = [&calls](double rate) {
    return rate <= 7'000 && ++calls != 2 ? Bearing::Borne : Bearing::Failed;
  };
  EXPECT_NEAR(find_highest_rate(1'000, server).highest, 7'000, 210);
}

// The relay in a thread, with a socket that wakes up to see whether it shall stop.
class Loadgen : public testing::Test {
 protected:
  Loadgen() {
    relay_socket_ = open_relay_socket(loopback()).value();
    const timeval patience{0, 5'000};
    setsockopt(relay_socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const base::Endpoint server = local_endpoint(relay_socket_);
    sockets_ = std::make_unique<Sockets>(UdpBatch::open(loopback(), server).value(),
                                         UdpBatch::open(loopback(), server).value());
  }

  ~Loadgen() override {
    stop_relay();
    close(relay_socket_);
  }

  void start_relay() {
    const RelaySettings settings{.listen = {}, .callee = sockets_->uas.local(), .padding = kPadding};
    thread_ = std::thread([this, settings] {
      const auto relay = std::make_unique<Relay>(relay_socket_, settings);
      while (!stop_) relay->relay_batch();
    });
  }

  void stop_relay() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] CallLoad calls(base::Duration timeout) {
    return CallLoad(*sockets_, phones_,
                    {.run = 1,
                     .users = 100,
                     .ring = milliseconds{1},
                     .hold = milliseconds{1},
                     .timeout = timeout,
                     .relay_padding = kPadding});
  }

  static constexpr std::size_t kPadding = 150;
  int relay_socket_ = -1;
  DigestPhones phones_{AuthMode::None, 0, 0};
  std::unique_ptr<Sockets> sockets_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

TEST_F(Loadgen, RegistersEveryUser) {
  start_relay();
  RegisterLoad load(*sockets_, phones_, {.run = 1, .first_user = 5, .users = 1'000, .timeout = seconds{8}});
  run_closed_loop(load, 1'000, 16);
  EXPECT_EQ(load.statistics().succeeded, 1'000U);
  EXPECT_EQ(load.statistics().latency.count(), 1'000U);
  EXPECT_EQ(load.statistics().stray, 0U);
}

TEST_F(Loadgen, CompletesEveryCallAtARate) {
  start_relay();
  CallLoad load = calls(seconds{8});
  bool begun = false;
  TrialPlan plan{.rate = 500, .warmup = milliseconds{100}, .measure = milliseconds{400}, .spin = false};
  plan.on_measure_begin = [&begun] { begun = true; };
  const TrialResult trial = run_trial(load, plan);
  EXPECT_TRUE(begun);
  EXPECT_GT(trial.starts, 100U);
  EXPECT_EQ(load.statistics().attempted, trial.starts);
  EXPECT_EQ(load.statistics().failed(), 0U);
  EXPECT_EQ(load.statistics().stray, 0U);
  EXPECT_EQ(load.pending(), 0U);
}

TEST_F(Loadgen, GivesUpOnASilentServerAfterRepeating) {
  CallLoad load = calls(milliseconds{1'600});
  const base::TimePoint begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) load.start(begin, true);
  EXPECT_EQ(load.next_timer(), begin + kT1);
  load.run_timers(begin + kT1);
  load.run_timers(begin + 3 * kT1);
  EXPECT_EQ(load.statistics().retransmissions, 6U);
  EXPECT_EQ(load.pending(), 3U);
  load.run_timers(begin + milliseconds{1'602});  // ring, hold and timeout
  EXPECT_EQ(load.statistics().timed_out, 3U);
  EXPECT_EQ(load.statistics().failed(), 3U);
  EXPECT_EQ(load.pending(), 0U);
}

TEST_F(Loadgen, TakesALateAnswerOnce) {
  RegisterLoad load(*sockets_, phones_, {.run = 1, .first_user = 0, .users = 10, .timeout = seconds{60}});
  const base::TimePoint begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) load.start(begin, true);
  load.run_timers(begin + kT1);
  sockets_->uac.flush();
  start_relay();  // finds every REGISTER twice
  run_closed_loop(load, 0, 0);
  EXPECT_EQ(load.statistics().succeeded, 10U);
  EXPECT_EQ(load.statistics().retransmissions, 10U);
}

TEST_F(Loadgen, CountsAnAnswerOfAnotherRunAsStray) {
  start_relay();
  RegisterLoad mine(*sockets_, phones_, {.run = 1, .first_user = 0, .users = 1, .timeout = seconds{8}});
  mine.start(std::chrono::steady_clock::now(), true);
  mine.on_uac_datagram(
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
      "Call-ID: somebody-else\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n",
      std::chrono::steady_clock::now());
  EXPECT_EQ(mine.statistics().stray, 1U);
  EXPECT_EQ(mine.pending(), 1U);
}

}  // namespace
}  // namespace carillon::bench
