// SPDX-License-Identifier: Apache-2.0
// uac_redirect: the declaration page.
#include "modules/uac_redirect/uac_redirect.h"

namespace carillon::uac_redirect {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&UacRedirect::default_filter>("default_filter", "accept or deny: what no filter says anything about."),
    parameter<&UacRedirect::deny_filter>("deny_filter", "An expression; contacts that match are not followed."),
    parameter<&UacRedirect::accept_filter>("accept_filter", "An expression; contacts that match are followed."),
    parameter<&UacRedirect::acc_function>("acc_function",
                                          "acc_log_request or acc_db_request: what get_redirects() records with."),
    parameter<&UacRedirect::acc_db_table>("acc_db_table", "The table of acc_db_request."),
});

constexpr auto kFunctions = std::to_array({
    function<&UacRedirect::set_deny_filter>("set_deny_filter", {"filter", "flags"}, kFailure,
                                            "Adds a deny filter for this request; \"reset_all\", \"reset_default\" or "
                                            "\"reset_added\" take others away."),
    function<&UacRedirect::set_accept_filter>("set_accept_filter", {"filter", "flags"}, kFailure,
                                              "The same for accept filters."),
    function<&UacRedirect::get_redirects>("get_redirects", {"max_total", "max_branch"}, kFailure,
                                          "Makes branches of the contacts of every 3xx, the best one the Request-URI; "
                                          "false when there are none."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "uac_redirect",
    .documentation = "Follows redirections in the place of the caller.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<UacRedirect>,
};

}  // namespace carillon::uac_redirect
