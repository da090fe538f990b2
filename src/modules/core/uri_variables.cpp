// SPDX-License-Identifier: Apache-2.0
// Variables that name a URI of the message, or a part of one. See variables.h.
#include <optional>

#include "modules/core/core.h"
#include "modules/core/variables.h"
#include "transport/flow.h"

namespace carillon::core {
namespace {

using namespace module;
using script::Value;
using script::VariableRef;

// The part of a URI that a variable reads.
enum class Part : std::uint8_t { Whole, User, Host, Port, Protocol };

template <Part part>
Value part_of(RouteContext& context, const sip::Uri& uri) {
  if constexpr (part == Part::Whole) return Value::text(uri.text);
  if constexpr (part == Part::User) return text_or_null(uri.user);
  if constexpr (part == Part::Host) return text_or_null(uri.host);
  if constexpr (part == Part::Port) return number(context, uri.port_or_default());
  if constexpr (part == Part::Protocol) {
    if (!uri.transport().empty()) return Value::text(uri.transport());
    return Value::text(uri.scheme == sip::Uri::Scheme::Sips ? "tls" : "udp");
  }
}

template <Part part>
Value part_of(RouteContext& context, const base::Result<sip::Uri>& uri) {
  return uri ? part_of<part>(context, *uri) : Value::null();
}

// --- $ru and its parts: the Request-URI as it is now

template <Part part>
Value read_ru(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr || !message->is_request()) return Value::null();
  if (message != &context.message()) return part_of<part>(context, message->request_uri());
  if (part == Part::Whole) return Value::text(context.request_target().uri);
  return part_of<part>(context, context.request_uri());
}

base::Result<> write_part(RouteContext& context, std::string_view UriParts::* part, const Value& value) {
  const base::Result<sip::Uri>& uri = context.request_uri();
  auto parts = uri ? UriParts::of(*uri, context.arena()) : std::nullopt;
  if (!parts) return base::fail("the Request-URI has no such part");
  const std::string digits = value.has_text() ? std::string() : fmt::format_int(value.as_integer()).str();
  (*parts).*part = value.is_null() ? std::string_view{} : value.has_text() ? value.as_text() : std::string_view(digits);
  if (part == &UriParts::user && value.is_null()) parts->password = {};
  if (part == &UriParts::host && parts->host.empty()) return base::fail("a URI needs a host");
  if (!store_request_uri(context, *parts)) return base::fail("that would be no URI");
  return {};
}

base::Result<> write_ru(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (!is_request_uri(value.as_text())) return base::fail("not a URI");
  context.set_request_uri(value.as_text());
  return {};
}
base::Result<> write_ru_user(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  return write_part(context, &UriParts::user, value);
}
base::Result<> write_ru_host(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  return write_part(context, &UriParts::host, value);
}
base::Result<> write_ru_port(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  return write_part(context, &UriParts::port, value);
}

Value read_ru_q(RouteContext& context, const VariableRef& /*ref*/) {
  const auto q = context.request_target().q;
  return q ? number(context, *q) : Value::null();
}
base::Result<> write_ru_q(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (value.is_null()) {
    context.request_target().q.reset();
    return {};
  }
  if (!value.has_integer() || value.as_integer() < 0 || value.as_integer() > 1000) {
    return base::fail("q is a number from 0 to 1000");
  }
  context.request_target().q = static_cast<std::uint16_t>(value.as_integer());
  return {};
}

// --- $ou: the Request-URI as received

template <Part part>
Value read_ou(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr || !message->is_request()) return Value::null();
  if (part == Part::Whole) return Value::text(message->request_uri_text());
  return part_of<part>(context, message->request_uri());
}

// --- $du: the next hop, when it isn't the Request-URI

template <Part part>
Value read_du(RouteContext& context, const VariableRef& /*ref*/) {
  const std::string_view destination = context.request_target().destination;
  if (destination.empty()) return Value::null();
  return part_of<part>(context, sip::Uri::parse(destination));
}

