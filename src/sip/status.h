// SPDX-License-Identifier: Apache-2.0
// Default reason phrases of the registered status codes.
#pragma once

#include <string_view>

namespace carillon::sip {

// "Ringing" for 180; for an unregistered code the phrase of its class ("Client Error" and so on).
[[nodiscard]] std::string_view default_reason(int status);

}  // namespace carillon::sip
