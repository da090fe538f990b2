// SPDX-License-Identifier: Apache-2.0
// A stream as TCP gives it: in order, with a window, ends in both directions, and resets.
#include "testing/fake_stream.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/strings.h"
#include "testing/fake_socket.h"

namespace carillon::testing {

FakeStream::FakeStream(FakeNetwork& network, unsigned worker, const base::Endpoint& local, const base::Endpoint& remote,
                       const net::StreamOptions& options)
    : network_(network), worker_(worker), local_(local), remote_(remote), options_(options) {}

std::shared_ptr<FakeStream> FakeStream::connect(FakeNetwork& network, unsigned worker,
                                                const net::ConnectOptions& options, const base::Endpoint& local,
                                                std::shared_ptr<net::StreamHandler> handler) {
  auto stream = std::make_shared<FakeStream>(network, worker, local, options.remote, options.stream);
  stream->handler_ = std::move(handler);
  stream->state_ = State::Connecting;
  network.streams_.insert(stream);
  stream->on_our_loop(options.timeout, [stream] {
    {
      const std::scoped_lock lock(stream->network_.mutex_);
      if (stream->state_ != State::Connecting) return;
    }
    stream->end(ETIMEDOUT);
  });
  if (network.black_holes_.contains(options.remote.address)) return stream;
  stream->on_our_loop(2 * network.conditions_.latency, [stream, options] { stream->establish(options); });
  return stream;
}

// The handshake is done: the other end comes to life.
void FakeStream::establish(const net::ConnectOptions& options) {
  std::shared_ptr<FakeStream> accepted;
  bool silent = false;
  {
    const std::scoped_lock lock(network_.mutex_);
    if (state_ != State::Connecting) return;
    if (FakeListener* const listener = FakeNetwork::find(network_.listeners_, options.remote)) {
      const unsigned turn = listener->next_++ % listener->active_;
      accepted = std::make_shared<FakeStream>(network_, turn, options.remote, local_, listener->options_);
      accepted->peer_ = self();
      peer_ = accepted;
      state_ = State::Open;
      network_.streams_.insert(accepted);
      network_.add_action(turn, network_.clock_.now(), [&network = network_, accepted, to = options.remote] {
        FakeListener* listening = nullptr;
        {
          const std::scoped_lock again(network.mutex_);
          listening = FakeNetwork::find(network.listeners_, to);
        }
        if (listening != nullptr) listening->acceptor_.on_accept(accepted);
        if (accepted->handler_ == nullptr) accepted->abort();
      });
    } else if (network_.silent_listeners_) {
      silent = true;
      state_ = State::Open;
    }
  }
  if (accepted == nullptr && !silent) return end(ECONNREFUSED);
  handler_->on_connected(*this);
  const std::scoped_lock lock(network_.mutex_);
  transmit();
}

void FakeStream::start(std::shared_ptr<net::StreamHandler> handler) {
  const std::scoped_lock lock(network_.mutex_);
  handler_ = std::move(handler);
  deliver_soon();
}

base::Error FakeStream::error(int number) const {
  std::string reason = std::generic_category().message(number);
  reason[0] = base::to_lower(reason[0]);
  return {"tcp:" + remote_.to_string() + ": " + reason, number};
}

std::size_t FakeStream::queued() const {
  const std::scoped_lock lock(network_.mutex_);
  return queue_.size();
}

base::Result<> FakeStream::write(std::span<const char> bytes) {
  const std::scoped_lock lock(network_.mutex_);
  if ((state_ != State::Open && state_ != State::Connecting) || write_shut_) return std::unexpected(error(ENOTCONN));
  if (queue_.size() + bytes.size() > options_.max_queued) return std::unexpected(error(ENOBUFS));
  if (network_.tap_)
    network_.tap_({.stream = true, .from = local_, .to = remote_, .bytes = {bytes.data(), bytes.size()}});
  queue_.append(bytes.data(), bytes.size());
  transmit();
  if (!queue_.empty()) watch_stall();
  return {};
}

void FakeStream::on_our_loop(base::Duration after, std::move_only_function<void()> action) {
  network_.add_action(worker_, network_.clock_.now() + after, std::move(action));
}

// Arrives there after the latency, and after everything sent before.
void FakeStream::on_peer_loop(std::move_only_function<void(FakeStream& peer)> action) {
  const auto peer = peer_.lock();
  if (peer == nullptr) return;
  last_arrival_ = std::max(last_arrival_, network_.clock_.now() + network_.conditions_.latency);
  network_.add_action(peer->worker_, last_arrival_, [peer, arrive = std::move(action)]() mutable { arrive(*peer); });
}

// Sends what the window allows, and our end behind the last byte.
void FakeStream::transmit() {
  if (state_ != State::Open && state_ != State::Closing) return;
  if (network_.black_holes_.contains(remote_.address)) return;
  const std::size_t room = network_.conditions_.window - std::min(network_.conditions_.window, under_way_);
  const std::size_t size = std::min(room, queue_.size());
  if (size > 0) {
    under_way_ += size;
    progress_ += size;
    on_peer_loop([bytes = queue_.substr(0, size)](FakeStream& peer) {
      {
        const std::scoped_lock lock(peer.network_.mutex_);
        peer.unread_ += bytes;
      }
      peer.deliver();
    });
    queue_.erase(0, size);
  }
  if (queue_.empty() && write_shut_ && !end_sent_) {
    end_sent_ = true;
    on_peer_loop([](FakeStream& peer) {
      {
        const std::scoped_lock lock(peer.network_.mutex_);
        peer.end_arrived_ = true;
      }
      peer.deliver();
    });
  }
}

void FakeStream::deliver_soon() {
  on_our_loop({}, [kept = self()] { kept->deliver(); });
}

// Gives the handler one piece of what has arrived; the rest follows as events of their own.
void FakeStream::deliver() {
  std::string piece;
  bool ended = false;
  bool closing = false;
  {
    const std::scoped_lock lock(network_.mutex_);
    closing = state_ == State::Closing;
    if (state_ == State::Closed || (handler_ == nullptr && !closing) || paused_ || delivering_) return;
    const std::size_t limit = network_.conditions_.segment == 0 ? unread_.size() : network_.conditions_.segment;
    piece = unread_.substr(0, limit);
    unread_.erase(0, piece.size());
    ended = unread_.empty() && end_arrived_ && !end_given_;
    if (ended) end_given_ = true;
    if (!unread_.empty()) deliver_soon();
    delivering_ = true;
  }
  if (!piece.empty() && !closing) handler_->on_bytes(*this, piece);
  if (ended && !closing) handler_->on_end(*this);
  bool done = false;
  {
    const std::scoped_lock lock(network_.mutex_);
    delivering_ = false;
    done = state_ == State::Closing && end_given_ && queue_.empty();
    if (!piece.empty()) {
      on_peer_loop([size = piece.size()](FakeStream& peer) {
        bool drained = false;
        {
          const std::scoped_lock again(peer.network_.mutex_);
          const bool waited = !peer.queue_.empty();
          peer.under_way_ -= std::min(size, peer.under_way_);
          peer.transmit();
          drained = waited && peer.queue_.empty() && peer.state_ == State::Open;
        }
        if (drained && peer.handler_ != nullptr) peer.handler_->on_drained(peer);
      });
    }
  }
  if (done) end(0);
}

void FakeStream::watch_stall() {
  on_our_loop(options_.stall, [kept = self(), before = progress_] {
    {
      const std::scoped_lock lock(kept->network_.mutex_);
      if (kept->state_ != State::Open || kept->queue_.empty()) return;
      if (kept->progress_ != before) return kept->watch_stall();
    }
    kept->end(ETIMEDOUT);
  });
}

void FakeStream::shutdown_write() {
  const std::scoped_lock lock(network_.mutex_);
  write_shut_ = true;
  transmit();
}

void FakeStream::close() {
  const std::scoped_lock lock(network_.mutex_);
  write_shut_ = true;
  on_our_loop({}, [kept = self()] { kept->begin_closing(); });
}

void FakeStream::begin_closing() {
  bool at_once = false;
  {
    const std::scoped_lock lock(network_.mutex_);
    if (state_ == State::Closing || state_ == State::Closed) return;
    at_once = state_ == State::Connecting;
    state_ = State::Closing;
    paused_ = false;
    transmit();
    at_once = at_once || (queue_.empty() && end_given_);
    if (!at_once) {
      on_our_loop(options_.linger, [kept = self()] { kept->end(0); });
      deliver_soon();
    }
  }
  if (at_once) end(0);
}

void FakeStream::abort() {
  const std::scoped_lock lock(network_.mutex_);
  if (state_ == State::Closed) return;
  write_shut_ = true;
  on_peer_loop([](FakeStream& peer) { peer.end(ECONNRESET); });
  on_our_loop({}, [kept = self()] { kept->end(0); });
}

void FakeStream::pause_reading(bool paused) {
  const std::scoped_lock lock(network_.mutex_);
  paused_ = paused;
  if (!paused) deliver_soon();
}

void FakeStream::end(int number) {
  std::shared_ptr<net::StreamHandler> handler;
  const auto kept = self();
  {
    const std::scoped_lock lock(network_.mutex_);
    if (state_ == State::Closed) return;
    if (state_ == State::Closing) number = 0;
    state_ = State::Closed;
    write_shut_ = true;
    queue_.clear();
    handler = std::move(handler_);
    network_.streams_.erase(kept);
    // A peer that still sends to what is gone is reset.
    if (!end_sent_) on_peer_loop([](FakeStream& peer) { peer.end(ECONNRESET); });
  }
  if (handler != nullptr) handler->on_closed(*this, number == 0 ? base::Error{"closed", 0} : error(number));
}

void FakeStream::detach() {
  std::shared_ptr<net::StreamHandler> gone;
  const std::scoped_lock lock(network_.mutex_);
  state_ = State::Closed;
  gone = std::move(handler_);
}

}  // namespace carillon::testing
