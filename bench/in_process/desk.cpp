// SPDX-License-Identifier: Apache-2.0
// See desk.h.
#include "in_process/desk.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/assert.h"

namespace carillon::bench {

namespace {

class DeskGroup final : public net::DatagramGroup {
 public:
  explicit DeskGroup(Desk& desk) : desk_(desk) {}
  [[nodiscard]] const base::Endpoint& local() const override { return desk_.socket(0).local(); }
  [[nodiscard]] net::DatagramSocket& socket(unsigned worker) override { return desk_.socket(worker); }
  void set_active(unsigned /*active*/) override {}

 private:
  Desk& desk_;
};

}  // namespace

std::span<const SentDatagram> DeskSocket::deliver(const base::Endpoint& source, std::string_view datagram,
                                                  std::size_t expected) {
  count_ = 0;
  std::ranges::copy(datagram, received_.begin());
  const net::ReceivedDatagram received{source, local_, std::span(received_).first(datagram.size())};
  handler_->on_datagrams(*this, {&received, 1});
  if (count_ < expected) {
    // Another worker is inside the shard and will see to it.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (count_ < expected && std::chrono::steady_clock::now() < end) take_handed();
  }
  return std::span(sent_).first(count_);
}

void DeskSocket::hand_over(const base::Endpoint& to, std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  handed_.push_back({to, std::string(bytes)});
  is_handed_.store(true, std::memory_order_release);
}

void DeskSocket::take_handed() {
  if (!is_handed_.load(std::memory_order_acquire)) return;
  const std::scoped_lock lock(mutex_);
  is_handed_.store(false, std::memory_order_relaxed);
  for (Handed& handed : std::exchange(handed_, {})) {
    CARILLON_ASSERT(count_ < kSentAtOnce);
    rooms_[count_].assign(handed.bytes.begin(), handed.bytes.end());
    sent_[count_] = {handed.to, {rooms_[count_].data(), handed.bytes.size()}};
    ++count_;
  }
}

std::span<char> DeskSocket::reserve(std::size_t size) {
  CARILLON_ASSERT(count_ < kSentAtOnce);
  std::vector<char>& room = rooms_[count_];
  if (room.size() < size) room.resize(size);
  return room;
}

void DeskSocket::commit(std::size_t size, const net::DatagramDestination& destination) {
  const std::string_view bytes(rooms_[count_].data(), size);
  const unsigned owner = owner_of(destination.remote.port);
  if (owner != worker_) {
    desk_.socket(owner).hand_over(destination.remote, bytes);
    return;
  }
  sent_[count_] = {destination.remote, bytes};
  ++count_;
}

Desk::Desk(const base::Endpoint& server, unsigned workers) : loops_(workers) {
  for (unsigned worker = 0; worker < workers; ++worker)
    sockets_.push_back(std::make_unique<DeskSocket>(*this, server, worker));
}

base::Result<std::unique_ptr<net::DatagramGroup>> Desk::bind_datagrams(const base::Endpoint& /*local*/,
                                                                       const net::DatagramOptions& /*options*/,
                                                                       net::DatagramHandler& handler) {
  for (const auto& socket : sockets_) socket->set_handler(handler);
  return std::make_unique<DeskGroup>(*this);
}

base::Result<std::unique_ptr<net::StreamListener>> Desk::listen(const base::Endpoint& /*local*/,
                                                                const net::StreamOptions& /*options*/,
                                                                net::StreamAcceptor& /*acceptor*/) {
  return base::fail("no streams here");
}

std::shared_ptr<net::Stream> Desk::connect(unsigned /*worker*/, const net::ConnectOptions& /*options*/,
                                           std::shared_ptr<net::StreamHandler> /*handler*/) {
  return nullptr;
}

}  // namespace carillon::bench
