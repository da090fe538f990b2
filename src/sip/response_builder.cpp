// SPDX-License-Identifier: Apache-2.0
// Building of our own responses.
#include "sip/response_builder.h"

#include "base/strings.h"
#include "sip/edit_list.h"
#include "sip/header_lines.h"
#include "sip/status.h"

namespace carillon::sip {
namespace {

constexpr int kTrying = 100;

void append_field(std::string& out, HeaderId id, std::string_view value) {
  out.append(header_info(id).name).append(": ").append(value).append("\r\n");
}

void copy_headers(std::string& out, const Message& request, HeaderId id) {
  for (const Header& header : request.headers(id)) append_field(out, id, header.value);
}

// The first Via line with what RFC 3261 section 18.2.1 and RFC 3581 section 4 add to its first value.
void append_vias(std::string& out, const Message& request, const ResponseFields& fields) {
  if (fields.received.empty()) return copy_headers(out, request, HeaderId::Via);
  EditList stamps;
  stamp_top_via(stamps, request, fields.received, fields.rport);
  bool first = true;
  for (const Header& header : request.headers(HeaderId::Via)) {
    append_field(out, HeaderId::Via, first ? edited(request, stamps, header.value) : std::string(header.value));
    first = false;
  }
}

void append_to(std::string& out, const Message& request, std::string_view tag) {
  const auto to = request.find(HeaderId::To);
  if (!to) return;
  out.append(header_info(HeaderId::To).name).append(": ").append(to->value);
  if (!tag.empty() && request.to_tag().empty()) out.append(";tag=").append(tag);
  out.append("\r\n");
}

}  // namespace

std::string build_response(const Message& request, const ResponseFields& fields) {
  std::string out;
  out.reserve(request.headers_end() + fields.extra_headers.size() + fields.body.size() + 128);
  const bool own_reason = !fields.reason.empty() && fields.reason.find_first_of("\r\n") == std::string_view::npos;
  const std::string_view reason = own_reason ? fields.reason : default_reason(fields.status);
  out.append("SIP/2.0 ").append(std::to_string(fields.status)).append(" ").append(reason).append("\r\n");
  append_vias(out, request, fields);
  if (fields.copy_record_route) copy_headers(out, request, HeaderId::RecordRoute);
  copy_headers(out, request, HeaderId::From);
  append_to(out, request, fields.to_tag);
  copy_headers(out, request, HeaderId::CallId);
  copy_headers(out, request, HeaderId::CSeq);
  if (fields.status == kTrying) copy_headers(out, request, HeaderId::Timestamp);
  if (!fields.server.empty()) append_field(out, HeaderId::Server, fields.server);
  if (are_header_lines(fields.extra_headers)) out.append(fields.extra_headers);
  if (!fields.content_type.empty()) append_field(out, HeaderId::ContentType, fields.content_type);
  append_field(out, HeaderId::ContentLength, std::to_string(fields.body.size()));
  return out.append("\r\n").append(fields.body);
}

}  // namespace carillon::sip
