// SPDX-License-Identifier: Apache-2.0
// Datagram sockets: batches of datagrams in, a batch written in place and sent at once out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ip.h"
#include "base/result.h"

namespace carillon::net {

// The largest payload of a UDP datagram.
inline constexpr std::size_t kMaxDatagram = 65'507;

struct ReceivedDatagram {
  base::Endpoint source;
  base::Endpoint local;   // where it was sent to: exact also when the socket is bound to a wildcard address
  std::span<char> bytes;  // valid, and the receiver's to scribble on, until the callback returns
  bool truncated = false;
};

struct DatagramDestination {
  base::Endpoint remote;
  base::IpAddress source{};  // the address to send from on a wildcard socket; unspecified: the kernel chooses
  std::uint64_t cookie = 0;  // given back when sending fails; 0: nobody wants to know
};

struct SendError {
  base::Endpoint remote;
  std::uint64_t cookie = 0;
  // EAGAIN or ENOBUFS (buffers full), EMSGSIZE, ENETUNREACH, EHOSTUNREACH, EPERM...; ECONNREFUSED when the peer's host
  // said by ICMP that nobody listens. Nothing was or will be retried.
  int error = 0;
};

class DatagramSocket;

// Called on the worker that owns `socket`. Outlives the group it was given to.
class DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  // From within EventLoop::run_once(). May send.
  virtual void on_datagrams(DatagramSocket& socket, std::span<const ReceivedDatagram> datagrams) = 0;
  // From within EventLoop::flush() or run_once(), never from within reserve() or commit(), so never inside a shard.
  // Every datagram that the kernel refuses is told of, one that was lost on its way only if its cookie isn't 0. May not
  // send.
  virtual void on_send_error(DatagramSocket& socket, const SendError& error) = 0;
};

// One worker's socket of a group. Used on that worker's thread only.
class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;

  // Room for a datagram of up to `size` bytes (at most kMaxDatagram), to be written in place. Sends the batch first
  // when it is full; what fails then is reported by the next flush. A reservation that isn't committed costs nothing.
  [[nodiscard]] virtual std::span<char> reserve(std::size_t size) = 0;
  // Adds the first `size` bytes of the room last reserved to the batch. It leaves with EventLoop::flush() or earlier.
  virtual void commit(std::size_t size, const DatagramDestination& destination) = 0;

  // The address bound, with the port chosen when 0 was asked for.
  [[nodiscard]] virtual const base::Endpoint& local() const = 0;
  [[nodiscard]] virtual unsigned worker() const = 0;
};

struct DatagramOptions {
  std::size_t receive_buffer = 4U << 20;  // bytes asked of the kernel, per socket; it may grant less
  std::size_t send_buffer = 1U << 20;
  int traffic_class = -1;  // IP_TOS / IPV6_TCLASS; -1: the system's
  bool shared = false;     // other processes may bind the address too
};

// The sockets of one bound address, one a worker. Destroying it closes them: after the workers have stopped, or on
// the only thread there is.
class DatagramGroup {
 public:
  virtual ~DatagramGroup() = default;
  [[nodiscard]] virtual const base::Endpoint& local() const = 0;
  [[nodiscard]] virtual DatagramSocket& socket(unsigned worker) = 0;
  // Lets the sockets of workers 0 to `active`-1 receive what is new: spread by source, and datagram by datagram for a
  // source that sends a large share of all. The others still deliver what they hold. Any thread. Does nothing where
  // the kernel can't steer: then all receive.
  virtual void set_active(unsigned active) = 0;
};

}  // namespace carillon::net
