// SPDX-License-Identifier: Apache-2.0
// What registrar and mid_registrar have in common: parameters about bindings, and what follows from them. A base of
// both modules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/counter.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/registrar/aor.h"
#include "modules/registrar/gruu.h"
#include "modules/registrar/push.h"
#include "modules/registrar/registration.h"
#include "modules/usrloc/api.h"
#include "script/avp.h"
#include "transaction/stored_message.h"

namespace carillon::registrar {

using module::RouteContext;
using module::Verdict;

class Rules;

// A domain as scripts name it, and its table once the modules have started.
struct Domain {
  std::string name;
  usrloc::LocationTable* table = nullptr;
};

// The first argument of most functions.
struct DomainName {
  const Domain* domain = nullptr;
  [[nodiscard]] static base::Result<DomainName> parse(std::string_view text, Rules& rules);
};

// Where a registration comes from: the REGISTER this run of the script is for, or whose response it is for. Keeps it,
// as the transaction may end while the run waits.
struct Origin {
  transaction::StoredMessagePtr stored;
  std::uint32_t branch_flags = 0;
  std::uint32_t message_flags = 0;

  [[nodiscard]] const sip::Message& request() const { return stored->message(); }
  [[nodiscard]] const transport::Flow& flow() const { return stored->flow(); }
};

class Rules {
 public:
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
  bool disable_gruu = true;
  std::string gruu_secret;
  PushSettings push_settings;
  [[nodiscard]] base::Result<> set_received_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_attr_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_mcontact_avp(const script::Value& value);
  [[nodiscard]] base::Result<> set_push(const script::Value& value) { return set_flag(push_settings.enabled, value); }
  [[nodiscard]] base::Result<> set_push_purr(const script::Value& value) { return set_flag(push_settings.purr, value); }
  [[nodiscard]] base::Result<> set_push_providers(const script::Value& value);
  [[nodiscard]] base::Result<> set_push_match(const script::Value& value);
  [[nodiscard]] base::Result<> set_push_interval(const script::Value& value);
  [[nodiscard]] base::Result<> set_push_trigger(const script::Value& value);
  [[nodiscard]] base::Result<> set_accepted(const script::Value& value);

  // --- what the functions of both share
  [[nodiscard]] base::Result<> start_rules(module::Services& services, std::string_view module);
  // Also while scripts are compiled; the table comes with start_rules().
  [[nodiscard]] base::Result<const Domain*> domain(std::string_view name);
  // At start.
  template <typename F>
  void for_each_domain(F f) const {
    for (const Domain& domain : domains_) f(domain);
  }
  [[nodiscard]] usrloc::LocationService& locations() const { return *locations_; }
  [[nodiscard]] const Gruus& gruus() const { return gruus_; }
  [[nodiscard]] const std::string& received_avp() const { return received_avp_; }
  [[nodiscard]] const std::string& attr_avp() const { return attr_avp_; }
  [[nodiscard]] const std::string& mcontact_avp() const { return mcontact_avp_; }

  [[nodiscard]] std::expected<std::string, Refusal> aor_of(std::string_view uri) const {
    return extract_aor(uri, aor_rules_);
  }
  // The AoR in `given`, or else in what stands in for it: To of a REGISTER, From of anything else.
  [[nodiscard]] std::expected<std::string, Refusal> default_aor(const RouteContext& context,
                                                                std::optional<std::string_view> given) const;
  // Sends the answer to a refused REGISTER.
  void send_refusal(RouteContext& context, const Refusal& refusal, std::string_view more_headers) const;
  // Nothing for a response without a transaction.
  [[nodiscard]] static std::optional<Origin> origin_of(RouteContext& context);
  // Gives the script what attr_avp kept with a contact.
  void add_attr(RouteContext& context, std::string_view attr) const;
  // tcp_persistent_flag: the connection lives as long as what was registered by it.
  void keep_connection(const RouteContext& context, const Origin& origin, std::int64_t expiry) const;

 protected:
  Rules() = default;
  ~Rules() = default;

 private:
  [[nodiscard]] static base::Result<> set_flag(bool& to, const script::Value& value);

  std::mutex mutex_;  // of domains_, which only grows
  std::deque<Domain> domains_;
  usrloc::LocationService* locations_ = nullptr;
  AorRules aor_rules_;
  Gruus gruus_;
  std::uint32_t tcp_persistent_mask_ = 0;
  std::string received_avp_;
  std::string attr_avp_;
  std::string mcontact_avp_;
};

// The text of an AVP; empty when there is none.
[[nodiscard]] std::string_view avp_text(RouteContext& context, const std::string& name);
// "$avp(name)", or nothing, as the value of a parameter.
[[nodiscard]] base::Result<> set_avp_name(std::string& to, const script::Value& value);

}  // namespace carillon::registrar
