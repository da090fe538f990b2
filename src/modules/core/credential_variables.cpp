// SPDX-License-Identifier: Apache-2.0
// Variables that read the credentials of a request. See variables.h.
#include "modules/core/core.h"
#include "modules/core/variables.h"
#include "sip/digest.h"

namespace carillon::core {
namespace {

using namespace module;
using script::Value;
using script::VariableRef;
using sip::HeaderId;

// Those that were found right: a header with somebody else's name beside them means nothing. Before, the first of
// Proxy-Authorization, and of Authorization where there is none.
std::optional<sip::DigestFields> credentials(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return std::nullopt;
  const auto verified = context.verified_in(*message);
  std::optional<sip::DigestFields> first;
  for (const HeaderId id : {HeaderId::ProxyAuthorization, HeaderId::Authorization}) {
    for (const sip::Header& header : message->headers(id)) {
      const auto fields = sip::DigestFields::parse(header.value);
      if (!fields || !fields->is_digest()) continue;
      if (!verified || message->span(header.value).begin == *verified) return *fields;
      if (!first) first = *fields;
    }
  }
  return first;
}

template <std::string_view sip::DigestFields::* member>
Value read_credential(RouteContext& context, const VariableRef& ref) {
  const auto fields = credentials(context, ref);
  return fields ? text_or_null((*fields).*member) : Value::null();
}

// The user name may be "user@domain".
Value read_user(RouteContext& context, const VariableRef& ref) {
  const auto fields = credentials(context, ref);
  return fields ? text_or_null(fields->username.substr(0, fields->username.find('@'))) : Value::null();
}

Value read_domain(RouteContext& context, const VariableRef& ref) {
  const auto fields = credentials(context, ref);
  const std::size_t at = fields ? fields->username.find('@') : std::string_view::npos;
  return at == std::string_view::npos ? Value::null() : text_or_null(fields->username.substr(at + 1));
}

Value read_accounted_user(RouteContext& context, const VariableRef& ref) {
  if (const Value user = read_user(context, ref); !user.is_null()) return user;
  const sip::Message* message = context.message_in(ref.context);
  const auto uri = message != nullptr ? message->from().uri() : base::fail("no message");
  return uri ? text_or_null(uri->user) : Value::null();
}

// --- $challenge.*: what a 401 or 407 asks for

// Of WWW-Authenticate, and of Proxy-Authenticate where there is none; the first that is a Digest.
std::optional<sip::DigestFields> challenge(RouteContext& context, const VariableRef& ref) {
  const sip::Message* message = context.message_in(ref.context);
  if (message == nullptr) return std::nullopt;
  for (const HeaderId id : {HeaderId::WwwAuthenticate, HeaderId::ProxyAuthenticate}) {
    for (const sip::Header header : message->headers(id)) {
      auto fields = sip::DigestFields::parse(header.value);
      if (fields && fields->is_digest()) return *fields;
    }
  }
  return std::nullopt;
}

template <std::string_view sip::DigestFields::* member>
Value read_challenge(RouteContext& context, const VariableRef& ref) {
  const auto fields = challenge(context, ref);
  return fields ? text_or_null((*fields).*member) : Value::null();
}

// The keys of AKA (RFC 3310, 3GPP TS 33.203), which a server hands to the proxy before it.
template <std::string_view const& name>
Value read_challenge_key(RouteContext& context, const VariableRef& ref) {
  const auto fields = challenge(context, ref);
  std::string_view value = fields ? fields->fields.find(name).value_or("") : std::string_view{};
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return text_or_null(value);
}

constexpr std::string_view kIntegrityKey = "ik";
constexpr std::string_view kCipherKey = "ck";

constexpr VariableTraits kAnyMessage{.takes_context = true};
using sip::DigestFields;

constexpr auto kRows = std::to_array({
    variable<&read_user>(
        "au", "User of the credentials, without a domain: of those that were found right, or the first before.",
        kAnyMessage),
    variable<&read_credential<&DigestFields::username>>("aU", "User name of the credentials.", kAnyMessage),
    variable<&read_domain>("ad", "Domain in the user name of the credentials.", kAnyMessage),
    variable<&read_accounted_user>("Au", "$au, or the user of From.", kAnyMessage),
    variable<&read_credential<&DigestFields::realm>>("ar", "Realm of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::uri>>("adu", "URI of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::nonce>>("an", "Nonce of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::nonce>>("auth.nonce", "Nonce of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::response>>("auth.resp", "Response of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::cnonce>>("auth.cnonce", "Client nonce of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::opaque>>("auth.opaque", "Opaque of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::algorithm>>("auth.alg", "Algorithm of the credentials.", kAnyMessage),
    variable<&read_credential<&DigestFields::qop>>("auth.qop", "Quality of protection.", kAnyMessage),
    variable<&read_credential<&DigestFields::nonce_count>>("auth.nc", "Nonce count.", kAnyMessage),
    variable<&read_challenge<&DigestFields::algorithm>>("challenge.algorithm", "Algorithm of a challenge.",
                                                        kAnyMessage),
    variable<&read_challenge<&DigestFields::realm>>("challenge.realm", "Realm of a challenge.", kAnyMessage),
    variable<&read_challenge<&DigestFields::nonce>>("challenge.nonce", "Nonce of a challenge.", kAnyMessage),
    variable<&read_challenge<&DigestFields::opaque>>("challenge.opaque", "Opaque of a challenge.", kAnyMessage),
    variable<&read_challenge<&DigestFields::qop>>("challenge.qop", "Qualities of protection it offers.", kAnyMessage),
    variable<&read_challenge_key<kIntegrityKey>>("challenge.ik", "Integrity key of an AKA challenge.", kAnyMessage),
    variable<&read_challenge_key<kCipherKey>>("challenge.ck", "Cipher key of an AKA challenge.", kAnyMessage),
});

}  // namespace

const std::span<const VariableDecl> kCredentialVariables = kRows;

}  // namespace carillon::core
