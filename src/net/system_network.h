// SPDX-License-Identifier: Apache-2.0
// The kernel's network: an event loop a worker, SO_REUSEPORT sockets, recvmmsg and sendmmsg.
#pragma once

#include <memory>

#include "net/network.h"

namespace carillon::net {

class SystemNetwork final : public Network {
 public:
  explicit SystemNetwork(unsigned workers);
  ~SystemNetwork() override;

  [[nodiscard]] unsigned loops() const override;
  [[nodiscard]] EventLoop& loop(unsigned worker) override;
  [[nodiscard]] base::Result<std::unique_ptr<DatagramGroup>> bind_datagrams(const base::Endpoint& local,
                                                                            const DatagramOptions& options,
                                                                            DatagramHandler& handler) override;
  [[nodiscard]] base::Result<std::unique_ptr<StreamListener>> listen(const base::Endpoint& local,
                                                                     const StreamOptions& options,
                                                                     StreamAcceptor& acceptor) override;
  std::shared_ptr<Stream> connect(unsigned worker, const ConnectOptions& options,
                                  std::shared_ptr<StreamHandler> handler) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace carillon::net
