// SPDX-License-Identifier: Apache-2.0
// Building of our own requests.
#include "sip/request_builder.h"

#include "sip/grammar.h"

namespace carillon::sip {
namespace {

constexpr std::string_view kMaxForwards = "70";

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string start(std::string_view method, std::string_view request_uri) {
  return std::string(method).append(" ").append(request_uri).append(" SIP/2.0\r\n");
}

// What ACK and CANCEL share: the request's own URI, topmost Via, Route, From, Call-ID and CSeq number, so that they
// take the way the request took and match it there.
std::string build_companion(const Message& sent, std::string_view method, std::string_view to) {
  std::string out = start(method, sent.request_uri_text());
  const auto field = [&out](HeaderId id, std::string_view value) { append_field(out, header_info(id).name, value); };
  field(HeaderId::Via, sent.top_via().text);
  field(HeaderId::MaxForwards, kMaxForwards);
  for (const Header& route : sent.headers(HeaderId::Route)) field(HeaderId::Route, route.value);
  field(HeaderId::From, sent.value(HeaderId::From));
  field(HeaderId::To, to);
  field(HeaderId::CallId, sent.call_id());
  field(HeaderId::CSeq, std::to_string(sent.cseq().number) + " " + std::string(method));
  field(HeaderId::ContentLength, "0");
  return out.append("\r\n");
}

}  // namespace

RequestBuilder::RequestBuilder(std::string_view method, std::string_view request_uri)
    : method_(method), head_(start(method, request_uri)) {}

RequestBuilder& RequestBuilder::header(HeaderId id, std::string_view value) {
  return header(header_info(id).name, value);
}

RequestBuilder& RequestBuilder::header(std::string_view name, std::string_view value) {
  if (is_token(name) && is_safe_header_value(value)) append_field(head_, name, value);
  return *this;
}

RequestBuilder& RequestBuilder::cseq(std::uint32_t number) {
  return header(HeaderId::CSeq, std::to_string(number) + " " + method_);
}

RequestBuilder& RequestBuilder::body(std::string_view content_type, std::string_view body) {
  body_ = body;
  return header(HeaderId::ContentType, content_type);
}

std::string RequestBuilder::build() const {
  std::string out = head_;
  append_field(out, "Content-Length", std::to_string(body_.size()));
  return out.append("\r\n").append(body_);
}

std::string build_ack(const Message& sent_invite, const Message& response) {
  return build_companion(sent_invite, "ACK", response.value(HeaderId::To));
}

std::string build_cancel(const Message& sent_request) {
  return build_companion(sent_request, "CANCEL", sent_request.value(HeaderId::To));
}

}  // namespace carillon::sip
