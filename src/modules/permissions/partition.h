// SPDX-License-Identifier: Apache-2.0
// A partition of permissions: one table of addresses, in memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "module/cached_table.h"
#include "module/database_user.h"
#include "modules/permissions/address_table.h"

namespace carillon::permissions {

struct AddressColumns {
  std::string ip = "ip";
  std::string proto = "proto";
  std::string pattern = "pattern";
  std::string context_info = "context_info";
  std::string group = "grp";
  std::string mask = "mask";
  std::string port = "port";
};

// "name: db_url=...; table_name=...": what isn't said is empty.
struct PartitionSpec {
  std::string name;
  std::string db_url;
  std::string table;
  [[nodiscard]] static base::Result<PartitionSpec> parse(std::string_view text);
};

class Partition {
 public:
  Partition(PartitionSpec spec, const AddressColumns& columns) : spec_(std::move(spec)), columns_(columns) {}

  [[nodiscard]] const std::string& name() const { return spec_.name; }
  // Blocks; at start.
  [[nodiscard]] base::Result<> open(module::Services& services);
  // As open(), but without its table it is as if it weren't there: false.
  [[nodiscard]] base::Result<bool> open_if_there(module::Services& services);
  void close() { database_.close(); }

  // Inside a shard; one row that is wrong leaves everything as it was.
  [[nodiscard]] base::Task<base::Result<>> reload(shard::Shard& shard);
  [[nodiscard]] const AddressTable& addresses(const shard::Shard& shard) const { return addresses_.read(shard); }
  [[nodiscard]] std::shared_ptr<const AddressTable> share() const { return addresses_.share(); }

 private:
  [[nodiscard]] base::Result<> load();
  [[nodiscard]] base::Result<std::shared_ptr<const AddressTable>> read(storage::Database& database) const;

  const PartitionSpec spec_;
  const AddressColumns& columns_;
  module::DatabaseUser database_;
  module::CachedTable<AddressTable> addresses_;
};

}  // namespace carillon::permissions
