// SPDX-License-Identifier: Apache-2.0
// Names as the tables of users, domains, aliases and groups keep them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::server {

struct Account {
  std::string user;
  std::string domain;  // in lower case

  [[nodiscard]] std::string text() const { return user + "@" + domain; }

  // "alice@example.org", "sip:alice@example.org", or "alice" of `default_domain`. The error says what of it can't be in
  // an address (RFC 3261 section 25.1: user, host), or is longer than the tables are wide.
  [[nodiscard]] static base::Result<Account> parse(std::string_view text, std::string_view default_domain);
};

// The name of a domain or an address, in lower case.
[[nodiscard]] base::Result<std::string> parse_domain(std::string_view text);
// The name of a group of users: letters, digits and "-_.".
[[nodiscard]] base::Result<std::string> parse_group(std::string_view text);

}  // namespace carillon::server
