// SPDX-License-Identifier: Apache-2.0
// A thread for each loop: streams written and closed from anywhere, steering changed under load, wakes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "net/network.h"
#include "net/system_network.h"
#include "testing/fake_network.h"

namespace carillon::net {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kWorkers = 2;
const base::Endpoint kLoopback{*base::IpAddress::parse("127.0.0.1"), 0};

// Runs the loops of a network, each on its thread, until destroyed.
class Running {
 public:
  explicit Running(Network& network) : network_(network) {
    for (unsigned worker = 0; worker < network.loops(); ++worker)
      threads_.emplace_back([this, worker] {
        EventLoop& loop = network_.loop(worker);
        while (!stop_) {
          loop.run_once(base::Duration::max());
          loop.flush();
        }
      });
  }
  ~Running() {
    stop_ = true;
    for (unsigned worker = 0; worker < network_.loops(); ++worker) network_.loop(worker).wake();
    for (std::thread& thread : threads_) thread.join();
  }

  // Calls `f` on a loop's thread and waits for it.
  void on(unsigned worker, const std::function<void()>& f) {
    std::latch done(1);
    network_.loop(worker).post([&] {
      f();
      done.count_down();
    });
    done.wait();
  }

 private:
  Network& network_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// Counts lines; every line is made of one letter.
class LineCounter final : public StreamHandler {
 public:
  void on_bytes(Stream&, std::span<char> bytes) override {
    for (const char byte : bytes) {
      if (byte == '\n') {
        ++lines;
        lines.notify_all();
        letter_ = '\n';
      } else {
        if (letter_ != '\n' && letter_ != byte) ++torn;
        letter_ = byte;
      }
    }
  }
  void on_closed(Stream&, const base::Error&) override {
    ++closed;
    closed.notify_all();
  }

  std::atomic<int> lines{0};
  std::atomic<int> torn{0};
  std::atomic<int> closed{0};

 private:
  char letter_ = '\n';
};

void wait_for(std::atomic<int>& value, int wanted) {
  for (int seen = value; seen < wanted; seen = value) value.wait(seen);
}

class Accepting final : public StreamAcceptor {
 public:
  void on_accept(std::shared_ptr<Stream> stream) override {
    stream->start(accepted++ == 0 ? counter : std::make_shared<LineCounter>());
  }

  std::shared_ptr<LineCounter> counter = std::make_shared<LineCounter>();  // of the first
  std::atomic<int> accepted{0};
};

class NetworkThreadsTest : public ::testing::Test {
 protected:
  SystemNetwork network_{kWorkers};
};

TEST_F(NetworkThreadsTest, WritesOfManyThreadsDoNotMix) {
  constexpr int kThreads = 3;
  constexpr int kLines = 2000;
  Accepting server;
  const auto listener = std::move(*network_.listen(kLoopback, {}, server));
  Running running(network_);
  const auto handler = std::make_shared<LineCounter>();
  std::shared_ptr<Stream> stream;
  running.on(1, [&] {
    stream = network_.connect(1, {.remote = listener->local(), .stream = {.max_queued = 64U << 20}}, handler);
  });
  std::vector<std::thread> writers;
  for (int thread = 0; thread < kThreads; ++thread) {
    writers.emplace_back([&, thread] {
      std::string line(1000, static_cast<char>('a' + thread));
      line += '\n';
      for (int i = 0; i < kLines; ++i) EXPECT_TRUE(stream->write(line));
    });
  }
  for (std::thread& writer : writers) writer.join();
  wait_for(server.counter->lines, kThreads * kLines);
  EXPECT_EQ(server.counter->torn, 0);
  stream->close();
  wait_for(handler->closed, 1);
}

TEST_F(NetworkThreadsTest, ClosingWhileOthersWriteIsHeardOnce) {
  constexpr int kStreams = 50;
  Accepting server;
  const auto listener = std::move(*network_.listen(kLoopback, {}, server));
  Running running(network_);
  const auto handler = std::make_shared<LineCounter>();
  std::vector<std::shared_ptr<Stream>> streams;
  for (int i = 0; i < kStreams; ++i) {
    running.on(static_cast<unsigned>(i) % kWorkers, [&] {
      streams.push_back(network_.connect(static_cast<unsigned>(i) % kWorkers, {.remote = listener->local()}, handler));
    });
  }
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&] {
      const std::string line = std::string(5000, 'x') + '\n';
      for (const auto& stream : streams) {
        for (int i = 0; i < 20; ++i) static_cast<void>(stream->write(line));
      }
    });
  }
  threads.emplace_back([&] {
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (i % 2 == 0) {
        streams[i]->close();
      } else {
        streams[i]->abort();
      }
    }
  });
  for (std::thread& thread : threads) thread.join();
  wait_for(handler->closed, kStreams);
  EXPECT_FALSE(streams[0]->write(std::string_view("late")));
  EXPECT_EQ(handler->closed, kStreams);
}

class Counting final : public DatagramHandler {
 public:
  void on_datagrams(DatagramSocket&, std::span<const ReceivedDatagram> datagrams) override {
    received += static_cast<int>(datagrams.size());
    received.notify_all();
  }
  void on_send_error(DatagramSocket&, const SendError&) override {}

  std::atomic<int> received{0};
};

// Both groups are on `network`; worker 1 sends bursts that either worker receives.
void expect_all_received(Network& network, const std::function<void(DatagramGroup&)>& meanwhile) {
  constexpr int kBursts = 200;
  constexpr int kBurst = 20;
  Counting receiver;
  Counting sender;
  const auto to = std::move(*network.bind_datagrams(kLoopback, {}, receiver));
  std::vector<std::unique_ptr<DatagramGroup>> from;
  for (int i = 0; i < 8; ++i) from.push_back(std::move(*network.bind_datagrams(kLoopback, {}, sender)));
  Running running(network);
  for (int burst = 0; burst < kBursts; ++burst) {
    running.on(1, [&] {
      for (int i = 0; i < kBurst; ++i) {
        DatagramSocket& socket = from[static_cast<std::size_t>(i) % from.size()]->socket(1);
        std::ranges::fill(socket.reserve(100), 'x');
        socket.commit(100, {.remote = to->local()});
      }
    });
    meanwhile(*to);
    wait_for(receiver.received, (burst + 1) * kBurst);
  }
}

TEST_F(NetworkThreadsTest, SteeringChangesUnderLoadLoseNothing) {
  unsigned active = 1;
  expect_all_received(network_, [&](DatagramGroup& group) { group.set_active(active++ % kWorkers + 1); });
}

TEST(FakeNetworkThreadsTest, LoopsOnThreadsWithARunningClock) {
  const base::SystemClock clock;
  testing::FakeNetwork network(clock, kWorkers);
  network.set_conditions({.latency = 100us});
  unsigned active = 1;
  expect_all_received(network, [&](DatagramGroup& group) { group.set_active(active++ % kWorkers + 1); });
}

TEST_F(NetworkThreadsTest, WakesAndPostsArrive) {
  Running running(network_);
  std::atomic<int> ran{0};
  std::vector<std::thread> posters;
  for (int thread = 0; thread < 3; ++thread) {
    posters.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        network_.loop(static_cast<unsigned>(i) % kWorkers).wake();
        network_.loop(static_cast<unsigned>(i) % kWorkers).post([&] {
          ++ran;
          ran.notify_all();
        });
      }
    });
  }
  for (std::thread& poster : posters) poster.join();
  wait_for(ran, 1500);
}

}  // namespace
}  // namespace carillon::net
