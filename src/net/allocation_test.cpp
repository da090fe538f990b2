// SPDX-License-Identifier: Apache-2.0
// A round that receives and sends datagrams, or reads and writes a stream, allocates nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string_view>

#include "net/system_network.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace carillon::net {
namespace {

const base::Endpoint kLoopback{*base::IpAddress::parse("127.0.0.1"), 0};
constexpr int kRounds = 200;

class Bouncing final : public DatagramHandler, public StreamHandler, public StreamAcceptor {
 public:
  void on_datagrams(DatagramSocket& socket, std::span<const ReceivedDatagram> datagrams) override {
    for (const ReceivedDatagram& datagram : datagrams) {
      std::ranges::copy(datagram.bytes, socket.reserve(datagram.bytes.size()).begin());
      socket.commit(datagram.bytes.size(), {.remote = datagram.source, .cookie = 1});
      ++bounces;
    }
  }
  void on_send_error(DatagramSocket&, const SendError&) override {}
  void on_bytes(Stream& stream, std::span<char> bytes) override {
    EXPECT_TRUE(stream.write(bytes));
    ++bounces;
  }
  void on_closed(Stream&, const base::Error&) override {}
  void on_accept(std::shared_ptr<Stream> stream) override { stream->start(std::make_shared<Bouncing>()); }

  int bounces = 0;
};

class AllocationTest : public ::testing::Test {
 protected:
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      network_.loop(0).run_once(std::chrono::milliseconds(10));
      network_.loop(0).flush();
    }
  }
  // The allocations of many rounds, once the first ones have set everything up.
  std::size_t allocations_of(const int& bounces) {
    const std::function<bool()> warm = [&] { return bounces >= kRounds; };
    const std::function<bool()> done = [&] { return bounces >= 2 * kRounds; };
    run_until(warm);
    const std::size_t before = allocations;
    run_until(done);
    return allocations - before;
  }

  SystemNetwork network_{1};
};

TEST_F(AllocationTest, DatagramRounds) {
  Bouncing bouncing;
  const auto one = std::move(*network_.bind_datagrams(kLoopback, {}, bouncing));
  const auto other = std::move(*network_.bind_datagrams(kLoopback, {}, bouncing));
  std::ranges::fill(one->socket(0).reserve(700), 'x');
  one->socket(0).commit(700, {.remote = other->local()});
  network_.loop(0).flush();
  EXPECT_EQ(allocations_of(bouncing.bounces), 0U);
}

TEST_F(AllocationTest, StreamRounds) {
  Bouncing server;
  const auto listener = std::move(*network_.listen(kLoopback, {}, server));
  const auto client = std::make_shared<Bouncing>();
  const auto stream = network_.connect(0, {.remote = listener->local()}, client);
  ASSERT_TRUE(stream->write(std::string_view("bounce")));
  EXPECT_EQ(allocations_of(client->bounces), 0U);
}

}  // namespace
}  // namespace carillon::net
