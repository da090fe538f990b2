// SPDX-License-Identifier: Apache-2.0
// See outgoing_request.h.
#include "routing/outgoing_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/hash.h"
#include "base/strings.h"
#include "routing/identity.h"
#include "routing/path.h"
#include "routing/proxy.h"
#include "routing/record_route.h"
#include "sip/grammar.h"

namespace carillon::routing {
namespace {

using sip::HeaderId;

constexpr std::string_view kConnectionParam = "i";

std::string via_line(const transport::Listener& listener, const Outgoing& outgoing, const ProxySettings& settings) {
  const Decision& decision = outgoing.decision;
  std::string_view host = decision.advertised_address;
  if (host.empty() && !listener.advertised) host = settings.advertised_address;
  std::uint16_t port = decision.advertised_port;
  if (port == 0 && !listener.advertised) port = settings.advertised_port;

  std::string line;
  line.reserve(128);
  line.append("Via: SIP/2.0/").append(transport::via_token(listener.protocol)).append(" ");
  if (host.empty() && port == 0) {
    line += listener.sent_by;
  } else {
    fmt::format_to(std::back_inserter(line), "{}:{}", host.empty() ? std::string_view(listener.host) : host,
                   port != 0 ? port : listener.port);
  }
  line.append(";branch=").append(transport::BranchText(outgoing.branch).view());
  if (decision.add_local_rport) line += ";rport";
  if (outgoing.came_by != transport::ConnectionId::None) {
    fmt::format_to(std::back_inserter(line), ";{}={:x}", kConnectionParam,
                   static_cast<std::uint64_t>(outgoing.came_by));
  }
  line += "\r\n";
  return line;
}

void replace_max_forwards(sip::EditList& edits, const sip::Message& message, std::uint8_t value) {
  const fmt::format_int digits(value);
  sip::set_header(edits, message, HeaderId::MaxForwards, {digits.data(), digits.size()});
}

// What the client transport of the previous hop could not know goes into its Via (section 18.2.1).
void stamp_received(sip::EditList& edits, const RouteContext& context) {
  const sip::Message& message = context.message();
  if (!message.has(HeaderId::Via)) return;
  const transport::ViaFixup& fixup = context.stored()->via_fixup();
  if (fixup.empty()) return;
  sip::stamp_top_via(edits, message, context.flow().remote.address.to_string(), fixup.rport);
}

void push_path(sip::EditList& edits, const sip::Message& message, std::string_view path) {
  if (path.empty()) return;
  const std::string line = fmt::format("Route: {}\r\n", path);
  if (const auto route = message.find(HeaderId::Route)) {
    edits.insert(message.span(route->line).begin, line, sip::EditList::Place::Front);
  } else {
    sip::prepend_header(edits, message, line);
  }
}

}  // namespace

std::optional<std::uint8_t> next_max_forwards(const RouteContext& context) {
  if (context.decision.max_forwards) return context.decision.max_forwards;
  const auto received = context.message().max_forwards();
  if (!received) return context.proxy().settings().initial_max_forwards;
  if (*received == 0) return std::nullopt;
  return static_cast<std::uint8_t>(*received - 1);
}

unsigned max_breadth(const RouteContext& context) {
  const std::string_view value = context.message().value(HeaderId::MaxBreadth);
  const auto received = base::parse_number<std::uint8_t>(value);
  return received ? *received : context.proxy().settings().initial_max_breadth;
}

void edit_for_sending(sip::EditList& edits, RouteContext& context, const Outgoing& outgoing) {
  const sip::Message& message = context.message();
  const ProxySettings& settings = context.proxy().settings();
  const auto listeners = context.proxy().transport().listeners();
  const transport::Listener& out = listeners[static_cast<std::size_t>(outgoing.flow.listener)];

  if (outgoing.target.uri != message.request_uri_text()) sip::replace_request_uri(edits, message, outgoing.target.uri);
  if (const auto hops = next_max_forwards(context)) replace_max_forwards(edits, message, *hops);
  push_path(edits, message, outgoing.target.path);
  const std::size_t came_by = std::min(static_cast<std::size_t>(context.flow().listener), listeners.size() - 1);
  if (outgoing.decision.path) {
    const auto path = message.find(HeaderId::Path);
    edits.insert(path ? message.span(path->line).begin : message.headers_end(),
                 path_lines(outgoing.decision, settings, context.flow(), listeners[came_by], out),
                 sip::EditList::Place::Front);
  }
  if (outgoing.decision.record_route) {
    sip::prepend_header(edits, message,
                        record_route_lines(message, outgoing.decision, settings, listeners[came_by], out));
  }
  if (outgoing.max_breadth) {
    const fmt::format_int digits(*outgoing.max_breadth);
    sip::set_header(edits, message, HeaderId::MaxBreadth, {digits.data(), digits.size()});
  }
  if (!outgoing.more_headers.empty()) sip::append_header(edits, message, outgoing.more_headers);
  stamp_received(edits, context);
  edits.insert(message.headers_begin(), via_line(out, outgoing, settings), sip::EditList::Place::Front);
}

namespace {

class BlacklistFilter final : public transport::DestinationFilter {
 public:
  BlacklistFilter(const Blacklists& lists, Blacklists::Mask mask, const base::Clock& clock, std::string request)
      : lists_(lists), mask_(mask), clock_(clock), request_(std::move(request)) {}

