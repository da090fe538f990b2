// SPDX-License-Identifier: Apache-2.0
// Questions about the message as received. See sipmsgops.h.
#include <algorithm>

#include "base/strings.h"
#include "management/json.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/grammar.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

using management::Json;

// {"Via": ["...", "..."], ...}: canonical names, in the order in which they first appear.
Json headers_as_json(const sip::Message& message) {
  Json::Object headers;
  for (const sip::Header& header : message.headers()) {
    const std::string_view full = sip::header_info(header.id).name;
    const std::string_view name = full.empty() ? header.name : full;
    auto member = std::ranges::find_if(headers, [name](const auto& one) { return base::iequals(one.name, name); });
    if (member == headers.end()) member = headers.insert(member, {std::string(name), Json::array()});
    member->value.push_back(sip::unfold(header.value));
  }
  return headers;
}

}  // namespace

base::Result<MethodNames> MethodNames::parse(std::string_view text) {
  MethodNames names;
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, '|'));
    if (!sip::is_token(name)) return base::fail("must be method names separated by |");
    std::string upper(name);
    std::ranges::transform(upper, upper.begin(), base::to_upper);
    const sip::Method method = sip::parse_method(upper);
    if (method == sip::Method::Unknown) {
      names.others.emplace_back(name);
    } else {
      names.known.insert(method);
    }
  }
  if (names.known.empty() && names.others.empty()) return base::fail("must name a method");
  return names;
}

bool MethodNames::contains(const sip::Message& message) const {
  if (message.method() != sip::Method::Unknown) return known.contains(message.method());
  return std::ranges::any_of(others,
                             [&](const std::string& name) { return base::iequals(name, message.method_name()); });
}

Verdict Sipmsgops::is_method(RouteContext& context, const Parsed<MethodNames>& names) {
  return Verdict::of(names->contains(context.message()));
}

Verdict Sipmsgops::has_totag(RouteContext& context) { return Verdict::of(!context.message().to_tag().empty()); }

// RFC 3323 section 4.2: values are separated by semicolons; some clients write commas.
Verdict Sipmsgops::is_privacy(RouteContext& context, Text value) {
  for (const sip::Header& header : context.message().headers(sip::HeaderId::Privacy)) {
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of(";,");
      if (base::iequals(base::trim(rest.substr(0, end)), value)) return kTrue;
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
  return kFalse;
}

Verdict Sipmsgops::is_uri_user_e164(RouteContext& /*context*/, Text uri) {
  constexpr std::size_t kMinDigits = 2;
  constexpr std::size_t kMaxDigits = 15;  // ITU-T E.164 section 6.2.1
  const auto parsed = sip::Uri::parse(uri);
  if (!parsed || !parsed->user.starts_with('+')) return kFalse;
  const std::string_view digits = parsed->user.substr(1);
  return Verdict::of(digits.size() >= kMinDigits && digits.size() <= kMaxDigits &&
                     std::ranges::all_of(digits, base::is_digit));
}

Verdict Sipmsgops::sip_to_json(RouteContext& context, Output json) {
  const sip::Message& message = context.message();
  Json document = Json::object();
  document.add("first_line", message.first_line());
  document.add("headers", headers_as_json(message));
  document.add("body", message.body());
  return Verdict::of(json.assign(script::Value::text(context.keep(document.text()))));
}

}  // namespace carillon::sipmsgops
