// SPDX-License-Identifier: Apache-2.0
// A dialog as a row of the table `dialog` (OpenSIPS's columns and conventions), and back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/dialog/dialog.h"
#include "modules/dialog/profiles.h"
#include "storage/table_spec.h"
#include "storage/value.h"

namespace carillon::routing {
class FlagNames;
}
namespace carillon::transport {
class TransportLayer;
}

namespace carillon::dialog {

extern const storage::TableSpec kDialogTable;

// Names of the columns that are parameters of the module.
struct Columns {
  std::string dlg_id = "dlg_id";
  std::string call_id = "callid";
  std::string from_uri = "from_uri";
  std::string from_tag = "from_tag";
  std::string to_uri = "to_uri";
  std::string to_tag = "to_tag";
  std::string from_cseq = "caller_cseq";
  std::string to_cseq = "callee_cseq";
  std::string from_route = "caller_route_set";
  std::string to_route = "callee_route_set";
  std::string from_contact = "caller_contact";
  std::string to_contact = "callee_contact";
  std::string from_sock = "caller_sock";
  std::string to_sock = "callee_sock";
  std::string state = "state";
  std::string start_time = "start_time";
  std::string timeout = "timeout";
  std::string vars = "vars";
  std::string profiles = "profiles";
  std::string sflags = "script_flags";
  std::string mflags = "module_flags";
  std::string flags = "flags";
};

// Immutable; any thread. What it refers to outlives it.
class DialogRow {
 public:
  struct Parts {
    Columns columns;
    routing::FlagNames& flag_names;
    const transport::TransportLayer& transport;
    const base::Clock& clock;
    const Profiles& profiles;
    bool flags_are_bits = false;  // script_flags is a number, as before version 12
  };

  explicit DialogRow(Parts parts) : parts_(std::move(parts)) {}

  // In the order of the values of a row.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const Columns& columns() const { return parts_.columns; }

  [[nodiscard]] std::vector<storage::Value> write(const Dialog& dialog) const;
  // Fills a new dialog with a row (its columns in the order of names()); false when it can't be one that goes on.
  // `expires` is left alone: returns the Unix time at which it ends.
  struct Loaded {
    bool usable = false;
    std::int64_t timeout = 0;
  };
  [[nodiscard]] Loaded read(const storage::Row& row, Dialog& dialog) const;
  // What a Dialog is made with.
  [[nodiscard]] static DialogId id_of(const storage::Row& row);
  [[nodiscard]] static std::string call_id_of(const storage::Row& row);

 private:
  [[nodiscard]] std::string socket_name(transport::ListenerId socket) const;
  [[nodiscard]] transport::ListenerId socket_of(std::string_view name) const;
  [[nodiscard]] storage::Value script_flags(std::uint32_t flags) const;

  Parts parts_;
};

}  // namespace carillon::dialog
