// SPDX-License-Identifier: Apache-2.0
// Any bytes as a message: nothing crashes, the index tiles the head, and what a proxy writes can be read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "sip/contact.h"
#include "sip/digest.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/request_builder.h"
#include "sip/response_builder.h"

namespace carillon::sip {
namespace {

constexpr Limits kWide{
    .message_bytes = 1'000'000, .header_lines = 2'000, .header_bytes = 1'000'000, .uri_bytes = 1'000'000};

void read_all(const Message& message) {
  static_cast<void>(message.request_uri().has_value());
  static_cast<void>(message.max_forwards().has_value());
  static_cast<void>(message.content_length().has_value());
  static_cast<void>(message.expires().has_value());
  std::uint32_t at = message.headers_begin();
  for (const Header& header : message.headers()) {
    const Span line = message.span(header.line);
    CARILLON_ASSERT(line.begin >= at && line.end <= message.headers_end());
    at = line.end;
    CARILLON_ASSERT(message.find(header.name).has_value());
    static_cast<void>(unfold(header.value).size() + unquote(header.value).size());
    static_cast<void>(DigestFields::parse(header.value).has_value());
  }
  for (const HeaderId id : {HeaderId::Via, HeaderId::Contact, HeaderId::Route, HeaderId::RecordRoute}) {
    for (const ListItem& item : message.items(id)) {
      static_cast<void>(message.span(item.value));
      if (const auto via = Via::parse(item.value)) static_cast<void>(message.span(via->sent_by));
      if (const auto contact = Contact::parse(item.value); contact && !contact->star) {
        static_cast<void>(message.span(contact->address.uri_text));
        static_cast<void>(contact->address.uri().has_value());
      }
    }
  }
}

// Nobody finds other lines in these bytes than we do: each ends with CR LF.
void check_line_ends(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, bytes.find("\r\n\r\n") + 4);
  for (std::size_t at = 0; at < head.size(); ++at) {
    CARILLON_ASSERT(head[at] != '\n' || head[at - 1] == '\r');
    CARILLON_ASSERT(head[at] != '\r' || head[at + 1] == '\n');
  }
}

// What a proxy does to a request: the result is a message again, with the same identity.
void forward(const Message& message) {
  EditList edits;
  stamp_top_via(edits, message, "192.0.2.1", 5060);
  prepend_header(edits, message, "Via: SIP/2.0/UDP proxy.example;branch=z9hG4bKproxy\r\n");
  set_header(edits, message, HeaderId::MaxForwards, "69");
  for (const ListItem& item : message.items(HeaderId::Route)) remove_item(edits, message, item);
  if (message.is_request()) replace_request_uri(edits, message, "sip:next@192.0.2.2");
  const std::string written = write(message, edits);
  CARILLON_ASSERT(written.size() == written_size(message, edits));
  Message again;
  CARILLON_ASSERT(again.assign(written, Framing::Stream, kWide).ok());
  CARILLON_ASSERT(again.body() == message.body());
  CARILLON_ASSERT(!again.has_bare_line_feeds() && again.headers(HeaderId::ContentLength).count() == 1);
  CARILLON_ASSERT(again.body_begin() == written.find("\r\n\r\n") + 4);
  check_line_ends(written);
  CARILLON_ASSERT(again.call_id() == message.call_id());
  CARILLON_ASSERT(again.from_tag() == message.from_tag());
  CARILLON_ASSERT(again.top_via().branch == "z9hG4bKproxy");
  CARILLON_ASSERT(!again.has(HeaderId::Route) || again.items(HeaderId::Route).empty());
}

void answer(const Message& message) {
  const std::string bytes =
      build_response(message, {.status = 404, .to_tag = "t", .received = "192.0.2.1", .rport = 5060});
  Message response;
  CARILLON_ASSERT(response.assign(bytes, Framing::Stream, kWide).ok());
  CARILLON_ASSERT(!response.to_tag().empty());
  if (message.method() != Method::Invite) return;
  const std::string ack = build_ack(message, response);
  const std::string cancel = build_cancel(message);
  CARILLON_ASSERT(response.assign(ack, Framing::Stream, kWide).ok());
  CARILLON_ASSERT(response.assign(cancel, Framing::Stream, kWide).ok());
}

// The answer to what is refused says nothing that could be taken for something else.
void refuse(const Message& message, const Verdict& verdict) {
  const std::string bytes = build_response(
      message,
      {.status = verdict.status, .reason = verdict.reason, .to_tag = "t", .received = "192.0.2.1", .rport = 5060});
  Message response;
  CARILLON_ASSERT(response.index(bytes, Framing::Stream, kWide).ok());
  CARILLON_ASSERT(response.status() == verdict.status && response.has(HeaderId::Via) && response.body().empty());
  check_line_ends(bytes);
}

void run(std::string_view bytes) {
  static Message message;  // reused, as the server does
  const Verdict verdict = message.assign(bytes);
  read_all(message);
  if (verdict.kind == Verdict::Kind::Bad) refuse(message, verdict);
  if (!verdict.ok()) return;
  forward(message);
  if (message.is_request()) answer(message);
}

}  // namespace
}  // namespace carillon::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  carillon::sip::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
