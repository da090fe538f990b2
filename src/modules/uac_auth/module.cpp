// SPDX-License-Identifier: Apache-2.0
// uac_auth: the declaration page.
#include "modules/uac_auth/uac_auth.h"

namespace carillon::uac_auth {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&UacAuth::add_credential>(
        "credential", ParameterType::Text,
        "\"user:realm:password\": who we are in a realm; a password of \"0x\" and hex digits is "
        "HA1 in MD5 (32) or SHA-256 (64)."),
    parameter<&UacAuth::set_auth_username_avp>("auth_username_avp", ParameterType::Text,
                                               "The variable with a user name, which goes before `credential`."),
    parameter<&UacAuth::set_auth_realm_avp>("auth_realm_avp", ParameterType::Text, "The variable with its realm."),
    parameter<&UacAuth::set_auth_password_avp>("auth_password_avp", ParameterType::Text,
                                               "The variable with its password, or HA1 as in `credential`."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "uac_auth",
    .documentation = "User names and passwords for servers that ask who we are.",
    .parameters = kParameters,
    .create = &create<UacAuth>,
};

}  // namespace carillon::uac_auth
