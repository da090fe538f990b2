// SPDX-License-Identifier: Apache-2.0
// See redirect_contacts.h.
#include "routing/redirect_contacts.h"

#include <algorithm>

#include "base/strings.h"
#include "sip/contact.h"
#include "sip/header_id.h"

namespace carillon::routing {
namespace {

bool fits_brackets(std::string_view uri) {
  return !uri.empty() &&
         std::ranges::all_of(uri, [](char c) { return c > ' ' && c != '<' && c != '>' && c != '\x7f'; });
}

}  // namespace

std::string redirect_contacts(const TargetSet& targets, std::string_view received_uri) {
  std::string line;
  for (const RequestTarget& target : targets) {
    const bool is_request_uri = &target == &targets.front();
    if ((is_request_uri && target.uri == received_uri) || !fits_brackets(target.uri)) continue;
    line += line.empty() ? "Contact: <" : ", <";
    line.append(target.uri).append(">");
    if (target.q) line.append(";q=").append(sip::format_qvalue(*target.q));
  }
  if (!line.empty()) line += "\r\n";
  return line;
}

bool has_contact(std::string_view header_lines) {
  while (!header_lines.empty()) {
    std::string_view line = base::take_until(header_lines, '\n');
    if (sip::parse_header_name(base::trim(base::take_until(line, ':'))) == sip::HeaderId::Contact) return true;
  }
  return false;
}

}  // namespace carillon::routing
