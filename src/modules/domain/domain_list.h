// SPDX-License-Identifier: Apache-2.0
// The domains we are responsible for, as a table in memory: found by host, without regard to case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"

namespace carillon::domain {

struct LocalDomain {
  std::string name;  // as the table has it
  std::optional<std::string> attrs;
  bool accept_subdomain = false;
};

// Filled by one thread, then immutable.
class DomainList {
 public:
  // Of two rows with the same name the first one counts.
  void add(LocalDomain domain);
  // The domain itself, or the nearest one above it that accepts subdomains; null when it isn't ours.
  [[nodiscard]] const LocalDomain* find(std::string_view host) const;
  // In the order in which they were added.
  [[nodiscard]] std::vector<const LocalDomain*> all() const;
  [[nodiscard]] std::size_t size() const { return domains_.size(); }

 private:
  struct Numbered {
    LocalDomain domain;
    std::size_t number;
  };
  std::unordered_map<std::string, Numbered, base::CaseInsensitiveHash, base::CaseInsensitiveEqual> domains_;
};

// What stands behind the first dot; empty when there is nothing.
[[nodiscard]] std::string_view parent_domain(std::string_view host);

}  // namespace carillon::domain
