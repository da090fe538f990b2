// SPDX-License-Identifier: Apache-2.0
// dialog: the declaration page.
#include "modules/dialog/dialogs.h"

namespace carillon::dialog {
namespace {

using namespace module;

constexpr ParameterDecl absent(std::string_view name) {
  return parameter<&Dialogs::set_absent>(name, ParameterType::Either, "Refused, unless it is 0 or empty: not shared.");
}
constexpr ParameterDecl accepted(std::string_view name, std::string_view why) {
  return parameter<&Dialogs::set_accepted>(name, ParameterType::Either, why);
}

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Dialogs::columns, Column>(name);
}

constexpr auto kParameters = std::to_array({
    parameter<&Dialogs::enable_stats>("enable_stats", "Accepted; the statistics cost nothing and are always kept."),
    parameter<&Dialogs::hash_size>(
        "hash_size",
        "Entries of OpenSIPS's table, a power of two: part of the column dlg_id. Here tables "
        "grow as they need."),
    parameter<&Dialogs::log_profile_hash_size>("log_profile_hash_size", "Accepted; tables grow as they need."),
    parameter<&Dialogs::rr_param>("rr_param", "The parameter of Record-Route that names the dialog."),
    parameter<&Dialogs::default_timeout>("default_timeout", "Seconds a call may last, unless $DLG_timeout is set."),
    parameter<&Dialogs::options_ping_interval>("options_ping_interval", "Seconds between OPTIONS inside a dialog."),
    parameter<&Dialogs::reinvite_ping_interval>("reinvite_ping_interval",
                                                "Accepted; sessions are not refreshed by us."),
    parameter<&Dialogs::delete_delay>("delete_delay", "Seconds for which an ended dialog is kept for late requests."),
    parameter<&Dialogs::dlg_extra_hdrs>("dlg_extra_hdrs", "Header lines for the BYEs and other requests of ours."),
    parameter<&Dialogs::dlg_match_mode>(
        "dlg_match_mode",
        "Requests are matched by the cookie in their Route (0), by it or else Call-ID and tags (1), by those (2)."),
    parameter<&Dialogs::auto_prack_hangup_on_failure>("auto_prack_hangup_on_failure",
                                                      "Accepted; PRACK is left to the user agents."),
    parameter<&Dialogs::auto_prack_fr_timeout>("auto_prack_fr_timeout", "Accepted; PRACK is left to the user agents."),
    parameter<&Dialogs::db_url>("db_url", "The database of the table; empty: that of the server."),
    parameter<&Dialogs::db_mode>(
        "db_mode", "Dialogs are kept nowhere (0), or written at once (1), after db_update_period (2), at the end (3)."),
    parameter<&Dialogs::db_update_period>("db_update_period", "Seconds after which changes are written in db_mode 2."),
    parameter<&Dialogs::db_flush_vals_profiles>("db_flush_vals_profiles",
                                                "Accepted; values and profiles are always written with their dialog."),
    parameter<&Dialogs::db_journal>(
        "db_journal",
        "The file that keeps changes over a kill of the server while they are on their way to the table, in db_mode 1; "
        "empty: one for each table, where servers keep their state; \"none\": those of the last moments are lost "
        "then."),
    parameter<&Dialogs::table_name>("table_name", "The table."),
    column<&Columns::dlg_id>("dlg_id_column"),
    column<&Columns::call_id>("call_id_column"),
    column<&Columns::from_uri>("from_uri_column"),
    column<&Columns::from_tag>("from_tag_column"),
    column<&Columns::to_uri>("to_uri_column"),
    column<&Columns::to_tag>("to_tag_column"),
    column<&Columns::state>("state_column"),
    column<&Columns::start_time>("start_time_column"),
    column<&Columns::timeout>("timeout_column"),
    column<&Columns::to_cseq>("to_cseq_column"),
    column<&Columns::from_cseq>("from_cseq_column"),
    column<&Columns::to_route>("to_route_column"),
    column<&Columns::from_route>("from_route_column"),
    column<&Columns::to_contact>("to_contact_column"),
    column<&Columns::from_contact>("from_contact_column"),
    column<&Columns::to_sock>("to_sock_column"),
    column<&Columns::from_sock>("from_sock_column"),
    column<&Columns::profiles>("profiles_column"),
    column<&Columns::vars>("vars_column"),
    column<&Columns::sflags>("sflags_column"),
    column<&Columns::mflags>("mflags_column"),
    column<&Columns::flags>("flags_column"),
    parameter<&Dialogs::max_dialogs>("max_dialogs", "Dialogs at once, about; beyond, create_dialog() fails."),
    parameter<&Dialogs::race_condition_timeout>("race_condition_timeout",
                                                "Seconds after which a dialog ends whose CANCEL and 200 have crossed."),
    parameter<&Dialogs::timer_bulk_del_no>("timer_bulk_del_no", "Accepted; rows are removed in batches."),
    parameter<&Dialogs::set_profiles_with_value>("profiles_with_value", ParameterType::Text,
                                                 "Names of profiles whose members have a value, separated by ;"),
    parameter<&Dialogs::set_profiles_no_value>("profiles_no_value", ParameterType::Text,
                                               "Names of profiles without values, separated by ;"),
    absent("cachedb_url"),
    accepted("profile_value_prefix", "Accepted; profiles are not shared."),
    accepted("profile_no_value_prefix", "Accepted; profiles are not shared."),
    accepted("profile_size_prefix", "Accepted; profiles are not shared."),
    accepted("profile_timeout", "Accepted; profiles are not shared."),
    absent("dialog_replication_cluster"),
    absent("profile_replication_cluster"),
    accepted("replicate_profiles_timer", "Accepted; profiles are not shared."),
    accepted("replicate_profiles_check", "Accepted; profiles are not shared."),
    accepted("replicate_profiles_buffer", "Accepted; profiles are not shared."),
    accepted("replicate_profiles_expire", "Accepted; profiles are not shared."),
    accepted("cluster_auto_sync", "Accepted; dialogs are not shared."),
});

constexpr script::RouteMask kScript = kRequest | kFailure | kReply | kBranch;
constexpr script::RouteMask kScriptAndLocal = kScript | kLocal;

constexpr auto kFunctions = std::to_array({
    function<&Dialogs::create_dialog>(
        "create_dialog", {"flags"}, kRequest,
        "Follows the call of this INVITE. Flags: bye-on-timeout, options-ping-caller, options-ping-callee, "
        "end-on-race-condition; accepted: reinvite-ping-caller, reinvite-ping-callee, auto-prack."),
    function<&Dialogs::match_dialog>("match_dialog", {"mode"}, kRequest,
                                     "Finds the dialog of a request, as loose_route() does: DID_ONLY, DID_FALLBACK or "
                                     "DID_NONE."),
    function<&Dialogs::validate_dialog>("validate_dialog", kRequest,
                                        "Whether the request fits its dialog; -1: its CSeq doesn't, -2: its target, "
                                        "-3: its route set, -4: there is no dialog."),
    function<&Dialogs::fix_route_dialog>("fix_route_dialog", kRequest,
                                         "Gives the request the target and route set that the dialog knows."),
    function<&Dialogs::set_dlg_profile>("set_dlg_profile", {"profile", "value", "clear_values"}, kScript,
                                        "Puts the dialog into a profile; clear_values 1: with this value only."),
    function<&Dialogs::unset_dlg_profile>("unset_dlg_profile", {"profile", "value"}, kScript,
                                          "Takes the dialog out of a profile."),
    function<&Dialogs::is_in_profile>("is_in_profile", {"profile", "value"}, kScript,
                                      "Whether the dialog is in a profile, with this value."),
    function<&Dialogs::get_profile_size>("get_profile_size", {"profile", "value", "size"}, kAnyRoute,
                                         "How many dialogs are in a profile, with this value."),
    function<&Dialogs::set_dlg_flag>("set_dlg_flag", {"flag"}, kScriptAndLocal, "Sets a flag of the dialog."),
    function<&Dialogs::test_and_set_dlg_flag>("test_and_set_dlg_flag", {"flag", "value"}, kScriptAndLocal,
                                              "When the flag has this value, gives it the other one."),
    function<&Dialogs::reset_dlg_flag>("reset_dlg_flag", {"flag"}, kScriptAndLocal, "Clears a flag of the dialog."),
    function<&Dialogs::is_dlg_flag_set>("is_dlg_flag_set", {"flag"}, kScriptAndLocal,
                                        "Whether a flag of the dialog is set."),
    function<&Dialogs::store_dlg_value>("store_dlg_value", {"name", "value"}, kScriptAndLocal,
                                        "Gives the dialog a value, as $dlg_val(name) = value does."),
    function<&Dialogs::fetch_dlg_value>("fetch_dlg_value", {"name", "value"}, kScriptAndLocal,
                                        "Reads a value of the dialog; false when there is none."),
    function<&Dialogs::get_dialog_info>("get_dialog_info", {"attribute", "values", "key", "key_value", "count"},
                                        kAnyRoute,
                                        "The value `attribute` of each dialog whose value `key` is `key_value`."),
    function<&Dialogs::get_dialog_vals>("get_dialog_vals", {"names", "values", "callid"}, kAnyRoute,
                                        "All values of the dialog of a Call-ID."),
    function<&Dialogs::get_dialogs_by_val>("get_dialogs_by_val", {"name", "value", "dialogs", "count"}, kAnyRoute,
                                           "Descriptions of the dialogs with a value, as JSON."),
    function<&Dialogs::get_dialogs_by_profile>("get_dialogs_by_profile", {"profile", "value", "dialogs", "count"},
                                               kAnyRoute, "Descriptions of the dialogs in a profile, as JSON."),
    function<&Dialogs::set_dlg_sharing_tag>("set_dlg_sharing_tag", {"tag"}, kRequest,
                                            "False: dialogs are not shared with other servers."),
    function<&Dialogs::load_dialog_ctx>("load_dialog_ctx", {"dialog", "id_type", "active_only"}, kAnyRoute,
                                        "From here on the script is about another dialog, named by its Call-ID "
                                        "(callid) or id (did)."),
    function<&Dialogs::unload_dialog_ctx>("unload_dialog_ctx", kAnyRoute, "Undoes load_dialog_ctx()."),
    function<&Dialogs::dlg_on_timeout>("dlg_on_timeout", {"route"}, kScript,
                                       "Runs a route when the time of the dialog is over; it may set $DLG_timeout."),
    function<&Dialogs::dlg_on_answer>("dlg_on_answer", {"route"}, kScript, "Runs a route when the call is answered."),
    function<&Dialogs::dlg_on_hangup>("dlg_on_hangup", {"route"}, kScript, "Runs a route when the call has ended."),
    function<&Dialogs::dlg_send_sequential>("dlg_send_sequential", {"method", "leg", "body", "content_type", "headers"},
                                            kAnyRoute, "Sends a request inside the dialog to the caller or callee."),
    function<&Dialogs::dlg_inc_cseq>("dlg_inc_cseq", {"tag", "increment"}, kScriptAndLocal,
                                     "Moves the CSeq numbers towards one side of the dialog up."),
});

constexpr VariableTraits kNamed{.sub_name = script::SubName::Required};

constexpr auto kVariables = std::to_array({
    variable<&Dialogs::read_count>("DLG_count", "Dialogs that have not ended."),
    variable<&Dialogs::read_lifetime>("DLG_lifetime", "Seconds since the answer."),
    variable<&Dialogs::read_status>("DLG_status",
                                    "1: no answer yet, 2: early, 3: answered, 4: acknowledged, 5: ended; NULL: none."),
    variable<&Dialogs::read_direction>("DLG_dir", "DOWNSTREAM: from the caller; UPSTREAM: from the callee."),
    variable<&Dialogs::read_flags, &Dialogs::write_flags>("DLG_flags", "Names of the flags of the dialog."),
    variable<&Dialogs::read_did>("DLG_did", "Number of the dialog, as in dlg_list."),
    variable<&Dialogs::read_end_reason>("DLG_end_reason", "Why the dialog has ended; NULL: it hasn't."),
    variable<&Dialogs::read_timeout, &Dialogs::write_timeout>("DLG_timeout", "Seconds that the dialog has left."),
    variable<&Dialogs::read_json>("DLG_json", "The dialog as JSON."),
    variable<&Dialogs::read_context_json>("DLG_ctx_json", "The dialog with its values and profiles, as JSON."),
    variable<&Dialogs::read_delete_delay, &Dialogs::write_delete_delay>("DLG_del_delay",
                                                                        "delete_delay of this dialog."),
    variable<&Dialogs::read_interval<&Dialog::options_interval>, &Dialogs::write_interval<&Dialog::options_interval>>(
        "DLG_options_ping_interval", "options_ping_interval of this dialog."),
    variable<&Dialogs::read_interval<&Dialog::reinvite_interval>, &Dialogs::write_interval<&Dialog::reinvite_interval>>(
        "DLG_reinvite_ping_interval", "reinvite_ping_interval of this dialog."),
    variable<&Dialogs::read_value, &Dialogs::write_value>("dlg_val", "A value that stays with the dialog.", kNamed),
});

constexpr std::string_view kListRecipes = " | callid | callid,from_tag | index,counter";

constexpr auto kCommands = std::to_array({
    command<&Dialogs::list>({.name = "dialog:list",
                             .aliases = "dlg_list",
                             .recipes = kListRecipes,
                             .help = "The dialogs: all, one, or so many (counter) from one (index) on.",
                             .result = "Dialogs[{ID,state,timestart,callid,...}] or Dialog{...}",
                             .named_only = true}),
    command<&Dialogs::list_ctx>({.name = "dialog:list_ctx",
                                 .aliases = "dlg_list_ctx",
                                 .recipes = kListRecipes,
                                 .help = "The dialogs with their values and profiles.",
                                 .result = "Dialogs[{ID,state,...,context{values,profiles}}]",
                                 .named_only = true}),
    command<&Dialogs::end_dlg>({.name = "dialog:end_dlg",
                                .aliases = "dlg_end_dlg",
                                .recipes = "dialog_id | dialog_id,extra_hdrs",
                                .help = "Ends a dialog, named by its ID or Call-ID, with a BYE to both sides.",
                                .result = "OK"}),
    command<&Dialogs::profile_get_size>({.name = "dialog:profile_get_size",
                                         .aliases = "profile_get_size",
                                         .recipes = "profile | profile,value",
                                         .help = "How many dialogs are in a profile.",
                                         .result = "Profile{name,value,count,shared}"}),
    command<&Dialogs::profile_list_dlgs>({.name = "dialog:profile_list_dlgs",
                                          .aliases = "profile_list_dlgs",
                                          .recipes = "profile | profile,value",
                                          .help = "The dialogs in a profile.",
                                          .result = "Dialogs[{...}]"}),
    command<&Dialogs::profile_get_values>({.name = "dialog:profile_get_values",
                                           .aliases = "profile_get_values",
                                           .recipes = "profile",
                                           .help = "The values of a profile, and how many dialogs have each.",
                                           .result = "Profile, Values[{value,count}]"}),
    command<&Dialogs::list_all_profiles>({.name = "dialog:list_all_profiles",
                                          .aliases = "list_all_profiles",
                                          .recipes = "",
                                          .help = "The profiles there are.",
                                          .result = "Profiles[{name,has value}]"}),
    command<&Dialogs::profile_end_dlgs>({.name = "dialog:profile_end_dlgs",
                                         .aliases = "profile_end_dlgs",
                                         .recipes = "profile | profile,value",
                                         .help = "Ends all dialogs of a profile.",
                                         .result = "OK"}),
    command<&Dialogs::push_var>({.name = "dialog:push_var",
                                 .aliases = "dlg_push_var",
                                 .recipes = "dlg_val_name,dlg_val_value,DID",
                                 .help = "Gives one dialog, or each of a list, a value.",
                                 .result = "OK"}),
    command<&Dialogs::set_profile>(
        {.name = "dialog:set_profile",
         .aliases = "dlg_set_profile",
         .recipes = "dlg_id,profile | dlg_id,profile,value | dlg_id,profile,value,clear_values",
         .help = "Puts a dialog into a profile.",
         .result = "OK"}),
    command<&Dialogs::unset_profile>({.name = "dialog:unset_profile",
                                      .aliases = "dlg_unset_profile",
                                      .recipes = "dlg_id,profile | dlg_id,profile,value",
                                      .help = "Takes a dialog out of a profile.",
                                      .result = "OK"}),
    command<&Dialogs::db_sync>({.name = "dialog:db_sync",
                                .aliases = "dlg_db_sync",
                                .recipes = "",
                                .help = "Takes in the dialogs of the table that are not known yet.",
                                .result = "OK"}),
    command<&Dialogs::restore_db>({.name = "dialog:restore_db",
                                   .aliases = "dlg_restore_db",
                                   .recipes = "",
                                   .help = "Empties the table and writes all dialogs into it.",
                                   .result = "OK"}),
    command<&Dialogs::send_sequential>(
        {.name = "dialog:send_sequential",
         .aliases = "dlg_send_sequential",
         .recipes = "callid | callid,mode | callid,method | callid,body | callid,headers | callid,mode,method | "
                    "callid,mode,body | callid,mode,headers | callid,method,body | callid,method,headers | "
                    "callid,body,headers | callid,mode,method,body | callid,mode,method,headers | "
                    "callid,mode,body,headers | callid,method,body,headers | callid,mode,method,body,headers",
         .help = "Sends a request inside a dialog to the caller or callee (mode), and waits for the answer.",
         .result = "Status, Message",
         .named_only = true}),
});

constexpr auto kEvents = std::to_array<EventDecl>({
    {.name = "E_DLG_STATE_CHANGED",
     .parameters = "id,db_id,callid,from_tag,to_tag,old_state,new_state",
     .documentation = "A dialog has another state ($DLG_status)."},
});

constexpr auto kTables = std::to_array<const storage::TableSpec*>({&kDialogTable});

constexpr auto kStatistics = std::to_array({
    statistic<&Dialogs::active_dialogs>("active_dialogs", "Dialogs that are answered and have not ended."),
    statistic<&Dialogs::early_dialogs>("early_dialogs", "Dialogs with provisional responses only."),
    statistic<&Dialogs::processed_dialogs>("processed_dialogs", "Dialogs that were answered."),
    statistic<&Dialogs::expired_dialogs>("expired_dialogs", "Dialogs whose time was over."),
    statistic<&Dialogs::failed_dialogs>("failed_dialogs", "Dialogs that were never answered."),
    statistic<&Dialogs::nothing>("create_sent", "0: dialogs are not shared with other servers."),
    statistic<&Dialogs::nothing>("update_sent", "0: dialogs are not shared with other servers."),
    statistic<&Dialogs::nothing>("delete_sent", "0: dialogs are not shared with other servers."),
    statistic<&Dialogs::nothing>("create_recv", "0: dialogs are not shared with other servers."),
    statistic<&Dialogs::nothing>("update_recv", "0: dialogs are not shared with other servers."),
    statistic<&Dialogs::nothing>("delete_recv", "0: dialogs are not shared with other servers."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "dialog",
    .documentation = "Follows calls through the proxy.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .commands = kCommands,
    .statistics = kStatistics,
    .events = kEvents,
    .tables = kTables,
    .create = &create<Dialogs>,
};

}  // namespace carillon::dialog
