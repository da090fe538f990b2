// SPDX-License-Identifier: Apache-2.0
// registrar: the declaration page.
#include "modules/registrar/registrar.h"

namespace carillon::registrar {
namespace {

using namespace module;

constexpr ParameterDecl accepted(std::string_view name, std::string_view why) {
  return parameter<&Registrar::set_accepted>(name, ParameterType::Either, why);
}

constexpr ParameterDecl push_notification(std::string_view name) {
  return parameter<&Registrar::set_push_notification>(name, ParameterType::Either, "Refused: not available.");
}

constexpr auto kParameters = std::to_array({
    parameter<&Registrar::default_expires>("default_expires", "Seconds, when a REGISTER names none."),
    parameter<&Registrar::min_expires>("min_expires",
                                       "Seconds at least; less is raised to it. At most default_expires."),
    parameter<&Registrar::max_expires>("max_expires", "Seconds at most, and at least default_expires; 0: ten years."),
    parameter<&Registrar::expires_max_deviation>("expires_max_deviation",
                                                 "Seconds that a lifetime is moved by at most, at random."),
    parameter<&Registrar::reject_short_expires>(
        "reject_short_expires", "Less than min_expires is answered 423 (RFC 3261 section 10.3), not raised."),
    parameter<&Registrar::default_q>("default_q", "Thousandths, when a Contact has no q; -1: none."),
    parameter<&Registrar::case_sensitive>("case_sensitive", "Users of AoRs are told apart by case."),
    parameter<&Registrar::tcp_persistent_flag>(
        "tcp_persistent_flag", "Message flag: the connection stays as long as what is registered by it."),
    parameter<&Registrar::realm_prefix>("realm_prefix", "Cut off from the domains of AoRs."),
    parameter<&Registrar::received_param>("received_param", "Contact parameter of the 200 that tells the source."),
    parameter<&Registrar::set_received_avp>("received_avp", ParameterType::Text,
                                            "The AVP that holds the source URI of a contact behind a NAT."),
    parameter<&Registrar::retry_after>("retry_after", "Seconds, in Retry-After of a 5xx; 0: none."),
    parameter<&Registrar::sock_hdr_name>("sock_hdr_name", "Header that names the socket (flag socket-header)."),
    parameter<&Registrar::set_mcontact_avp>("mcontact_avp", ParameterType::Text,
                                            "The AVP with the URI that another registrar was told instead."),
    parameter<&Registrar::set_attr_avp>("attr_avp", ParameterType::Text,
                                        "The AVP kept with the contact as `attr`, and "
                                        "given back by lookup() and is_registered()."),
    parameter<&Registrar::max_contacts>("max_contacts", "Contacts of one AoR at most; 0: max_bindings."),
    parameter<&Registrar::max_bindings>("max_bindings", "Contacts of one AoR where nothing else limits them."),
    parameter<&Registrar::max_username_len>("max_username_len", "Bytes."),
    parameter<&Registrar::max_domain_len>("max_domain_len", "Bytes."),
    parameter<&Registrar::max_aor_len>("max_aor_len", "Bytes."),
    parameter<&Registrar::max_contact_len>("max_contact_len", "Bytes of a Contact URI."),
    parameter<&Registrar::allow_dup_cseq>("allow_dup_cseq", "A CSeq seen already refreshes the contact."),
    parameter<&Registrar::set_disable_gruu>("disable_gruu", ParameterType::Integer, "Only 1: there are no GRUUs."),
    accepted("gruu_secret", "Accepted; there are no GRUUs."),
    push_notification("pn_enable"),
    push_notification("pn_enable_purr"),
    push_notification("pn_providers"),
    accepted("pn_ct_match_params", "Accepted; of push notifications."),
    accepted("pn_pnsreg_interval", "Accepted; of push notifications."),
    accepted("pn_trigger_interval", "Accepted; of push notifications."),
    accepted("pn_skip_pn_interval", "Accepted; of push notifications."),
    accepted("pn_refresh_timeout", "Accepted; of push notifications."),
});

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
    .parameters = kParameters,
    .functions = kFunctions,
    .statistics = kStatistics,
    .create = &create<Registrar>,
};

}  // namespace carillon::registrar
