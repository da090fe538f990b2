// SPDX-License-Identifier: Apache-2.0
// The server's listeners and the choice of one to send from. Part of TransportLayer.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "sip/via.h"
#include "transport/listener.h"

namespace carillon::transport {

// Filled before the workers run, then immutable.
class ListenerTable {
 public:
  // `local` is the address that was bound.
  const Listener& add(const ListenOptions& options, const base::Endpoint& local);

  [[nodiscard]] std::span<const Listener> all() const { return listeners_; }
  [[nodiscard]] const Listener& get(ListenerId id) const { return listeners_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] bool contains(ListenerId id) const { return static_cast<std::size_t>(id) < listeners_.size(); }
  [[nodiscard]] const Listener* find(std::string_view name) const;
  [[nodiscard]] const Listener* choose(Protocol protocol, base::Family family, ListenerId forced,
                                       ListenerId received_on) const;
  // Whether one of our listeners could have written this Via (RFC 3261 section 18.1.2).
  [[nodiscard]] bool wrote(const sip::Via& via) const;

 private:
  std::vector<Listener> listeners_;
};

}  // namespace carillon::transport
