// SPDX-License-Identifier: Apache-2.0
// Core functions and commands about destinations that nothing is sent to. See core.h and routing/blacklists.h.
#include <fmt/format.h>

#include "base/log.h"
#include "modules/core/core.h"

namespace carillon::core {

using namespace module;
using management::Json;
using management::Parameters;
using routing::Blacklists;
using Task = base::Task<base::Result<Json>>;

base::Result<BlacklistSet> BlacklistSet::parse(std::string_view name, Core& core) {
  const auto mask = core.blacklists().mask(name);
  if (!mask) return base::fail(fmt::format("there is no blacklist '{}'", name));
  return BlacklistSet{*mask};
}

base::Result<> Core::set_dst_blacklist(const script::Value& value) { return blacklists_.define(value.as_text()); }

Verdict Core::use_blacklist(RouteContext& context, const Parsed<BlacklistSet>& lists) {
  context.decision.blacklists |= lists->mask;
  return kTrue;
}

Verdict Core::unuse_blacklist(RouteContext& context, const Parsed<BlacklistSet>& lists) {
  context.decision.blacklists &= ~lists->mask;
  return kTrue;
}

namespace {

// "udp" as a list has it; an unknown protocol is an error, "any" none.
base::Result<std::optional<transport::Protocol>> protocol_of(std::string_view text) {
  if (text.empty() || text == "any") return std::nullopt;
  const auto protocol = transport::parse_protocol(text);
  if (!protocol) return base::fail(fmt::format("there is no protocol '{}'", text));
  return *protocol;
}

base::Result<Blacklists::Destination> destination(std::string_view address, int port, std::string_view protocol,
                                                  std::string_view pattern) {
  const auto parsed = base::IpAddress::parse(address);
  if (!parsed) return base::fail(fmt::format("'{}' is no address", address));
  const auto known = protocol_of(protocol);
  if (!known) return std::unexpected(known.error());
  if (port < 0 || port > 65535) return base::fail(fmt::format("{} is not a port", port));
  return Blacklists::Destination{*known, *parsed, static_cast<std::uint16_t>(port), pattern};
}

Verdict failed(std::string_view function, const base::Error& error) {
  log::error("{}(): {}", function, error.message);
  return kFalse;
}

}  // namespace

// Without lists: those that the message goes by.
Verdict Core::check_blacklist_rule(RouteContext& context, std::optional<Parsed<BlacklistSet>> lists,
                                   std::string_view address, std::optional<int> port,
                                   std::optional<std::string_view> protocol, std::optional<std::string_view> pattern) {
  const auto to = destination(address, port.value_or(0), protocol.value_or(""), pattern.value_or(""));
  if (!to) return failed("check_blacklist_rule", to.error());
  const Blacklists::Mask mask = lists ? (*lists)->mask : context.decision.blacklists;
  return Verdict::of(blacklists_.find(mask, *to, context.proxy().clock().now()).has_value());
}

Verdict Core::add_blacklist_rule(RouteContext& context, std::string_view list, std::string_view address,
                                 std::optional<int> port, std::optional<std::string_view> protocol,
                                 std::optional<std::string_view> pattern, std::optional<int> expires) {
  auto rule = Blacklists::Rule::make(address, protocol.value_or(""), port.value_or(0), pattern.value_or(""));
  if (!rule) return failed("add_blacklist_rule", rule.error());
  const base::TimePoint now = context.proxy().clock().now();
  if (expires.value_or(0) > 0) rule->expires = now + std::chrono::seconds(*expires);
  if (auto added = blacklists_.add(list, std::move(*rule), now); !added) {
    return failed("add_blacklist_rule", added.error());
  }
  return kTrue;
}

Verdict Core::del_blacklist_rule(RouteContext& /*context*/, std::string_view list, std::string_view address,
                                 std::optional<int> port, std::optional<std::string_view> protocol,
                                 std::optional<std::string_view> pattern) {
  const auto rule = Blacklists::Rule::make(address, protocol.value_or(""), port.value_or(0), pattern.value_or(""));
  if (!rule) return failed("del_blacklist_rule", rule.error());
  const auto removed = blacklists_.remove(list, *rule);
  if (!removed) return failed("del_blacklist_rule", removed.error());
  return Verdict::of(*removed);
}

// --- commands

namespace {

constexpr int kNotFound = 404;
constexpr int kRefused = 403;
constexpr int kBadRequest = 400;

Json rule_json(const Blacklists::Rule& rule, base::TimePoint now) {
  Json row = Json::object();
  row.add("IP", fmt::format("{}/{}", rule.network.address.to_string(), rule.network.prefix));
  row.add("Proto", rule.protocol ? transport::name(*rule.protocol) : std::string_view("any"));
  row.add("Port", rule.port);
  if (!rule.pattern.empty()) row.add("Match", rule.pattern);
  row.add("Flags", rule.inverse ? "inverse" : "");
  if (rule.expires) row.add("Expire", std::chrono::ceil<std::chrono::seconds>(*rule.expires - now).count());
  return row;
}

Json list_json(const Blacklists::Description& list, base::TimePoint now) {
  std::string flags;
  const auto add = [&flags](bool set, std::string_view name) {
    if (set) flags += fmt::format("{}{}", flags.empty() ? "" : ",", name);
  };
  add(list.expires, "expire");
  add(list.is_default, "default");
  add(list.read_only, "readonly");
  Json row = Json::object();
  row.add("name", list.name);
  row.add("owner", "core");
  row.add("flags", std::move(flags));
  Json& rules = row.add("Rules", Json::array());
  for (const Blacklists::Rule& rule : list.rules) rules.push_back(rule_json(rule, now));
  return row;
}

base::Result<std::string> optional_text(const Parameters& parameters, std::string_view name) {
  if (!parameters.has(name)) return std::string();
  return parameters.text(name);
}

// What `ip`, `port`, `proto` and `pattern` of a command say; the texts outlive it.
struct Asked {
  std::string address, protocol, pattern;
  std::int64_t port = 0;
};
base::Result<Asked> asked(const Parameters& parameters) {
  Asked all;
  auto address = parameters.text("ip");
  if (!address) return std::unexpected(address.error());
  all.address = std::move(*address);
  all.protocol = optional_text(parameters, "proto").value_or(std::string());
  all.pattern = optional_text(parameters, "pattern").value_or(std::string());
  if (!parameters.has("port")) return all;
  const auto port = parameters.integer("port");
  if (!port) return std::unexpected(port.error());
  if (*port < 0 || *port > 65535) return base::fail("not a port", kBadRequest);
  all.port = *port;
  return all;
}

std::unexpected<base::Error> bad_request(const base::Error& error) { return base::fail(error.message, kBadRequest); }

}  // namespace

Task Core::list_blacklists(Parameters parameters) {
  const std::string name = optional_text(parameters, "name").value_or(std::string());
  const auto mask = blacklists_.mask(name.empty() ? "all" : name);
  if (!mask) co_return base::fail("Blacklist not found", kNotFound);
  const base::TimePoint now = clock_->now();
  Json all = Json::array();
  for (const Blacklists::Description& list : blacklists_.describe(*mask, now)) all.push_back(list_json(list, now));
  co_return all;
}

Task Core::check_all_blacklists(Parameters parameters) {
  const auto what = asked(parameters);
  if (!what) co_return std::unexpected(what.error());
  const auto to = destination(what->address, static_cast<int>(what->port), what->protocol, what->pattern);
  if (!to) co_return bad_request(to.error());
  const base::TimePoint now = clock_->now();
  Json names = Json::array();
  for (const Blacklists::Description& list : blacklists_.describe(Blacklists::kAll, now)) {
    if (blacklists_.find(*blacklists_.mask(list.name), *to, now)) names.push_back(list.name);
  }
  if (names.if_array()->empty()) co_return base::fail("No blacklist matched", kNotFound);
  co_return names;
}

Task Core::check_blacklist(Parameters parameters) {
  const auto name = parameters.text("name");
  if (!name) co_return std::unexpected(name.error());
  const auto mask = blacklists_.mask(*name);
  if (!mask) co_return base::fail("Blacklist not found", kNotFound);
  const auto what = asked(parameters);
  if (!what) co_return std::unexpected(what.error());
  const auto to = destination(what->address, static_cast<int>(what->port), what->protocol, what->pattern);
  if (!to) co_return bad_request(to.error());
  const base::TimePoint now = clock_->now();
  const auto rule = blacklists_.matching_rule(*mask, *to, now);
  if (!rule) co_return base::fail("No rule matched", kNotFound);
  co_return rule_json(*rule, now);
}

Task Core::add_rule(Parameters parameters) {
  const auto name = parameters.text("name");
  const auto text = parameters.text("rule");
  if (!name || !text) co_return std::unexpected(name ? text.error() : name.error());
  auto rule = Blacklists::Rule::parse(*text);
  if (!rule) co_return bad_request(rule.error());
  const base::TimePoint now = clock_->now();
  if (parameters.has("expire")) {
    const auto expires = parameters.integer("expire");
    if (!expires) co_return std::unexpected(expires.error());
    constexpr std::int64_t kLongest = 100L * 365 * 24 * 3600;
    if (*expires < 0 || *expires > kLongest) co_return base::fail("Bad expire", kBadRequest);
    if (*expires > 0) rule->expires = now + std::chrono::seconds(*expires);
  }
  if (!blacklists_.mask(*name)) co_return base::fail("Blacklist not found", kNotFound);
  if (auto added = blacklists_.add(*name, std::move(*rule), now); !added) {
    co_return base::fail(added.error().message, kRefused);
  }
  co_return Json("OK");
}

Task Core::delete_rule(Parameters parameters) {
  const auto name = parameters.text("name");
  const auto text = parameters.text("rule");
  if (!name || !text) co_return std::unexpected(name ? text.error() : name.error());
  const auto rule = Blacklists::Rule::parse(*text);
  if (!rule) co_return bad_request(rule.error());
  if (!blacklists_.mask(*name)) co_return base::fail("Blacklist not found", kNotFound);
  const auto removed = blacklists_.remove(*name, *rule);
  if (!removed) co_return base::fail(removed.error().message, kRefused);
  if (!*removed) co_return base::fail("Rule not found", kNotFound);
  co_return Json("OK");
}

}  // namespace carillon::core
