// SPDX-License-Identifier: Apache-2.0
// TCP: connecting, reading into the loop's buffer, writing from any worker, closing without losing what is queued.
#include "net/system_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace carillon::net {

namespace {

using Descriptor = boost::asio::posix::descriptor_base;

void set_up(int socket, base::Family family, const StreamOptions& options) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.keepalive) {
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (options.keepalive_count > 0) set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, options.keepalive_count);
    if (options.keepalive_idle > 0) set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, options.keepalive_idle);
    if (options.keepalive_interval > 0) set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, options.keepalive_interval);
  }
  set_traffic_class(socket, family, options.traffic_class);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

SystemStream::SystemStream(SystemLoop& loop, FileDescriptor socket, const base::Endpoint& remote,
                           const StreamOptions& options)
    : loop_(loop), remote_(remote), options_(options), socket_(socket.get()) {
  if (!socket) return;
  set_up(socket_, remote.address.family(), options_);
  local_ = local_endpoint(socket_);
  boost::system::error_code error;
  descriptor_.emplace(loop.context()).assign(socket_, error);
  if (!error) {
    static_cast<void>(socket.release());
    return;
  }
  descriptor_.reset();
  socket_ = -1;
  refused_ = error.value();
}

SystemStream::~SystemStream() = default;

std::shared_ptr<Stream> SystemStream::connect(SystemLoop& loop, const ConnectOptions& options,
                                              std::shared_ptr<StreamHandler> handler) {
  auto socket = open_socket(SocketType::Stream, options.remote);
  const int unopened = socket ? 0 : socket.error().code;
  auto stream = std::make_shared<SystemStream>(loop, socket ? std::move(*socket) : FileDescriptor(), options.remote,
                                               options.stream);
  const int error = unopened != 0 ? unopened : stream->refused_;
  stream->handler_ = std::move(handler);
  stream->state_ = State::Connecting;
  loop.add(stream);
  if (error != 0) {
    loop.post([stream, error] { stream->end(error); });
  } else {
    stream->begin_connecting(options.local, options.timeout);
  }
  return stream;
}

void SystemStream::begin_connecting(const base::Endpoint& local, base::Duration timeout) {
  sockaddr_storage address{};
  int error = 0;
  if (local.address.family() != base::Family::Unspecified) {
    // The port is chosen when the peer is known, so that one address serves more connections than it has ports.
    if (local.port == 0) set_option(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    const socklen_t length = local.to_sockaddr(address);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) != 0) error = errno;
  }
  if (error == 0) {
    const socklen_t length = remote_.to_sockaddr(address);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), length) != 0) error = errno;
  }
  if (error != 0 && error != EINPROGRESS) {
    loop_.post([kept = self(), error] { kept->end(error); });
    return;
  }
  start_timer(timeout, ETIMEDOUT);
  descriptor_->async_wait(Descriptor::wait_write, [kept = self()](const boost::system::error_code& failed) {
    if (!failed) kept->on_connect_ready();
  });
}

void SystemStream::on_connect_ready() {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::Connecting) return;
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error != 0) return end(error);
  stop_timer();
  local_ = local_endpoint(socket_);
  {
    const std::scoped_lock lock(mutex_);
    state_ = State::Open;
  }
  handler_->on_connected(*this);
  wait_for_reading();
  write_queued();
}

void SystemStream::start(std::shared_ptr<StreamHandler> handler) {
  handler_ = std::move(handler);
  loop_.add(self());
  wait_for_reading();
}

void SystemStream::wait_for_reading() {
  if (reading_ || paused_ || ended_ || !descriptor_) return;
  reading_ = true;
  descriptor_->async_wait(Descriptor::wait_read, [kept = self()](const boost::system::error_code& failed) {
    kept->reading_ = false;
    if (!failed) kept->read();
  });
}

// One read a round, into the loop's buffer: an idle connection holds none.
void SystemStream::read() {
  if (paused_ || !descriptor_) return;
  const std::span<char> buffer = loop_.stream_buffer();
  const ssize_t length = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (length < 0) {
    if (!would_block(errno)) return end(errno);
    return wait_for_reading();
  }
  bool closing = false;
  {
    const std::scoped_lock lock(mutex_);
    closing = state_ == State::Closing;
  }
  if (length == 0) {
    ended_ = true;
    if (!closing) return handler_->on_end(*this);
    // The peer's end answers ours; before that, what is queued still has to leave.
    if (queued() == 0) end(0);
    return;
  }
  if (!closing) handler_->on_bytes(*this, buffer.first(static_cast<std::size_t>(length)));
  wait_for_reading();
}

void SystemStream::pause_reading(bool paused) {
  paused_ = paused;
  wait_for_reading();
}

base::Result<> SystemStream::write(std::span<const char> bytes) {
  const std::scoped_lock lock(mutex_);
  if ((state_ != State::Open && state_ != State::Connecting) || write_shut_)
    return std::unexpected(socket_error(SocketType::Stream, remote_, ENOTCONN));
  if (queued() + bytes.size() > options_.max_queued)
    return std::unexpected(socket_error(SocketType::Stream, remote_, ENOBUFS));
  if (state_ == State::Open && queued() == 0) {
    if (const int error = send_now(bytes); error != 0) {
      write_shut_ = true;
      loop_.post([kept = self(), error] { kept->end(error); });
      return std::unexpected(socket_error(SocketType::Stream, remote_, error));
    }
    if (bytes.empty()) return {};
  }
  queue(bytes);
  if (state_ == State::Open) ask_for_writing();
  return {};
}

