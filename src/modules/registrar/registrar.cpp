// SPDX-License-Identifier: Apache-2.0
// See registrar.h: start, parameters, save().
#include "modules/registrar/registrar.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "modules/registrar/save_operation.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"
#include "sip/edit_list.h"

namespace carillon::registrar {

using namespace module;

base::Result<DomainName> DomainName::parse(std::string_view text, Registrar& registrar) {
  const auto domain = registrar.domain(text);
  if (!domain) return std::unexpected(domain.error());
  return DomainName{*domain};
}

base::Result<const Domain*> Registrar::domain(std::string_view name) {
  const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '_' || c == '-' || c == '.';
  });
  if (!plain) return base::fail("not the name of a location table");
  const std::scoped_lock lock(mutex_);
  const auto known = std::ranges::find(domains_, name, &Domain::name);
  if (known != domains_.end()) return &*known;
  Domain domain{.name = std::string(name)};
  // A script that replaces the running one: its tables are needed at once.
  if (locations_ != nullptr) {
    const auto table = locations_->table(name);
    if (!table) return std::unexpected(table.error());
    domain.table = *table;
  }
  domains_.push_back(std::move(domain));
  return &domains_.back();
}

base::Result<> Registrar::start(Services& services) {
  locations_ = services.find<usrloc::LocationService>();
  flag_names_ = &services.flag_names;
  aor_rules_ = {.use_domain = locations_->use_domain(),
                .case_sensitive = case_sensitive,
                .realm_prefix = realm_prefix,
                .max_username = max_username_len,
                .max_domain = max_domain_len,
                .max_aor = max_aor_len};
  if (!tcp_persistent_flag.empty() && tcp_persistent_flag != "-1") {
    const auto mask = services.flag_names.mask(routing::FlagSpace::Message, tcp_persistent_flag);
    if (!mask) return std::unexpected(mask.error());
    tcp_persistent_mask_ = *mask;
  }
  // As OpenSIPS does, so that what a phone gets that asks for nothing is what default_expires says.
  if (min_expires > default_expires) {
    log::warning("registrar: min_expires is more than default_expires and taken for {}", default_expires);
    min_expires = default_expires;
  }
  if (max_expires != 0 && max_expires < default_expires) {
    log::warning("registrar: max_expires is less than default_expires and taken for {}", default_expires);
    max_expires = default_expires;
  }
  for (Domain& domain : domains_) {
    const auto table = locations_->table(domain.name);
    if (!table) return std::unexpected(table.error());
    domain.table = *table;
  }
  return {};
}

// --- parameters ------------------------------------------------------------------------------------------------------

namespace {

// "$avp(name)".
base::Result<std::string> avp_name(std::string_view text) {
  constexpr std::string_view kBegin = "$avp(";
  if (text.size() <= kBegin.size() + 1 || !text.starts_with(kBegin) || text.back() != ')') {
    return base::fail("must be of the form $avp(name)");
  }
  return std::string(text.substr(kBegin.size(), text.size() - kBegin.size() - 1));
}

base::Result<> set_avp(std::string& to, const script::Value& value) {
  if (value.as_text().empty()) {
    to.clear();
    return {};
  }
  auto name = avp_name(value.as_text());
  if (!name) return std::unexpected(std::move(name.error()));
  to = std::move(*name);
  return {};
}

}  // namespace

base::Result<> Registrar::set_received_avp(const script::Value& value) { return set_avp(received_avp_, value); }
base::Result<> Registrar::set_attr_avp(const script::Value& value) { return set_avp(attr_avp_, value); }

base::Result<> Registrar::set_mcontact_avp(const script::Value& value) { return set_avp(mcontact_avp_, value); }

base::Result<> Registrar::set_disable_gruu(const script::Value& value) {
  if (value.as_integer() == 0) return base::fail("GRUUs are not available");
  return {};
}

base::Result<> Registrar::set_accepted(const script::Value& /*value*/) { return {}; }

base::Result<> Registrar::set_push_notification(const script::Value& value) {
  if (value.has_integer() && value.as_integer() == 0) return {};
  return base::fail("push notifications (RFC 8599) are not available");
}

// --- save() ----------------------------------------------------------------------------------------------------------

std::expected<std::string, Refusal> Registrar::default_aor(const RouteContext& context,
                                                           std::optional<std::string_view> given) const {
  if (given) return aor_of(*given);
  const sip::Message& message = context.message();
  return aor_of((message.method() == sip::Method::Register ? message.to() : message.from()).uri_text);
}

void Registrar::refuse(RouteContext& context, const Refusal& refusal, std::string_view more_headers, bool no_reply) {
  rejected_regs.add();
  if (no_reply) return;
  std::string headers = fmt::format("P-Registrar-Error: {}\r\n", refusal.text);
  if (refusal.status >= 500 && retry_after != 0) headers += fmt::format("Retry-After: {}\r\n", retry_after);
  headers += more_headers;
  context.proxy().reply(context, {.status = refusal.status, .headers = headers});
}

std::optional<Origin> Registrar::origin_of(RouteContext& context) const {
  if (context.message().is_request()) {
    return Origin{.stored = context.stored(),
                  .branch_flags = context.request_target().flags,
                  .message_flags = context.decision.flags};
  }
  const routing::ProxyTransaction* transaction = context.transaction;
  if (transaction == nullptr || !transaction->has_request()) return std::nullopt;
  const auto& branches = transaction->branches();
  return Origin{.stored = transaction->stored_request(),
                .branch_flags = branches.empty() ? 0 : branches.front()->target.flags,
                .message_flags = transaction->flags};
}

void Registrar::impose(Registration& registration, RouteContext& context) const {
  if (registration.contacts.empty()) return;
  sip::Contact& asked = registration.contacts.front();  // as in OpenSIPS, only the first
  if (asked.expires.value_or(registration.expires.value_or(default_expires)) == 0) return;
  // The other registrar may have been told another URI.
  const script::Value changed =
      mcontact_avp_.empty() ? script::Value::null() : context.avps().get(script::AvpName(mcontact_avp_));
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
  if (!refusal) table.change(*name, [&](usrloc::Bindings& bindings) { refusal = operation.apply(bindings); });
  if (refusal) co_return refused(*refusal, operation.headers());
  // A database that is down doesn't keep phones from registering: what it doesn't have yet is written later.
  if (locations_->is_write_through()) static_cast<void>(co_await locations_->written(table, context.proxy().shard()));

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

// tcp_persistent_flag: the connection lives as long as what was registered by it, and a little longer for the refresh.
void Registrar::keep_connection(const RouteContext& context, const Origin& origin, std::int64_t expiry) const {
  constexpr std::chrono::seconds kForTheRefresh{10};
  const transport::ConnectionId connection = origin.flow().connection;
  if (expiry == 0 || connection == transport::ConnectionId::None) return;
  if ((origin.message_flags & tcp_persistent_mask_) == 0) return;
  const base::Clock& clock = context.proxy().clock();
  const auto left = std::chrono::seconds(expiry - clock.unix_seconds()) + kForTheRefresh;
  context.proxy().transport().keep_until(connection, clock.now() + left);
}

}  // namespace carillon::registrar
