// SPDX-License-Identifier: Apache-2.0
// Which hosts are "myself": the listeners, what they advertise, the names given by alias=, and those that a module
// knows of. Immutable after start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sip/uri.h"
#include "transport/transport_layer.h"

namespace carillon::routing {

class Identity {
 public:
  struct Name {
    std::string host;        // lower case; IPv6 in brackets
    std::uint16_t port = 0;  // 0: any
    bool accept_subdomain = false;
  };

  // Names that may change while the server runs, as a table of domains has them.
  class Source {
   public:
    // Any thread. `host` as it was written.
    [[nodiscard]] virtual bool is_ours(std::string_view host) const = 0;

   protected:
    ~Source() = default;
  };

  void add(Name name);
  // At start; it stays until the workers have stopped.
  void add(const Source& source) { sources_.push_back(&source); }
  // Hosts and ports of all listeners. A wildcard listener stands for every address of this machine.
  void add_listeners(const transport::TransportLayer& transport);

  // `host` without regard to case, IPv6 with or without brackets; port 0: any port will do.
  [[nodiscard]] bool is_myself(std::string_view host, std::uint16_t port = 0) const;
  // A sip or sips URI at one of our addresses (its maddr, when it has one, must be ours).
  [[nodiscard]] bool is_myself(const sip::Uri& uri) const;

 private:
  std::vector<Name> names_;
  std::vector<const Source*> sources_;
};

}  // namespace carillon::routing
