// SPDX-License-Identifier: Apache-2.0
// auth: the declaration page.
#include "modules/auth/auth.h"

namespace carillon::auth {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&Auth::secret>("secret",
                             "What nonces are signed with; the same on servers that share users. Empty: a random one."),
    parameter<&Auth::nonce_expire>("nonce_expire", "Seconds in which a challenge has to be answered."),
    parameter<&Auth::rpid_prefix>("rpid_prefix", "What append_rpid_hf() puts before the AVP."),
    parameter<&Auth::rpid_suffix>("rpid_suffix", "What append_rpid_hf() puts behind it."),
    parameter<&Auth::realm_prefix>("realm_prefix", "Cut off the domain that becomes the realm."),
    parameter<&Auth::set_rpid_avp>("rpid_avp", ParameterType::Text,
                                   "The variable with the Remote-Party-ID: $avp(rpid) unless given."),
    parameter<&Auth::set_username_spec>("username_spec", ParameterType::Text,
                                        "The $avp(x) or $var(x) with the user name for pv_www_authorize()."),
    parameter<&Auth::set_password_spec>("password_spec", ParameterType::Text, "That with the password, or its HA1."),
    parameter<&Auth::calculate_ha1>("calculate_ha1", "password_spec holds a password in plain text (1) or HA1 (0)."),
    parameter<&Auth::disable_nonce_check>("disable_nonce_check",
                                          "A nonce may be used again until it expires; otherwise once."),
    parameter<&Auth::check_digest_uri>(
        "check_digest_uri",
        "Credentials have to name the Request-URI (RFC 7616 section 3.4.6); off, as proxies may have changed it."),
});

constexpr auto kFunctions = std::to_array({
    function<&Auth::www_challenge>("www_challenge", {"realm", "qop", "algorithms"}, kRequest,
                                   "Answers 401 with a challenge for each algorithm; an empty realm is the domain."),
    function<&Auth::proxy_challenge>("proxy_challenge", {"realm", "qop", "algorithms"}, kRequest,
                                     "The same with 407 and Proxy-Authenticate."),
    function<&Auth::pv_www_authorize>("pv_www_authorize", {"realm"}, kRequest,
                                      "Checks Authorization against username_spec and password_spec: -1 user, -2 "
                                      "password, -3 nonce, -4 no credentials, -5 unreadable."),
    function<&Auth::pv_proxy_authorize>("pv_proxy_authorize", {"realm"}, kRequest,
                                        "The same with Proxy-Authorization."),
    function<&Auth::consume_credentials>("consume_credentials", kRequest,
                                         "Removes the credentials that were found right."),
    function<&Auth::is_rpid_user_e164>("is_rpid_user_e164", kRequest,
                                       "Whether the Remote-Party-ID in rpid_avp has an E.164 number as user."),
    function<&Auth::append_rpid_hf>("append_rpid_hf", {"prefix", "suffix"}, kRequest | kFailure | kBranch,
                                    "Adds a Remote-Party-ID made of rpid_avp, prefix and suffix."),
});

constexpr auto kStatistics = std::to_array({
    statistic<&Auth::digest_hashes>("digest_hashes", "Hashes made to check credentials."),
});

constexpr auto kAvps = std::to_array<std::string_view>({"rpid"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "auth",
    .documentation = "Digest challenges, and credentials that a script has the passwords for.",
    .parameters = kParameters,
    .functions = kFunctions,
    .statistics = kStatistics,
    .avps = kAvps,
    .create = &create<Auth>,
};

}  // namespace carillon::auth
