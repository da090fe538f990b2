// SPDX-License-Identifier: Apache-2.0
// Events: what happened, told to whoever subscribed (OpenSIPS's event interface). Names exist by being named.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "management/json.h"

namespace carillon::management {

class CommandRegistry;

// A line of the log (log_event_enabled).
inline constexpr std::string_view kLogEvent = "E_CORE_LOG";

struct Event {
  using Value = std::variant<std::int64_t, std::string>;
  struct Parameter {
    std::string name;
    Value value;
  };

  std::string name;
  std::vector<Parameter> parameters;  // in the order in which subscribers are told them
  // Events of one key reach a subscriber in the order in which they were raised: the hash of an AoR, the shard of a
  // call.
  std::uint64_t key = 0;
};

// Immutable: shared by all that are told of it.
using EventPtr = std::shared_ptr<const Event>;

// Called on the thread that raises, which may hold no lock: takes note, or passes on, and never blocks. False: it is
// full and the event is lost to it.
using EventSubscriber = std::function<bool(const EventPtr& event)>;

// Brings events out of the server to sockets of one kind ("udp:127.0.0.1:8888"): a module's (event_datagram, ...).
class EventTransport {
 public:
  virtual ~EventTransport() = default;
  // As the socket begins: "udp".
  [[nodiscard]] virtual std::string_view scheme() const = 0;
  [[nodiscard]] virtual base::Result<EventSubscriber> open(std::string_view socket) = 0;
};

// Any thread, unless said otherwise.
class Events {
 public:
  explicit Events(const base::Clock& clock) : clock_(clock) {}
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  class Name;

  // The event of that name, made at its first mention; lives as long as this.
  [[nodiscard]] Name& name(std::string_view name);

  // At start.
  void add_transport(std::unique_ptr<EventTransport> transport);

  // For as long as the server runs.
  void subscribe(Name& name, std::string subscriber_name, EventSubscriber subscriber);
  // Through a transport, for `expires` seconds; again: prolonged; 0 seconds: ended; nothing: until the end.
  [[nodiscard]] base::Result<> subscribe(Name& name, std::string_view socket,
                                         std::optional<std::chrono::seconds> expires);

  // The commands event_subscribe, events_list, subscribers_list, raise_event.
  [[nodiscard]] base::Result<> add_commands(CommandRegistry& commands);

 private:
  struct Subscription {
    std::string socket;
    EventSubscriber tell;
    std::optional<std::int64_t> until;  // Unix seconds
    std::atomic<std::uint64_t> lost{0};
  };
  using Subscriptions = std::vector<std::shared_ptr<Subscription>>;

  void raise(const Name& name, std::vector<Event::Parameter> parameters, std::uint64_t key);
  [[nodiscard]] EventTransport* transport_of(std::string_view socket) const;
  static void publish(Name& name, Subscriptions subscriptions);
  [[nodiscard]] base::Result<Json> subscribers(std::string_view event, std::string_view socket) const;
  [[nodiscard]] Json list() const;

  const base::Clock& clock_;
  mutable std::mutex mutex_;  // of what follows, and of changes of subscriptions
  std::map<std::string, std::unique_ptr<Name>, std::less<>> names_;
  std::vector<std::unique_ptr<EventTransport>> transports_;
};

class Events::Name {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }
  // Whether anybody would be told: ask before building the parameters.
  [[nodiscard]] bool is_wanted() const { return wanted_.load(std::memory_order_relaxed); }
  // Holding no lock.
  void raise(std::vector<Event::Parameter> parameters, std::uint64_t key) const {
    if (is_wanted()) events_.raise(*this, std::move(parameters), key);
  }

 private:
  friend class Events;
  Name(Events& events, std::string text, std::size_t id) : events_(events), text_(std::move(text)), id_(id) {}

  Events& events_;
  const std::string text_;
  const std::size_t id_;
  std::atomic<bool> wanted_{false};
  std::shared_ptr<const Subscriptions> subscriptions_ = std::make_shared<const Subscriptions>();  // under mutex_
};

}  // namespace carillon::management
