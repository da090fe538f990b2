// SPDX-License-Identifier: Apache-2.0
// The rows of the declaration pages that registrar and mid_registrar share.
#pragma once

#include <array>

#include "module/declare.h"
#include "modules/registrar/rules.h"

namespace carillon::registrar {

using module::parameter;
using module::ParameterType;

// Of module M, in the order of the reference.
template <typename M>
inline constexpr auto kRuleParameters = std::to_array({
    parameter<M, &Rules::default_expires>("default_expires", "Seconds, when a REGISTER names none."),
    parameter<M, &Rules::min_expires>("min_expires",
                                      "Seconds at least; less is raised to it. At most default_expires."),
    parameter<M, &Rules::max_expires>("max_expires", "Seconds at most, and at least default_expires; 0: ten years."),
    parameter<M, &Rules::expires_max_deviation>("expires_max_deviation",
                                                "Seconds that a lifetime is moved by at most, at random."),
    parameter<M, &Rules::reject_short_expires>(
        "reject_short_expires", "Less than min_expires is answered 423 (RFC 3261 section 10.3), not raised."),
    parameter<M, &Rules::default_q>("default_q", "Thousandths, when a Contact has no q; -1: none."),
    parameter<M, &Rules::case_sensitive>("case_sensitive", "Users of AoRs are told apart by case."),
    parameter<M, &Rules::tcp_persistent_flag>(
        "tcp_persistent_flag", "Message flag: the connection stays as long as what is registered by it."),
    parameter<M, &Rules::realm_prefix>("realm_prefix", "Cut off from the domains of AoRs."),
    parameter<M, &Rules::received_param>("received_param", "Contact parameter of the 200 that tells the source."),
    parameter<M, &Rules::set_received_avp>("received_avp", ParameterType::Text,
                                           "The AVP that holds the source URI of a contact behind a NAT."),
    parameter<M, &Rules::retry_after>("retry_after", "Seconds, in Retry-After of a 5xx; 0: none."),
    parameter<M, &Rules::sock_hdr_name>("sock_hdr_name", "Header that names the socket (flag socket-header)."),
    parameter<M, &Rules::set_mcontact_avp>("mcontact_avp", ParameterType::Text,
                                           "The AVP with the URI that another registrar was told instead."),
    parameter<M, &Rules::set_attr_avp>("attr_avp", ParameterType::Text,
                                       "The AVP kept with the contact as `attr`, and "
                                       "given back by lookup() and is_registered()."),
    parameter<M, &Rules::max_contacts>("max_contacts", "Contacts of one AoR at most; 0: max_bindings."),
    parameter<M, &Rules::max_bindings>("max_bindings", "Contacts of one AoR where nothing else limits them."),
    parameter<M, &Rules::max_username_len>("max_username_len", "Bytes."),
    parameter<M, &Rules::max_domain_len>("max_domain_len", "Bytes."),
    parameter<M, &Rules::max_aor_len>("max_aor_len", "Bytes."),
    parameter<M, &Rules::max_contact_len>("max_contact_len", "Bytes of a Contact URI."),
    parameter<M, &Rules::allow_dup_cseq>("allow_dup_cseq", "A CSeq seen already refreshes the contact."),
    parameter<M, &Rules::disable_gruu>("disable_gruu", "0: contacts with an instance get GRUUs (RFC 5627)."),
    parameter<M, &Rules::gruu_secret>("gruu_secret",
                                      "What temporary GRUUs are made with; empty: by chance at each start."),
    parameter<M, &Rules::set_push>("pn_enable", ParameterType::Either, "Push notifications (RFC 8599) at REGISTER."),
    parameter<M, &Rules::set_push_providers>("pn_providers", ParameterType::Text,
                                             "The values of pn-provider that are known; others are answered 555."),
    parameter<M, &Rules::set_push_match>("pn_ct_match_params", ParameterType::Text,
                                         "URI parameters that tell contacts with a pn-provider apart."),
    parameter<M, &Rules::set_push_interval>("pn_pnsreg_interval", ParameterType::Integer,
                                            "Seconds before its end that such a contact is to refresh: +sip.pnsreg."),
    parameter<M, &Rules::set_push_trigger>("pn_trigger_interval", ParameterType::Integer,
                                           "Seconds before the end of such a contact that E_UL_CONTACT_REFRESH is "
                                           "raised (usrloc's contact_refresh_timer)."),
    parameter<M, &Rules::set_accepted>("pn_skip_pn_interval", ParameterType::Either, "Accepted; nobody is woken yet."),
    parameter<M, &Rules::set_accepted>("pn_refresh_timeout", ParameterType::Either, "Accepted; nobody is woken yet."),
    parameter<M, &Rules::set_push_purr>("pn_enable_purr", ParameterType::Either, "Accepted; nobody is woken yet."),
});

}  // namespace carillon::registrar
