// SPDX-License-Identifier: Apache-2.0
// Watching a descriptor that somebody else reads and writes. Internal to net/.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "net/event_loop.h"

namespace carillon::net {

class SystemWatch final : public Watch {
 public:
  ~SystemWatch() override;

  // Null when the kernel refuses.
  [[nodiscard]] static std::unique_ptr<Watch> make(boost::asio::io_context& context, int descriptor,
                                                   std::move_only_function<void(Readiness)> on_ready);

  void ask(Readiness wanted) override;

 private:
  struct State;
  explicit SystemWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}

  // Shared with the waits under way, which end after it.
  std::shared_ptr<State> state_;
};

}  // namespace carillon::net