// Removes from `bytes` what the kernel takes; an errno when the connection is broken.
int SystemStream::send_now(std::span<const char>& bytes) {
  while (!bytes.empty()) {
    const ssize_t taken = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0) return would_block(errno) ? 0 : errno;
    bytes = bytes.subspan(static_cast<std::size_t>(taken));
  }
  return 0;
}

void SystemStream::queue(std::span<const char> bytes) {
  // What has left goes when it is the larger part, so that a byte is moved once at most, on average.
  if (sent_ > queue_.size() / 2) {
    queue_.erase(0, sent_);
    sent_ = 0;
  }
  queue_.append(bytes.data(), bytes.size());
  waiting_.store(queue_.size() - sent_, std::memory_order_relaxed);
}

void SystemStream::ask_for_writing() {
  if (writing_) return;
  writing_ = true;
  loop_.post([kept = self()] {
    kept->wait_for_writing();
    kept->watch_stall();
  });
}

void SystemStream::wait_for_writing() {
  if (!descriptor_) return;
  descriptor_->async_wait(Descriptor::wait_write, [kept = self()](const boost::system::error_code& failed) {
    if (!failed) kept->write_queued();
  });
}

void SystemStream::write_queued() {
  int error = 0;
  bool more = false;
  bool drained = false;
  bool closing = false;
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::Open && state_ != State::Closing) return;
    drained = queued() > 0;
    std::span<const char> rest(queue_.data() + sent_, queue_.size() - sent_);
    error = send_now(rest);
    more = !rest.empty();
    drained = drained && !more;
    if (!more) queue_ = {};
    sent_ = queue_.size() - rest.size();
    waiting_.store(rest.size(), std::memory_order_relaxed);
    writing_ = more;
    closing = state_ == State::Closing;
    if (!more && error == 0 && write_shut_) finish_writing();
  }
  if (error != 0) return end(error);
  if (more) {
    wait_for_writing();
    if (!closing) watch_stall();
    return;
  }
  if (closing) {
    if (ended_) end(0);
    return;
  }
  stop_timer();
  if (drained) handler_->on_drained(*this);
}

void SystemStream::finish_writing() { static_cast<void>(::shutdown(socket_, SHUT_WR)); }

void SystemStream::shutdown_write() {
  const std::scoped_lock lock(mutex_);
  if ((state_ != State::Open && state_ != State::Connecting) || write_shut_) return;
  write_shut_ = true;
  if (state_ == State::Open && queued() == 0) finish_writing();
}

void SystemStream::close() {
  loop_.post([kept = self()] { kept->begin_closing(); });
  const std::scoped_lock lock(mutex_);
  write_shut_ = true;
}

// Our end is sent behind the queue, and the peer's waited for, as closing with unread bytes would reset the connection
// and take from the peer what it hasn't read yet (RFC 9293 section 3.6).
void SystemStream::begin_closing() {
  bool connecting = false;
  bool done = false;
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == State::Closing || state_ == State::Closed) return;
    connecting = state_ == State::Connecting;
    state_ = State::Closing;
    done = queued() == 0;
    if (done && !connecting) finish_writing();
  }
  if (connecting || handler_ == nullptr || (done && ended_)) return end(0);
  start_timer(options_.linger, 0);
  paused_ = false;
  wait_for_reading();
}

void SystemStream::abort() {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == State::Closed) return;
    write_shut_ = true;
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    static_cast<void>(::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  }
  loop_.post([kept = self()] { kept->end(0); });
}

// Ends the stream with `error` unless the timer is stopped or started again before.
void SystemStream::start_timer(base::Duration after, int error) {
  stop_timer();
  const std::uint64_t generation = timer_generation_;
  timer_.emplace(loop_.context(), after);
  timer_->async_wait([kept = self(), generation, error](const boost::system::error_code& cancelled) {
    if (!cancelled && generation == kept->timer_generation_) kept->end(error);
  });
}

void SystemStream::stop_timer() {
  ++timer_generation_;
  timer_.reset();
}

// Gives the peer until options_.stall to take something.
void SystemStream::watch_stall() {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::Open) return;
  }
  start_timer(options_.stall, ETIMEDOUT);
}

void SystemStream::end(int error) {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ == State::Closed) return;
    if (state_ == State::Closing) error = 0;  // it has ended as we wished
    state_ = State::Closed;
    write_shut_ = true;
    socket_ = -1;
    queue_ = {};
    waiting_.store(0, std::memory_order_relaxed);
    descriptor_.reset();
  }
  stop_timer();
  const auto kept = self();
  loop_.remove(kept);
  if (const auto handler = std::exchange(handler_, nullptr)) {
    handler->on_closed(*this, error == 0 ? base::Error{.message = "closed", .code = 0}
                                         : socket_error(SocketType::Stream, remote_, error));
  }
}

void SystemStream::detach() {
  {
    const std::scoped_lock lock(mutex_);
    state_ = State::Closed;
    socket_ = -1;
    descriptor_.reset();
  }
  stop_timer();
  handler_.reset();
}

}  // namespace carillon::net
