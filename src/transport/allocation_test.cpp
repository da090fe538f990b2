// SPDX-License-Identifier: Apache-2.0
// The path of a datagram allocates nothing once it has warmed up.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>

#include "shard/context.h"
#include "transport/null_network.h"
#include "transport/transport_fixture.h"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace carillon::transport {
namespace {

// Answers a request as a stateless server would, and looks at a response.
class Responder final : public MessageHandler {
 public:
  explicit Responder(TransportLayer& transport) : transport_(transport) {}
  void on_request(const Received& request) override {
    const auto flow = transport_.try_open(response_target(request.flow, request.message.top_via()));
    ASSERT_TRUE(flow && *flow);
    EXPECT_TRUE(transport_.send(**flow, request.message.bytes(), {request.shard.id(), 1}).has_value());
  }
  void on_response(const Received& response) override { EXPECT_TRUE(response.branch.has_value()); }
  void on_malformed_request(const Received&, const sip::Verdict&) override { FAIL(); }
  void on_send_failed(shard::Shard&, std::uint64_t, const base::Error&) override { FAIL(); }

 private:
  TransportLayer& transport_;
};

TEST(Allocation, ADatagramInAndADatagramOutAllocateNothing) {
  testing::FakeClock clock;
  shard::Shards shards(clock);
  NullNetwork network;
  NoResolver resolver;
  TransportLayer transport(network, shards, resolver, Limits{});
  Responder responder(transport);
  transport.set_handler(responder);
  const shard::WorkerScope worker(0);
  ASSERT_TRUE(transport.listen({.address = *base::IpAddress::parse("192.0.2.1"), .port = 5060}).has_value());
  const base::Endpoint source = *base::Endpoint::parse("192.0.2.7:5060");
  std::string request = make_request("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776asdhds;rport");
  std::string response = make_response("SIP/2.0/UDP 192.0.2.1:5060;branch=" +
                                       std::string(BranchText(Branch{.shard = 7, .key = 1}).view()));
  const auto deliver_both = [&] {
    network.deliver(source, request);
    network.deliver(source, response);
  };
  deliver_both();
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) deliver_both();
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(network.sent(), 101U);
}

}  // namespace
}  // namespace carillon::transport
