// SPDX-License-Identifier: Apache-2.0
// Challenges of other servers (RFC 7616 section 3.3): read, chosen from, and answered.
#pragma once

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

// Of each realm the challenge with the strongest hash, the first of equal ones. Headers beyond a limit aren't looked
// at.
[[nodiscard]] std::vector<Challenge> choose_challenges(const sip::Message& response, const Algorithms& algorithms);

struct Credential {
  std::string user;
  std::string realm;
  std::string password;
};

// The header line that answers it.
[[nodiscard]] std::string answer_line(const Challenge& challenge, const Credential& credential,
                                      const AnsweredRequest& request, std::string_view cnonce);

}  // namespace carillon::uac_auth
