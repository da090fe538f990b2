// SPDX-License-Identifier: Apache-2.0
// The way errors travel: a value or an Error with a text for a person. Nothing from the network or a script is thrown.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::base {

// What went wrong, in words that name the thing at fault. `code` is a domain's own number (0 when it has none):
// a SIP status, an errno, a script return code.
struct Error {
  std::string message;
  int code = 0;
};

template <typename T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(std::string message, int code = 0) {
  return std::unexpected(Error{std::move(message), code});
}

}  // namespace carillon::base
