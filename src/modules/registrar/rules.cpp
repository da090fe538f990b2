// SPDX-License-Identifier: Apache-2.0
// See rules.h.
#include "modules/registrar/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "module/registry.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
#include "routing/proxy_transaction.h"

namespace carillon::registrar {

base::Result<DomainName> DomainName::parse(std::string_view text, Rules& rules) {
  const auto domain = rules.domain(text);
  if (!domain) return std::unexpected(domain.error());
  return DomainName{*domain};
}

base::Result<const Domain*> Rules::domain(std::string_view name) {
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

base::Result<> Rules::start_rules(module::Services& services, std::string_view module) {
  locations_ = services.find<usrloc::LocationService>();
  aor_rules_ = {.use_domain = locations_->use_domain(),
                .case_sensitive = case_sensitive,
                .realm_prefix = realm_prefix,
                .max_username = max_username_len,
                .max_domain = max_domain_len,
                .max_aor = max_aor_len};
  gruus_ = Gruus(gruu_secret);
  if (!tcp_persistent_flag.empty() && tcp_persistent_flag != "-1") {
    const auto mask = services.flag_names.mask(routing::FlagSpace::Message, tcp_persistent_flag);
    if (!mask) return std::unexpected(mask.error());
    tcp_persistent_mask_ = *mask;
  }
  // As OpenSIPS does, so that what a phone gets that asks for nothing is what default_expires says.
  if (min_expires > default_expires) {
    log::warning("{}: min_expires is more than default_expires and taken for {}", module, default_expires);
    min_expires = default_expires;
  }
  if (max_expires != 0 && max_expires < default_expires) {
    log::warning("{}: max_expires is less than default_expires and taken for {}", module, default_expires);
    max_expires = default_expires;
  }
  if (push_settings.enabled && push_settings.providers.empty()) return base::fail("pn_enable needs pn_providers");
  if (push_settings.enabled) locations_->set_refresh_before(push_settings.trigger_interval);
  for (Domain& domain : domains_) {
    const auto table = locations_->table(domain.name);
    if (!table) return std::unexpected(table.error());
    domain.table = *table;
  }
  return {};
}

// --- parameters ------------------------------------------------------------------------------------------------------

base::Result<> set_avp_name(std::string& to, const script::Value& value) {
  constexpr std::string_view kBegin = "$avp(";
  const std::string_view text = value.as_text();
  if (text.empty()) {
    to.clear();
    return {};
  }
  if (text.size() <= kBegin.size() + 1 || !text.starts_with(kBegin) || text.back() != ')') {
    return base::fail("must be of the form $avp(name)");
  }
  to = text.substr(kBegin.size(), text.size() - kBegin.size() - 1);
  return {};
}

base::Result<> Rules::set_received_avp(const script::Value& value) { return set_avp_name(received_avp_, value); }
base::Result<> Rules::set_attr_avp(const script::Value& value) { return set_avp_name(attr_avp_, value); }
base::Result<> Rules::set_mcontact_avp(const script::Value& value) { return set_avp_name(mcontact_avp_, value); }
base::Result<> Rules::set_accepted(const script::Value& /*value*/) { return {}; }

base::Result<> Rules::set_flag(bool& to, const script::Value& value) {
  to = value.has_integer() ? value.as_integer() != 0 : value.as_text() != "0" && !value.as_text().empty();
  return {};
}

base::Result<> Rules::set_push_providers(const script::Value& value) {
  push_settings.providers = words_of(value.as_text());
  return {};
}

base::Result<> Rules::set_push_match(const script::Value& value) {
  push_settings.match_params = words_of(value.as_text());
  return {};
}

base::Result<> Rules::set_push_interval(const script::Value& value) {
  if (value.as_integer() <= 0) return base::fail("must be positive");
  push_settings.register_interval = static_cast<std::uint32_t>(value.as_integer());
  return {};
}

base::Result<> Rules::set_push_trigger(const script::Value& value) {
  if (value.as_integer() <= 0) return base::fail("must be positive");
  push_settings.trigger_interval = static_cast<std::uint32_t>(value.as_integer());
  return {};
}

// --- what functions share --------------------------------------------------------------------------------------------

std::string_view avp_text(RouteContext& context, const std::string& name) {
  if (name.empty()) return {};
  const script::Value value = context.avps().get(script::AvpName(name));
  return value.has_text() ? value.as_text() : std::string_view{};
}

std::expected<std::string, Refusal> Rules::default_aor(const RouteContext& context,
                                                       std::optional<std::string_view> given) const {
  if (given) return aor_of(*given);
  const sip::Message& message = context.message();
  return aor_of((message.method() == sip::Method::Register ? message.to() : message.from()).uri_text);
}

void Rules::send_refusal(RouteContext& context, const Refusal& refusal, std::string_view more_headers) const {
  // Who is refused for want of room shall not come back at once, whatever retry_after says.
  constexpr unsigned kRetryAfterFull = 60;
  std::string headers = fmt::format("P-Registrar-Error: {}\r\n", refusal.text);
  unsigned wait = refusal.status >= 500 && refusal.status != kPushUnsupported.status ? retry_after : 0;
  if (wait == 0 && refusal.text == kFull.text) wait = kRetryAfterFull;
  if (wait != 0) headers += fmt::format("Retry-After: {}\r\n", wait);
  headers += more_headers;
  std::string_view reason;
  if (refusal.status == kPushUnsupported.status) reason = kPushUnsupported.text;
  context.proxy().reply(context, {.status = refusal.status, .reason = reason, .headers = headers});
}

std::optional<Origin> Rules::origin_of(RouteContext& context) {
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

void Rules::add_attr(RouteContext& context, std::string_view attr) const {
  if (!attr_avp_.empty()) context.avps().append(script::AvpName(attr_avp_), script::Value::text(attr));
}

// A little longer than what was registered, for the refresh.
void Rules::keep_connection(const RouteContext& context, const Origin& origin, std::int64_t expiry) const {
  constexpr std::chrono::seconds kForTheRefresh{10};
  const transport::ConnectionId connection = origin.flow().connection;
  if (expiry == 0 || connection == transport::ConnectionId::None) return;
  if ((origin.message_flags & tcp_persistent_mask_) == 0) return;
  const base::Clock& clock = context.proxy().clock();
  const auto left = std::chrono::seconds(expiry - clock.unix_seconds()) + kForTheRefresh;
  context.proxy().transport().keep_until(connection, clock.now() + left);
}

}  // namespace carillon::registrar
