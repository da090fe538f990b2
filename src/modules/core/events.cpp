// SPDX-License-Identifier: Apache-2.0
// raise_event() and subscribe_event(). See core.h.
#include "management/events.h"
#include "base/log.h"
#include "modules/core/core.h"
#include "routing/proxy.h"
#include "shard/shard.h"

namespace carillon::core {

using namespace module;

namespace {

// More than any event has; a pair of AVPs may hold what somebody sent.
constexpr int kMaxParameters = 256;

management::Event::Value value_of(const script::Value& value) {
  if (value.has_integer()) return value.as_integer();
  return std::string(value.as_text());
}

}  // namespace

// With one AVP: its values, without names. The last value added is the first parameter, as in OpenSIPS.
Verdict Core::raise_event(RouteContext& context, std::string_view event, std::optional<Output> names,
                          std::optional<Output> values) {
  management::Events::Name& name = events_->name(event);
  const bool named = names && values;
  const std::optional<Output>& list = named ? values : names;
  std::vector<management::Event::Parameter> parameters;
  for (int at = 0; list && at < kMaxParameters; ++at) {
    const script::Value value = list->read_at(at);
    if (value.is_null()) break;
    const script::Value key = named ? names->read_at(at) : script::Value::text("");
    if (key.is_null()) {
      log::error("raise_event(\"{}\"): there are more values than names", event);
      return kFalse;
    }
    parameters.push_back({std::string(key.as_text()), value_of(value)});
  }
  if (names) names->clear();
  if (values) values->clear();
  name.raise(std::move(parameters), context.proxy().shard().id());
  return kTrue;
}

Verdict Core::subscribe_event(RouteContext& /*context*/, std::string_view event, std::string_view socket,
                              std::optional<int> expires) {
  constexpr int kUsualExpires = 3600;
  auto done = events_->subscribe(events_->name(event), socket, std::chrono::seconds(expires.value_or(kUsualExpires)));
  if (!done) log::error("subscribe_event(\"{}\"): {}", event, done.error().message);
  return Verdict::of(done.has_value());
}

}  // namespace carillon::core
