// SPDX-License-Identifier: Apache-2.0
// avpops: the declaration page.
#include "modules/avpops/avpops.h"

namespace carillon::avpops {
namespace {

using namespace module;

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Avpops::columns, Column>(name);
}

constexpr auto kParameters = std::to_array({
    parameter<&Avpops::add_db_url>("db_url", ParameterType::Text,
                                   "A database, \"number url\"; without a number 0. None: that of the server."),
    parameter<&Avpops::usr_table>("avp_table", "The table of preferences."),
    parameter<&Avpops::use_domain>("use_domain", "0: preferences are a user's whatever the domain."),
    parameter<&Avpops::add_scheme>("db_scheme", ParameterType::Text,
                                   "A table for avp_db_load(): \"name:table=..;uuid_col=..;value_col=..\"."),
    parameter<&Avpops::bigint_to_str>("bigint_to_str", "1: integers beyond 32 bits are texts."),
    column<&sqlops::PreferenceColumns::uuid>("uuid_column"),
    column<&sqlops::PreferenceColumns::username>("username_column"),
    column<&sqlops::PreferenceColumns::domain>("domain_column"),
    column<&sqlops::PreferenceColumns::attribute>("attribute_column"),
    column<&sqlops::PreferenceColumns::value>("value_column"),
    column<&sqlops::PreferenceColumns::type>("type_column"),
});

constexpr auto kFunctions = std::to_array({
    function<&Avpops::sql_query>("avp_db_query", {"query", "res_col_avps", "db_id"}, kAnyRoute,
                                 "Today sql_query() of sqlops."),
    function<&Avpops::sql_avp_load>("avp_db_load", {"source", "name", "db_id", "prefix"}, kAnyRoute,
                                    "Today sql_avp_load() of sqlops."),
    function<&Avpops::sql_avp_store>("avp_db_store", {"source", "name", "db_id"}, kAnyRoute,
                                     "Today sql_avp_store() of sqlops."),
    function<&Avpops::sql_avp_delete>("avp_db_delete", {"source", "name", "db_id"}, kAnyRoute,
                                      "Today sql_avp_delete() of sqlops."),
    function<&Avpops::avp_delete>("avp_delete", {"name"}, kAnyRoute,
                                  "Removes the newest value of \"$avp(name)\", with \"/g\" all; \"*\" every AVP; today "
                                  ":= NULL."),
    function<&Avpops::avp_copy>(
        "avp_copy", {"from_avp", "to_avp"}, kAnyRoute,
        "Copies a value to \"$avp(name)\"; with \"/g\" all, with \"/d\" it moves them, with \"/n\" "
        "texts become numbers, with \"/s\" numbers texts."),
    function<&Avpops::is_avp_set>("is_avp_set", {"name"}, kAnyRoute,
                                  "Whether \"$avp(name)\" has a value; \"/s\" a text, \"/n\" a number, \"/e\" an empty "
                                  "one; today != NULL."),
    function<&Avpops::avp_check>(
        "avp_check", {"name", "op_value"}, kAnyRoute,
        "Whether a variable compares as \"operator/value/flags\" says: eq ne lt le gt ge re fm "
        "and or xor; today an expression."),
    function<&Avpops::avp_op>("avp_op", {"name", "op_value"}, kAnyRoute,
                              "Arithmetic on \"$avp(source)/$avp(destination)\", \"operator/value/flags\": add sub mul "
                              "div mod and or xor not; today an assignment."),
    function<&Avpops::avp_subst>("avp_subst", {"avps", "subst"}, kAnyRoute,
                                 "\"/re/replacement/flags\" on \"$avp(source)/$avp(destination)/flags\"; today "
                                 "{re.subst}."),
    function<&Avpops::avp_pushto>("avp_pushto", {"destination", "name"}, kAnyRoute,
                                  "A variable into \"$ru\", \"$ru/username\", \"$ru/domain\", \"$du\" or, as a branch, "
                                  "\"$br\"; with \"/g\" all values, each a branch; today an assignment."),
    function<&Avpops::avp_insert>("avp_insert", {"avp_name", "value", "index"}, kAnyRoute,
                                  "Puts a value at an index of \"$avp(name)\", or below its oldest."),
    function<&Avpops::avp_printf>("avp_printf", {"name", "text"}, kAnyRoute,
                                  "Puts a text on top of \"$avp(name)\"; today an assignment."),
    function<&Avpops::avp_print>("avp_print", kAnyRoute, "Writes all AVPs to the log."),
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&sqlops::kUsrPreferencesTable});

constexpr auto kAvpLoaders = std::to_array<std::string_view>({"avp_db_load"});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "avpops",
    .documentation = "sqlops under the names it had before OpenSIPS 3.5, and functions on AVPs.",
    .parameters = kParameters,
    .functions = kFunctions,
    .tables = kTables,
    .avp_loaders = kAvpLoaders,
    .create = &create<Avpops>,
};

}  // namespace carillon::avpops
