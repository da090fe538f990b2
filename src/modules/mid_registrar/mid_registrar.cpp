// SPDX-License-Identifier: Apache-2.0
// See mid_registrar.h: start, mid_registrar_save() until the request is relayed, mid_registrar_lookup().
#include "modules/mid_registrar/mid_registrar.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "modules/mid_registrar/answer.h"
#include "modules/mid_registrar/request.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/edit_list.h"

namespace carillon::mid_registrar {

using namespace module;
using registrar::Grant;
using registrar::Lookup;
using registrar::Refusal;
using registrar::SaveOperation;
using usrloc::AorRecord;
using usrloc::Bindings;

namespace {

constexpr Verdict kForward = 1;
constexpr Verdict kAbsorbed = 2;

}  // namespace

MidRegistrar::MidRegistrar() {
  min_expires = 10;
  max_expires = 3600;
}

base::Result<> MidRegistrar::set_extra_params_avp(const script::Value& value) {
  return registrar::set_avp_name(extra_params_avp_, value);
}

base::Result<> MidRegistrar::start(Services& services) {
  services_.emplace(services);
  if (mode < 0 || mode > 2) return base::fail("mode must be 0, 1 or 2");
  mode_ = static_cast<Mode>(mode);
  if (contact_id_insertion != "ct-param" && contact_id_insertion != "ct-username") {
    return base::fail("contact_id_insertion must be ct-param or ct-username");
  }
  if (contact_id_param.empty() || !std::ranges::all_of(contact_id_param, [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.';
      })) {
    return base::fail("contact_id_param must be a name");
  }
  form_ = {.place = contact_id_insertion == "ct-param" ? IdPlace::Parameter : IdPlace::Username,
           .parameter = contact_id_param,
           .at_sign = at_escape_str};
  if (mode_ == Mode::ThrottleAors && !sip::Uri::parse("sip:a" + at_escape_str + "b@example.org")) {
    return base::fail("at_escape_str must be what a username may hold");
  }
  if (auto started = start_rules(services, "mid_registrar"); !started) return started;
  if (!locations().is_in_memory()) {
    return base::fail(
        "needs the contacts of usrloc in memory, as in OpenSIPS: with working_mode_preset sql-only it can't work; "
        "single-instance-sql-write-through keeps every contact in the database, too");
  }
  aors_.emplace(services.shards);
  locations().observe(*this);
  // What was loaded from a database.
  for_each_domain([this](const registrar::Domain& domain) {
    for (std::size_t partition = 0; partition < usrloc::LocationTable::partitions(); ++partition) {
      std::vector<std::pair<std::uint64_t, std::string>> found;
      domain.table->for_each_in(partition, [&found](std::string_view aor, const AorRecord& record) {
        for (const usrloc::Contact& contact : record) found.emplace_back(contact.id(), aor);
      });
      for (auto& [id, aor] : found) aors_->with(id, [&aor](auto& entry) { entry.create(std::move(aor)); });
    }
  });
  return {};
}

void MidRegistrar::stop() {
  ended_ = true;
  aors_.reset();
}

// --- mid_registrar_save() --------------------------------------------------------------------------------------------

namespace {

// Reads what is known of each Contact, with the AoR's partition locked.
void look_up(Request& request, const SaveOperation& operation, const AorRecord* record, std::int64_t now) {
  for (std::size_t i = 0; i < request.entries.size(); ++i) {
    const sip::Contact& contact = request.registration.contacts[i];
    Request::Entry& entry = request.entries[i];
    const usrloc::Contact* binding = record != nullptr ? record->find(operation.key_of(contact)) : nullptr;
    if (binding == nullptr || !binding->is_valid_at(now)) continue;
    entry.is_known = true;
    entry.id = binding->id();
    entry.keys = binding->keys();
  }
  request.leaves_some = std::ranges::any_of(request.entries, [](const auto& entry) { return entry.asked != 0; });
  if (record == nullptr || request.registration.removes_all) return;
  for (const usrloc::Contact& binding : *record) {
    if (!binding.is_valid_at(now)) continue;
    const bool is_named = std::ranges::any_of(request.entries, [&](const auto& e) { return e.id == binding.id(); });
    if (!is_named) request.leaves_some = true;
    if (const auto remote = RemoteBinding::read(binding.keys()); remote && remote->until > request.aor_until) {
      request.aor_until = remote->until;
      request.aor_keys = binding.keys();
    }
  }
}

}  // namespace

Verdict MidRegistrar::save(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<SaveFlags>> flags,
                           std::optional<std::string_view> aor, std::optional<int> wanted_expires,
                           std::optional<std::string_view> /*ownership_tag*/) {
  if (context.message().method() != sip::Method::Register) return kFalse;
  const auto origin = origin_of(context);
  if (!origin) return kFalse;
  Request request{.origin = *origin,
                  .flags = flags ? **flags : SaveFlags{},
                  .registration = {},
                  .table = domain->domain->table,
                  .aor = {},
                  .outgoing_expires = outgoing_expires,
                  .entries = {},
                  .sent_aor_uri = {},
                  .aor_keys = {}};
  if (wanted_expires && *wanted_expires > 0) request.outgoing_expires = static_cast<std::uint32_t>(*wanted_expires);
  const auto refuse = [&](const Refusal& refusal, std::string_view headers = {}) {
    if (!request.flags.no_reply) send_refusal(context, refusal, headers);
    return kFalse;
  };
  auto name = aor_of(aor.value_or(origin->request().to().uri_text));
  if (!name) return refuse(name.error());
  request.aor = std::move(*name);
  auto registration = registrar::read_registration(origin->request(), max_contact_len, request.flags.path);
  if (!registration) return refuse(registration.error());
  request.registration = std::move(*registration);

  SaveOperation operation(*this, context, request.origin, request.flags, request.registration);
  if (const auto refusal = operation.check()) return refuse(*refusal, operation.headers());
  for (const sip::Contact& contact : request.registration.contacts) {
    const std::uint32_t asked = operation.asked_seconds(contact);
    request.entries.push_back({.asked = asked, .granted = asked == 0 ? 0 : operation.granted_seconds(contact)});
  }
  bool may_be_absorbed = false;
  const std::int64_t now = context.proxy().clock().unix_seconds();
  const bool there = request.table->read(request.aor, [&](const AorRecord& record) {
    look_up(request, operation, &record, now);
    may_be_absorbed = may_absorb(request, record);
  });
  if (!there) look_up(request, operation, nullptr, now);
  for (Request::Entry& entry : request.entries) {
    if (entry.id == 0) entry.id = request.table->new_contact_id();
  }
  if (may_be_absorbed) return absorb(context, request);
  if (!forward(context, request)) return kFalse;
  forwarded.add();
  return kForward;
}

// Whether the main registrar, as far as it was told, knows enough for as long as the phone asks.
bool MidRegistrar::may_absorb(const Request& request, const AorRecord& /*record*/) const {
  if (mode_ == Mode::Mirror || request.registration.removes_all) return false;
  if (request.entries.empty()) return true;  // a question, about what is known here
  const std::int64_t now = services_->clock.unix_seconds();
  if (mode_ == Mode::ThrottleAors) {
    if (!request.leaves_some) return false;
    return std::ranges::all_of(request.entries,
                               [&](const auto& entry) { return request.aor_until >= now + entry.granted; });
  }
  return std::ranges::all_of(request.entries, [now](const Request::Entry& entry) {
    const auto remote = RemoteBinding::read(entry.keys);
    return entry.is_known && entry.asked != 0 && remote && remote->until >= now + entry.granted;
  });
}

Verdict MidRegistrar::absorb(RouteContext& context, Request& request) {
  SaveOperation operation(*this, context, request.origin, request.flags, request.registration);
  if (const auto refusal = operation.check()) return kFalse;
  std::vector<Grant> grants;
  for (const Request::Entry& entry : request.entries) {
    const std::string& keys = mode_ == Mode::ThrottleAors ? request.aor_keys : entry.keys;
    grants.push_back({.seconds = entry.granted, .id = entry.id, .keys = keys});
  }
  operation.set_grants(std::move(grants));
  std::optional<Refusal> refusal;
  request.table->change(request.aor, [&](Bindings& bindings) { refusal = operation.apply(bindings); });
  if (refusal) {
    if (!request.flags.no_reply) send_refusal(context, *refusal, operation.headers());
    return kFalse;
  }
  absorbed.add();
  keep_connection(context, request.origin, operation.latest_expiry());
  if (!request.flags.no_reply) context.proxy().reply(context, {.status = 200, .headers = operation.headers()});
  return kAbsorbed;
}

std::optional<OwnAddress> MidRegistrar::own_address(RouteContext& context) const {
  const auto listeners = context.proxy().transport().listeners();
  const auto at = static_cast<std::size_t>(context.flow().listener);
  if (at >= listeners.size()) return std::nullopt;
  const transport::Listener& listener = listeners[at];
  const routing::ProxySettings& settings = context.proxy().settings();
  std::string_view host = listener.host;
  std::uint16_t port = listener.port;
  if (!listener.advertised && !settings.advertised_address.empty()) host = settings.advertised_address;
  if (!listener.advertised && settings.advertised_port != 0) port = settings.advertised_port;
  OwnAddress own{.host_port = fmt::format("{}:{}", host, port), .transport = {}};
  if (listener.protocol != transport::Protocol::Udp) {
    own.transport = fmt::format(";transport={}", transport::name(listener.protocol));
  }
  return own;
}

std::string MidRegistrar::extra_params(RouteContext& context) const {
  std::string params(registrar::avp_text(context, extra_params_avp_));
  if (params.empty()) return params;
  if (params.front() != ';') params.insert(0, ";");
  if (sip::Uri::parse("sip:example.org" + params) && params.find_first_of(" <>\"?\r\n") == std::string::npos) {
    return params;
  }
  log::warning("mid_registrar: {} is not fit to be parameters of a Contact URI", params);
  return {};
}

bool MidRegistrar::forward(RouteContext& context, Request& request) {
  const auto own = own_address(context);
  if (!own) return false;
  if (mode_ == Mode::ThrottleAors) {
    replace_contacts(context, request, *own);
  } else {
    rewrite_contacts(context, request, *own);
  }
  context.transaction_observers().push_back(std::make_unique<Answer>(
      *this, form_, mode_ == Mode::Mirror, mode_ == Mode::ThrottleAors, own->host_port, std::move(request)));
  return true;
}

// Modes 0 and 1: each Contact leads to us and names its binding.
void MidRegistrar::rewrite_contacts(RouteContext& context, Request& request, const OwnAddress& own) const {
  const sip::Message& message = context.message();
  sip::EditList& edits = context.decision.edits;
  const std::string more = extra_params(context);
  std::uint32_t longest = 0;
  std::size_t index = 0;
  for (const sip::ListItem item : message.items(sip::HeaderId::Contact)) {
    if (request.registration.removes_all) break;
    const sip::Contact& contact = request.registration.contacts[index];
    Request::Entry& entry = request.entries[index++];
    const auto uri = contact.address.uri();
    entry.sent_uri = contact_uri(*uri, own, entry.id, form_, more);
    std::optional<std::uint32_t> expires;
    if (mode_ == Mode::ThrottleContacts) {
      expires = entry.asked == 0 ? 0 : std::max(entry.asked, request.outgoing_expires);
      longest = std::max(longest, *expires);
    }
    edits.replace(message.span(item.value), contact_value(contact, entry.sent_uri, expires));
  }
  if (longest != 0 && message.has(sip::HeaderId::Expires)) {
    sip::set_header(edits, message, sip::HeaderId::Expires, std::to_string(longest));
  }
}

// Mode 2: the AoR is here, as long as it has a contact.
void MidRegistrar::replace_contacts(RouteContext& context, Request& request, const OwnAddress& own) const {
  if (request.registration.removes_all || request.entries.empty()) return;
  const sip::Message& message = context.message();
  sip::EditList& edits = context.decision.edits;
  std::uint32_t expires = request.leaves_some ? request.outgoing_expires : 0;
  if (request.leaves_some) {
    for (const Request::Entry& entry : request.entries) expires = std::max(expires, entry.asked);
  }
  request.sent_aor_uri = aor_uri(request.aor, own, form_, extra_params(context));
  bool is_first = true;
  for (const sip::ListItem item : message.items(sip::HeaderId::Contact)) {
    if (is_first) {
      edits.replace(message.span(item.value), fmt::format("<{}>;expires={}", request.sent_aor_uri, expires));
    } else {
      sip::remove_item(edits, message, item);
    }
    is_first = false;
  }
  if (message.has(sip::HeaderId::Expires)) {
    sip::set_header(edits, message, sip::HeaderId::Expires, std::to_string(expires));
  }
}

// --- mid_registrar_lookup() ------------------------------------------------------------------------------------------

Verdict MidRegistrar::lookup(RouteContext& context, Constant<DomainName> domain,
                             std::optional<Parsed<LookupFlags>> flags, std::optional<std::string_view> aor) {
  static const LookupFlags kNoFlags;
  Lookup lookup(*this, context, flags ? **flags : kNoFlags);
  const auto uri = sip::Uri::parse(context.request_target().uri);
  if (!uri) return Lookup::kInternalError;
  std::string named;
  std::optional<std::uint64_t> id;
  if (!aor && mode_ == Mode::ThrottleAors) {
    named = aor_in(*uri, form_);
    aor = named;
  } else if (!aor && (id = id_in(*uri, form_))) {
    aors_->with(*id, [&named](auto& entry) {
      if (entry.value() != nullptr) named = *entry.value();
    });
    if (named.empty()) return kFalse;
    lookup.plan_contact(named, *id);
  }
  if (lookup.planned() == 0 && !lookup.plan(aor)) return Lookup::kInternalError;
  for (std::size_t i = 0; i < lookup.planned(); ++i) {
    if (lookup.name(i).empty()) continue;
    domain->domain->table->read(lookup.name(i), [&](const AorRecord& record) { lookup.take(i, record); });
  }
  return lookup.finish();
}

}  // namespace carillon::mid_registrar
