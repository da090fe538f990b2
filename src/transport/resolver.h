// SPDX-License-Identifier: Apache-2.0
// Names to addresses, without blocking a worker.
#pragma once

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace carillon::transport {

// The code of an error that says a name has no address, or none that could be learnt.
inline constexpr int kUnknownName = ENOENT;

// Any worker. The procedure of RFC 3263 stands on this interface.
class Resolver {
 public:
  using Addresses = std::vector<base::IpAddress>;  // in order of preference, never empty
  using Done = std::move_only_function<void(base::Result<Addresses>)>;

  virtual ~Resolver() = default;
  // What is known without waiting: an address of the cache, or a remembered failure.
  [[nodiscard]] virtual std::optional<base::Result<Addresses>> cached(std::string_view host) = 0;
  // Calls `done` exactly once, on any thread, possibly before it returns.
  virtual void resolve(std::string host, Done done) = 0;
};

}  // namespace carillon::transport
