// SPDX-License-Identifier: Apache-2.0
// The seam between the server and the world: transport/ runs unchanged on SystemNetwork and on testing::FakeNetwork.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/datagram.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace carillon::net {

// Destroyed after all groups and listeners made by it. Streams that are still open end without a callback, and may then
// only be let go of.
class Network {
 public:
  virtual ~Network() = default;

  // One a worker, numbered from 0.
  [[nodiscard]] virtual unsigned loops() const = 0;
  [[nodiscard]] virtual EventLoop& loop(unsigned worker) = 0;

  // Binds a socket for each worker. Port 0: one free port for all of them. Errors name the address
  // ("udp:127.0.0.1:5060: address already in use"), code is the errno. Before the loops run, or on the only thread.
  [[nodiscard]] virtual base::Result<std::unique_ptr<DatagramGroup>> bind_datagrams(const base::Endpoint& local,
                                                                                    const DatagramOptions& options,
                                                                                    DatagramHandler& handler) = 0;

  // Listens with a socket for each worker; `options` apply to every stream accepted. As bind_datagrams() ("tcp:...").
  [[nodiscard]] virtual base::Result<std::unique_ptr<StreamListener>> listen(const base::Endpoint& local,
                                                                             const StreamOptions& options,
                                                                             StreamAcceptor& acceptor) = 0;

  // Opens a stream that `worker` will own. Never waits and never fails here: `handler` hears on_connected() or
  // on_closed(). May be written at once. On the worker's thread.
  virtual std::shared_ptr<Stream> connect(unsigned worker, const ConnectOptions& options,
                                          std::shared_ptr<StreamHandler> handler) = 0;
};

}  // namespace carillon::net
