// SPDX-License-Identifier: Apache-2.0
// See location_events.h.
#include "modules/usrloc/location_events.h"

#include <functional>
#include <string>

#include "routing/flag_names.h"
#include "sip/contact.h"
#include "transport/transport_layer.h"

namespace carillon::usrloc {
namespace {

using Kind = LocationChange::Kind;

// In the order of LocationChange::Kind.
constexpr std::array<std::string_view, LocationChange::kKinds> kNames = {
    "E_UL_AOR_INSERT",     "E_UL_AOR_DELETE",     "E_UL_CONTACT_INSERT", "E_UL_CONTACT_UPDATE",
    "E_UL_CONTACT_DELETE", "E_UL_LATENCY_UPDATE", "E_UL_CONTACT_REFRESH"};

}  // namespace

LocationEvents::LocationEvents(const Parts& parts) : parts_(parts) {
  for (std::size_t i = 0; i < kNames.size(); ++i) names_[i] = &parts_.events.name(kNames[i]);
}

bool LocationEvents::is_worth_telling(const LocationChange& change) const {
  if (change.kind != Kind::LatencyChanged) return true;
  const std::uint32_t now = change.contact->latency();
  const std::uint32_t moved = now > change.old_latency ? now - change.old_latency : change.old_latency - now;
  return now >= parts_.min_latency && moved >= parts_.min_latency_change;
}

std::string_view LocationEvents::socket_of(const Contact& contact) const {
  const auto listeners = parts_.transport.listeners();
  const auto socket = static_cast<std::size_t>(contact.socket());
  return socket < listeners.size() ? std::string_view(listeners[socket].name) : std::string_view{};
}

void LocationEvents::describe(const Contact& contact, Parameters& to) const {
  const auto add = [&to](std::string_view name, std::string_view value) {
    to.push_back({std::string(name), std::string(value)});
  };
  add("uri", contact.uri());
  add("received", contact.received());
  add("path", contact.path());
  add("qval", contact.q() ? sip::format_qvalue(*contact.q()) : "");
  add("user_agent", contact.user_agent());
  add("socket", socket_of(contact));
  add("bflags", parts_.flag_names.names(routing::FlagSpace::Branch, contact.branch_flags()));
  to.push_back({"expires", contact.expires()});
  add("callid", contact.call_id());
  to.push_back({"cseq", static_cast<std::int64_t>(contact.cseq())});
  add("attr", contact.attr());
  to.push_back({"latency", static_cast<std::int64_t>(contact.latency())});
  add("shtag", "");  // of clusters
}

void LocationEvents::describe_refresh(const LocationChange& change, Parameters& to) const {
  const Contact& contact = *change.contact;
  const auto add = [&to](std::string_view name, std::string_view value) {
    to.push_back({std::string(name), std::string(value)});
  };
  add("uri", contact.uri());
  add("received", contact.received());
  add("user_agent", contact.user_agent());
  add("socket", socket_of(contact));
  add("bflags", parts_.flag_names.names(routing::FlagSpace::Branch, contact.branch_flags()));
  to.push_back({"expires", contact.expires()});
  add("callid", contact.call_id());
  add("attr", contact.attr());
  add("shtag", "");
  add("reason", change.reason);
  add("req_callid", change.request_call_id);
}

void LocationEvents::on_change(shard::Shard& /*shard*/, std::string_view table, std::string_view aor,
                               const LocationChange& change) {
  if (!is_worth_telling(change)) return;
  Parameters parameters = {{"domain", std::string(table)}, {"aor", std::string(aor)}};
  if (change.kind == Kind::RefreshDue) {
    describe_refresh(change, parameters);
  } else if (change.contact) {
    describe(*change.contact, parameters);
  }
  name_of(change.kind).raise(std::move(parameters), std::hash<std::string_view>{}(aor));
}

}  // namespace carillon::usrloc
