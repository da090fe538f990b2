// SPDX-License-Identifier: Apache-2.0
// See registrar.h: start, parameters, save().
#include "modules/registrar/registrar.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "module/registry.h"
#include "modules/registrar/save_operation.h"
#include "routing/flag_names.h"
#include "routing/proxy.h"
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
  if (max_expires != 0 && max_expires < min_expires) return base::fail("max_expires is less than min_expires");
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
  auto name = avp_name(value.as_text());
  if (!name) return std::unexpected(std::move(name.error()));
  to = std::move(*name);
  return {};
}

}  // namespace

base::Result<> Registrar::set_received_avp(const script::Value& value) { return set_avp(received_avp_, value); }
base::Result<> Registrar::set_attr_avp(const script::Value& value) { return set_avp(attr_avp_, value); }

base::Result<> Registrar::set_mcontact_avp(const script::Value& value) {
  std::string unused;
  return set_avp(unused, value);
}

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
  if (refusal.status == kPathUnsupported.status) headers += "Unsupported: path\r\n";
  if (refusal.status == kTooBrief.status) headers += fmt::format("Min-Expires: {}\r\n", min_expires);
  headers += more_headers;
  context.proxy().reply(context, {.status = refusal.status, .headers = headers});
}

base::Task<Verdict> Registrar::save(RouteContext& context, Constant<DomainName> domain,
                                    std::optional<Parsed<SaveFlags>> flags, std::optional<std::string_view> aor,
                                    std::optional<std::string_view> /*ownership_tag*/) {
  static const SaveFlags kNoFlags;
  const SaveFlags& wanted = flags ? **flags : kNoFlags;
  // The Contacts of a reply are saved for whoever sent the REGISTER; the reply itself goes on.
  const bool no_reply = wanted.no_reply || !context.message().is_request();
  const auto refused = [&](const Refusal& refusal, std::string_view headers = {}) {
    refuse(context, refusal, headers, no_reply);
    return kFalse;
  };
  const auto name = aor_of(aor.value_or(context.message().to().uri_text));
  if (!name) co_return refused(name.error());
  const auto registration = read_registration(context.message(), max_contact_len);
  if (!registration) co_return refused(registration.error());

  SaveOperation operation(*this, context, wanted, *registration);
  std::optional<Refusal> refusal = operation.check();
  usrloc::LocationTable& table = *domain->domain->table;
  if (!refusal) table.change(*name, [&](usrloc::Bindings& bindings) { refusal = operation.apply(bindings); });
  if (refusal) co_return refused(*refusal, operation.headers());
  if (locations_->is_write_through() && !co_await locations_->written(table, context.proxy().shard())) {
    co_return refused(kNotWritten);
  }

  accepted_regs.add();
  keep_connection(context, operation.latest_expiry());
  if (no_reply) co_return kTrue;
  std::string& headers = operation.headers();
  if (wanted.path != PathMode::Off && registration->supports_path && !registration->path.empty()) {
    headers += fmt::format("Path: {}\r\n", registration->path);
  }
  co_return Verdict::of(context.proxy().reply(context, {.status = 200, .headers = headers}));
}

// tcp_persistent_flag: the connection lives as long as what was registered by it.
void Registrar::keep_connection(const RouteContext& context, std::int64_t expiry) const {
  const transport::Flow& flow = context.flow();
  if (expiry == 0 || flow.connection == transport::ConnectionId::None) return;
  if ((context.decision.flags & tcp_persistent_mask_) == 0) return;
  const base::Clock& clock = context.proxy().clock();
  const auto left = std::chrono::seconds(expiry - clock.unix_seconds());
  context.proxy().transport().keep_until(flow.connection, clock.now() + left);
}

}  // namespace carillon::registrar
