// SPDX-License-Identifier: Apache-2.0
// registrar: save() answers a REGISTER (RFC 3261 section 10.3), lookup() turns an AoR into branches. The bindings are
// usrloc's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/registrar/aor.h"
#include "modules/registrar/flags.h"
#include "modules/registrar/registration.h"
#include "modules/usrloc/api.h"
#include "script/avp.h"

namespace carillon::registrar {

using module::Constant;
using module::Output;
using module::Parsed;
using module::RouteContext;
using module::Verdict;

class Registrar;
struct Origin;

// A domain as scripts name it, and its table once the modules have started.
struct Domain {
  std::string name;
  usrloc::LocationTable* table = nullptr;
};

// The first argument of most functions.
struct DomainName {
  const Domain* domain = nullptr;
  [[nodiscard]] static base::Result<DomainName> parse(std::string_view text, Registrar& registrar);
};

class Registrar final : public module::Module {
 public:
  using Needs = module::Requires<usrloc::LocationService>;

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  [[nodiscard]] base::Result<const Domain*> domain(std::string_view name);

  // --- functions
  base::Task<Verdict> save(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<SaveFlags>> flags,
                           std::optional<std::string_view> aor, std::optional<std::string_view> ownership_tag);
  Verdict lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                 std::optional<std::string_view> aor);
  Verdict remove(RouteContext& context, Constant<DomainName> domain, std::string_view aor,
                 std::optional<std::string_view> contact, std::optional<std::string_view> next_hop,
                 std::optional<std::string_view> instance, std::optional<std::string_view> branch_flag);
  base::Task<Verdict> remove_ip_port(RouteContext& context, std::string_view address, int port,
                                     Constant<DomainName> domain, std::optional<std::string_view> aor);
  Verdict is_registered(RouteContext& context, Constant<DomainName> domain, std::optional<std::string_view> aor);
  Verdict is_contact_registered(RouteContext& context, Constant<DomainName> domain, std::optional<std::string_view> aor,
                                std::optional<std::string_view> contact, std::optional<std::string_view> call_id);
  Verdict is_ip_registered(RouteContext& context, Constant<DomainName> domain, std::optional<std::string_view> aor,
                           Output addresses, std::optional<Output> ports);
  Verdict add_sock_hdr(RouteContext& context, std::string_view name);

  // --- statistics
  [[nodiscard]] std::uint64_t max_expires_value() const { return max_expires; }
  [[nodiscard]] std::uint64_t max_contacts_value() const { return max_contacts; }
  [[nodiscard]] std::uint64_t default_expires_value() const { return default_expires; }
  metrics::Counter accepted_regs;
  metrics::Counter rejected_regs;

  // --- parameters; times in seconds
  std::uint32_t default_expires = 3600;
  std::uint32_t min_expires = 60;
  std::uint32_t max_expires = 0;
  std::uint32_t expires_max_deviation = 0;
  bool reject_short_expires = false;
  int default_q = -1;  // thousandths
  bool case_sensitive = true;
  std::string tcp_persistent_flag;
  std::string realm_prefix;
  std::string received_param = "received";
  unsigned retry_after = 0;
  std::string sock_hdr_name;
  unsigned max_contacts = 0;
  unsigned max_bindings = 250;
  std::size_t max_username_len = 64;
  std::size_t max_domain_len = 64;
  std::size_t max_aor_len = 256;
  std::size_t max_contact_len = 255;
  bool allow_dup_cseq = true;
  [[nodiscard]] base::Result<> set_received_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_attr_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_mcontact_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_disable_gruu(const script::Value& value);
  [[nodiscard]] base::Result<> set_accepted(const script::Value& value);
  [[nodiscard]] base::Result<> set_push_notification(const script::Value& value);

 private:
  friend class SaveOperation;

  // The AoR in `given`, or else in what stands in for it: To of a REGISTER, From of anything else.
  [[nodiscard]] std::expected<std::string, Refusal> default_aor(const RouteContext& context,
                                                                std::optional<std::string_view> given) const;
  [[nodiscard]] std::expected<std::string, Refusal> aor_of(std::string_view uri) const {
    return extract_aor(uri, aor_rules_);
  }
  // Sends the answer to a refused REGISTER.
  void refuse(RouteContext& context, const Refusal& refusal, std::string_view more_headers, bool no_reply);

  // Nothing for a response without a transaction.
  [[nodiscard]] std::optional<Origin> origin_of(RouteContext& context) const;
  // Makes `registration` what the registrar that answered it with `response` has granted (cached registrations).
  void impose(Registration& registration, RouteContext& context) const;
  // Gives the script what attr_avp kept with a contact.
  void add_attr(RouteContext& context, std::string_view attr) const;
  void keep_connection(const RouteContext& context, const Origin& origin, std::int64_t expiry) const;

  std::mutex mutex_;  // of domains_, which only grows
  std::deque<Domain> domains_;
  usrloc::LocationService* locations_ = nullptr;
  routing::FlagNames* flag_names_ = nullptr;
  AorRules aor_rules_;
  std::uint32_t tcp_persistent_mask_ = 0;
  std::string received_avp_;
  std::string attr_avp_;
  std::string mcontact_avp_;
};

}  // namespace carillon::registrar
