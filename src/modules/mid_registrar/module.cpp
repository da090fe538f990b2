// SPDX-License-Identifier: Apache-2.0
// mid_registrar: the declaration page.
#include "modules/mid_registrar/mid_registrar.h"

namespace carillon::mid_registrar {
namespace {

using namespace module;

constexpr auto kOwnParameters = std::to_array({
    parameter<&MidRegistrar::mode>(
        "mode",
        "0: mirrors what the main registrar has. 1: contacts are registered there for longer, "
        "and refreshed here. 2: of an AoR only one contact is, ours."),
    parameter<&MidRegistrar::contact_id_insertion>(
        "contact_id_insertion", "ct-param or ct-username: where Contact URIs name the contact (modes 0 and 1)."),
    parameter<&MidRegistrar::contact_id_param>("contact_id_param", "The URI parameter that names it (ct-param)."),
    parameter<&MidRegistrar::at_escape_str>("at_escape_str",
                                            "Stands for @ in the username of a Contact URI of an AoR (mode 2)."),
    parameter<&MidRegistrar::outgoing_expires>("outgoing_expires",
                                               "Seconds at least that are asked of the main registrar (modes 1, 2)."),
    parameter<&MidRegistrar::set_extra_params_avp>("extra_contact_params_avp", ParameterType::Text,
                                                   "The AVP with parameters for the Contact URIs sent on."),
});

constexpr auto kShared = registrar::kRuleParameters<MidRegistrar>;

// The module's own ones first.
constexpr auto kParameters = [] {
  std::array<ParameterDecl, kOwnParameters.size() + kShared.size()> all{};
  std::size_t at = 0;
  for (const ParameterDecl& one : kOwnParameters) all[at++] = one;
  for (const ParameterDecl& one : kShared) all[at++] = one;
  return all;
}();

constexpr auto kFunctions = std::to_array({
    function<&MidRegistrar::save>(
        "mid_registrar_save", {"domain", "flags", "aor", "outgoing_expires", "ownership_tag"}, kRequest,
        "1: the REGISTER is ready to be relayed to the main registrar, whose answer is kept. 2: "
        "it was answered here. False when it was refused."),
    function<&MidRegistrar::lookup>("mid_registrar_lookup", {"domain", "flags", "aor"}, kRequest,
                                    "As lookup(), for requests of the main registrar to the Contact it was given."),
});

constexpr auto kStatistics = std::to_array({
    statistic<&MidRegistrar::forwarded>("forwarded_regs", "REGISTERs for the main registrar."),
    statistic<&MidRegistrar::absorbed>("absorbed_regs", "REGISTERs answered without it."),
    statistic<&MidRegistrar::taken_back>("removals", "Registrations taken back there, as phones have gone."),
    statistic<&MidRegistrar::failed_removals>("failed_removals", "Those it didn't accept."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "mid_registrar",
    .documentation =
        "Between phones and a main registrar, which hears of them less often. As in OpenSIPS, usrloc has to keep its "
        "contacts in memory: any mode but sql-only.",
    .needs = MidRegistrar::Needs::kModules,
    .parameters = kParameters,
    .functions = kFunctions,
    .statistics = kStatistics,
    .create = &create<MidRegistrar>,
};

}  // namespace carillon::mid_registrar
