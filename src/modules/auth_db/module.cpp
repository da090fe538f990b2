// SPDX-License-Identifier: Apache-2.0
// auth_db: the declaration page.
#include "modules/auth_db/auth_db.h"
#include "modules/auth_db/tables.h"

namespace carillon::auth_db {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&AuthDb::db_url>("db_url", "The database of the users; empty: that of the server."),
    parameter<&AuthDb::user_column>("user_column", "Column with the user name."),
    parameter<&AuthDb::domain_column>("domain_column", "Column with the domain."),
    parameter<&AuthDb::password_column>("password_column",
                                        "Column with HA1 in MD5, or with calculate_ha1 the password in plain text."),
    parameter<&AuthDb::password_column_2>("password_column_2",
                                          "Column with HA1 in MD5 of those who send user@domain as their name; tables "
                                          "without it (since version 8) have one HA1 a user."),
    parameter<&AuthDb::hash_column_sha256>("hash_column_sha256", "Column with HA1 in SHA-256."),
    parameter<&AuthDb::hash_column_sha512t256>("hash_column_sha512t256", "Column with HA1 in SHA-512/256."),
    parameter<&AuthDb::uri_user_column>("uri_user_column", "Column of the table of URIs with the user name."),
    parameter<&AuthDb::uri_domain_column>("uri_domain_column", "Its column with the domain."),
    parameter<&AuthDb::uri_uriuser_column>("uri_uriuser_column", "Its column with the user of the URI."),
    parameter<&AuthDb::calculate_ha1>("calculate_ha1", "Passwords are in plain text (1) or HA1 (0)."),
    parameter<&AuthDb::use_domain>("use_domain", "Users are told apart by name and domain; 0: by name."),
    parameter<&AuthDb::set_load_credentials>("load_credentials", ParameterType::Text,
                                             "\"$avp(x)=column;column\": what is read of a user who is authorized."),
    parameter<&AuthDb::skip_version_check>("skip_version_check", "Tables may have any version."),
    parameter<&AuthDb::credential_cache>(
        "credential_cache", "Seconds for which the secret of an authorized user is kept; 0: each is looked up."),
    parameter<&AuthDb::credential_cache_size>("credential_cache_size", "Secrets kept at most."),
});

constexpr auto kFunctions = std::to_array({
    function<&AuthDb::www_authorize>("www_authorize", {"realm", "table"}, kRequest,
                                     "Checks Authorization against the users in a table: -1 user, -2 password, -3 "
                                     "nonce, -4 no credentials, -5 unreadable, or the database is away."),
    function<&AuthDb::proxy_authorize>("proxy_authorize", {"realm", "table"}, kRequest,
                                       "The same with Proxy-Authorization."),
    function<&AuthDb::db_does_uri_exist>("db_does_uri_exist", {"uri", "table"}, kRequest | kFailure | kLocal,
                                         "Whether the user of the URI (the Request-URI) is in the table of users "
                                         "(subscriber)."),
    function<&AuthDb::db_is_to_authorized>("db_is_to_authorized", {"table"}, kRequest,
                                           "Whether who was authorized may use the user of To, by the table of URIs."),
    function<&AuthDb::db_is_from_authorized>("db_is_from_authorized", {"table"}, kRequest, "The same with From."),
    older("db_is_to_authorized(\"\")",
          function<&AuthDb::db_check_to>("db_check_to", kRequest, "Whether who was authorized is the user of To.")),
    older("db_is_from_authorized(\"\")",
          function<&AuthDb::db_check_from>("db_check_from", kRequest, "The same with From.")),
    function<&AuthDb::db_get_auth_id>("db_get_auth_id", {"table", "uri", "auth", "realm"}, kRequest | kFailure | kLocal,
                                      "Writes user name and domain of who may use the URI, by the table of URIs."),
});

constexpr auto kCommands = std::to_array({
    command<&AuthDb::cache_flush>({.name = "auth_db:cache_flush",
                                   .aliases = "",
                                   .recipes = " | user",
                                   .help = "Forgets the cached secrets of a user, or all of them.",
                                   .result = "{Flushed}"}),
});

constexpr auto kStatistics = std::to_array({
    statistic<&AuthDb::queries>("queries", "Queries made."),
    statistic<&AuthDb::cache_hits>("cache_hits", "Credentials that the cache could decide about."),
    statistic<&AuthDb::cached>("cached_credentials", "Secrets in the cache."),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kSubscriberTable, &kUriTable});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "auth_db",
    .documentation = "Digest authentication of users in a database.",
    .needs = AuthDb::Needs::kModules,
    .parameters = kParameters,
    .functions = kFunctions,
    .commands = kCommands,
    .statistics = kStatistics,
    .tables = kTables,
    .create = &create<AuthDb>,
};

}  // namespace carillon::auth_db
