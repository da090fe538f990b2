// SPDX-License-Identifier: Apache-2.0
// The transport on the kernel's network: UDP and TCP over IPv4 and IPv6.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/time.h"
#include "net/system_network.h"
#include "shard/workers.h"
#include "transport/transport_fixture.h"
#include "transport/worker_loop.h"

namespace carillon::transport {
namespace {

class LoopbackTest : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    transport_.set_handler(handler_);
    const auto udp = listen(Protocol::Udp, address_);
    if (!udp && udp.error().code == EADDRNOTAVAIL) GTEST_SKIP() << "no " << GetParam() << " here";
    ASSERT_TRUE(udp.has_value()) << udp.error().message;
    udp_ = transport_.listeners()[0].local;
    ASSERT_TRUE(listen(Protocol::Tcp, address_).has_value());
    tcp_ = transport_.listeners()[1].local;
    handler_.then = [this](const Received& received) {
      if (!received.message.is_request()) return;
      const auto flow = transport_.try_open(response_target(received.flow, received.message.top_via()));
      ASSERT_TRUE(flow && *flow);
      EXPECT_TRUE(transport_.send(**flow, "response").has_value());
    };
  }
  base::Result<ListenerId> listen(Protocol protocol, const base::IpAddress& address, std::uint16_t port = 0) {
    ListenOptions options;
    options.protocol = protocol;
    options.address = address;
    options.port = port;
    return transport_.listen(options);
  }
  // Runs the server and its peers until `done`; false when that takes suspiciously long.
  bool run_until(const std::function<bool()>& done) {
    const auto give_up = clock_.now() + std::chrono::seconds(10);
    while (!done() && clock_.now() < give_up) worker_.run_round();
    return done();
  }
  std::unique_ptr<testing::StreamPeer> connect(const base::Endpoint& remote) {
    net::ConnectOptions options;
    options.remote = remote;
    return testing::StreamPeer::connect(network_, options);
  }
  std::string via(std::string_view protocol) const {
    return "SIP/2.0/" + std::string(protocol) + " " + address_.to_uri_host() + ":9;branch=z9hG4bK1;rport";
  }
  // What became of an open() in shard 7, once it is known.
  base::Result<Flow> open(const Target& target) {
    auto opened = std::make_shared<std::optional<base::Result<Flow>>>();
    in_shard([&](shard::Shard& shard) {
      base::start(transport_.open(shard, target), [opened](base::Result<Flow> flow) { opened->emplace(flow); });
    });
    if (!run_until([&] { return opened->has_value(); })) return base::fail("still waits");
    return **opened;
  }
  void in_shard(const std::function<void(shard::Shard&)>& f) {
    worker_.as_worker([&] { static_cast<void>(shards_.enter(7, [&f](shard::Shard& shard) { f(shard); })); });
  }
  Target target(Protocol protocol, const base::Endpoint& remote) const {
    Target target;
    target.protocol = protocol;
    target.address = remote.address;
    target.port = remote.port;
    return target;
  }

  const base::IpAddress address_ = *base::IpAddress::parse(GetParam());
  base::SystemClock clock_;
  net::SystemNetwork network_{1};
  shard::Shards shards_{clock_};
  WorkerLoop loop_{network_.loop(0)};
  shard::ManualWorker worker_{shards_, {&loop_}};
  FakeResolver resolver_;
  RecordingHandler handler_;
  TransportLayer transport_{network_, shards_, resolver_, patient_limits()};
  base::Endpoint udp_;
  base::Endpoint tcp_;
};

TEST_P(LoopbackTest, ADatagramIsAnswered) {
  testing::DatagramPeer peer(network_, {address_, 0});
  peer.send(udp_, make_request(via("UDP")));
  ASSERT_TRUE(run_until([&] { return !peer.received().empty(); }));
  EXPECT_EQ(peer.received().front().bytes, "response");
  EXPECT_EQ(peer.received().front().from, udp_);
  EXPECT_EQ(handler_.arrived.at(0).flow.local, udp_);
  EXPECT_EQ(handler_.arrived.at(0).fixup.rport, peer.local().port);
}

TEST_P(LoopbackTest, MessagesOnAConnectionAreAnswered) {
  const auto peer = connect(tcp_);
  const std::string request = make_request(via("TCP"));
  ASSERT_TRUE(peer->send("\r\n\r\n" + request + request + request.substr(0, 50)).has_value());
  EXPECT_TRUE(run_until([&] { return peer->seen().bytes == "\r\nresponseresponse"; }));
  ASSERT_TRUE(peer->send(request.substr(50)).has_value());
  EXPECT_TRUE(run_until([&] { return peer->seen().bytes == "\r\nresponseresponseresponse"; }));
  EXPECT_EQ(handler_.arrived.at(0).flow.local, tcp_);
  EXPECT_EQ(handler_.arrived.at(0).flow.remote, peer->stream().local());
}

