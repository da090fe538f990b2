// SPDX-License-Identifier: Apache-2.0
// mid_registrar: stands between phones and a main registrar, keeps a location table of its own, and spares the main
// registrar what it need not hear.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/counter.h"
#include "module/module.h"
#include "module/services.h"
#include "modules/mid_registrar/main_registrar.h"
#include "modules/registrar/api.h"
#include "modules/usrloc/api.h"
#include "shard/partitioned_table.h"

namespace carillon::mid_registrar {

using module::Constant;
using module::Parsed;
using module::RouteContext;
using module::Verdict;
using registrar::DomainName;
using registrar::LookupFlags;
using registrar::SaveFlags;

// One REGISTER that is looked at: what it asks for and what becomes of it.
struct Request;

class MidRegistrar final : public module::Module, public registrar::Rules, private usrloc::LocationObserver {
 public:
  using Needs = module::Requires<usrloc::LocationService>;
  using Shares = module::Optional<registrar::Rules>;

  MidRegistrar();

  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override;

  // --- functions
  Verdict save(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<SaveFlags>> flags,
               std::optional<std::string_view> aor, std::optional<int> outgoing_expires,
               std::optional<std::string_view> ownership_tag);
  Verdict lookup(RouteContext& context, Constant<DomainName> domain, std::optional<Parsed<LookupFlags>> flags,
                 std::optional<std::string_view> aor);

  // --- statistics
  metrics::Counter forwarded;
  metrics::Counter absorbed;
  metrics::Counter taken_back;
  metrics::Counter failed_removals;

  // --- parameters
  int mode = 0;
  std::string contact_id_insertion = "ct-param";
  std::string contact_id_param = "ctid";
  std::string at_escape_str = "%40";
  std::uint32_t outgoing_expires = 3600;  // seconds
  [[nodiscard]] base::Result<> set_extra_params_avp(const script::Value& value);

 private:
  enum class Mode : std::uint8_t { Mirror, ThrottleContacts, ThrottleAors };

  [[nodiscard]] bool may_absorb(const Request& request, const usrloc::AorRecord& record) const;
  [[nodiscard]] Verdict absorb(RouteContext& context, Request& request);
  // Makes it what the main registrar is to get; false when it has no way there.
  [[nodiscard]] bool forward(RouteContext& context, Request& request);
  void rewrite_contacts(RouteContext& context, Request& request, const OwnAddress& own) const;
  void replace_contacts(RouteContext& context, Request& request, const OwnAddress& own) const;
  [[nodiscard]] std::optional<OwnAddress> own_address(RouteContext& context) const;
  // Those that the script wants on Contact URIs, each with its ";".
  [[nodiscard]] std::string extra_params(RouteContext& context) const;

  // --- usrloc::LocationObserver
  [[nodiscard]] bool wants(usrloc::LocationChange::Kind kind) const override;
  void on_change(shard::Shard& shard, std::string_view table, std::string_view aor,
                 const usrloc::LocationChange& change) override;
  // REGISTER with Expires: 0.
  [[nodiscard]] base::Task<> take_back(shard::Shard& shard, RemoteBinding remote);

  Mode mode_ = Mode::Mirror;
  ContactForm form_;
  std::string extra_params_avp_;
  std::optional<module::Services> services_;
  std::atomic<bool> ended_{false};
  // The AoR of each contact, to find it by the number in a Request-URI.
  std::optional<shard::PartitionedTable<std::uint64_t, std::string>> aors_;
};

}  // namespace carillon::mid_registrar
