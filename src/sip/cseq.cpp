// SPDX-License-Identifier: Apache-2.0
// Parsing of CSeq.
#include "sip/cseq.h"

#include <cstddef>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::sip {

std::optional<CSeq> CSeq::parse(std::string_view text) {
  constexpr std::uint32_t kLimit = 1U << 31;
  text = base::trim(text);
  std::size_t end = 0;
  while (end < text.size() && base::is_digit(text[end])) ++end;
  const auto number = base::parse_number<std::uint32_t>(text.substr(0, end));
  if (!number || *number >= kLimit || end == text.size() || !base::is_lws(text[end])) return std::nullopt;
  const std::string_view name = base::trim(text.substr(end));
  if (!is_token(name)) return std::nullopt;
  return CSeq{.number = *number, .method = parse_method(name), .method_name = name};
}

}  // namespace carillon::sip
