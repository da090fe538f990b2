// SPDX-License-Identifier: Apache-2.0
// See registrar.h: save() and lookup().
#include "modules/registrar/registrar.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "modules/registrar/lookup.h"
#include "modules/registrar/save_operation.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/edit_list.h"

namespace carillon::registrar {

using namespace module;

base::Result<> Registrar::start(Services& services) {
  flag_names_ = &services.flag_names;
  return start_rules(services, "registrar");
}

void Registrar::refuse(RouteContext& context, const Refusal& refusal, std::string_view more_headers, bool no_reply) {
  rejected_regs.add();
  if (!no_reply) send_refusal(context, refusal, more_headers);
}

void Registrar::impose(Registration& registration, RouteContext& context) const {
  if (registration.contacts.empty()) return;
  sip::Contact& asked = registration.contacts.front();  // as in OpenSIPS, only the first
  if (asked.expires.value_or(registration.expires.value_or(default_expires)) == 0) return;
  // The other registrar may have been told another URI.
  const script::Value changed =
      mcontact_avp().empty() ? script::Value::null() : context.avps().get(script::AvpName(mcontact_avp()));
  const auto wanted = sip::Uri::parse(changed.has_text() ? changed.as_text() : asked.address.uri_text);
  if (!wanted) return;
  for (const sip::ListItem item : context.message().items(sip::HeaderId::Contact)) {
    const auto granted = sip::Contact::parse(item.value);
    if (!granted || granted->star || !granted->expires) continue;
    const auto uri = granted->address.uri();
    if (!uri || !sip::equivalent(*uri, *wanted)) continue;
    asked.expires = granted->expires;
    registration.contacts.resize(1);
    if (changed.has_text()) {
      context.decision.edits.replace(context.message().span(granted->address.uri_text), asked.address.uri_text);
    }
    return;
  }
}

base::Task<Verdict> Registrar::save(RouteContext& context, Constant<DomainName> domain,
                                    std::optional<Parsed<SaveFlags>> flags, std::optional<std::string_view> aor,
                                    std::optional<std::string_view> /*ownership_tag*/) {
  static const SaveFlags kNoFlags;
  const SaveFlags& wanted = flags ? **flags : kNoFlags;
  const bool is_response = !context.message().is_request();
  const bool no_reply = wanted.no_reply || is_response;
  const auto refused = [&](const Refusal& refusal, std::string_view headers = {}) {
    refuse(context, refusal, headers, no_reply);
    return kFalse;
  };
  const std::optional<Origin> origin = origin_of(context);
  if (!origin) co_return kFalse;
  const auto name = aor_of(aor.value_or(origin->request().to().uri_text));
  if (!name) co_return refused(name.error());
  auto registration = read_registration(origin->request(), max_contact_len, wanted.path);
  if (!registration) co_return refused(registration.error());
  if (is_response) impose(*registration, context);

  SaveOperation operation(*this, context, *origin, wanted, *registration);
  std::optional<Refusal> refusal = operation.check();
  usrloc::LocationTable& table = *domain->domain->table;
  const auto apply = [&](usrloc::Bindings& bindings) { refusal = operation.apply(bindings); };
  if (!refusal && locations().is_in_memory()) {
    table.change(*name, apply);
  } else if (!refusal) {
    const auto changed = co_await locations().change(table, context.proxy().shard(), *name, apply);
    if (!changed) refusal = kStorage;
  }
  if (refusal) co_return refused(*refusal, refusal->text == kStorage.text ? std::string_view{} : operation.headers());
  // A database or store that is down doesn't keep phones from registering: what it doesn't have yet is written later.
  if (locations().is_write_awaited()) {
    static_cast<void>(co_await locations().written(table, context.proxy().shard(), *name));
  }

  accepted_regs.add();
  keep_connection(context, *origin, operation.latest_expiry());
  if (no_reply) co_return kTrue;
  std::string& headers = operation.headers();
  const bool shows_path = wanted.path == PathMode::Lazy || wanted.path == PathMode::Strict;
  if (shows_path && registration->supports_path && !registration->path.empty()) {
    headers += fmt::format("Path: {}\r\n", registration->path);
  }
  co_return Verdict::of(context.proxy().reply(context, {.status = 200, .headers = headers}));
}

// --- lookup() --------------------------------------------------------------------------------------------------------

Eventual Registrar::lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                           std::optional<std::string_view> aor) {
  static const LookupFlags kNoFlags;
  if (!locations().is_in_memory()) {
    // The argument doesn't outlive a pause.
    std::optional<std::string> kept;
    if (aor) kept = *aor;
    return lookup_in_database(context, domain, std::move(flags), std::move(kept));
  }
  Lookup lookup(*this, context, flags ? **flags : kNoFlags);
  if (!lookup.plan(aor)) return Verdict(Lookup::kInternalError);
  for (std::size_t i = 0; i < lookup.planned(); ++i) {
    if (lookup.name(i).empty()) continue;
    domain->domain->table->read(lookup.name(i), [&](const usrloc::AorRecord& record) { lookup.take(i, record); });
  }
  return lookup.finish();
}

base::Task<Verdict> Registrar::lookup_in_database(RouteContext& context, Constant<DomainName> domain,
                                                  std::optional<Parsed<LookupFlags>> flags,
                                                  std::optional<std::string> aor) const {
  static const LookupFlags kNoFlags;
  Lookup lookup(*this, context, flags ? **flags : kNoFlags);
  if (!lookup.plan(aor)) co_return Lookup::kInternalError;
  for (std::size_t i = 0; i < lookup.planned(); ++i) {
    if (lookup.name(i).empty()) continue;
    const auto read = co_await locations().read(*domain->domain->table, context.proxy().shard(), lookup.name(i),
                                                [&](const usrloc::AorRecord& record) { lookup.take(i, record); });
    if (!read) co_return Lookup::kInternalError;
  }
  co_return lookup.finish();
}

}  // namespace carillon::registrar
