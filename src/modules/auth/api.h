// SPDX-License-Identifier: Apache-2.0
// What auth offers to modules that know users' secrets (auth_db): the credentials of a request are found, then checked
// against a secret, which may be looked up in between.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "modules/auth/nonce.h"
#include "routing/route_context.h"
#include "sip/digest.h"
#include "sip/digest_hash.h"

namespace carillon::auth {

// What the functions tell scripts.
enum class Outcome : int {
  Authorized = 1,
  UnknownUser = -1,
  BadPassword = -2,
  StaleNonce = -3,
  NoCredentials = -4,
  Error = -5,
};
[[nodiscard]] constexpr int code_of(Outcome outcome) { return static_cast<int>(outcome); }

// Credentials that answer one of our challenges. Texts live as long as the message.
struct Credentials {
  Kind kind = Kind::Www;
  sip::DigestFields fields;
  sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::Md5;
  sip::Qop qop = sip::Qop::None;
  std::string_view user;    // of the user name, quoted-pairs resolved, what stands before an @ ...
  std::string_view domain;  // ... and behind it; empty: there is none
  Nonce nonce;
  std::uint32_t at = 0;  // where the value of the header begins
};

class AuthService {
 public:
  static constexpr std::string_view kModule = "auth";

  // The realm as given, or that of the request: the domain of To for a REGISTER that a registrar asks about, of From
  // for others, without realm_prefix. Nothing when there is none.
  [[nodiscard]] virtual std::optional<std::string_view> realm_of(const routing::RouteContext& context, Kind kind,
                                                                 std::string_view given) const = 0;
  // The credentials of the request for this realm (nothing: Error): of several those with the best algorithm. The code
  // for the script when there are none to check: Authorized for ACK and CANCEL, which can't be challenged (RFC 3261
  // section 22.1).
  [[nodiscard]] virtual std::expected<Credentials, Outcome> find_credentials(routing::RouteContext& context,
                                                                             std::optional<std::string_view> realm,
                                                                             Kind kind) = 0;
  // Those of the request that check() has found right last.
  [[nodiscard]] virtual std::optional<Credentials> verified_credentials(routing::RouteContext& context) = 0;
  // HA1 of a password in plain text.
  [[nodiscard]] virtual sip::HexDigest ha1(const Credentials& credentials, std::string_view password) = 0;
  // Whether the response is right; uses the nonce up when it is. `user_exists`: false is UnknownUser in any case,
  // found out in the same time.
  [[nodiscard]] virtual Outcome check(routing::RouteContext& context, const Credentials& credentials,
                                      std::string_view ha1, bool user_exists = true) = 0;

 protected:
  ~AuthService() = default;
};

}  // namespace carillon::auth
