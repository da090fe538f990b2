// SPDX-License-Identifier: Apache-2.0
// Responses we make ourselves (RFC 3261 section 8.2.6), as complete bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/message.h"

namespace carillon::sip {

struct ResponseFields {
  int status = 200;
  std::string_view reason = {};             // empty, or with a line end inside: the default phrase
  std::string_view to_tag = {};             // added to To unless it has a tag
  std::string_view received = {};           // source address for the top Via; empty: leave the top Via as it is
  std::optional<std::uint16_t> rport = {};  // source port, when the top Via asks for rport or the script wants it
  std::string_view extra_headers = {};      // complete lines; left out when they aren't (are_header_lines())
  std::string_view server = {};             // value of Server; empty: none
  std::string_view content_type = {};
  std::string_view body = {};
  bool copy_record_route = false;  // for a response that creates a dialog (section 12.1.1)
};

// Via, From, To, Call-ID and CSeq are copied line by line as received, folds included, and Timestamp into a 100;
// headers that the request lacks are left out, so that a broken request can be answered.
[[nodiscard]] std::string build_response(const Message& request, const ResponseFields& fields);

}  // namespace carillon::sip
