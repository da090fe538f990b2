// SPDX-License-Identifier: Apache-2.0
// See events.h.
#include "management/events.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "management/command.h"

namespace carillon::management {

using base::Result;

Events::Name& Events::name(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto found = names_.find(name);
  if (found != names_.end()) return *found->second;
  auto made = std::unique_ptr<Name>(new Name(*this, std::string(name), names_.size()));
  return *names_.emplace(std::string(name), std::move(made)).first->second;
}

void Events::add_transport(std::unique_ptr<EventTransport> transport) {
  const std::scoped_lock lock(mutex_);
  transports_.push_back(std::move(transport));
}

EventTransport* Events::transport_of(std::string_view socket) const {
  const std::string_view scheme = socket.substr(0, socket.find(':'));
  const auto found = std::ranges::find(transports_, scheme, [](const auto& transport) { return transport->scheme(); });
  return found == transports_.end() ? nullptr : found->get();
}

// With the mutex held.
void Events::publish(Name& name, Subscriptions subscriptions) {
  name.wanted_.store(!subscriptions.empty(), std::memory_order_relaxed);
  name.subscriptions_ = std::make_shared<const Subscriptions>(std::move(subscriptions));
}

void Events::subscribe(Name& name, std::string subscriber_name, EventSubscriber subscriber) {
  auto added = std::make_shared<Subscription>();
  added->socket = std::move(subscriber_name);
  added->tell = std::move(subscriber);
  const std::scoped_lock lock(mutex_);
  Subscriptions all = *name.subscriptions_;
  all.push_back(std::move(added));
  publish(name, std::move(all));
}

Result<> Events::subscribe(Name& name, std::string_view socket, std::optional<std::chrono::seconds> expires) {
  const std::scoped_lock lock(mutex_);
  Subscriptions all = *name.subscriptions_;
  const auto known = std::ranges::find(all, socket, [](const auto& subscription) { return subscription->socket; });
  const bool ends = expires && expires->count() <= 0;
  auto wanted = std::make_shared<Subscription>();
  wanted->socket = socket;
  if (expires) wanted->until = clock_.unix_seconds() + expires->count();
  if (known != all.end()) {
    wanted->tell = (*known)->tell;
    wanted->lost = (*known)->lost.load();
    all.erase(known);
  } else if (!ends) {
    EventTransport* transport = transport_of(socket);
    if (transport == nullptr) return base::fail(fmt::format("no loaded module brings events to '{}'", socket), 404);
    auto opened = transport->open(socket);
    if (!opened) return std::unexpected(std::move(opened.error()));
    wanted->tell = std::move(*opened);
  }
  if (!ends) all.push_back(std::move(wanted));
  publish(name, std::move(all));
  return {};
}

void Events::raise(const Name& name, std::vector<Event::Parameter> parameters, std::uint64_t key) {
  std::shared_ptr<const Subscriptions> subscriptions;
  {
    const std::scoped_lock lock(mutex_);
    subscriptions = name.subscriptions_;
  }
  auto event = std::make_shared<Event>();
  event->name = name.text();
  event->parameters = std::move(parameters);
  event->key = key;
  const EventPtr shared = std::move(event);
  const std::int64_t now = clock_.unix_seconds();
  for (const auto& subscription : *subscriptions) {
    if (subscription->until && *subscription->until <= now) continue;
    if (subscription->tell(shared)) continue;
    if (subscription->lost.fetch_add(1) == 0) {
      log::warning("{} takes no more events: {} and maybe others are lost to it", subscription->socket, name.text());
    }
  }
}

// --- commands --------------------------------------------------------------------------------------------------------

namespace {

constexpr std::chrono::seconds kUsualExpires{3600};

// An array of values, an object of names and values, or such an object as text.
Result<std::vector<Event::Parameter>> parameters_of(const Json* given) {
  std::vector<Event::Parameter> parameters;
  if (given == nullptr) return parameters;
  Result<Json> parsed = *given;
  if (const std::string* text = given->if_string()) parsed = Json::parse(*text);
  if (!parsed) return base::fail("bad params", 400);
  const auto add = [&](std::string name, const Json& value) {
    if (const std::string* text = value.if_string()) {
      parameters.push_back({std::move(name), *text});
    } else if (const std::int64_t* number = value.if_integer()) {
      parameters.push_back({std::move(name), *number});
    } else {
      parameters.push_back({std::move(name), value.text()});
    }
  };
  if (const Json::Array* array = parsed->if_array()) {
    for (const Json& value : *array) add({}, value);
  } else if (const Json::Object* object = parsed->if_object()) {
    for (const auto& [name, value] : *object) add(name, value);
  } else {
    return base::fail("bad params", 400);
  }
  return parameters;
}

constexpr CommandSpec kSubscribe{.name = "evi:subscribe",
                                 .aliases = "event_subscribe",
                                 .recipes = "event,socket | event,socket,expire",
                                 .help = "Subscribes a socket to an event, for an hour or `expire` seconds; 0 ends it.",
                                 .result = "\"OK\""};
constexpr CommandSpec kList{.name = "evi:list",
                            .aliases = "events_list",
                            .recipes = "",
                            .help = "Lists the events.",
                            .result = "{Events: [{name, id}]}"};
constexpr CommandSpec kSubscribers{.name = "evi:subscribers",
                                   .aliases = "subscribers_list",
                                   .recipes = " | event | event,socket",
                                   .help = "Lists who is told of an event, or of all.",
                                   .result = "{Events: [{name, id, Subscribers: [{socket, expire, lost}]}]}"};
constexpr CommandSpec kRaise{.name = "evi:raise",
                             .aliases = "raise_event",
                             .recipes = "event | event,params",
                             .help = "Raises an event with parameters: an array, or an object, also as text.",
                             .result = "\"OK\""};

}  // namespace

Json Events::list() const {
  const std::scoped_lock lock(mutex_);
  Json all = Json::array();
  for (const auto& [text, name] : names_) {
    Json& event = all.push_back(Json::object());
    event.add("name", text);
    event.add("id", static_cast<std::int64_t>(name->id_));
  }
  Json result = Json::object();
  result.add("Events", std::move(all));
  return result;
}

Result<Json> Events::subscribers(std::string_view event, std::string_view socket) const {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now = clock_.unix_seconds();
  Json all = Json::array();
  for (const auto& [text, name] : names_) {
    if (!event.empty() && text != event) continue;
    Json subscribers = Json::array();
    for (const auto& subscription : *name->subscriptions_) {
      if (!socket.empty() && subscription->socket != socket) continue;
      if (subscription->until && *subscription->until <= now) continue;
      Json& one = subscribers.push_back(Json::object());
      one.add("socket", subscription->socket);
      if (subscription->until) {
        one.add("expire", *subscription->until - now);
      } else {
        one.add("expire", "never");
      }
      one.add("lost", static_cast<std::int64_t>(subscription->lost.load()));
    }
    if (subscribers.if_array()->empty()) continue;
    Json& entry = all.push_back(Json::object());
    entry.add("name", text);
    entry.add("id", static_cast<std::int64_t>(name->id_));
    entry.add("Subscribers", std::move(subscribers));
  }
  if (!event.empty() && !names_.contains(event)) return base::fail("no such event", 404);
  Json result = Json::object();
  result.add("Events", std::move(all));
  return result;
}

Result<> Events::add_commands(CommandRegistry& commands) {
  const auto optional_text = [](const Parameters& parameters, std::string_view name) -> Result<std::string> {
    return parameters.has(name) ? parameters.text(name) : Result<std::string>(std::string());
  };
  auto added = commands.add(kSubscribe, immediate([this](const Parameters& parameters) -> Result<Json> {
                              const auto event = parameters.text("event");
                              if (!event) return std::unexpected(event.error());
                              const auto socket = parameters.text("socket");
                              if (!socket) return std::unexpected(socket.error());
                              std::chrono::seconds expires = kUsualExpires;
                              if (parameters.has("expire")) {
                                const auto given = parameters.integer("expire");
                                if (!given) return std::unexpected(given.error());
                                expires = std::chrono::seconds(*given);
                              }
                              auto done = subscribe(name(*event), *socket, expires);
                              if (!done) return std::unexpected(std::move(done.error()));
                              return Json("OK");
                            }));
  if (!added) return added;
  added = commands.add(kList, immediate([this](const Parameters&) -> Result<Json> { return list(); }));
  if (!added) return added;
  added = commands.add(kSubscribers, immediate([this, optional_text](const Parameters& parameters) -> Result<Json> {
                         const auto event = optional_text(parameters, "event");
                         if (!event) return std::unexpected(event.error());
                         const auto socket = optional_text(parameters, "socket");
                         if (!socket) return std::unexpected(socket.error());
                         return subscribers(*event, *socket);
                       }));
  if (!added) return added;
  return commands.add(kRaise, immediate([this](const Parameters& parameters) -> Result<Json> {
                        const auto event = parameters.text("event");
                        if (!event) return std::unexpected(event.error());
                        auto values = parameters_of(parameters.find("params"));
                        if (!values) return std::unexpected(std::move(values.error()));
                        name(*event).raise(std::move(*values), 0);
                        return Json("OK");
                      }));
}

}  // namespace carillon::management