  [[nodiscard]] bool allows(transport::Protocol protocol, const base::Endpoint& remote) const override {
    return !lists_.find(mask_, {protocol, remote.address, remote.port, request_}, clock_.now());
  }

 private:
  const Blacklists& lists_;
  const Blacklists::Mask mask_;
  const base::Clock& clock_;
  const std::string request_;  // only where a pattern looks at it
};

}  // namespace

std::shared_ptr<const transport::DestinationFilter> destination_filter(const RouteContext& context,
                                                                       const Decision& decision, std::string_view uri) {
  const Blacklists* const lists = context.proxy().settings().blacklists;
  if (lists == nullptr || !lists->has_rules(decision.blacklists)) return nullptr;
  std::string request;
  if (lists->has_patterns(decision.blacklists)) {
    const sip::Message& message = context.message();
    request =
        fmt::format("{} {} SIP/2.0\r\n{}", message.method_name(), uri, message.bytes().substr(message.headers_begin()));
  }
  return std::make_shared<BlacklistFilter>(*lists, decision.blacklists, context.proxy().clock(), std::move(request));
}

base::Result<transport::Target> target_of(std::string_view text) {
  const auto uri = sip::Uri::parse(text);
  if (!uri) return base::fail(uri.error().message, kBadUri);
  if (!uri->is_sip()) return base::fail(fmt::format("no way to reach a {}: URI", uri->scheme_text), kBadUri);
  transport::Target target;
  target.set_host(uri->maddr().empty() ? uri->host : uri->maddr());
  target.port = uri->port.value_or(0);
  target.sips = uri->scheme == sip::Uri::Scheme::Sips;
  if (!uri->transport().empty()) {
    target.protocol = transport::parse_protocol(uri->transport());
    if (!target.protocol) return base::fail(fmt::format("unknown transport '{}'", uri->transport()), kBadUri);
  }
  return target;
}

base::Result<transport::Target> parse_destination(std::string_view text) {
  if (base::istarts_with(text, "sip:") || base::istarts_with(text, "sips:")) return target_of(text);
  transport::Target target;
  std::string_view rest = text;
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) {
    if (const auto protocol = transport::parse_protocol(rest.substr(0, colon))) {
      target.protocol = protocol;
      rest.remove_prefix(colon + 1);
    }
  }
  const std::size_t port_at = rest.rfind(':');
  const bool has_port = port_at != std::string_view::npos && rest.find(']', port_at) == std::string_view::npos &&
                        (rest.front() == '[' || rest.find(':') == port_at);
  if (has_port) {
    const auto port = base::parse_number<std::uint16_t>(rest.substr(port_at + 1));
    if (!port) return base::fail(fmt::format("bad port in '{}'", text), kBadUri);
    target.port = *port;
    rest = rest.substr(0, port_at);
  }
  if (rest.empty()) return base::fail(fmt::format("no host in '{}'", text), kBadUri);
  target.set_host(rest);
  return target;
}

