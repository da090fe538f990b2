// SPDX-License-Identifier: Apache-2.0
// See rack.h.
#include "sip/rack.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

constexpr std::uint32_t kMostCSeq = 0x7fffffff;  // RFC 3261 section 8.1.1.5

// What stands in front of the next white space, taken off `text`.
std::string_view take_word(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && !base::is_lws(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text = base::trim(text.substr(end));
  return word;
}

}  // namespace

std::optional<std::string> moved_rack(std::string_view value, std::uint32_t by) {
  std::string_view rest = base::trim(value);
  const auto response = base::parse_number<std::uint32_t>(take_word(rest));
  const auto cseq = base::parse_number<std::uint32_t>(take_word(rest));
  const std::string_view method = rest;
  if (!response || !cseq || !is_token(method) || *cseq > kMostCSeq || by > kMostCSeq - *cseq) return std::nullopt;
  return fmt::format("{} {} {}", *response, *cseq + by, method);
}

void move_rack(EditList& edits, const Message& request, std::uint32_t by) {
  const auto header = request.find(HeaderId::RAck);
  if (!header) return;
  if (const auto moved = moved_rack(header->value, by)) edits.replace(request.span(header->value), *moved);
}

}  // namespace carillon::sip
