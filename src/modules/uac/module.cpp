// SPDX-License-Identifier: Apache-2.0
// uac: the declaration page.
#include "modules/uac/uac.h"

namespace carillon::uac {
namespace {

using namespace module;

constexpr script::RouteMask kUacRoutes = kRequest | kFailure | kBranch;

constexpr auto kParameters = std::to_array({
    parameter<&Uac::rr_from_store_param>("rr_from_store_param", "Record-Route parameter with what From was."),
    parameter<&Uac::rr_to_store_param>("rr_to_store_param", "Record-Route parameter with what To was."),
    parameter<&Uac::restore_mode>(
        "restore_mode",
        "none; manual: in responses, and by uac_restore_from() and uac_restore_to(); auto: in responses and after "
        "loose_route()."),
    parameter<&Uac::restore_passwd>("restore_passwd", "What the parameters are encoded with."),
    parameter<&Uac::force_dialog>("force_dialog", "Accepted; Record-Route keeps what is needed."),
});

constexpr auto kFunctions = std::to_array({
    also_in_order(
        &Uac::uri_alone,
        function<&Uac::uac_replace_from>(
            "uac_replace_from", {"display", "uri"}, kUacRoutes,
            "Puts another name into From; a display name left out stays, an empty one goes, an empty URI stays.")),
    also_in_order(&Uac::uri_alone, function<&Uac::uac_replace_to>("uac_replace_to", {"display", "uri"}, kUacRoutes,
                                                                  "The same with To.")),
    function<&Uac::uac_restore_from>(
        "uac_restore_from", kUacRoutes,
        "Gives a request of the dialog the name that its receiver knows instead of From's."),
    function<&Uac::uac_restore_to>("uac_restore_to", kUacRoutes, "The same with To."),
    function<&Uac::uac_auth>(
        "uac_auth", {"algorithms"}, kUacRoutes,
        "Adds credentials for the 401 or 407 that a failure_route is about; t_relay() sends them."),
    function<&Uac::uac_inc_cseq>("uac_inc_cseq", {"by"}, kUacRoutes,
                                 "Raises the number of CSeq; the caller sees its own in responses."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "uac",
    .documentation = "From and To in other names, and credentials for servers that ask for them.",
    .parameters = kParameters,
    .functions = kFunctions,
    .create = &create<Uac>,
};

}  // namespace carillon::uac
