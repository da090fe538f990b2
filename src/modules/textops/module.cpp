// SPDX-License-Identifier: Apache-2.0
// textops: the declaration page.
#include "modules/textops/textops.h"

namespace carillon::textops {
namespace {

using namespace module;

constexpr script::RouteMask kMessageRoutes = kRequest | kFailure | kReply | kBranch | kLocal;
constexpr script::RouteMask kUriRoutes = kRequest | kFailure | kReply | kBranch;

constexpr auto kFunctions = std::to_array({
    function<&Textops::search>("search", {"re"}, kMessageRoutes,
                               "Whether a regular expression matches in the message, its first line included."),
    function<&Textops::search_body>("search_body", {"re"}, kMessageRoutes,
                                    "Whether a regular expression matches in the body."),
    function<&Textops::search_append>("search_append", {"re", "txt"}, kMessageRoutes,
                                      "Adds a text behind the first match in headers and body."),
    function<&Textops::search_append_body>("search_append_body", {"re", "txt"}, kMessageRoutes,
                                           "Adds a text behind the first match in the body."),
    function<&Textops::replace>("replace", {"re", "txt"}, kMessageRoutes,
                                "Replaces the first match in headers and body."),
    function<&Textops::replace_body>("replace_body", {"re", "txt"}, kMessageRoutes,
                                     "Replaces the first match in the body."),
    function<&Textops::replace_all>("replace_all", {"re", "txt"}, kMessageRoutes,
                                    "Replaces every match in headers and body."),
    function<&Textops::replace_body_all>("replace_body_all", {"re", "txt"}, kMessageRoutes,
                                         "Replaces every match in the body; ^ and $ are the ends of a line."),
    function<&Textops::replace_body_atonce>("replace_body_atonce", {"re", "txt"}, kMessageRoutes,
                                            "Replaces every match in the body; ^ and $ are the ends of the body."),
    function<&Textops::subst>("subst", {"subst"}, kMessageRoutes, "\"/re/replacement/flags\" in headers and body."),
    function<&Textops::subst_body>("subst_body", {"subst"}, kMessageRoutes, "\"/re/replacement/flags\" in the body."),
    function<&Textops::subst_uri>("subst_uri", {"subst"}, kUriRoutes,
                                  "\"/re/replacement/flags\" in the Request-URI, at once."),
    function<&Textops::subst_user>("subst_user", {"subst"}, kUriRoutes,
                                   "\"/re/replacement/flags\" in the user part of the Request-URI, at once."),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "textops",
    .documentation = "Regular expressions over a message as it was received, and edits where they match.",
    .functions = kFunctions,
    .create = &create<Textops>,
};

}  // namespace carillon::textops
