// SPDX-License-Identifier: Apache-2.0
// Requests we make ourselves: from nothing, and the ACK and CANCEL that belong to an INVITE we sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sip/header_id.h"
#include "sip/message.h"

namespace carillon::sip {

// Puts headers down in the order of the calls; Content-Length is added by build(). Values must be safe
// (is_safe_header_value): a value that isn't is left out together with its header.
class RequestBuilder {
 public:
  RequestBuilder(std::string_view method, std::string_view request_uri);

  RequestBuilder& header(HeaderId id, std::string_view value);
  RequestBuilder& header(std::string_view name, std::string_view value);
  RequestBuilder& cseq(std::uint32_t number);  // with the method of this request
  RequestBuilder& body(std::string_view content_type, std::string_view body);
  [[nodiscard]] std::string build() const;

 private:
  std::string method_;
  std::string head_;
  std::string body_;
};

// The ACK for a final response other than 2xx, from the INVITE as we sent it (RFC 3261 section 17.1.1.3).
[[nodiscard]] std::string build_ack(const Message& sent_invite, const Message& response);

// The CANCEL for a request as we sent it (RFC 3261 section 9.1).
[[nodiscard]] std::string build_cancel(const Message& sent_request);

}  // namespace carillon::sip
