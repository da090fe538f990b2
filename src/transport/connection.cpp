// SPDX-License-Identifier: Apache-2.0
// A connection's life: opening, bytes in and out, the deadlines, the end.
#include "transport/connection.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace carillon::transport {
namespace {

base::Duration::rep count(base::TimePoint time) { return time.time_since_epoch().count(); }
base::TimePoint time_point(base::Duration::rep count) { return base::TimePoint(base::Duration(count)); }

}  // namespace

Connection::Connection(ConnectionOwner& owner, const Limits& limits, const Flow& flow, Origin origin)
    : owner_(owner),
      limits_(limits),
      id_(flow.connection),
      origin_(origin),
      opened_(owner.now()),
      framer_(limits.message),
      last_activity_(count(opened_)),
      state_(origin == Origin::Accepted ? ConnectionInfo::State::Open : ConnectionInfo::State::Connecting),
      was_open_(origin == Origin::Accepted),
      flow_(flow),
      ports_{flow.remote.port} {}

void Connection::attach(std::shared_ptr<net::Stream> stream) {
  const std::scoped_lock lock(mutex_);
  stream_ = std::move(stream);
  if (state_ == ConnectionInfo::State::Closing) stream_->abort();
}

Flow Connection::flow() const {
  const std::scoped_lock lock(mutex_);
  return flow_;
}

ConnectionInfo Connection::info() const {
  ConnectionInfo info;
  info.accepted = origin_ == Origin::Accepted;
  info.authenticated = authenticated_.load(std::memory_order_relaxed);
  info.opened = opened_;
  info.expires = deadline().at;
  const std::scoped_lock lock(mutex_);
  info.flow = flow_;
  info.state = state_;
  if (stream_) info.queued = stream_->queued();
  return info;
}

Connection::Joined Connection::join(const FlowHandle& handle) {
  const std::scoped_lock lock(mutex_);
  switch (state_) {
    case ConnectionInfo::State::Connecting:
      waiting_.push_back(handle);
      return Joined::Waiting;
    case ConnectionInfo::State::Open:
      return Joined::Open;
    case ConnectionInfo::State::Closing:
      break;
  }
  return Joined::Gone;
}

bool Connection::is_open() const {
  const std::scoped_lock lock(mutex_);
  return state_ == ConnectionInfo::State::Open;
}

bool Connection::was_open() const {
  const std::scoped_lock lock(mutex_);
  return was_open_;
}

std::vector<FlowHandle> Connection::take_waiting() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

base::Result<> Connection::write(std::span<const char> bytes, SendCookie cookie) {
  const std::scoped_lock lock(mutex_);
  if (state_ != ConnectionInfo::State::Open) return base::fail("connection is closed", ENOTCONN);
  if (auto written = stream_->write(bytes); !written) return written;
  last_activity_.store(count(owner_.now()), std::memory_order_relaxed);
  if (cookie.id != 0 && stream_->queued() > 0) unsent_.push_back(cookie);
  return {};
}

std::vector<SendCookie> Connection::take_unsent() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(unsent_, {});
}

void Connection::close() {
  const std::scoped_lock lock(mutex_);
  state_ = ConnectionInfo::State::Closing;
  if (stream_) stream_->close();
}

void Connection::abort() {
  const std::scoped_lock lock(mutex_);
  state_ = ConnectionInfo::State::Closing;
  if (stream_) stream_->abort();
}

bool Connection::add_port(std::uint16_t port) {
  const std::scoped_lock lock(mutex_);
  if (std::ranges::find(ports_, port) != ports_.end()) return true;
  if (ports_.size() == kMaxPorts) return false;
  ports_.push_back(port);
  return true;
}

std::vector<std::uint16_t> Connection::ports() const {
  const std::scoped_lock lock(mutex_);
  return ports_;
}

void Connection::keep_until(base::TimePoint time) {
  base::Duration::rep seen = keep_until_.load(std::memory_order_relaxed);
  while (seen < count(time) && !keep_until_.compare_exchange_weak(seen, count(time))) {
  }
}

Connection::Deadline Connection::deadline() const {
  const auto idle_since = last_activity_.load(std::memory_order_relaxed);
  Deadline earliest{std::max(time_point(idle_since) + limits_.connection_lifetime, time_point(keep_until_.load())),
                    Overdue::Idle};
  const auto consider = [&earliest](base::TimePoint at, Overdue then) {
    if (at < earliest.at) earliest = {at, then};
  };
  if (const auto since = message_since_.load(); since != kNoTime) {
    consider(time_point(since) + limits_.max_message_time, Overdue::SlowSender);
  }
  if (origin_ == Origin::Accepted && !trusted_ && !authenticated_.load(std::memory_order_relaxed)) {
    consider(opened_ + limits_.unauthenticated_lifetime, Overdue::Unauthenticated);
  }
  return earliest;
}

void Connection::on_connected(net::Stream& stream) {
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != ConnectionInfo::State::Connecting) return;  // closed meanwhile
    state_ = ConnectionInfo::State::Open;
    was_open_ = true;
    flow_.local = stream.local();
  }
  owner_.on_connected(*this);
}

void Connection::on_bytes(net::Stream& stream, std::span<char> bytes) {
  const base::TimePoint now = owner_.now();
  last_activity_.store(count(now), std::memory_order_relaxed);
  framer_.feed({bytes.data(), bytes.size()});
  bool message_ended = false;
  std::size_t pings = 0;
  for (;;) {
    const StreamFramer::Piece piece = framer_.next();
    if (piece.kind == StreamFramer::Kind::Ping) {
      ++pings;
      continue;
    }
    // Before what stands behind them is answered; a flood of them is one write.
    if (pings > 0 && piece.kind != StreamFramer::Kind::LineEnd) owner_.on_pings(*this, std::exchange(pings, 0));
    if (piece.kind == StreamFramer::Kind::NeedMore) break;
    message_ended |= piece.kind == StreamFramer::Kind::Message;
    if (piece.kind == StreamFramer::Kind::Bad) stream.pause_reading(true);
    owner_.on_piece(*this, piece);
  }
  note_incomplete(message_ended, now);
}

void Connection::note_incomplete(bool message_ended, base::TimePoint now) {
  if (!framer_.in_message()) {
    message_since_.store(kNoTime);
  } else if (message_ended || message_since_.load() == kNoTime) {
    message_since_.store(count(now));
    owner_.on_incomplete(*this);
  }
}

void Connection::on_drained(net::Stream& stream) {
  const std::scoped_lock lock(mutex_);
  if (stream.queued() == 0) unsent_.clear();
}

void Connection::on_closed(net::Stream&, const base::Error& reason) {
  {
    const std::scoped_lock lock(mutex_);
    state_ = ConnectionInfo::State::Closing;
    stream_.reset();
  }
  owner_.on_closed(*this, reason);
}

}  // namespace carillon::transport
