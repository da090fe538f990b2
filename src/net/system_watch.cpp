// SPDX-License-Identifier: Apache-2.0
// See system_watch.h.
#include "net/system_watch.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

namespace carillon::net {

using Descriptor = boost::asio::posix::descriptor_base;

struct SystemWatch::State : std::enable_shared_from_this<State> {
  State(boost::asio::io_context& context, std::move_only_function<void(Readiness)> handler)
      : descriptor(context), on_ready(std::move(handler)) {}

  void wait(Descriptor::wait_type type, Readiness ready, bool State::* waiting) {
    if (std::exchange(this->*waiting, true)) return;
    descriptor.async_wait(type,
                          [self = shared_from_this(), ready, waiting](const boost::system::error_code& cancelled) {
                            (*self).*waiting = false;
                            if (!cancelled && !self->ended) self->on_ready(ready);
                          });
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::move_only_function<void(Readiness)> on_ready;
  bool reading = false;
  bool writing = false;
  bool ended = false;
};

std::unique_ptr<Watch> SystemWatch::make(boost::asio::io_context& context, int descriptor,
                                         std::move_only_function<void(Readiness)> on_ready) {
  auto state = std::make_shared<State>(context, std::move(on_ready));
  boost::system::error_code refused;
  state->descriptor.assign(descriptor, refused);
  if (refused) return nullptr;
  return std::unique_ptr<Watch>(new SystemWatch(std::move(state)));
}

SystemWatch::~SystemWatch() {
  state_->ended = true;
  static_cast<void>(state_->descriptor.release());
}

void SystemWatch::ask(Readiness wanted) {
  if (wanted.readable) state_->wait(Descriptor::wait_read, {.readable = true}, &State::reading);
  if (wanted.writable) state_->wait(Descriptor::wait_write, {.writable = true}, &State::writing);
}

}  // namespace carillon::net
