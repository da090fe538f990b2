// SPDX-License-Identifier: Apache-2.0
// acc: the declaration page.
#include "modules/acc/acc.h"

namespace carillon::acc {
namespace {

using namespace module;

constexpr script::RouteMask kAccountingRoutes = kRequest | kFailure | kBranch | kLocal;

constexpr ParameterDecl other_target(std::string_view name) {
  return parameter<&Acc::set_other_target>(name, ParameterType::Text, "Refused, unless it is empty: not available.");
}

constexpr ParameterDecl accepted(std::string_view name) {
  return parameter<&Acc::set_accepted>(name, ParameterType::Either, "Accepted; of targets that are not available.");
}

constexpr auto kParameters = std::to_array({
    parameter<&Acc::early_media>("early_media", "Records provisional responses with a body too."),
    parameter<&Acc::report_cancels>("report_cancels", "Records CANCEL requests too."),
    parameter<&Acc::detect_direction>("detect_direction",
                                      "From and To keep the caller's order when the callee asks; after loose_route()."),
    parameter<&Acc::log_level>("log_level", "The level of the lines, -3 to 4."),
    parameter<&Acc::log_facility>("log_facility", "Accepted; the lines go where the server's log goes."),
    parameter<&Acc::set_extra_fields>("extra_fields", ParameterType::Text,
                                      "\"log: name; name->name_in_record\": what $acc_extra(name) sets."),
    parameter<&Acc::set_leg_fields>("leg_fields", ParameterType::Text,
                                    "\"log: name; name->name_in_record\": what $acc_leg(name) sets."),
    other_target("db_url"),
    other_target("aaa_url"),
    accepted("service_type"),
    accepted("db_table_acc"),
    accepted("db_table_missed_calls"),
    accepted("db_table_avp"),
    accepted("acc_method_column"),
    accepted("acc_from_tag_column"),
    accepted("acc_to_tag_column"),
    accepted("acc_callid_column"),
    accepted("acc_sip_code_column"),
    accepted("acc_sip_reason_column"),
    accepted("acc_time_column"),
});

constexpr auto kFunctions = std::to_array({
    function<&Acc::do_accounting>("do_accounting", {"type", "flags", "table"}, kAccountingRoutes,
                                  "Records the answer to this request: \"log\"; flags \"missed|failed\" add calls that "
                                  "fail and other failures. Adds to what was asked before."),
    function<&Acc::drop_accounting>("drop_accounting", {"type", "flags"}, kAccountingRoutes,
                                    "Takes back the flags, or without flags all accounting of this request."),
    function<&Acc::acc_log_request>("acc_log_request", {"comment"}, kAccountingRoutes,
                                    "Writes a record now, with \"code reason\" as the answer."),
    function<&Acc::acc_new_leg>("acc_new_leg", kAccountingRoutes, "Begins a further leg, its fields empty."),
});

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
    .documentation = "Accounting of transactions, in the log.",
    .parameters = kParameters,
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Acc>,
};

}  // namespace carillon::acc
