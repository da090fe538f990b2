// SPDX-License-Identifier: Apache-2.0
// CSeq (RFC 3261 section 20.16): the request's number within its dialog, and its method.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sip/method.h"

namespace carillon::sip {

struct CSeq {
  std::uint32_t number = 0;  // below 2^31 (RFC 3261 section 8.1.1.5)
  Method method = Method::Unknown;
  std::string_view method_name;

  // Nothing when the number is missing, not digits only or 2^31 and above, or when the method is no token.
  [[nodiscard]] static std::optional<CSeq> parse(std::string_view text);
};

}  // namespace carillon::sip
