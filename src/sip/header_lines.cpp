// SPDX-License-Identifier: Apache-2.0
// See header_lines.h.
#include "sip/header_lines.h"

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::sip {
namespace {

bool is_header_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return is_token(name);
}

}  // namespace

bool are_header_lines(std::string_view text) {
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos || end == 0) return false;
    const std::string_view line = text.substr(0, end);
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return false;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded ? first || base::trim(line).empty() : !is_header_line(line)) return false;
    first = false;
    text.remove_prefix(end + 2);
  }
  return !first;
}

}  // namespace carillon::sip
