// SPDX-License-Identifier: Apache-2.0
// registrar: the declaration page.
#include "modules/registrar/registrar.h"
#include "modules/registrar/rule_parameters.h"

namespace carillon::registrar {
namespace {

using namespace module;

constexpr auto kFunctions = std::to_array({
    function<&Registrar::save>("save", {"domain", "flags", "aor", "ownership_tag"}, kRequest | kReply,
                               "Stores the Contacts of this REGISTER and answers it; false when it was refused."),
    function<&Registrar::lookup>("lookup", {"domain", "flags", "aor"}, kRequest | kFailure | kReply,
                                 "Replaces the AoR in the Request-URI by its contacts: 1 found, -1 none, -2 none that "
                                 "takes the method, -3 no AoR."),
    function<&Registrar::remove>("remove", {"domain", "aor", "contact", "next_hop", "sip_instance", "bflag"},
                                 kRequest | kReply, "Removes the contacts of an AoR that fit all that is given."),
    function<&Registrar::remove_ip_port>("remove_ip_port", {"ip", "port", "domain", "aor"}, kAnyRoute,
                                         "Removes the contacts registered from an address; port 0: any."),
    function<&Registrar::is_registered>("is_registered", {"domain", "aor"},
                                        kRequest | kFailure | kReply | kBranch | kLocal,
                                        "Whether an AoR (that of To in a REGISTER, else of From) has a contact."),
    older("is_registered(domain, aor)",
          function<&Registrar::registered>("registered", {"domain", "aor"},
                                           kRequest | kFailure | kReply | kBranch | kLocal,
                                           "Whether an AoR (that of the Request-URI) has a contact.")),
    function<&Registrar::is_contact_registered>("is_contact_registered", {"domain", "aor", "contact", "callid"},
                                                kRequest | kFailure | kReply | kBranch | kLocal,
                                                "Whether an AoR has that contact, or one with that Call-ID."),
    function<&Registrar::is_ip_registered>("is_ip_registered", {"domain", "aor", "ip", "port"},
                                           kRequest | kFailure | kReply | kBranch | kLocal,
                                           "Whether an AoR has a contact from one of the addresses."),
    function<&Registrar::add_sock_hdr>("add_sock_hdr", {"name"}, kRequest | kFailure | kReply | kBranch | kLocal,
                                       "Adds a header that names the socket this request came in by."),
});

constexpr auto kStatistics = std::to_array({
    statistic<&Registrar::max_expires_value>("max_expires", "The parameter."),
    statistic<&Registrar::max_contacts_value>("max_contacts", "The parameter."),
    statistic<&Registrar::default_expires_value>("default_expire", "The parameter."),
    statistic<&Registrar::accepted_regs>("accepted_regs", "REGISTERs answered 200."),
    statistic<&Registrar::rejected_regs>("rejected_regs", "REGISTERs refused."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "registrar",
    .documentation = "REGISTER requests, and the way from an AoR to its contacts.",
    .needs = Registrar::Needs::kModules,
    .parameters = kRuleParameters<Registrar>,
    .functions = kFunctions,
    .statistics = kStatistics,
    .create = &create<Registrar>,
};

}  // namespace carillon::registrar
