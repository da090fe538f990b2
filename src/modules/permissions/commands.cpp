// SPDX-License-Identifier: Apache-2.0
// The management commands of permissions; names and shapes of what they answer are OpenSIPS's.
#include "base/log.h"
#include "modules/permissions/permissions.h"
#include "modules/permissions/plain_uri.h"
#include "shard/context.h"
#include "shard/suspension.h"

namespace carillon::permissions {

using management::Json;
using management::Parameters;

namespace {

constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kFailed = 500;

// Rows after which a dump lets others run.
constexpr std::size_t kDumpStep = 1000;

Json describe(const Address& address) {
  Json object = Json::object();
  object.add("grp", address.group);
  object.add("ip", address.network.address.to_string());
  object.add("mask", address.network.prefix);
  object.add("port", address.port);
  object.add("proto", address.protocol.text());
  object.add("pattern", address.pattern.empty() ? Json() : Json(address.pattern));
  object.add("context_info", address.context_info ? Json(*address.context_info) : Json());
  return object;
}

}  // namespace

base::Result<std::vector<Partition*>> Permissions::named_partitions(const Parameters& parameters) const {
  std::vector<Partition*> chosen;
  const auto name = parameters.has("partition") ? parameters.text("partition") : base::Result<std::string>();
  if (!name) return std::unexpected(name.error());
  for (const auto& partition : partitions_) {
    if (name->empty() || partition->name() == *name) chosen.push_back(partition.get());
  }
  if (chosen.empty()) return base::fail("Partition not found", kNotFound);
  return chosen;
}

Permissions::Reply Permissions::address_reload(Parameters parameters) {
  const auto partitions = named_partitions(parameters);
  if (!partitions) co_return std::unexpected(partitions.error());
  shard::Shard& shard = *shard::context.shard;
  std::string problems;
  for (Partition* partition : *partitions) {
    auto reloaded = co_await partition->reload(shard);
    if (reloaded) continue;
    log::error("permissions: partition {} was not read again: {}", partition->name(), reloaded.error().message);
    problems += (problems.empty() ? "" : "; ") + partition->name() + ": " + reloaded.error().message;
  }
  if (!problems.empty()) co_return base::fail(std::move(problems), kFailed);
  co_return Json("OK");
}

Permissions::Reply Permissions::dump(Parameters parameters, bool hosts) const {
  const auto partitions = named_partitions(parameters);
  if (!partitions) co_return std::unexpected(partitions.error());
  shard::Shard& shard = *shard::context.shard;
  Json list = Json::array();
  for (const Partition* partition : *partitions) {
    const auto addresses = partition->share();
    Json rows = Json::array();
    std::size_t since_pause = 0;
    for (const Address& address : addresses->all()) {
      if (address.is_host() == hosts) rows.push_back(describe(address));
      if (++since_pause < kDumpStep) continue;
      since_pause = 0;
      co_await shard.sleep(std::chrono::milliseconds(1));
    }
    Json object = Json::object();
    object.add("name", partition->name());
    object.add("Destinations", std::move(rows));
    list.push_back(std::move(object));
  }
  Json result = Json::object();
  result.add("Partitions", std::move(list));
  co_return result;
}

Permissions::Reply Permissions::address_dump(Parameters parameters) { return dump(std::move(parameters), true); }
Permissions::Reply Permissions::subnet_dump(Parameters parameters) { return dump(std::move(parameters), false); }

Permissions::Reply Permissions::allow_uri_command(Parameters parameters) {
  const auto basename = parameters.text("basename");
  const auto uri_text = parameters.text("uri");
  const auto contact_text = parameters.text("contact");
  for (const auto* text : {&basename, &uri_text, &contact_text}) {
    if (!*text) co_return std::unexpected(text->error());
  }
  std::shared_ptr<const RulePair> rules;
  {
    const std::scoped_lock lock(mutex_);
    const auto known = rules_.find(*basename);
    if (known != rules_.end()) rules = known->second;
  }
  const RulePair* pair = rules.get();
  if (*basename + allow_suffix == default_allow_file && *basename + deny_suffix == default_deny_file) {
    pair = &default_rules_;
  }
  if (pair == nullptr) co_return base::fail("No call of the script names these files", kNotFound);
  const auto uri = sip::Uri::parse(*uri_text);
  const auto contact = sip::Uri::parse(*contact_text);
  if (!uri || !contact) co_return base::fail("Bad URI", 400);
  const std::string right = plain_uri(*contact);
  if (!pair->allow(plain_uri(*uri), std::span(&right, 1))) co_return base::fail("Forbidden", kForbidden);
  co_return Json("OK");
}

}  // namespace carillon::permissions
