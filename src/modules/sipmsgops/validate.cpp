// SPDX-License-Identifier: Apache-2.0
// sipmsg_validate(): what is wrong with a message, as a number and a text. See sipmsgops.h.
#include <array>

#include "base/strings.h"
#include "modules/sipmsgops/sdp_questions.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/body_parts.h"
#include "sip/contact.h"
#include "sip/grammar.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

using sip::HeaderId;
using sip::Method;

// The numbers are those of OpenSIPS, where a missing problem is 1.
struct Problem {
  int code = 1;
  std::string_view text = {};

  [[nodiscard]] bool found() const { return code < 0; }
};

struct Needed {
  HeaderId id;
  Problem missing;
};

constexpr std::array<Needed, 5> kAlways = {{
    {HeaderId::CallId, {-3, "no Call-ID header"}},
    {HeaderId::CSeq, {-7, "no CSeq header"}},
    {HeaderId::From, {-8, "no From header"}},
    {HeaderId::To, {-9, "no To header"}},
    {HeaderId::Via, {-10, "no Via header"}},
}};

struct NeededInResponse {
  int status;
  HeaderId id;
  Problem missing;
};

// RFC 3261 sections 21.4.2, 21.4.6, 21.4.8, 21.4.15, 21.4.17.
constexpr std::array<NeededInResponse, 5> kInResponses = {{
    {405, HeaderId::Allow, {-16, "no Allow header in a 405"}},
    {423, HeaderId::MinExpires, {-17, "no Min-Expires header in a 423"}},
    {407, HeaderId::ProxyAuthenticate, {-18, "no Proxy-Authenticate header in a 407"}},
    {420, HeaderId::Unsupported, {-19, "no Unsupported header in a 420"}},
    {401, HeaderId::WwwAuthenticate, {-20, "no WWW-Authenticate header in a 401"}},
}};

Problem check_presence(const sip::Message& message) {
  for (const Needed& needed : kAlways) {
    if (!message.has(needed.id)) return needed.missing;
  }
  for (const NeededInResponse& needed : kInResponses) {
    if (message.status() == needed.status && !message.has(needed.id)) return needed.missing;
  }
  return {};
}

Problem check_body(const RouteContext& context, const ValidateFlags& flags) {
  const sip::Message& message = context.message();
  const auto length = message.content_length();
  if (!message.has(HeaderId::ContentLength)) {
    if (transport::has_connections(context.flow().protocol)) return {-4, "no Content-Length header"};
  } else if (!length || *length != message.body().size()) {
    return {-5, "Content-Length is not the size of the body"};
  }
  if (message.body().empty()) return {};
  if (!message.has(HeaderId::ContentType)) return {-21, "no Content-Type header"};
  if (!flags.sdp) return {};
  const sip::BodyParts parts(message);
  if (const sip::BodyPart* part = parts.sdp()) {
    if (const std::string_view problem = sdp_problem(part->content); !problem.empty()) return {-6, problem};
  }
  return {};
}

// Whether the host of a URI, if it has one, is made of what hosts are made of: no underscores.
bool has_good_host(const sip::Uri& uri) {
  return !uri.is_sip() || (sip::is_host(uri.host) && uri.host.find('_') == std::string_view::npos);
}

struct AddressProblems {
  Problem unreadable;
  Problem bad_host;
};

Problem check_address(const sip::NameAddr& address, const AddressProblems& problems) {
  const auto uri = address.uri();
  if (!uri) return problems.unreadable;
  return has_good_host(*uri) ? Problem{} : problems.bad_host;
}

Problem check_contacts(const sip::Message& message) {
  for (const sip::ListItem& item : message.items(HeaderId::Contact)) {
    const auto contact = sip::Contact::parse(item.value);
    if (!contact || (!contact->star && !contact->address.uri())) return {-26, "bad Contact header"};
  }
  return {};
}

// Headers whose values are addresses or lists of them.
Problem check_headers(const sip::Message& message) {
  for (const HeaderId id : {HeaderId::Route, HeaderId::RecordRoute, HeaderId::Path}) {
    for (const sip::ListItem& item : message.items(id)) {
      const auto address = sip::NameAddr::parse(item.value);
      if (!address || !address->uri()) return {-2, "bad Route, Record-Route or Path header"};
    }
  }
  for (const sip::ListItem& item : message.items(HeaderId::Via)) {
    if (!sip::Via::parse(item.value)) return {-2, "bad Via header"};
  }
  for (const sip::Header& header : message.headers()) {
    if (!sip::is_token(header.name)) return {-2, "bad header name"};
  }
  return {};
}

Problem check_request(const sip::Message& message, const ValidateFlags& flags) {
  const auto& uri = message.request_uri();
  if (!uri) return {-11, "bad Request-URI"};
  if (flags.request_uri && !has_good_host(*uri)) return {-12, "bad host in the Request-URI"};
  if (!flags.no_max_forwards && !message.has(HeaderId::MaxForwards)) return {-13, "no Max-Forwards header"};
  if (message.method() == Method::Invite && !message.has(HeaderId::Contact)) return {-14, "no Contact header"};
  if (message.method() != Method::Register && message.has(HeaderId::Path)) {
    return {-15, "Path header in a request that is no REGISTER"};
  }
  return {};
}

// The first problem, in the order in which a reader would meet it.
Problem find_problem(const RouteContext& context, const ValidateFlags& flags) {
  const sip::Message& message = context.message();
  if (const Problem problem = check_presence(message); problem.found()) return problem;
  if (const Problem problem = check_body(context, flags); problem.found()) return problem;
  if (flags.headers) {
    if (const Problem problem = check_headers(message); problem.found()) return problem;
  }
  if (message.is_request()) {
    if (const Problem problem = check_request(message, flags); problem.found()) return problem;
  }
  if (flags.to) {
    const Problem problem = check_address(message.to(), {{-22, "bad To header"}, {-24, "bad host in To"}});
    if (problem.found()) return problem;
  }
  if (flags.from) {
    const Problem problem = check_address(message.from(), {{-23, "bad From header"}, {-25, "bad host in From"}});
    if (problem.found()) return problem;
  }
  return flags.contact ? check_contacts(message) : Problem{};
}

}  // namespace

base::Result<ValidateFlags> ValidateFlags::parse(std::string_view text) {
  ValidateFlags flags;
  for (const char letter : text) {
    switch (letter) {
      case 's':
        flags.sdp = true;
        break;
      case 'h':
        flags.headers = true;
        break;
      case 'm':
        flags.no_max_forwards = true;
        break;
      case 'r':
        flags.request_uri = true;
        break;
      case 'f':
        flags.from = true;
        break;
      case 't':
        flags.to = true;
        break;
      case 'c':
        flags.contact = true;
        break;
      default:
        return base::fail("must be letters out of s h m r f t c");
    }
  }
  return flags;
}

Verdict Sipmsgops::sipmsg_validate(RouteContext& context, const std::optional<Parsed<ValidateFlags>>& flags,
                                   const std::optional<Output>& problem) {
  const Problem found = find_problem(context, flags ? **flags : ValidateFlags{});
  if (problem && found.found()) static_cast<void>(problem->assign(script::Value::text(found.text)));
  return found.code;
}

}  // namespace carillon::sipmsgops