base::Result<> write_du(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (value.is_null()) {
    context.request_target().destination = {};
    return {};
  }
  const auto uri = is_request_uri(value.as_text()) ? sip::Uri::parse(value.as_text()) : base::fail("not a URI");
  if (!uri || !uri->is_sip()) return base::fail("not a SIP URI");
  context.request_target().destination = context.keep(value.as_text());
  return {};
}

// $dd and $dp replace a part of it, or make it from nothing.
base::Result<> write_du_part(RouteContext& context, std::string_view UriParts::* part, const Value& value) {
  const auto uri = sip::Uri::parse(context.request_target().destination);
  UriParts parts;
  if (uri) parts = UriParts::of(*uri, context.arena()).value_or(UriParts{});
  if (parts.scheme.empty()) parts.scheme = "sip";
  const std::string digits = value.has_text() ? std::string() : fmt::format_int(value.as_integer()).str();
  parts.*part = value.is_null() ? std::string_view{} : value.has_text() ? value.as_text() : std::string_view(digits);
  return write_du(context, {}, Value::text(parts.text()));
}
base::Result<> write_du_host(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  return write_du_part(context, &UriParts::host, value);
}
base::Result<> write_du_port(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  return write_du_part(context, &UriParts::port, value);
}

// --- From, To and headers that hold an address

enum class Field : std::uint8_t { Uri, User, Domain, Name, Tag };

template <Field field>
Value field_of(const sip::NameAddr& address) {
  if constexpr (field == Field::Uri) return text_or_null(address.uri_text);
  if constexpr (field == Field::Name) return text_or_null(address.display_name);
  if constexpr (field == Field::Tag) return text_or_null(address.tag());
  const auto uri = address.uri();
  if (!uri) return Value::null();
  return text_or_null(field == Field::User ? uri->user : uri->host);
}

template <Field field>
Value read_from(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  return message != nullptr ? field_of<field>(message->from()) : Value::null();
}

template <Field field>
Value read_to(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  return message != nullptr ? field_of<field>(message->to()) : Value::null();
}

// A parameter of the first value of Diversion.
template <std::string_view const& param>
Value read_diversion_param(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  const auto items = message->items(sip::HeaderId::Diversion);
  if (items.empty()) return Value::null();
  const auto address = sip::NameAddr::parse((*items.begin()).value);
  return address ? text_or_null(address->param(param).value_or("")) : Value::null();
}

constexpr std::string_view kReason = "reason";
constexpr std::string_view kPrivacy = "privacy";

// The first value of a header that lists addresses.
template <sip::HeaderId id, Field field>
Value read_address(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return Value::null();
  const auto items = message->items(id);
  if (items.empty()) return Value::null();
  const auto address = sip::NameAddr::parse((*items.begin()).value);
  return address ? field_of<field>(*address) : Value::null();
}

constexpr VariableTraits kAnyMessage{.takes_context = true};
using sip::HeaderId;

