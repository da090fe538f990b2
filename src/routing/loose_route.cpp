// SPDX-License-Identifier: Apache-2.0
// Following Route headers: RFC 3261 section 16.4 and 16.6 step 6, and what strict routers leave behind. See
// record_route.h.
#include <fmt/format.h>

#include <optional>

#include "base/strings.h"
#include "routing/identity.h"
#include "routing/proxy.h"
#include "routing/record_route.h"
#include "routing/route_listener.h"
#include "routing/settings.h"
#include "sip/grammar.h"

namespace carillon::routing {
namespace {

using sip::HeaderId;

// A Route entry of the message: where it stands and the URI in it.
struct RouteEntry {
  sip::ListItem item;
  sip::Uri uri;
  std::string_view uri_text;
};

// The entries left to look at; stops at one that can't be read.
class RouteWalk {
 public:
  explicit RouteWalk(const sip::Message& message) : items_(message.items(HeaderId::Route)), at_(items_.begin()) {
    read();
  }

  [[nodiscard]] const RouteEntry* current() const { return entry_ ? &*entry_ : nullptr; }
  [[nodiscard]] bool broken() const { return broken_; }
  void next() {
    ++at_;
    read();
  }

 private:
  void read() {
    entry_.reset();
    if (at_ == items_.end()) return;
    const sip::ListItem item = *at_;
    const auto address = sip::NameAddr::parse(item.value);
    auto uri = address ? sip::Uri::parse(address->uri_text) : base::fail(address.error().message);
    if (!uri) {
      broken_ = true;
      return;
    }
    entry_ = RouteEntry{item, *uri, address->uri_text};
  }

  sip::ItemRange items_;
  sip::ItemRange::Iterator at_;
  std::optional<RouteEntry> entry_;
  bool broken_ = false;
};

bool is_own(const RouteContext& context, const sip::Uri& uri) {
  const std::string& ignored = context.proxy().settings().ignored_route_user;
  if (!ignored.empty() && uri.user == ignored) return false;
  return context.proxy().identity().is_myself(uri);
}

// A strict router put our Record-Route URI into the Request-URI and the real one at the end of the Route headers.
bool came_through_strict_router(const RouteContext& context) {
  const base::Result<sip::Uri>& uri = context.message().request_uri();
  if (!uri || !uri->is_loose_router()) return false;
  return (uri->user.empty() || context.proxy().settings().record_route_username) && is_own(context, *uri);
}

void undo_strict_router(RouteContext& context, RouteWalk& walk) {
  context.route.params = context.message().request_uri()->params.text();
  // Our second entry, when the strict router before us had only taken the first.
  if (walk.current() != nullptr && walk.current()->uri.params.contains("r2") && is_own(context, walk.current()->uri)) {
    sip::remove_item(context.decision.edits, context.message(), walk.current()->item);
    walk.next();
  }
  RouteWalk last = walk;
  for (RouteWalk ahead = walk; ahead.current() != nullptr; ahead.next()) last = ahead;
  if (last.current() == nullptr) return;
  context.set_request_uri(last.current()->uri_text);
  sip::remove_item(context.decision.edits, context.message(), last.current()->item);
}

// The next hop is a strict router: its URI goes into the Request-URI, ours to the end (section 16.6 step 6).
void route_to_strict_router(RouteContext& context, const RouteEntry& next) {
  const std::string_view remote_target = context.request_target().uri;
  sip::append_header(context.decision.edits, context.message(), fmt::format("Route: <{}>\r\n", remote_target));
  sip::remove_item(context.decision.edits, context.message(), next.item);
  context.set_request_uri(next.uri_text);
  context.request_target().destination = {};
}

// Takes our own entry from the top, and its twin when it is one of two.
void consume_own_entries(RouteContext& context, RouteWalk& walk) {
  const bool one_of_two = walk.current()->uri.params.contains("r2");
  context.route.params = walk.current()->uri.params.text();
  sip::remove_item(context.decision.edits, context.message(), walk.current()->item);
  walk.next();
  if (!one_of_two || walk.current() == nullptr) return;
  if (!walk.current()->uri.params.contains("r2") || !is_own(context, walk.current()->uri)) return;
  // The twin names the socket of the other side: the request leaves from there.
  const sip::Uri& twin = walk.current()->uri;
  const auto protocol = transport::parse_protocol(twin.transport()).value_or(transport::Protocol::Udp);
  const auto address = base::IpAddress::parse(twin.host);
  const std::string socket =
      fmt::format("{}:{}:{}", transport::name(protocol), address ? address->to_uri_host() : std::string(twin.host),
                  twin.port.value_or(transport::default_port(protocol)));
  if (const transport::Listener* listener = context.proxy().transport().find_listener(socket)) {
    context.request_target().socket = listener->id;
  }
  sip::remove_item(context.decision.edits, context.message(), walk.current()->item);
  walk.next();
}

bool follow_route(RouteContext& context) {
  RouteWalk walk(context.message());
  if (walk.current() == nullptr || walk.broken()) return false;
  context.route.processed = true;

  if (came_through_strict_router(context)) {
    undo_strict_router(context, walk);
    // What is left on top, if it isn't the entry that became the Request-URI, is the next hop.
    if (walk.current() != nullptr && walk.current()->uri_text != context.request_target().uri &&
        walk.current()->uri.is_loose_router()) {
      context.request_target().destination = walk.current()->uri_text;
    }
    return true;
  }

  const bool own = is_own(context, walk.current()->uri);
  if (own) consume_own_entries(context, walk);
  if (walk.broken()) return false;
  if (walk.current() == nullptr) return !own || !context.message().to_tag().empty();
  if (walk.current()->uri.is_loose_router()) {
    context.request_target().destination = walk.current()->uri_text;
  } else {
    route_to_strict_router(context, *walk.current());
  }
  return true;
}

}  // namespace

bool loose_route(RouteContext& context) {
  const bool followed = follow_route(context);
  // What stopped in front of an entry that can't be read has consumed some, but there is no way to go on.
  const bool preloaded = !followed && context.route.processed && context.message().to_tag().empty();
  for (RouteListener* listener : context.proxy().settings().route_listeners) {
    if (followed) listener->on_route(context);
    if (preloaded) listener->on_preloaded_route(context);
  }
  return followed;
}

bool is_direction(const RouteContext& context, Direction direction) {
  if (!context.route.processed) return direction == Direction::Downstream;
  const auto caller_tag = sip::Params(context.route.params).find("ftag");
  if (!caller_tag || caller_tag->empty()) return direction == Direction::Downstream;
  const std::string_view from_tag = context.message().from_tag();
  const bool downstream = *caller_tag == from_tag || sip::unescape(*caller_tag) == from_tag;
  return downstream == (direction == Direction::Downstream);
}

}  // namespace carillon::routing
