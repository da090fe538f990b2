// SPDX-License-Identifier: Apache-2.0
// Keeping, replacing and pausing.
#include "storage/connections.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace carillon::storage {

base::Result<std::unique_ptr<Connection>> Connections::take() {
  {
    std::unique_lock lock(mutex_);
    const std::size_t most = std::max<std::size_t>(driver_.connections(), 1);
    if (!free_.wait_for(lock, limits_.longest_wait, [&] { return in_use_ < most; })) {
      return base::fail(fmt::format("{}: all {} connections are in use", url_.display(), most),
                        static_cast<int>(Fault::Busy));
    }
    ++in_use_;
  }
  if (auto kept = take_idle()) return kept;
  auto opened = connect();
  if (!opened) give_back(nullptr);
  return opened;
}

std::unique_ptr<Connection> Connections::take_idle() {
  while (true) {
    std::unique_ptr<Connection> connection;
    {
      const std::scoped_lock lock(mutex_);
      if (idle_.empty()) return nullptr;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (connection->alive()) return connection;
  }
}

base::Result<> Connections::permission_to_connect() {
  const std::scoped_lock lock(mutex_);
  if (away_.empty()) return {};
  const base::TimePoint now = clock_.now();
  if (now < try_again_) return base::fail(away_, static_cast<int>(Fault::Unavailable));
  try_again_ = now + std::max(pause_, limits_.first_pause);  // for the others, while this thread tries
  return {};
}

base::Result<std::unique_ptr<Connection>> Connections::connect() {
  if (auto allowed = permission_to_connect(); !allowed) return std::unexpected(std::move(allowed.error()));
  auto opened = driver_.connect(url_);
  bool changed = false;
  {
    const std::scoped_lock lock(mutex_);
    // At the start whoever opens the database reports why it can't be.
    changed = was_connected_ && away_.empty() != opened.has_value();
    was_connected_ = was_connected_ || opened.has_value();
    if (opened) {
      away_.clear();
      pause_ = base::Duration::zero();
    } else {
      away_ = opened.error().message;
      pause_ = std::clamp(pause_ * 2, limits_.first_pause, limits_.longest_pause);
      try_again_ = clock_.now() + pause_;
    }
  }
  if (changed) {
    if (opened) {
      log::notice("{}: connected again", url_.display());
    } else {
      log::error("{}", opened.error().message);
    }
    driver_.on_connection(url_, opened.has_value());
  }
  return opened;
}

base::Result<std::unique_ptr<EventConnection>> Connections::connect_for_events() {
  {
    const std::scoped_lock lock(mutex_);
    if (!away_.empty()) return base::fail(away_, static_cast<int>(Fault::Unavailable));
  }
  auto opened = driver_.connect_for_events(url_);
  bool tell = false;
  {
    const std::scoped_lock lock(mutex_);
    // What is away is told when the others can't connect; this is one that is full, or refuses just these.
    tell = !opened && opened.error().code != static_cast<int>(Fault::Unsupported) && away_.empty() && !no_events_;
    no_events_ = tell || (no_events_ && !opened);
  }
  if (tell) log::warning("short reads go by threads: {}", opened.error().message);
  return opened;
}

void Connections::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::scoped_lock lock(mutex_);
    --in_use_;
    if (connection) idle_.push_back(std::move(connection));
  }
  free_.notify_one();
}

void Connections::drop_idle() {
  std::vector<std::unique_ptr<Connection>> dropped;
  const std::scoped_lock lock(mutex_);
  dropped.swap(idle_);
}

}  // namespace carillon::storage
