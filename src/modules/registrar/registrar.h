// SPDX-License-Identifier: Apache-2.0
// registrar: save() answers a REGISTER (RFC 3261 section 10.3), lookup() turns an AoR into branches. The bindings are
// usrloc's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/counter.h"
#include "modules/registrar/flags.h"
#include "modules/registrar/registration.h"
#include "modules/registrar/rules.h"

namespace carillon::registrar {

using module::Constant;
using module::Eventual;
using module::Output;
using module::Parsed;

class Lookup;

class Registrar final : public module::Module, public Rules {
 public:
  using Needs = module::Requires<usrloc::LocationService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;

  // --- functions
  base::Task<Verdict> save(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<SaveFlags>> flags,
                           std::optional<std::string_view> aor, std::optional<std::string_view> ownership_tag);
  Eventual lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                  std::optional<std::string_view> aor);
  base::Task<Verdict> remove(RouteContext& context, Constant<DomainName> domain, std::string_view aor,
                             std::optional<std::string_view> contact, std::optional<std::string_view> next_hop,
                             std::optional<std::string_view> instance, std::optional<std::string_view> branch_flag);
  base::Task<Verdict> remove_ip_port(RouteContext& context, std::string_view address, int port,
                                     Constant<DomainName> domain, std::optional<std::string_view> aor);
  Eventual is_registered(RouteContext& context, Constant<DomainName> domain, std::optional<std::string_view> aor);
  Eventual registered(RouteContext& context, Constant<DomainName> domain, std::optional<std::string_view> aor);
  base::Task<Verdict> is_contact_registered(RouteContext& context, Constant<DomainName> domain,
                                            std::optional<std::string_view> aor,
                                            std::optional<std::string_view> contact,
                                            std::optional<std::string_view> call_id);
  base::Task<Verdict> is_ip_registered(RouteContext& context, Constant<DomainName> domain,
                                       std::optional<std::string_view> aor, Output addresses,
                                       std::optional<Output> ports);
  Verdict add_sock_hdr(RouteContext& context, std::string_view name);

  // --- statistics
  [[nodiscard]] std::uint64_t max_expires_value() const { return max_expires; }
  [[nodiscard]] std::uint64_t max_contacts_value() const { return max_contacts; }
  [[nodiscard]] std::uint64_t default_expires_value() const { return default_expires; }
  metrics::Counter accepted_regs;
  metrics::Counter rejected_regs;

 private:
  void refuse(RouteContext& context, const Refusal& refusal, std::string_view more_headers, bool no_reply);
  // Makes `registration` what the registrar that answered it with `response` has granted (cached registrations).
  void impose(Registration& registration, RouteContext& context) const;
  [[nodiscard]] base::Task<Verdict> lookup_in_database(RouteContext& context, Constant<DomainName> domain,
                                                       std::optional<Parsed<LookupFlags>> flags,
                                                       std::optional<std::string> aor) const;
  [[nodiscard]] base::Task<Verdict> is_registered_in_database(RouteContext& context, Constant<DomainName> domain,
                                                              std::string name) const;

  routing::FlagNames* flag_names_ = nullptr;
};

}  // namespace carillon::registrar
