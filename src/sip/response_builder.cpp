// SPDX-License-Identifier: Apache-2.0
// Building of our own responses.
#include "sip/response_builder.h"

#include "base/strings.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"
#include "sip/header_lines.h"
#include "sip/status.h"

namespace carillon::sip {
namespace {

constexpr int kTrying = 100;

void append_field(std::string& out, HeaderId id, std::string_view value) {
  out.append(header_info(id).name).append(": ").append(value).append("\r\n");
}

// As received, but never so that the receiver sees other lines than we do: headers with bytes that can't stand there,
// for which the request is refused, are left out.
void copy_header(std::string& out, const Message& request, const Header& header, const EditList& edits) {
  if (!request.has_odd_bytes() && edits.empty()) return append_field(out, header.id, header.value);
  if (has_sound_bytes(header.line)) append_field(out, header.id, edited(request, edits, header.value));
}

// Of what may stand there once the first, also when the request is refused for the second.
void copy_first(std::string& out, const Message& request, HeaderId id) {
  if (const auto header = request.find(id)) copy_header(out, request, *header, {});
}

void copy_headers(std::string& out, const Message& request, HeaderId id) {
  for (const Header& header : request.headers(id)) copy_header(out, request, header, {});
}

// The first Via line with what RFC 3261 section 18.2.1 and RFC 3581 section 4 add to its first value.
void append_vias(std::string& out, const Message& request, const ResponseFields& fields) {
  if (fields.received.empty()) return copy_headers(out, request, HeaderId::Via);
  EditList stamps;
  stamp_top_via(stamps, request, fields.received, fields.rport);
  for (const Header& header : request.headers(HeaderId::Via)) {
    copy_header(out, request, header, stamps);
    stamps.clear();
  }
}

void append_to(std::string& out, const Message& request, std::string_view tag) {
  const auto to = request.find(HeaderId::To);
  if (!to) return;
  const std::size_t before = out.size();
  copy_header(out, request, *to, {});
  if (out.size() == before || tag.empty() || !request.to_tag().empty()) return;
  out.insert(out.size() - 2, std::string(";tag=").append(tag));
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
  copy_first(out, request, HeaderId::From);
  append_to(out, request, fields.to_tag);
  copy_first(out, request, HeaderId::CallId);
  copy_first(out, request, HeaderId::CSeq);
  if (fields.status == kTrying) copy_headers(out, request, HeaderId::Timestamp);
  if (!fields.server.empty()) append_field(out, HeaderId::Server, fields.server);
  if (are_header_lines(fields.extra_headers)) out.append(fields.extra_headers);
  if (!fields.content_type.empty()) append_field(out, HeaderId::ContentType, fields.content_type);
  append_field(out, HeaderId::ContentLength, std::to_string(fields.body.size()));
  return out.append("\r\n").append(fields.body);
}

}  // namespace carillon::sip
