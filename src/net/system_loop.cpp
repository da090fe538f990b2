// SPDX-License-Identifier: Apache-2.0
// The rounds of a loop.
#include "net/system_loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/system_datagram.h"
#include "net/system_stream.h"
#include "net/system_watch.h"

namespace carillon::net {

SystemLoop::SystemLoop(unsigned worker) : worker_(worker) {}

SystemLoop::~SystemLoop() {
  // Handlers that are let go may let go of other streams of this loop.
  const auto open = std::exchange(streams_, {});
  for (const auto& stream : open) stream->detach();
}

// One readiness a round: what is collected meanwhile is sent before the next, and the wait is a single system call.
void SystemLoop::run_once(base::Duration max_wait) {
  if (max_wait <= base::Duration::zero()) {
    context_.poll_one();
  } else if (max_wait == base::Duration::max()) {
    context_.run_one();
  } else {
    context_.run_one_for(max_wait);
  }
}

void SystemLoop::wake() {
  if (woken_.exchange(true)) return;
  boost::asio::post(context_, [this] { woken_.store(false); });
}

void SystemLoop::post(std::move_only_function<void()> work) { boost::asio::post(context_, std::move(work)); }

std::unique_ptr<Watch> SystemLoop::watch(int descriptor, std::move_only_function<void(Readiness)> on_ready) {
  return SystemWatch::make(context_, descriptor, std::move(on_ready));
}

void SystemLoop::call_after(base::Duration delay, std::move_only_function<void()> work) {
  auto timer = std::make_unique<boost::asio::steady_timer>(context_, delay);
  boost::asio::steady_timer& waiting = *timer;
  waiting.async_wait(
      [kept = std::move(timer), work = std::move(work)](const boost::system::error_code& cancelled) mutable {
        if (!cancelled) work();
      });
}

void SystemLoop::flush() {
  for (SystemDatagramSocket* socket : datagram_sockets_) socket->flush();
}

}  // namespace carillon::net