constexpr auto kRows = std::to_array({
    variable<&read_ru<Part::Whole>, &write_ru>("ru", "The Request-URI.", kAnyMessage),
    variable<&read_ru<Part::Whole>, &write_ru>("ruri", "The Request-URI.", kAnyMessage),
    variable<&read_ru<Part::User>, &write_ru_user>("rU", "User of the Request-URI.", kAnyMessage),
    variable<&read_ru<Part::User>, &write_ru_user>("ruri.user", "User of the Request-URI.", kAnyMessage),
    variable<&read_ru<Part::Host>, &write_ru_host>("rd", "Host of the Request-URI.", kAnyMessage),
    variable<&read_ru<Part::Host>, &write_ru_host>("ruri.domain", "Host of the Request-URI.", kAnyMessage),
    variable<&read_ru<Part::Port>, &write_ru_port>("rp", "Port of the Request-URI, the default when there is none.",
                                                   kAnyMessage),
    variable<&read_ru<Part::Protocol>>("rP", "Transport of the Request-URI.", kAnyMessage),
    variable<&read_ru_q, &write_ru_q>("ru_q", "q of the Request-URI branch, in thousandths."),
    variable<&read_ou<Part::Whole>>("ou", "The Request-URI as received.", kAnyMessage),
    variable<&read_ou<Part::Whole>>("ouri", "The Request-URI as received.", kAnyMessage),
    variable<&read_ou<Part::User>>("oU", "Its user.", kAnyMessage),
    variable<&read_ou<Part::Host>>("od", "Its host.", kAnyMessage),
    variable<&read_ou<Part::Port>>("op", "Its port.", kAnyMessage),
    variable<&read_ou<Part::Protocol>>("oP", "Its transport.", kAnyMessage),
    variable<&read_du<Part::Whole>, &write_du>("du", "Where the request is sent instead of to the Request-URI."),
    variable<&read_du<Part::Whole>, &write_du>("duri", "Where the request is sent instead of to the Request-URI."),
    variable<&read_du<Part::Host>, &write_du_host>("dd", "Its host."),
    variable<&read_du<Part::Port>, &write_du_port>("dp", "Its port."),
    variable<&read_du<Part::Protocol>>("dP", "Its transport."),
    variable<&read_from<Field::Uri>>("fu", "URI of From.", kAnyMessage),
    variable<&read_from<Field::Uri>>("from", "URI of From.", kAnyMessage),
    variable<&read_from<Field::User>>("fU", "User of From.", kAnyMessage),
    variable<&read_from<Field::User>>("from.user", "User of From.", kAnyMessage),
    variable<&read_from<Field::Domain>>("fd", "Host of From.", kAnyMessage),
    variable<&read_from<Field::Domain>>("from.domain", "Host of From.", kAnyMessage),
    variable<&read_from<Field::Name>>("fn", "Display name of From, as sent.", kAnyMessage),
    variable<&read_from<Field::Tag>>("ft", "Tag of From.", kAnyMessage),
    variable<&read_to<Field::Uri>>("tu", "URI of To.", kAnyMessage),
    variable<&read_to<Field::Uri>>("to", "URI of To.", kAnyMessage),
    variable<&read_to<Field::User>>("tU", "User of To.", kAnyMessage),
    variable<&read_to<Field::User>>("to.user", "User of To.", kAnyMessage),
    variable<&read_to<Field::Domain>>("td", "Host of To.", kAnyMessage),
    variable<&read_to<Field::Domain>>("to.domain", "Host of To.", kAnyMessage),
    variable<&read_to<Field::Name>>("tn", "Display name of To, as sent.", kAnyMessage),
    variable<&read_to<Field::Tag>>("tt", "Tag of To.", kAnyMessage),
    variable<&read_address<HeaderId::PAssertedIdentity, Field::Uri>>("ai", "URI of P-Asserted-Identity.", kAnyMessage),
    variable<&read_address<HeaderId::PPreferredIdentity, Field::Uri>>("pu", "URI of P-Preferred-Identity.",
                                                                      kAnyMessage),
    variable<&read_address<HeaderId::PPreferredIdentity, Field::User>>("pU", "Its user.", kAnyMessage),
    variable<&read_address<HeaderId::PPreferredIdentity, Field::Domain>>("pd", "Its host.", kAnyMessage),
    variable<&read_address<HeaderId::PPreferredIdentity, Field::Name>>("pn", "Its display name.", kAnyMessage),
    variable<&read_address<HeaderId::RemotePartyId, Field::Uri>>("re", "URI of Remote-Party-ID.", kAnyMessage),
    variable<&read_address<HeaderId::Diversion, Field::Uri>>("di", "URI of Diversion.", kAnyMessage),
    variable<&read_diversion_param<kReason>>("dir", "Reason of Diversion.", kAnyMessage),
    variable<&read_diversion_param<kPrivacy>>("dip", "Privacy of Diversion.", kAnyMessage),
    variable<&read_address<HeaderId::ReferTo, Field::Uri>>("rt", "URI of Refer-To.", kAnyMessage),
});

}  // namespace

const std::span<const VariableDecl> kUriVariables = kRows;

}  // namespace carillon::core
