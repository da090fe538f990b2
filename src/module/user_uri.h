// SPDX-License-Identifier: Apache-2.0
// Users as tables hold them (a name and a domain) and as URIs do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/uri.h"

namespace carillon::module {

// Unescaped; the domain in lower case.
struct UserAndDomain {
  std::string user;
  std::string domain;
};

// Of a sip, sips or tel URI with a user (a tel URI has no domain); `domain_prefix` is taken from the domain's front.
[[nodiscard]] std::optional<UserAndDomain> user_of(const sip::Uri& uri, std::string_view domain_prefix = {});
[[nodiscard]] std::optional<UserAndDomain> user_of(std::string_view uri, std::string_view domain_prefix = {});

// "sip:user@domain", the user escaped as needed; nothing when that is no URI.
[[nodiscard]] std::optional<std::string> uri_of(const UserAndDomain& user, std::string_view scheme = "sip");

// Whether a table's text may become a Request-URI: it is a URI, and nothing in it ends one.
[[nodiscard]] bool is_request_uri(std::string_view text);

}  // namespace carillon::module
