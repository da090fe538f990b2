// SPDX-License-Identifier: Apache-2.0
// What uac_auth offers to modules that send requests to servers which ask who we are (uac, and those that make requests
// of their own): the credentials that answer a 401 or 407.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "routing/route_context.h"
#include "sip/digest_hash.h"
#include "sip/header_id.h"
#include "sip/message.h"

namespace carillon::uac_auth {

// The hashes that we may use, all unless a script names some.
struct Algorithms {
  std::vector<sip::DigestAlgorithm> allowed;  // empty: all
  [[nodiscard]] static base::Result<Algorithms> parse(std::string_view text);
  [[nodiscard]] bool allows(sip::DigestAlgorithm algorithm) const;
};

// The request that is to carry the credentials.
struct AnsweredRequest {
  std::string_view method;
  std::string_view uri;
  std::string_view body;
};

// Credentials for one realm.
struct Answer {
  sip::HeaderId header = sip::HeaderId::Authorization;  // or ProxyAuthorization
  std::string realm;
  bool stale = false;  // the challenge says that what it got was right but for the nonce
  std::string line;    // "Authorization: Digest ...\r\n"
};

class CredentialService {
 public:
  static constexpr std::string_view kModule = "uac_auth";

  // An answer for each realm that `response` asks about and we have credentials for: those in the AVPs of the run
  // (null: there is none), then those of the parameter. Of several challenges of one realm the strongest that they do
  // for is answered.
  [[nodiscard]] virtual std::vector<Answer> answer(const sip::Message& response, const AnsweredRequest& request,
                                                   const Algorithms& algorithms, routing::RouteContext* context) = 0;

 protected:
  ~CredentialService() = default;
};

}  // namespace carillon::uac_auth
