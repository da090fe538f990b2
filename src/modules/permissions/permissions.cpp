// SPDX-License-Identifier: Apache-2.0
// See permissions.h. Addresses, and what is common to both halves.
#include "modules/permissions/permissions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "routing/proxy.h"

namespace carillon::permissions {

using module::kFalse;
using module::kTrue;
using module::Output;
using script::Value;

namespace {

constexpr std::string_view kDefault = "default";

std::optional<std::uint32_t> group_of(int group_id) {
  if (group_id < 0) return std::nullopt;
  return static_cast<std::uint32_t>(group_id);
}

}  // namespace

base::Result<> Permissions::start(module::Services& services) {
  script_directory_ = services.script_directory;
  started_ = true;
  if (auto read = read_all_rules(); !read) return read;
  return open_partitions(services);
}

void Permissions::stop() {
  for (const auto& partition : partitions_) partition->close();
}

base::Result<> Permissions::open_partitions(module::Services& services) {
  for (const std::string& text : partition_texts) {
    auto spec = PartitionSpec::parse(text);
    if (!spec) return std::unexpected(std::move(spec.error()));
    const auto same_name = [&](const auto& partition) { return partition->name() == spec->name; };
    if (std::ranges::any_of(partitions_, same_name)) {
      return base::fail(fmt::format("there are two partitions '{}'", spec->name));
    }
    if (spec->db_url.empty()) spec->db_url = db_url;
    if (spec->table.empty()) spec->table = address_table;
    auto partition = std::make_unique<Partition>(std::move(*spec), columns);
    if (auto opened = partition->open(services); !opened) return opened;
    partitions_.push_back(std::move(partition));
  }
  const auto is_default = [](const auto& partition) { return partition->name() == kDefault; };
  if (std::ranges::any_of(partitions_, is_default)) return {};
  return open_default_partition(services);
}

// Of a db_url of the module it has to be there; that of the server may have no such table, when only files are used.
base::Result<> Permissions::open_default_partition(module::Services& services) {
  if (db_url.empty() && services.default_db_url.empty()) return {};
  auto partition = std::make_unique<Partition>(PartitionSpec{std::string(kDefault), db_url, address_table}, columns);
  if (!db_url.empty() || services.create_databases) {
    if (auto opened = partition->open(services); !opened) return opened;
  } else {
    const auto opened = partition->open_if_there(services);
    if (!opened) return std::unexpected(opened.error());
    if (!*opened) return {};
  }
  partitions_.push_back(std::move(partition));
  return {};
}

const Partition* Permissions::find_partition(std::optional<std::string_view> name) const {
  const std::string_view wanted = name && !name->empty() ? *name : kDefault;
  const auto found = std::ranges::find_if(partitions_, [&](const auto& one) { return one->name() == wanted; });
  if (found != partitions_.end()) return found->get();
  log::error("permissions: there is no partition '{}'", wanted);
  return nullptr;
}

Verdict Permissions::check(RouteContext& context, const Partition* partition, const AddressTable::Question& question,
                           const std::optional<Output>& context_info) {
  if (partition == nullptr) return kFalse;
  const Address* found = partition->addresses(context.proxy().shard()).find(question);
  if (found == nullptr) return kFalse;
  if (context_info && found->context_info) {
    return Verdict::of(context_info->assign(Value::text(context.keep(*found->context_info))));
  }
  return kTrue;
}

Verdict Permissions::check_address(RouteContext& context, int group_id, std::string_view ip, int port,
                                   std::string_view proto, std::optional<Output> context_info,
                                   std::optional<std::string_view> pattern, std::optional<std::string_view> partition) {
  const auto group = group_of(group_id);
  const auto address = base::IpAddress::parse(base::trim(ip));
  const auto protocol = base::iequals(proto, "any") ? std::nullopt : transport::parse_protocol(proto);
  if (!address || !group || !std::in_range<std::uint16_t>(port) || (!protocol && !base::iequals(proto, "any"))) {
    log::warning("check_address({}, {}, {}, {}): a group, an address, a port and a protocol are needed", group_id, ip,
                 port, proto);
    return kFalse;
  }
  return check(context, find_partition(partition),
               {.address = *address,
                .group = *group,
                .port = static_cast<std::uint16_t>(port),
                .protocol = protocol,
                .pattern = pattern},
               context_info);
}

Verdict Permissions::check_source_address(RouteContext& context, int group_id, std::optional<Output> context_info,
                                          std::optional<std::string_view> pattern,
                                          std::optional<std::string_view> partition) {
  const auto group = group_of(group_id);
  if (!group) return kFalse;
  return check(context, find_partition(partition),
               {.address = context.flow().remote.address,
                .group = *group,
                .port = context.flow().remote.port,
                .protocol = context.flow().protocol,
                .pattern = pattern},
               context_info);
}

Verdict Permissions::get_source_group(RouteContext& context, Output group, std::optional<std::string_view> partition) {
  const Partition* in = find_partition(partition);
  if (in == nullptr) return kFalse;
  const Address* found = in->addresses(context.proxy().shard())
                             .find({.address = context.flow().remote.address,
                                    .port = context.flow().remote.port,
                                    .protocol = context.flow().protocol});
  if (found == nullptr) return kFalse;
  return Verdict::of(group.assign(Value::integer(found->group)));
}

}  // namespace carillon::permissions