TEST_P(LoopbackTest, ABadContentLengthIsAnsweredAndTheConnectionEnds) {
  const auto peer = connect(tcp_);
  std::string request = make_request(via("TCP"));
  request.replace(request.find("Length: 0"), 9, "Length: x");
  ASSERT_TRUE(peer->send(request).has_value());
  EXPECT_TRUE(run_until([&] { return peer->seen().ended || peer->seen().closed; }));
  EXPECT_EQ(peer->seen().bytes, "response");
}

TEST_P(LoopbackTest, AConnectionIsOpenedAndUsedBothWays) {
  testing::StreamServer server(network_, {address_, 0});
  const auto flow = open(target(Protocol::Tcp, server.local()));
  ASSERT_TRUE(flow.has_value()) << flow.error().message;
  in_shard([&](shard::Shard&) { EXPECT_TRUE(transport_.send(*flow, "request").has_value()); });
  ASSERT_TRUE(run_until([&] { return !server.accepted().empty() && server.accepted()[0]->seen().bytes == "request"; }));
  ASSERT_TRUE(server.accepted()[0]->send(make_response(via("TCP"))).has_value());
  ASSERT_TRUE(run_until([&] { return !handler_.arrived.empty(); }));
  EXPECT_EQ(handler_.arrived[0].kind, Arrived::Kind::Response);
  EXPECT_EQ(handler_.arrived[0].flow, *flow);
}

TEST_P(LoopbackTest, ARefusedConnectionIsAnError) {
  base::Endpoint nobody;
  {
    const testing::StreamServer server(network_, {address_, 0});
    nobody = server.local();
  }
  EXPECT_EQ(open(target(Protocol::Tcp, nobody)).error().code, ECONNREFUSED);
}

TEST_P(LoopbackTest, ADatagramToNobodyIsReported) {
  base::Endpoint nobody;
  {
    const testing::DatagramPeer peer(network_, {address_, 0});
    nobody = peer.local();
  }
  in_shard([&](shard::Shard& shard) {
    const auto flow = transport_.try_open(target(Protocol::Udp, nobody));
    EXPECT_TRUE(transport_.send(**flow, "request", {shard.id(), 42}).has_value());
  });
  ASSERT_TRUE(run_until([&] { return !handler_.failed.empty(); }));
  EXPECT_EQ(handler_.failed, (std::vector<RecordingHandler::Failed>{{7, 42, ECONNREFUSED}}));
}

TEST_P(LoopbackTest, OnAWildcardAddressTheAnswerComesFromTheAddressThatWasAsked) {
  ASSERT_TRUE(listen(Protocol::Udp, base::IpAddress::any(address_.family())).has_value());
  // Any address of 127.0.0.0/8 is ours; IPv6 has one.
  const base::IpAddress asked = address_.is_v4() ? *base::IpAddress::parse("127.0.0.2") : address_;
  testing::DatagramPeer peer(network_, {address_, 0});
  peer.send({asked, transport_.listeners()[2].local.port}, make_request(via("UDP")));
  ASSERT_TRUE(run_until([&] { return !peer.received().empty(); }));
  EXPECT_EQ(peer.received().front().from.address, asked);
  EXPECT_EQ(handler_.arrived.at(0).flow.local.address, asked);
}

TEST_P(LoopbackTest, ABusyPortIsAnErrorThatNamesIt) {
  for (const auto& [protocol, bound] : {std::pair(Protocol::Udp, udp_), std::pair(Protocol::Tcp, tcp_)}) {
    const auto again = listen(protocol, bound.address, bound.port);
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, EADDRINUSE);
    EXPECT_NE(again.error().message.find(socket_name(protocol, bound)), std::string::npos) << again.error().message;
  }
}

// A server that goes away: what it has answered arrives, and the connection ends, instead of being reset.
TEST(LoopbackEndTest, AnswersOnTheirWayOutliveTheServer) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  {
    const base::SystemClock clock;
    net::SystemNetwork network(1);
    shard::Shards shards(clock);
    WorkerLoop loop(network.loop(0));
    shard::ManualWorker worker(shards, {&loop});
    FakeResolver resolver;
    RecordingHandler handler;
    TransportLayer transport(network, shards, resolver, patient_limits());
    transport.set_handler(handler);
    ListenOptions options;
    options.protocol = Protocol::Tcp;
    options.address = *base::IpAddress::parse("127.0.0.1");
    ASSERT_TRUE(transport.listen(options).has_value());
    sockaddr_storage address{};
    const socklen_t size = transport.listeners()[0].local.to_sockaddr(address);
    ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), size), 0);
    const std::string request = make_request("SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1;rport");
    ASSERT_EQ(::send(client, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    handler.then = [&](const Received& received) {
      EXPECT_TRUE(transport.send(received.flow, "response").has_value());
    };
    while (handler.arrived.empty()) worker.run_round();
  }
  std::array<char, 100> room{};
  EXPECT_EQ(::recv(client, room.data(), room.size(), 0), 8);
  EXPECT_EQ(::recv(client, room.data(), room.size(), 0), 0);
  ::close(client);
}

INSTANTIATE_TEST_SUITE_P(Families, LoopbackTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& family) { return family.param == "::1" ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace carillon::transport
