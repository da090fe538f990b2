// SPDX-License-Identifier: Apache-2.0
// See password_hashes.h.
#include "server/password_hashes.h"

#include "sip/digest_hash.h"

namespace carillon::server {

PasswordHashes password_hashes(std::string_view user, std::string_view realm, std::string_view password) {
  sip::DigestCalculator calculator;
  const auto hex = [&](sip::DigestHash hash) {
    return std::string(calculator.ha1(hash, user, realm, password).view());
  };
  return {.md5 = hex(sip::DigestHash::Md5),
          .sha256 = hex(sip::DigestHash::Sha256),
          .sha512t256 = hex(sip::DigestHash::Sha512t256)};
}

}  // namespace carillon::server
