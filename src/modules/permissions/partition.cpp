// SPDX-License-Identifier: Apache-2.0
// See partition.h.
#include "modules/permissions/partition.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "modules/permissions/tables.h"

namespace carillon::permissions {

namespace {

// Nothing for NULL and for what is no number: some databases keep texts in columns of numbers, and a 0 made of them
// would let in everybody.
std::optional<std::int64_t> number_in(const storage::Row& row, std::size_t column) {
  return base::parse_number<std::int64_t>(base::trim(row.text(column)));
}

}  // namespace

base::Result<PartitionSpec> PartitionSpec::parse(std::string_view text) {
  PartitionSpec spec;
  const std::size_t colon = text.find(':');
  // "name" alone is one with the usual table.
  spec.name = base::trim(text.substr(0, colon));
  if (spec.name.empty()) return base::fail("must be \"name: db_url=...; table_name=...\"");
  std::string_view rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  while (!base::trim(rest).empty()) {
    std::string_view property = base::trim(base::take_until(rest, ';'));
    if (property.empty()) continue;
    const std::string_view key = base::trim(base::take_until(property, '='));
    const std::string_view value = base::trim(property);
    if (key == "db_url") {
      spec.db_url = value;
    } else if (key == "table_name") {
      spec.table = value;
    } else {
      return base::fail(fmt::format("partition {}: unknown '{}'; there are db_url and table_name", spec.name, key));
    }
  }
  return spec;
}

base::Result<> Partition::open(module::Services& services) {
  if (auto opened = database_.open(services, spec_.db_url); !opened) return opened;
  return load();
}

base::Result<bool> Partition::open_if_there(module::Services& services) {
  if (auto opened = database_.open(services, spec_.db_url); !opened) return std::unexpected(std::move(opened.error()));
  const auto there = database_.database().has_table(spec_.table);
  if (!there || !*there) return there;
  if (auto loaded = load(); !loaded) return std::unexpected(std::move(loaded.error()));
  return true;
}

base::Result<> Partition::load() {
  if (auto known = database_.use_table(kAddressTable, spec_.table); !known) return known;
  return addresses_.load(database_, [this](storage::Database& from) { return read(from); });
}

base::Task<base::Result<>> Partition::reload(shard::Shard& shard) {
  auto load = [this](storage::Database& from) { return read(from); };
  co_return co_await addresses_.reload(database_, shard, load);
}

base::Result<std::shared_ptr<const AddressTable>> Partition::read(storage::Database& database) const {
  enum Cell : std::size_t { kGroup, kIp, kMask, kPort, kProto, kPattern, kInfo };
  constexpr std::size_t kMostComplaints = 20;
  auto table = std::make_shared<AddressTable>();
  std::size_t rows = 0;
  std::size_t unusable = 0;
  const storage::Select query{.table = spec_.table,
                              .columns = {columns_.group, columns_.ip, columns_.mask, columns_.port, columns_.proto,
                                          columns_.pattern, columns_.context_info}};
  auto read = database.select(query, [&](const storage::Row& row) {
    ++rows;
    AddressRow cells{.group = number_in(row, kGroup),
                     .mask = number_in(row, kMask),
                     .port = number_in(row, kPort),
                     .pattern = row.text(kPattern)};
    if (!row.is_null(kIp)) cells.ip = row.text(kIp);
    if (!row.is_null(kProto)) cells.protocol = row.text(kProto);
    if (!row.is_null(kInfo)) cells.context_info = row.text(kInfo);
    auto address = parse_address(cells);
    if (address) {
      table->add(std::move(*address));
    } else if (++unusable <= kMostComplaints) {
      log::error("permissions: row {} of {} is passed over: {}", rows, spec_.table, address.error().message);
    }
    return true;
  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (unusable > 0) log::error("permissions: {} of {} rows of {} are not in use", unusable, rows, spec_.table);
  return table;
}

}  // namespace carillon::permissions
