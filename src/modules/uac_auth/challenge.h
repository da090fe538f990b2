// SPDX-License-Identifier: Apache-2.0
// Challenges of other servers (RFC 7616 section 3.3): read, chosen from, and answered.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/uac_auth/api.h"

namespace carillon::uac_auth {

// One that we can answer. Texts are pieces of the response, as they stand between their quotes.
struct Challenge {
  sip::HeaderId header = sip::HeaderId::WwwAuthenticate;
  sip::DigestFields fields;
  sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::Md5;
  sip::Qop qop = sip::Qop::None;

  // Nothing for what isn't digest, lacks a realm or nonce, or asks for what we don't have.
  [[nodiscard]] static std::optional<Challenge> parse(sip::HeaderId header, std::string_view value);
};

struct Credential {
  std::string user;
  std::string realm;
  std::string password;  // "0x" and 32 hex digits: HA1 in MD5; and 64: in SHA-256

  // The HA1 it is instead of a password, in lower case; empty: it is a password.
  [[nodiscard]] std::string ha1() const;
  // Whether it can answer challenges with this algorithm.
  [[nodiscard]] bool suits(sip::DigestAlgorithm algorithm) const;
};

// Of each realm that `answerable` says yes to the challenge with the strongest hash, the first of equal ones. Headers
// beyond a limit aren't looked at.
[[nodiscard]] std::vector<Challenge> choose_challenges(const sip::Message& response, const Algorithms& algorithms,
                                                       const std::function<bool(const Challenge&)>& answerable);

// The header line that answers it.
[[nodiscard]] std::string answer_line(const Challenge& challenge, const Credential& credential,
                                      const AnsweredRequest& request, std::string_view cnonce);

}  // namespace carillon::uac_auth
