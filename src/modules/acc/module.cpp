// SPDX-License-Identifier: Apache-2.0
// acc: the declaration page.
#include "modules/acc/acc.h"
#include "modules/acc/tables.h"

namespace carillon::acc {
namespace {

using namespace module;

constexpr script::RouteMask kAccountingRoutes = kRequest | kFailure | kBranch | kLocal;

template <auto Column>
constexpr ParameterDecl column(std::string_view name) {
  return column_parameter<&Acc::columns, Column>(name);
}

constexpr auto kParameters = std::to_array({
    parameter<&Acc::early_media>("early_media", "Records provisional responses with a body too."),
    parameter<&Acc::report_cancels>("report_cancels", "Records CANCEL requests too."),
    parameter<&Acc::detect_direction>("detect_direction",
                                      "From and To keep the caller's order when the callee asks; after loose_route()."),
    parameter<&Acc::log_level>("log_level", "The level of the lines, -3 to 4."),
    parameter<&Acc::log_facility>("log_facility", "Accepted; the lines go where the server's log goes."),
    parameter<&Acc::set_extra_fields>(
        "extra_fields", ParameterType::Text,
        "\"db: name; name->name_in_record\", also log and evi: what $acc_extra(name) sets. Columns must be there."),
    parameter<&Acc::set_leg_fields>(
        "leg_fields", ParameterType::Text,
        "\"db: name; name->name_in_record\": what $acc_leg(name) sets; a row for each leg."),
    parameter<&Acc::db_url>("db_url", "The database; empty: db_default_url, when the script records to \"db\"."),
    parameter<&Acc::db_table_acc>("db_table_acc", "The table of answered requests and of calls."),
    parameter<&Acc::db_table_missed_calls>("db_table_missed_calls", "The table of missed calls."),
    parameter<&Acc::db_table_avp>("db_table_avp", "Accepted, as OpenSIPS has it; not used."),
    parameter<&Acc::db_queue>(
        "db_queue",
        "The file in which rows wait while the database is away; empty: acc.queue in "
        "$STATE_DIRECTORY, root's /var/lib/carillon or ~/.local/share/carillon. Each server needs its own."),
    parameter<&Acc::db_queue_size>("db_queue_size", "Rows that wait there at most; more are lost, and counted."),
    parameter<&Acc::db_journal>(
        "db_journal",
        "The file that keeps rows over a kill of the server while they are on their way; empty: db_queue with "
        ".recent behind it; \"none\": the rows of the last moments are lost then."),
    column<&Columns::method>("acc_method_column"),
    column<&Columns::from_tag>("acc_from_tag_column"),
    column<&Columns::to_tag>("acc_to_tag_column"),
    column<&Columns::callid>("acc_callid_column"),
    column<&Columns::sip_code>("acc_sip_code_column"),
    column<&Columns::sip_reason>("acc_sip_reason_column"),
    column<&Columns::time>("acc_time_column"),
    parameter<&Acc::set_aaa_url>("aaa_url", ParameterType::Text, "Refused, unless it is empty: not available."),
    parameter<&Acc::service_type>("service_type", "Accepted; of AAA servers."),
});

constexpr auto kFunctions = std::to_array({
    function<&Acc::do_accounting>(
        "do_accounting", {"type", "flags", "table"}, kAccountingRoutes,
        "Records the answer to this request, to \"log|db|evi\"; flags \"cdr|missed|failed\" record the call when it "
        "ends "
        "instead, and add calls that fail and other failures. Adds to what was asked before."),
    function<&Acc::drop_accounting>("drop_accounting", {"type", "flags"}, kAccountingRoutes,
                                    "Takes back the flags, or without flags all accounting of this request."),
    function<&Acc::acc_log_request>("acc_log_request", {"comment"}, kAccountingRoutes,
                                    "Writes a record to the log now, with \"code reason\" as the answer."),
    function<&Acc::acc_db_request>("acc_db_request", {"comment", "table"}, kAccountingRoutes,
                                   "Writes a record to a table now, with \"code reason\" as the answer."),
    function<&Acc::acc_evi_request>("acc_evi_request", {"comment"}, kAccountingRoutes,
                                    "Raises E_ACC_EVENT now, with \"code reason\" as the answer."),
    function<&Acc::acc_new_leg>("acc_new_leg", kAccountingRoutes, "Begins a further leg, its fields empty."),
    function<&Acc::acc_load_ctx_from_dlg>("acc_load_ctx_from_dlg", kAnyRoute,
                                          "$acc_extra and $acc_leg are those of the dialog's call from now on."),
    function<&Acc::acc_unload_ctx_from_dlg>("acc_unload_ctx_from_dlg", kAnyRoute, "They are the request's own again."),
});

constexpr auto kStatistics = std::to_array({
    statistic<&Acc::db_written>("db_written", "Rows written to the database."),
    statistic<&Acc::db_queued>("db_queued", "Rows that had to wait on the disk."),
    statistic<&Acc::db_lost>("db_lost", "Rows lost: the database was away, and the queue full."),
    statistic<&Acc::db_refused>("db_refused", "Rows that the database does not take; they are in the log."),
    statistic<&Acc::waiting_on_disk>("db_waiting", "Rows that wait on the disk now."),
});

constexpr std::string_view kRecordParameters = "method,from_tag,to_tag,callid,sip_code,sip_reason,time,...";
constexpr auto kEventDecls = std::to_array<EventDecl>({
    {"E_ACC_EVENT", kRecordParameters, "A request was answered; extra and leg fields follow."},
    {"E_ACC_MISSED_EVENT", kRecordParameters, "A call was missed."},
    {"E_ACC_CDR", "method,from_tag,to_tag,callid,sip_code,sip_reason,time,duration,ms_duration,setuptime,created,...",
     "A call has ended."},
    {"E_ACC_OVERFLOW", "count", "Rows for the database were lost."},
});

constexpr std::array<const storage::TableSpec*, 2> kTables = {&kAccTable, &kMissedCallsTable};

constexpr auto kVariables = std::to_array({
    variable<&Acc::read_extra, &Acc::write_extra>(
        "acc_extra", "A further field of the record.",
        {.sub_name = script::SubName::Required, .compile_sub_name = &compile_constant<ExtraIndex, const Acc>}),
    variable<&Acc::read_leg, &Acc::write_leg>("acc_leg", "A field of a leg; without an index of the current one.",
                                              {.sub_name = script::SubName::Required,
                                               .indexable = true,
                                               .compile_sub_name = &compile_constant<LegIndex, const Acc>}),
    variable<&Acc::current_leg>("acc_current_leg", "The number of the current leg, from 0."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "acc",
    .documentation = "Accounting of transactions and calls: in the log, in a database, by events.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .statistics = kStatistics,
    .events = kEventDecls,
    .tables = kTables,
    .create = &create<Acc>,
};

}  // namespace carillon::acc
