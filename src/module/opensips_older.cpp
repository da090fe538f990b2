// SPDX-License-Identifier: Apache-2.0
// What OpenSIPS had once: modules, functions and parameters of older versions, and what stands in for them today. See
// opensips_modules.h.
#include <algorithm>
#include <array>

#include "module/opensips_modules.h"

namespace carillon::module {
namespace {

constexpr auto kOldModules = std::to_array<OldModule>({
    {"avpops", "removed in OpenSIPS 3.6: AVPs are assigned directly, queries are those of sqlops", "sqlops"},
    {"cpl-c", "renamed to cpl_c", "cpl_c"},
    {"event_route", "not needed: event_routes belong to the language", ""},
    {"mi_json", "renamed to mi_http in OpenSIPS 3.0", "mi_http"},
    {"mi_xmlrpc_ng", "renamed to mi_xmlrpc in OpenSIPS 3.0", "mi_xmlrpc"},
    {"rabbitmq", "its rabbitmq_publish() is in event_rabbitmq", "event_rabbitmq"},
    {"siptrace", "renamed to tracer in OpenSIPS 3.0", "tracer"},
    {"uri", "removed in OpenSIPS 3.0: its functions are in sipmsgops and auth_db", "sipmsgops"},
    {"uri_db", "removed: its functions are in auth_db", "auth_db"},
    {"xlog", "not needed: xlog() belongs to the language", ""},
});

using Fate = OldParameter::Fate;

struct Successor {
  std::string_view name;
  std::string_view now;
};

constexpr auto kOldFunctions = std::to_array<Successor>({
    {"avp_check", "today: compare $avp(name) in an if, or walk $(avp(name)[*]) with for"},
    {"avp_copy", "today: $avp(to) = $avp(from)"},
    {"avp_db_query", "today: sql_query() of sqlops"},
    {"avp_delete", "today: $avp(name) := NULL"},
    {"avp_op", "today: $avp(name) = $avp(name) + 1 and the like"},
    {"avp_printf", "today: $avp(name) = \"text\""},
    {"avp_pushto", "today: assign the variable, as in $ru = $avp(name)"},
    {"avp_subst", "today: $avp(name) = $(avp(name){re.subst,/expression/replacement/flags})"},
    {"avp_shuffle", "today: shuffle_avps() of cfgutils"},
    {"check_from", "today: db_is_from_authorized() of auth_db"},
    {"check_to", "today: db_is_to_authorized() of auth_db"},
    {"does_uri_exist", "today: db_does_uri_exist() of auth_db"},
    {"exec_avp", "today: exec()"},
    {"exec_dset", "today: exec()"},
    {"exec_msg", "today: exec()"},
    {"exec_getenv", "today: $env(NAME) of cfgutils"},
    {"fetch_event_params", "today: $var(x) = $param(name)"},
    {"get_uri_param", "today: $(ru{uri.param,name})"},
    {"is_avp_set", "today: $avp(name) != NULL"},
    {"issflagset", "script flags are gone: isflagset()"},
    {"lb_disable", "today: lb_disable_dst()"},
    {"load_balance", "today: lb_start()"},
    {"is_user", "today: $au == \"name\""},
    {"resetsflag", "script flags are gone: resetflag()"},
    {"setdebug", "today: $log_level = number"},
    {"setsflag", "script flags are gone: setflag()"},
    {"sip_trace", "today: trace() of tracer"},
});

constexpr std::string_view kAccFlags = "today: do_accounting()";
constexpr std::string_view kNoTracing = "SIP is not traced here: proto_hep and tracer are not there";
constexpr std::string_view kDialogSharing = "dialogs and profiles are not shared with other servers here";

// Of modules that are here, or whose successor is.
constexpr auto kOldParameters = std::to_array<OldParameter>({
    {"acc", "cdr_flag", Fate::Gone, kAccFlags},
    {"acc", "db_extra", Fate::Gone, "today: extra_fields, and $acc_extra(name) in the script"},
    {"acc", "db_flag", Fate::Gone, kAccFlags},
    {"acc", "db_missed_flag", Fate::Gone, kAccFlags},
    {"acc", "evi_extra", Fate::Gone, "today: extra_fields, and $acc_extra(name) in the script"},
    {"acc", "evi_flag", Fate::Gone, kAccFlags},
    {"acc", "evi_missed_flag", Fate::Gone, kAccFlags},
    {"acc", "failed_transaction_flag", Fate::Gone, kAccFlags},
    {"acc", "log_extra", Fate::Gone, "today: extra_fields, and $acc_extra(name) in the script"},
    {"acc", "log_flag", Fate::Gone, kAccFlags},
    {"acc", "log_missed_flag", Fate::Gone, kAccFlags},
    {"acc", "multi_leg_info", Fate::Gone, "today: leg_fields, and $acc_leg(name) in the script"},
    {"avpops", "buf_size", Fate::Needless, "Not needed: values are as long as they are."},
    {"cachedb_local", "accept_replicated_cache", Fate::Gone, "collections are not replicated to other servers here"},
    {"cachedb_local", "replicate_cache_to", Fate::Gone, "collections are not replicated to other servers here"},
    {"dialog", "accept_replicated_dialogs", Fate::Gone, kDialogSharing},
    {"dialog", "accept_replicated_profiles", Fate::Gone, kDialogSharing},
    {"dialog", "bye_on_timeout_flag", Fate::Gone, "today: create_dialog(\"bye-on-timeout\")"},
    {"dialog", "dlg_flag", Fate::Gone, "today: create_dialog()"},
    {"dialog", "replicate_dialogs_to", Fate::Gone, kDialogSharing},
    {"dialog", "replicate_profiles_to", Fate::Gone, kDialogSharing},
    {"dialog", "timeout_avp", Fate::Gone, "today: $DLG_timeout = seconds"},
    {"mi_fifo", "reply_indent", Fate::Needless, "Not needed: answers are JSON."},
    {"mi_fifo", "trace_bwlist", Fate::Gone, kNoTracing},
    {"mi_fifo", "trace_destination", Fate::Gone, kNoTracing},
    {"mi_http", "http_method", Fate::Needless, "Not needed: commands come by POST."},
    {"mi_http", "mi_http_root", Fate::Renamed, "root"},
    {"mi_http", "trace_bwlist", Fate::Gone, kNoTracing},
    {"mi_http", "trace_destination", Fate::Gone, kNoTracing},
    {"mid_registrar", "contact_match_param", Fate::Renamed, "contact_id_param"},
    {"mid_registrar", "insertion_mode", Fate::OnlyZero, "today: contact_id_insertion"},
    {"permissions", "db_mode", Fate::Needless, "Not needed: addresses are always kept in memory."},
    {"proto_tcp", "tcp_parallel_handling", Fate::Needless, "Not needed: no worker waits for another."},
    {"proto_tcp", "trace_destination", Fate::Gone, kNoTracing},
    {"proto_tcp", "trace_filter_route", Fate::Gone, kNoTracing},
    {"proto_tcp", "trace_on", Fate::OnlyZero, kNoTracing},
    {"registrar", "append_branches", Fate::Gone, "today: lookup(\"location\", \"no-branches\")"},
    {"rr", "enable_full_lr", Fate::Needless, "Not needed: ;lr is understood with and without a value."},
    {"tm", "cluster_auto_cancel", Fate::Needless, "Not needed: transactions are not shared with other servers."},
    {"tm", "cluster_param", Fate::Needless, "Not needed: transactions are not shared with other servers."},
    {"tm", "fr_inv_timer", Fate::Renamed, "fr_inv_timeout"},
    {"tm", "fr_inv_timer_avp", Fate::Gone, "today: $T_fr_inv_timeout = seconds"},
    {"tm", "fr_timer", Fate::Renamed, "fr_timeout"},
    {"tm", "fr_timer_avp", Fate::Gone, "today: $T_fr_timeout = seconds"},
    {"tm", "local_reply_route", Fate::Gone, "own answers run no route here"},
    {"tm", "local_request_route", Fate::Gone, "today: local_route"},
    {"tm", "tm_replication_cluster", Fate::OnlyZero, "transactions are not shared with other servers here"},
    {"tm", "tw_append", Fate::Needless, "Only t_write_req() and t_write_unix() read it, which are not there."},
    {"uac", "auth_password_avp", Fate::Gone, "today: of uac_auth"},
    {"uac", "auth_realm_avp", Fate::Gone, "today: of uac_auth"},
    {"uac", "auth_username_avp", Fate::Gone, "today: of uac_auth"},
    {"uac", "credential", Fate::Gone, "today: of uac_auth"},
    {"uri", "db_table", Fate::Needless, "Its functions are told their table: db_is_from_authorized(\"uri\")."},
    {"uri", "db_url", Fate::Needless, "Its functions are in auth_db, which has a db_url of its own."},
    {"uri", "use_uri_table", Fate::OnlyZero, "today: db_is_from_authorized(\"uri\") and db_is_to_authorized(\"uri\")"},
    {"usrloc", "accept_replicated_contacts", Fate::Gone, "today: working_mode_preset"},
    {"usrloc", "replicate_contacts_to", Fate::Gone, "today: working_mode_preset"},
});

}  // namespace

const OldModule* find_old_module(std::string_view name) {
  const auto* const found = std::ranges::find(kOldModules, name, &OldModule::name);
  return found == kOldModules.end() ? nullptr : found;
}

std::string_view successor_of_function(std::string_view name) {
  const auto* const found = std::ranges::find(kOldFunctions, name, &Successor::name);
  return found == kOldFunctions.end() ? std::string_view{} : found->now;
}

const OldParameter* find_old_parameter(std::string_view module, std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kOldParameters, [&](const OldParameter& one) { return one.module == module && one.name == name; });
  return found == kOldParameters.end() ? nullptr : found;
}

}  // namespace carillon::module
