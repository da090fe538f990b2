// SPDX-License-Identifier: Apache-2.0
// From matches in a message to edits of it: what would leave a message that receivers read differently is not recorded.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "module/module.h"

namespace carillon::textops {

// Where a function looks.
enum class Part : std::uint8_t {
  BehindStartLine,  // headers and body
  Body,
};

// Texts of one call in all.
inline constexpr std::size_t kMostText = 65'535;

[[nodiscard]] std::string_view text_of(const sip::Message& message, Part part);

// A text instead of [begin, end) of a part.
struct Change {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

// Records all of them or, when the headers would not be headers any more, none. They don't overlap, and stand in their
// order. A line end that a match took a byte of is whole again afterwards: '.' matches the CR of a line.
[[nodiscard]] bool record(routing::RouteContext& context, std::string_view function, Part part,
                          std::span<const Change> changes);

}  // namespace carillon::textops
