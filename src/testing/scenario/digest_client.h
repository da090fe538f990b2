// SPDX-License-Identifier: Apache-2.0
// A user agent's part of digest authentication (RFC 7616) in scenarios. Has nothing of sip/, so that the server's
// arithmetic is judged by something else than itself.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "testing/scenario/text_message.h"

namespace carillon::testing {

// The challenges of a 401 or 407, in their order.
[[nodiscard]] std::vector<TextMessage::Header> challenges_in(const TextMessage& response);

// "USER PASSWORD [name=value ...]": the header that answers the first of `challenges` that has the algorithm asked for.
// A field named with a value has that value in the header and in what the response is over; "drop=name" leaves it out
// of the header; "header=Name" is another header's name.
[[nodiscard]] base::Result<TextMessage::Header> answer_challenge(std::span<const TextMessage::Header> challenges,
                                                                 std::span<const std::string> words,
                                                                 const TextMessage& request);

// Why the credentials of `request` are not those of this user; nothing when they are.
[[nodiscard]] std::optional<std::string> credentials_mismatch(const TextMessage& request, const std::string& user,
                                                              const std::string& password);

}  // namespace carillon::testing
