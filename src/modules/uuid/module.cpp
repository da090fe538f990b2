// SPDX-License-Identifier: Apache-2.0
// uuid: the declaration page.
#include "modules/uuid/uuid.h"

namespace carillon::uuid {
namespace {

using namespace module;

constexpr auto kFunctions = std::to_array({
    function<&Uuid::uuid>("uuid", {"out_var", "version", "namespace", "name"}, kAnyRoute,
                          "Makes one of version 1 (time, with a node number that was drawn), 3 and 5 (of a name in a "
                          "namespace, by MD5 and SHA-1), 4 (chance; also 0, the default) or 7 (time and chance)."),
});

constexpr auto kVariables = std::to_array({
    variable<&Uuid::read>(
        "uuid", "A new one of version 4; $uuid(1) and $uuid(7) of these.",
        {.sub_name = script::SubName::Optional, .compile_sub_name = &compile_constant<VersionName, Uuid>}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "uuid",
    .documentation = "Universally unique identifiers (RFC 9562).",
    .functions = kFunctions,
    .variables = kVariables,
    .create = &create<Uuid>,
};

}  // namespace carillon::uuid
