// SPDX-License-Identifier: Apache-2.0
// Digest challenges and credentials as they stand in headers (RFC 8760, RFC 7616): fields, no cryptography.
#pragma once

#include <string_view>

#include "base/result.h"
#include "sip/list.h"

namespace carillon::sip {

// The value of one Authorization, Proxy-Authorization, WWW-Authenticate or Proxy-Authenticate header. Quoted values are
// given without their quotes; a quoted-pair inside stays as written, as the hashes are over it.
struct DigestFields {
  std::string_view scheme;  // "Digest", as written; of any other scheme only `fields` is filled
  Params fields;            // separated by commas
  std::string_view username;
  std::string_view realm;
  std::string_view nonce;
  std::string_view uri;
  std::string_view response;
  std::string_view algorithm;
  std::string_view cnonce;
  std::string_view opaque;
  std::string_view qop;
  std::string_view nonce_count;
  std::string_view stale;
  std::string_view username_star;  // username* (RFC 7616 section 3.4), which has another encoding
  std::string_view userhash;       // "true": username is a hash

  [[nodiscard]] static base::Result<DigestFields> parse(std::string_view value);
  [[nodiscard]] bool is_digest() const;
};

}  // namespace carillon::sip
