// SPDX-License-Identifier: Apache-2.0
// See transformations.h.
#include "modules/core/transformations.h"

#include <fmt/format.h>

#include <array>

#include "base/log.h"
#include "module/reading_host.h"
#include "modules/core/core.h"
#include "routing/proxy.h"
#include "script/format_string.h"
#include "script/host.h"
#include "script/transformations.h"
#include "sip/name_addr.h"
#include "sip/uri.h"
#include "sip/via.h"

namespace carillon::core {
namespace {

using script::Argument;
using script::Environment;
using script::ReadResult;
using script::TransformationDecl;
using script::Value;

constexpr script::ParamDecl kName[] = {{.name = "name"}};

Value text_or_null(std::string_view text) { return text.empty() ? Value::null() : Value::text(text); }

// A parameter without a value reads as an empty text, a missing one as NULL.
Value param_or_null(const sip::Params& params, std::string_view name) {
  const auto value = params.find(name);
  return value ? Value::text(*value) : Value::null();
}

Value port_or_null(Environment& environment, std::optional<std::uint16_t> port) {
  if (!port) return Value::null();
  return Value::both(environment.arena().copy(fmt::format_int(*port).str()), *port);
}

// --- uri

template <auto Read>
constexpr TransformationDecl uri_row(std::string_view name, std::string_view documentation,
                                     std::span<const script::ParamDecl> params = {}) {
  return {.name = name,
          .params = params,
          .documentation = documentation,
          .apply = [](Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                      std::span<const Argument> arguments) -> ReadResult {
            const auto uri = sip::Uri::parse(input.as_text());
            return uri ? Read(environment, *uri, arguments) : Value::null();
          }};
}

using Arguments = std::span<const Argument>;

Value uri_user(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.user); }
Value uri_host(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.host); }
Value uri_password(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.password); }
Value uri_port(Environment& environment, const sip::Uri& uri, Arguments) { return port_or_null(environment, uri.port); }
Value uri_params(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.params.text()); }
Value uri_param(Environment&, const sip::Uri& uri, Arguments arguments) {
  return param_or_null(uri.params, arguments[0].value.as_text());
}
Value uri_headers(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.headers.text()); }
Value uri_scheme(Environment&, const sip::Uri& uri, Arguments) { return text_or_null(uri.scheme_text); }
Value uri_transport(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "transport"); }
Value uri_ttl(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "ttl"); }
Value uri_uparam(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "user"); }
Value uri_maddr(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "maddr"); }
Value uri_method(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "method"); }
Value uri_lr(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "lr"); }
Value uri_r2(Environment&, const sip::Uri& uri, Arguments) { return param_or_null(uri.params, "r2"); }

// --- nameaddr: of a list the value at an index, from 0 or from the end

constexpr script::ParamDecl kIndex[] = {{.name = "index", .kind = script::ParamKind::Integer, .optional = true}};
// {nameaddr.param,name} or {nameaddr.param,index,name}
constexpr script::ParamDecl kIndexAndName[] = {{.name = "index or name"}, {.name = "name", .optional = true}};

base::Result<sip::NameAddr> address_at(std::string_view text, std::int64_t index) {
  const sip::CommaList list(text);
  if (index < 0) {
    for (auto at = list.begin(); at != list.end(); ++at) ++index;
    if (index < 0) return base::fail("no such value");
  }
  for (auto at = list.begin(); at != list.end(); ++at) {
    if (index-- == 0) return sip::NameAddr::parse(*at);
  }
  return base::fail("no such value");
}

template <auto Read>
constexpr TransformationDecl address_row(std::string_view name, std::string_view documentation) {
  return {.name = name,
          .params = kIndex,
          .documentation = documentation,
          .apply = [](Environment& /*environment*/, const TransformationDecl& /*self*/, const Value& input,
                      std::span<const Argument> arguments) -> ReadResult {
            const auto address = address_at(input.as_text(), script::integer_argument(arguments, 0, 0));
            return address ? Read(*address) : Value::null();
          }};
}

