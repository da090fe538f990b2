// SPDX-License-Identifier: Apache-2.0
// What the subscriber table keeps of a password.
#pragma once

#include <string>
#include <string_view>

namespace carillon::server {

// H(user:realm:password) in lower-case hex (RFC 7616 section 3.4.2), for each algorithm of RFC 8760.
struct PasswordHashes {
  std::string md5;
  std::string sha256;
  std::string sha512t256;
};
[[nodiscard]] PasswordHashes password_hashes(std::string_view user, std::string_view realm, std::string_view password);

}  // namespace carillon::server
