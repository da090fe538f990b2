// SPDX-License-Identifier: Apache-2.0
// Finds the credentials in a request that answer one of our challenges for a realm.
#pragma once

#include <expected>
#include <string_view>

#include "modules/auth/api.h"

namespace carillon::auth {

// Headers that are looked at; a request with more of them is no client's.
inline constexpr std::size_t kMostHeaders = 16;

// The best credentials for `realm` that can be checked: the strongest hash first. Otherwise StaleNonce when some would
// do but for their nonce, Error when some can't be read, and NoCredentials. A user name with escapes is copied to
// `arena`.
[[nodiscard]] std::expected<Credentials, Outcome> find_credentials(const sip::Message& message, base::Arena& arena,
                                                                   std::string_view realm, Kind kind, Nonces& nonces,
                                                                   NonceSigner& signer);

// One header's fields, without regard to the nonce: what is missing, too long or can't be read is an Error; what is for
// another realm, or in a form we don't support (algorithm, user name in UTF-8 or hashed), is NoCredentials.
[[nodiscard]] std::expected<Credentials, Outcome> read_credentials(std::string_view value, std::string_view realm);

// Fills in user and domain.
void split_username(Credentials& credentials, base::Arena& arena);

}  // namespace carillon::auth
