// SPDX-License-Identifier: Apache-2.0
// Core functions that change the Request-URI and the next hop. See core.h.
#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "modules/core/core.h"

namespace carillon::core {

using namespace module;

std::optional<UriParts> UriParts::of(const sip::Uri& uri, base::Arena& arena) {
  if (!uri.is_sip() && !uri.is_tel()) return std::nullopt;
  UriParts parts{.scheme = uri.scheme_text,
                 .user = uri.user,
                 .password = uri.password,
                 .host = uri.host,
                 .port = {},
                 .params = uri.params.text(),
                 .headers = uri.headers.text()};
  if (uri.port) parts.port = arena.copy(fmt::format_int(*uri.port).str());
  return parts;
}

std::string UriParts::text() const {
  std::string text = fmt::format("{}:{}", scheme, user);
  if (!password.empty()) text += fmt::format(":{}", password);
  if (!user.empty() && !host.empty()) text += '@';
  text += host;
  if (!port.empty()) text += fmt::format(":{}", port);
  if (!params.empty()) text += fmt::format("{}{}", params.starts_with(';') ? "" : ";", params);
  if (!headers.empty()) text += fmt::format("{}{}", headers.starts_with('?') ? "" : "?", headers);
  return text;
}

bool is_request_uri(std::string_view text) {
  const auto ends_it = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == 0x7f; };
  return std::ranges::none_of(text, ends_it) && sip::Uri::parse(text).has_value();
}

bool store_request_uri(RouteContext& context, const UriParts& parts) {
  const std::string text = parts.text();
  if (!is_request_uri(text)) return false;
  context.set_request_uri(text);
  return true;
}

namespace {

// Takes the Request-URI apart, lets `change` replace parts, and stores it; -1 when it is no URI before or after.
template <typename Change>
Verdict change_uri(RouteContext& context, Change change) {
  const base::Result<sip::Uri>& uri = context.request_uri();
  if (!uri) return kFalse;
  auto parts = UriParts::of(*uri, context.arena());
  if (!parts) return kFalse;
  change(*parts);
  return Verdict::of(store_request_uri(context, *parts));
}

// The parameters without `maddr`, which would send the request elsewhere than the new host.
std::string_view without_maddr(std::string_view params, base::Arena& arena) {
  const sip::Params all(params);
  if (!all.contains("maddr")) return params;
  std::string left;
  for (const sip::Param& param : all) {
    if (!base::iequals(param.name, "maddr")) left += fmt::format(";{}", param.text);
  }
  return arena.copy(left);
}

}  // namespace

Verdict Core::seturi(RouteContext& context, std::string_view uri) {
  if (!is_request_uri(uri)) return kFalse;
  context.set_request_uri(uri);
  return kTrue;
}

Verdict Core::sethost(RouteContext& context, std::string_view host) {
  return change_uri(context, [&](UriParts& parts) {
    parts.host = host;
    parts.params = without_maddr(parts.params, context.arena());
  });
}

Verdict Core::sethostport(RouteContext& context, std::string_view host_port) {
  return change_uri(context, [&](UriParts& parts) {
    parts.host = host_port;
    parts.port = {};
    parts.params = without_maddr(parts.params, context.arena());
  });
}

Verdict Core::setport(RouteContext& context, std::string_view port) {
  return change_uri(context, [&](UriParts& parts) { parts.port = port; });
}

Verdict Core::setuser(RouteContext& context, std::string_view user) {
  return change_uri(context, [&](UriParts& parts) {
    parts.user = user;
    if (user.empty()) parts.password = {};
  });
}

Verdict Core::setuserpass(RouteContext& context, std::string_view user_password) {
  return change_uri(context, [&](UriParts& parts) {
    parts.user = base::take_until(user_password, ':');
    parts.password = user_password;
  });
}

Verdict Core::prefix(RouteContext& context, std::string_view text) {
  return change_uri(context,
                    [&](UriParts& parts) { parts.user = context.keep(fmt::format("{}{}", text, parts.user)); });
}

Verdict Core::strip(RouteContext& context, int count) {
  if (count < 0) return kFalse;
  return change_uri(context, [&](UriParts& parts) {
    parts.user.remove_prefix(std::min(parts.user.size(), static_cast<std::size_t>(count)));
  });
}

Verdict Core::strip_tail(RouteContext& context, int count) {
  if (count < 0) return kFalse;
  return change_uri(context, [&](UriParts& parts) {
    parts.user.remove_suffix(std::min(parts.user.size(), static_cast<std::size_t>(count)));
  });
}

Verdict Core::revert_uri(RouteContext& context) {
  if (!context.message().is_request()) return kFalse;
  context.request_target().uri = context.message().request_uri_text();
  return kTrue;
}

Verdict Core::setdsturi(RouteContext& context, std::string_view uri) {
  if (!is_request_uri(uri)) return kFalse;
  context.request_target().destination = context.keep(uri);
  return kTrue;
}

Verdict Core::resetdsturi(RouteContext& context) {
  context.request_target().destination = {};
  return kTrue;
}

Verdict Core::isdsturiset(RouteContext& context) { return Verdict::of(!context.request_target().destination.empty()); }

}  // namespace carillon::core