Value address_name(const sip::NameAddr& address) { return text_or_null(address.display_name); }
Value address_uri(const sip::NameAddr& address) { return text_or_null(address.uri_text); }
Value address_length(const sip::NameAddr& address) {
  return Value::integer(static_cast<std::int64_t>(address.text.size()));
}
Value address_params(const sip::NameAddr& address) { return text_or_null(address.params.text()); }

ReadResult address_param(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                         Arguments arguments) {
  const bool indexed = arguments[1].given();
  const auto address = address_at(input.as_text(), indexed ? script::integer_argument(arguments, 0, 0) : 0);
  if (!address) return Value::null();
  return param_or_null(address->params, script::text_argument(arguments, indexed ? 1 : 0, environment.arena()));
}

// --- via

template <auto Read>
constexpr TransformationDecl via_row(std::string_view name, std::string_view documentation,
                                     std::span<const script::ParamDecl> params = {}) {
  return {.name = name,
          .params = params,
          .documentation = documentation,
          .apply = [](Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                      std::span<const Argument> arguments) -> ReadResult {
            const auto via = sip::Via::parse(input.as_text());
            return via ? Read(environment, *via, arguments) : Value::null();
          }};
}

Value via_name(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.protocol); }
Value via_version(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.version); }
Value via_transport(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.transport); }
Value via_host(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.host); }
Value via_port(Environment& environment, const sip::Via& via, Arguments) { return port_or_null(environment, via.port); }
Value via_params(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.params.text()); }
Value via_param(Environment&, const sip::Via& via, Arguments arguments) {
  return param_or_null(via.params, arguments[0].value.as_text());
}
Value via_branch(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.branch); }
Value via_received(Environment&, const sip::Via& via, Arguments) { return text_or_null(via.received); }
// Behind everything else, in parentheses (RFC 3261 section 25.1 has none; RFC 2543 had).
Value via_comment(Environment&, const sip::Via& via, Arguments) {
  bool quoted = false;
  for (std::size_t at = 0; at < via.text.size(); ++at) {
    if (quoted && via.text[at] == '\\') {
      ++at;
    } else if (via.text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && via.text[at] == '(') {
      const std::size_t end = via.text.rfind(')');
      if (end == std::string_view::npos || end < at) break;
      return text_or_null(via.text.substr(at + 1, end - at - 1));
    }
  }
  return Value::null();
}
Value via_rport(Environment&, const sip::Via& via, Arguments) { return param_or_null(via.params, "rport"); }

// --- ip.resolve: what has to ask

base::Task<routing::OwnedValue> resolve(module::RouteContext& context, std::string host, base::Family family) {
  routing::OwnedValue value;
  const auto addresses = co_await context.proxy().transport().addresses_of(context.proxy().shard(), std::move(host));
  if (!addresses) co_return value;
  for (const base::IpAddress& address : *addresses) {
    if (family != base::Family::Unspecified && address.family() != family) continue;
    value.text = address.to_string();
    break;
  }
  co_return value;
}

template <base::Family family>
ReadResult resolve_name(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                        Arguments /*arguments*/) {
  auto& context = static_cast<module::RouteContext&>(environment);
  // Host names are at most this long (RFC 1035 section 2.3.4).
  constexpr std::size_t kLongest = 255;
  const std::string_view host = input.as_text();
  if (host.empty() || host.size() > kLongest) return Value::null();
  return context.start_read(resolve(context, std::string(host), family));
}

// --- s.eval: the text is itself a text with variables. It may have come from a stranger: scripts beware.

