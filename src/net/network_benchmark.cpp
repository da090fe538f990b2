// SPDX-License-Identifier: Apache-2.0
// Datagrams through the loop and the sockets, beside the same through bare recvmmsg and sendmmsg: what we add.
#include <benchmark/benchmark.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "net/receive_batch.h"
#include "net/send_batch.h"
#include "net/socket.h"
#include "net/system_network.h"

namespace carillon::net {
namespace {

constexpr std::size_t kSize = 700;
const base::Endpoint kLoopback{*base::IpAddress::parse("127.0.0.1"), 0};

class Echo final : public DatagramHandler {
 public:
  void on_datagrams(DatagramSocket& socket, std::span<const ReceivedDatagram> datagrams) override {
    for (const ReceivedDatagram& datagram : datagrams) {
      std::ranges::copy(datagram.bytes, socket.reserve(datagram.bytes.size()).begin());
      socket.commit(datagram.bytes.size(), {.remote = datagram.source, .cookie = 1});
    }
    received += datagrams.size();
  }
  void on_send_error(DatagramSocket&, const SendError&) override {}

  std::size_t received = 0;
};

// The peer sends a burst, and takes what comes back.
class Client {
 public:
  explicit Client(std::size_t burst)
      : burst_(burst), sockets_(std::move(*bind_sockets(SocketType::Datagram, kLoopback, 1))) {}
  void send(const base::Endpoint& to) {
    for (std::size_t i = 0; i < burst_; ++i) {
      std::ranges::fill(batch_.reserve(kSize), 'x');
      batch_.commit(kSize, {.remote = to});
    }
    static_cast<void>(batch_.send(sockets_.sockets[0].get(), 0));
    batch_.clear();
  }
  void take() {
    for (std::size_t got = 0; got < burst_;)
      got += receive_.receive(sockets_.sockets[0].get(), sockets_.local).datagrams.size();
  }

 private:
  std::size_t burst_;
  BoundSockets sockets_;
  SendBatch batch_;
  ReceiveBatch receive_;
};

void echo_through_network(benchmark::State& state) {
  SystemNetwork network(1);
  Echo echo;
  const auto group = std::move(*network.bind_datagrams(kLoopback, {}, echo));
  const auto burst = static_cast<std::size_t>(state.range(0));
  Client client(burst);
  EventLoop& loop = network.loop(0);
  for (auto _ : state) {
    client.send(group->local());
    for (echo.received = 0; echo.received < burst;) loop.run_once(base::Duration::max());
    loop.flush();
    client.take();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(echo_through_network)->Arg(1)->Arg(4)->Arg(32);

// The yardstick: epoll, recvmmsg and sendmmsg with nothing around them.
void echo_bare(benchmark::State& state) {
  const auto burst = static_cast<std::size_t>(state.range(0));
  Client client(burst);
  const BoundSockets server = std::move(*bind_sockets(SocketType::Datagram, kLoopback, 1));
  const int socket = server.sockets[0].get();
  const FileDescriptor poller(::epoll_create1(0));
  epoll_event interest{.events = EPOLLIN, .data = {.fd = socket}};
  ::epoll_ctl(poller.get(), EPOLL_CTL_ADD, socket, &interest);
  ReceiveBatch receive;
  std::array<mmsghdr, ReceiveBatch::kDatagrams> out{};
  std::array<iovec, ReceiveBatch::kDatagrams> pieces{};
  std::array<sockaddr_storage, ReceiveBatch::kDatagrams> addresses{};
  for (auto _ : state) {
    client.send(server.local);
    for (std::size_t received = 0; received < burst;) {
      epoll_event ready{};
      ::epoll_wait(poller.get(), &ready, 1, -1);
      const auto datagrams = receive.receive(socket, server.local).datagrams;
      for (std::size_t i = 0; i < datagrams.size(); ++i) {
        pieces[i] = {.iov_base = datagrams[i].bytes.data(), .iov_len = datagrams[i].bytes.size()};
        out[i].msg_hdr.msg_iov = &pieces[i];
        out[i].msg_hdr.msg_iovlen = 1;
        out[i].msg_hdr.msg_name = &addresses[i];
        out[i].msg_hdr.msg_namelen = datagrams[i].source.to_sockaddr(addresses[i]);
      }
      ::sendmmsg(socket, out.data(), static_cast<unsigned>(datagrams.size()), 0);
      received += datagrams.size();
    }
    client.take();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(echo_bare)->Arg(1)->Arg(4)->Arg(32);

void wake_and_run(benchmark::State& state) {
  SystemNetwork network(1);
  EventLoop& loop = network.loop(0);
  for (auto _ : state) {
    loop.wake();
    loop.run_once(base::Duration::max());
  }
}
BENCHMARK(wake_and_run);

}  // namespace
}  // namespace carillon::net
