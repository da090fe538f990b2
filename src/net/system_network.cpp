// SPDX-License-Identifier: Apache-2.0
// The kernel's network, put together.
#include "net/system_network.h"

#include <vector>

#include "net/system_datagram.h"
#include "net/system_listener.h"
#include "net/system_loop.h"
#include "net/system_stream.h"

namespace carillon::net {

struct SystemNetwork::State {
  std::vector<std::unique_ptr<SystemLoop>> loops;
};

SystemNetwork::SystemNetwork(unsigned workers) : state_(std::make_unique<State>()) {
  for (unsigned number = 0; number < workers; ++number) state_->loops.push_back(std::make_unique<SystemLoop>(number));
}

SystemNetwork::~SystemNetwork() = default;

unsigned SystemNetwork::loops() const { return static_cast<unsigned>(state_->loops.size()); }

EventLoop& SystemNetwork::loop(unsigned worker) { return *state_->loops[worker]; }

base::Result<std::unique_ptr<DatagramGroup>> SystemNetwork::bind_datagrams(const base::Endpoint& local,
                                                                           const DatagramOptions& options,
                                                                           DatagramHandler& handler) {
  return net::bind_datagrams(state_->loops, local, options, handler);
}

base::Result<std::unique_ptr<StreamListener>> SystemNetwork::listen(const base::Endpoint& local,
                                                                    const StreamOptions& options,
                                                                    StreamAcceptor& acceptor) {
  return listen_streams(state_->loops, local, options, acceptor);
}

std::shared_ptr<Stream> SystemNetwork::connect(unsigned worker, const ConnectOptions& options,
                                               std::shared_ptr<StreamHandler> handler) {
  return SystemStream::connect(*state_->loops[worker], options, std::move(handler));
}

}  // namespace carillon::net