transport::ListenerId usable_socket(const RouteContext& context, const transport::Target& target,
                                    transport::ListenerId wanted) {
  const auto listeners = context.proxy().transport().listeners();
  const auto index = static_cast<std::size_t>(wanted);
  const auto protocol = target.protocol.value_or(target.sips ? transport::Protocol::Tls : transport::Protocol::Udp);
  if (index >= listeners.size()) {
    // A bond, if it has a member for this protocol: the family of a name isn't known yet.
    for (const auto family : {base::Family::V4, base::Family::V6}) {
      const bool asked = target.address.family() == base::Family::Unspecified || target.address.family() == family;
      if (asked && context.proxy().transport().choose_listener(protocol, family, wanted) != nullptr) return wanted;
    }
    return transport::ListenerId::None;
  }
  return listeners[index].protocol == protocol ? wanted : transport::ListenerId::None;
}

base::Result<transport::Target> next_hop(const RouteContext& context, const RequestTarget& request_target) {
  std::string_view uri = request_target.destination;
  if (uri.empty() && !request_target.path.empty()) {
    const auto first = sip::NameAddr::parse(*sip::CommaList(request_target.path).begin());
    if (!first) return base::fail("unreadable Path", kBadUri);
    uri = first->uri_text;
  }
  auto target = target_of(uri.empty() ? request_target.uri : uri);
  if (!target) return target;
  target->listener = usable_socket(context, *target, request_target.socket);
  target->received_on = context.flow().listener;
  target->size = context.message().bytes().size();
  return target;
}

transport::Target response_to_via(const sip::Via& via) {
  transport::Target target;
  target.protocol = transport::parse_protocol(via.transport);
  target.set_host(via.received.empty() ? via.host : via.received);
  target.port = via.rport ? *via.rport : via.port.value_or(0);
  return target;
}

transport::ConnectionId connection_of(const sip::Via& own_via) {
  const std::string_view text = own_via.params.find(kConnectionParam).value_or("");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return static_cast<transport::ConnectionId>(whole ? number : 0);
}

std::uint32_t loop_hash(const sip::Message& request, const transport::Flow& came_by) {
  // Process-wide and secret: nobody can make a request look like a loop.
  static const base::HashKey key = base::HashKey::random();
  std::uint64_t hash = base::sip_hash(key, request.request_uri_text());
  const auto add = [&hash](std::string_view text) { hash = base::mix(hash ^ base::sip_hash(key, text)); };
  add(request.call_id());
  add(request.from_tag());  // not the To tag: the ACK of a failure has one, its INVITE had none
  add(came_by.remote.address.bytes());
  // A client keeps the port of its datagrams; of its connections any.
  if (!transport::has_connections(came_by.protocol)) hash = base::mix(hash ^ came_by.remote.port);
  for (const sip::Header route : request.headers(HeaderId::Route)) add(route.value);
  return static_cast<std::uint32_t>(hash ^ request.cseq().number);
}

std::string unsupported_options(const RouteContext& context) {
  const sip::Message& message = context.message();
  std::string line;
  const bool never_refused = message.method() == sip::Method::Ack || message.method() == sip::Method::Cancel;
  if (!message.has(HeaderId::ProxyRequire) || never_refused || !context.proxy().settings().check_proxy_require)
    return line;
  for (const sip::ListItem item : message.items(HeaderId::ProxyRequire)) {
    // What "privacy" asks is up to the script (RFC 3323 section 5; is_privacy()).
    if (base::iequals(item.value, "privacy") || !sip::is_token(item.value)) continue;
    if (context.decision.edits.covers(message.span(item.value))) continue;
    line.append(line.empty() ? "Unsupported: " : ", ").append(item.value);
  }
  if (!line.empty()) line += "\r\n";
  return line;
}

bool is_loop(const RouteContext& context) {
  const sip::Message& request = context.message();
  const Identity& identity = context.proxy().identity();
  std::optional<std::uint32_t> own;
  for (const sip::ListItem item : request.items(HeaderId::Via)) {
    const auto via = sip::Via::parse(item.value);
    if (!via) continue;
    const auto branch = transport::parse_branch(via->branch);
    if (!branch || !identity.is_myself(via->host, via->port.value_or(0))) continue;
    if (!own) own = loop_hash(request, context.flow());
    if (branch->loop == *own) return true;
  }
  return false;
}

}  // namespace carillon::routing
