// SPDX-License-Identifier: Apache-2.0
// The server's listeners and the choice of one to send from. Part of TransportLayer.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sip/via.h"
#include "transport/listener.h"

namespace carillon::transport {

// Filled before the workers run, then immutable.
class ListenerTable {
 public:
  // `local` is the address that was bound.
  const Listener& add(const ListenOptions& options, const base::Endpoint& local);

  // A name for several listeners: whoever forces it gets the member that fits. fail(): a member is no listener.
  [[nodiscard]] base::Result<> add_bond(const std::string& name, const std::vector<std::string>& members);

  [[nodiscard]] std::span<const Listener> all() const { return listeners_; }
  [[nodiscard]] const Listener& get(ListenerId id) const { return listeners_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] bool contains(ListenerId id) const { return static_cast<std::size_t>(id) < listeners_.size(); }
  // A bond is found as "bond:name"; of what it is found as only id and name have a meaning.
  [[nodiscard]] const Listener* find(std::string_view name) const;
  // Whether a listener is a member of a bond; also when the bond is named without its "bond:".
  [[nodiscard]] bool is_in_bond(ListenerId listener, std::string_view bond) const;
  // The name of a listener or bond; empty for None.
  [[nodiscard]] std::string_view name_of(ListenerId id) const;
  [[nodiscard]] const Listener* choose(Protocol protocol, base::Family family, ListenerId forced,
                                       ListenerId received_on) const;
  // Whether one of our listeners could have written this Via (RFC 3261 section 18.1.2).
  [[nodiscard]] bool wrote(const sip::Via& via) const;

 private:
  // Ids from here on are bonds.
  static constexpr std::size_t kFirstBond = 0x8000;
  struct Bond {
    Listener face;
    std::vector<ListenerId> members;
  };

  [[nodiscard]] const Bond* bond_of(ListenerId id) const;

  std::vector<Listener> listeners_;
  std::vector<Bond> bonds_;
};

}  // namespace carillon::transport
