// SPDX-License-Identifier: Apache-2.0
// A contact as a row of the location table in a database (OpenSIPS's columns and conventions), and back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/usrloc/location_table.h"
#include "storage/statement.h"
#include "storage/table_spec.h"
#include "storage/value.h"

namespace carillon::routing {
class FlagNames;
}
namespace carillon::transport {
class TransportLayer;
}

namespace carillon::usrloc {

// The table `location` of OpenSIPS; domains of other names are tables of the same shape.
extern const storage::TableSpec kLocationTable;

// Names of the columns: parameters of the module.
struct Columns {
  std::string contact_id = "contact_id";
  std::string username = "username";
  std::string domain = "domain";
  std::string contact = "contact";
  std::string received = "received";
  std::string path = "path";
  std::string expires = "expires";
  std::string q = "q";
  std::string callid = "callid";
  std::string cseq = "cseq";
  std::string last_modified = "last_modified";
  std::string flags = "flags";
  std::string cflags = "cflags";
  std::string user_agent = "user_agent";
  std::string socket = "socket";
  std::string methods = "methods";
  std::string sip_instance = "sip_instance";
  std::string kv_store = "kv_store";
  std::string attr = "attr";
};

// The keys of an AoR as a JSON object.
[[nodiscard]] std::string keys_text(const KeyValues& keys);

// A row that was read.
class LocatedContact {
 public:
  [[nodiscard]] const std::string& aor() const { return aor_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Of its AoR.
  [[nodiscard]] const KeyValues& aor_keys() const { return aor_keys_; }
  // Views into this object.
  [[nodiscard]] ContactFields fields() const;

 private:
  friend class LocationRow;

  std::string aor_, uri_, received_, path_, call_id_, instance_, attr_, keys_, user_agent_;
  std::uint64_t id_ = 0;
  KeyValues aor_keys_;
  ContactFields fields_;  // all but the texts
};

// Immutable; any thread. What it refers to outlives it.
class LocationRow {
 public:
  LocationRow(Columns columns, bool use_domain, routing::FlagNames& flag_names,
              const transport::TransportLayer& transport)
      : columns_(std::move(columns)), use_domain_(use_domain), flag_names_(flag_names), transport_(transport) {}

  // In the order of the values of a row.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const Columns& columns() const { return columns_; }

  // Appends the values of one row.
  void write(std::string_view aor, const AorRecord& record, const Contact& contact,
             std::vector<storage::Value>& values) const;
  // A row whose columns are in the order of names(); nothing when it can't be a contact.
  [[nodiscard]] std::optional<LocatedContact> read(const storage::Row& row) const;
  // Where the rows of an AoR are.
  [[nodiscard]] std::vector<storage::Condition> where(std::string_view aor) const;
  // Appends them for a table of version 1012, which has no kv_store.
  void leave_out_keys() { with_keys_ = false; }

 private:
  Columns columns_;
  bool use_domain_;
  bool with_keys_ = true;
  routing::FlagNames& flag_names_;
  const transport::TransportLayer& transport_;
};

}  // namespace carillon::usrloc
