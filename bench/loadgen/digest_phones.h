// SPDX-License-Identifier: Apache-2.0
// What the phones know to authenticate with: the HA1 of every user, hashed once, and of phones that reuse a challenge
// the last one. A request costs its two hashes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sip/digest_hash.h"
#include "sip/message.h"

namespace carillon::bench {

enum class AuthMode : std::uint8_t {
  None,   // a challenge is a failure
  Fresh,  // every request goes out without credentials first, and answers a challenge of its own
  Reuse,  // the last challenge is answered again, its nonce count one higher, until the server gives another
};

// For a command line: the modes by name, and what they are.
[[nodiscard]] std::map<std::string, AuthMode> auth_modes();
inline constexpr std::string_view kAuthModeHelp =
    "none; fresh: every request is challenged; reuse: a challenge is answered again and again";

// What the credentials are over, besides the challenge.
struct DigestRequest {
  std::uint32_t user = 0;  // counted from the first one
  std::string_view method;
  std::string_view uri;
};

class DigestPhones {
 public:
  DigestPhones(AuthMode mode, std::uint32_t first_user, std::uint32_t users);

  [[nodiscard]] bool answers_challenges() const { return mode_ != AuthMode::None; }

  // The header with credentials that a phone sends unasked, with its line end; empty when it has none.
  [[nodiscard]] std::string unasked(const DigestRequest& request, bool proxy);
  // The answer to a 401 or 407; empty when that is no challenge the phone understands.
  [[nodiscard]] std::string answer(const DigestRequest& request, const sip::Message& challenge);

 private:
  struct Challenge {
    std::string realm;
    std::string nonce;
    std::string opaque;
    bool with_qop = false;
    std::uint32_t count = 0;
  };

  [[nodiscard]] std::string credentials(const DigestRequest& request, bool proxy, Challenge& challenge);

  AuthMode mode_;
  std::uint32_t first_user_;
  std::vector<sip::HexDigest> ha1s_;  // by user
  // By user, of Reuse only. Those of a 407 are kept apart: a server may tell its nonces apart by what they are for.
  std::vector<std::array<Challenge, 2>> challenges_;
  sip::DigestCalculator calculator_;
};

}  // namespace carillon::bench
