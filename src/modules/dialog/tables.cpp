// SPDX-License-Identifier: Apache-2.0
// The table `dialog` of OpenSIPS. See dialog_row.h.
#include <array>
#include <cstdint>

#include "modules/dialog/dialog_row.h"
#include "storage/table_spec.h"

namespace carillon::dialog {
namespace {

using namespace storage;

constexpr auto kDialogColumns = std::to_array<Column>({
    big_integer("dlg_id", 10).no_sign(),
    character("callid", 255),
    character("from_uri", 255),
    character("from_tag", 64),
    character("to_uri", 255),
    character("to_tag", 64),
    character("mangled_from_uri", 255).null(),
    character("mangled_to_uri", 255).null(),
    character("caller_cseq", 11),
    character("callee_cseq", 11),
    integer("caller_ping_cseq"),
    integer("callee_ping_cseq"),
    text("caller_route_set", 512).null(),
    text("callee_route_set", 512).null(),
    character("caller_contact", 255).null(),
    character("callee_contact", 255).null(),
    character("caller_sock", 64),
    character("callee_sock", 64),
    integer("state"),
    integer("start_time"),
    integer("timeout"),
    blob("vars", 4096).null(),
    text("profiles", 512).null(),
    character("script_flags", 255).null(),
    integer("module_flags").or_default("0"),
    integer("flags").or_default("0"),
    character("rt_on_answer", 64).null(),
    character("rt_on_timeout", 64).null(),
    character("rt_on_hangup", 64).null(),
});
constexpr auto kDialogKeys = std::to_array<Key>({
    primary_key("dlg_id"),
});
constexpr auto kOlderDialog = std::to_array<std::uint32_t>({10, 11});

}  // namespace

constinit const TableSpec kDialogTable = {.name = "dialog",
                                          .version = 12,
                                          .group = "dialog",
                                          .columns = kDialogColumns,
                                          .keys = kDialogKeys,
                                          .older_versions = kOlderDialog};

}  // namespace carillon::dialog