ReadResult evaluate(Environment& environment, const TransformationDecl& self, const Value& input,
                    Arguments /*arguments*/) {
  auto& context = static_cast<module::RouteContext&>(environment);
  const auto& core = *static_cast<const Core*>(self.owner);
  // A text that evaluates itself comes to an end.
  constexpr int kDeepest = 8;
  thread_local int depth = 0;
  if (depth >= kDeepest) {
    log::warning("{{s.eval}}: more than {} texts inside one another", kDeepest);
    return Value::null();
  }
  module::ReadingHost host(core.modules());
  const auto text = script::FormatString::compile(script::to_text(input, environment.arena()), host);
  if (!text) {
    log::warning("{{s.eval}}: {}", text.error().message);
    return Value::null();
  }
  ++depth;
  const auto expanded = text->expand(environment, &context.run());
  --depth;
  if (!expanded) {
    log::warning("{{s.eval}}: {}", expanded.error().message);
    return Value::null();
  }
  return Value::text(environment.arena().copy(*expanded));
}

constexpr auto kRows = std::to_array<TransformationDecl>({
    {.name = "s.eval",
     .params = {},
     .documentation = "The text with the variables in it expanded.",
     .apply = &evaluate},
    {.name = "ip.resolve",
     .params = {},
     .documentation = "The first address of a host name.",
     .apply = &resolve_name<base::Family::Unspecified>},
    {.name = "ip.resolve4",
     .params = {},
     .documentation = "The first IPv4 address of a host name.",
     .apply = &resolve_name<base::Family::V4>},
    {.name = "ip.resolve6",
     .params = {},
     .documentation = "The first IPv6 address of a host name.",
     .apply = &resolve_name<base::Family::V6>},
    uri_row<&uri_user>("uri.user", "User of a URI."),
    uri_row<&uri_host>("uri.host", "Host of a URI."),
    uri_row<&uri_host>("uri.domain", "Host of a URI."),
    uri_row<&uri_password>("uri.passwd", "Password of a URI."),
    uri_row<&uri_port>("uri.port", "Port of a URI."),
    uri_row<&uri_params>("uri.params", "Parameters of a URI."),
    uri_row<&uri_param>("uri.param", "A parameter of a URI.", kName),
    uri_row<&uri_headers>("uri.headers", "Headers of a URI."),
    uri_row<&uri_transport>("uri.transport", "The transport parameter."),
    uri_row<&uri_ttl>("uri.ttl", "The ttl parameter."),
    uri_row<&uri_uparam>("uri.uparam", "The user parameter."),
    uri_row<&uri_maddr>("uri.maddr", "The maddr parameter."),
    uri_row<&uri_method>("uri.method", "The method parameter."),
    uri_row<&uri_lr>("uri.lr", "The lr parameter."),
    uri_row<&uri_r2>("uri.r2", "The r2 parameter."),
    uri_row<&uri_scheme>("uri.schema", "Scheme of a URI."),
    address_row<&address_name>("nameaddr.name", "Display name."),
    address_row<&address_uri>("nameaddr.uri", "URI."),
    address_row<&address_length>("nameaddr.len", "Length of the whole."),
    address_row<&address_params>("nameaddr.params", "Parameters of the header."),
    {.name = "nameaddr.param",
     .params = kIndexAndName,
     .documentation = "A parameter of the header.",
     .apply = &address_param},
    via_row<&via_name>("via.name", "Protocol name."),
    via_row<&via_version>("via.version", "Protocol version."),
    via_row<&via_transport>("via.transport", "Transport."),
    via_row<&via_host>("via.host", "Host of sent-by."),
    via_row<&via_host>("via.domain", "Host of sent-by."),
    via_row<&via_port>("via.port", "Port of sent-by."),
    via_row<&via_params>("via.params", "Parameters."),
    via_row<&via_param>("via.param", "A parameter.", kName),
    via_row<&via_comment>("via.comment", "The comment behind it."),
    via_row<&via_branch>("via.branch", "The branch parameter."),
    via_row<&via_received>("via.received", "The received parameter."),
    via_row<&via_rport>("via.rport", "The rport parameter."),
});

}  // namespace

const std::span<const TransformationDecl> kTransformations = kRows;

}  // namespace carillon::core
