// SPDX-License-Identifier: Apache-2.0
// Parameters of the current Request-URI, and tel: into sip:. See sipmsgops.h.
#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "modules/sipmsgops/sipmsgops.h"
#include "sip/grammar.h"
#include "sip/uri.h"

namespace carillon::sipmsgops {

using namespace module;

namespace {

// Stores a URI made of parts that came from a script or a message, if together they are one.
Verdict store(RouteContext& context, std::string_view uri) {
  if (auto parsed = sip::Uri::parse(uri); !parsed) {
    log::error("'{}' would be no Request-URI: {}", uri, parsed.error().message);
    return kFalse;
  }
  context.set_request_uri(uri);
  return kTrue;
}

// Where the headers ("?...") of a URI begin; its end when it has none.
std::size_t parameters_end(const sip::Uri& uri) {
  if (uri.headers.empty()) return uri.text.size();
  return static_cast<std::size_t>(uri.headers.text().data() - uri.text.data()) - 1;
}

}  // namespace

Verdict Sipmsgops::ruri_has_param(RouteContext& context, Text name, OptionalText value) {
  const auto& uri = context.request_uri();
  const auto found = uri ? uri->param(name) : std::nullopt;
  return Verdict::of(found && (!value || base::iequals(*found, *value)));
}

Verdict Sipmsgops::ruri_add_param(RouteContext& context, Text param) {
  const auto& uri = context.request_uri();
  if (!uri || uri->scheme == sip::Uri::Scheme::Other || !sip::Params(param).well_formed()) return kFalse;
  const std::size_t end = parameters_end(*uri);
  return store(context, fmt::format("{};{}{}", uri->text.substr(0, end), param, uri->text.substr(end)));
}

Verdict Sipmsgops::ruri_del_param(RouteContext& context, Text name) {
  const auto& uri = context.request_uri();
  if (!uri) return kFalse;
  for (const sip::Param& param : uri->params) {
    if (!base::iequals(param.name, name)) continue;
    const auto begin = static_cast<std::size_t>(param.text.data() - uri->text.data());
    const std::string_view before = uri->text.substr(0, uri->text.rfind(';', begin));
    return store(context, fmt::format("{}{}", before, uri->text.substr(begin + param.text.size())));
  }
  return kFalse;
}

// RFC 3261 section 19.1.6: the subscriber number with its parameters becomes the user part.
Verdict Sipmsgops::ruri_tel2sip(RouteContext& context) {
  const auto& uri = context.request_uri();
  if (!uri) return kFalse;
  if (!uri->is_tel()) return kTrue;
  const auto from = context.message().from().uri();
  if (!from || from->host.empty()) return kFalse;
  const std::string_view number_and_params = uri->text.substr(uri->scheme_text.size() + 1);
  return store(context, fmt::format("sip:{}{}@{};user=phone", sip::escape_user(uri->user),
                                    number_and_params.substr(uri->user.size()), from->host));
}

}  // namespace carillon::sipmsgops
