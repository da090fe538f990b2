// SPDX-License-Identifier: Apache-2.0
// See blacklists.h.
#include "routing/blacklists.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/strings.h"

namespace carillon::routing {
namespace {

using base::fail;

bool is_host(const base::IpNetwork& network) { return network.prefix == network.address.bytes().size() * 8; }

bool same(const Blacklists::Rule& a, const Blacklists::Rule& b) {
  return a.network.address == b.network.address && a.network.prefix == b.network.prefix && a.inverse == b.inverse &&
         a.protocol == b.protocol && a.port == b.port && a.pattern == b.pattern;
}

bool fits(const Blacklists::Rule& rule, const Blacklists::Destination& to, base::TimePoint now) {
  if (rule.expires && *rule.expires <= now) return false;
  if (rule.protocol && rule.protocol != to.protocol) return false;
  if (rule.port != 0 && rule.port != to.port) return false;
  const bool inside = rule.network.address.family() == to.address.family() && rule.network.contains(to.address);
  if (inside == rule.inverse) return false;
  // A pattern that takes too long to match blocks nothing.
  return rule.regex == nullptr || rule.regex->matches(to.request).value_or(false);
}

// Up to a comma outside of quotes and brackets.
std::string_view take_field(std::string_view& rest) {
  char quote = '\0';
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ',') {
      break;
    }
  }
  const std::string_view field = base::trim(rest.substr(0, end));
  rest = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
  return field;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// The text in a rule's parentheses, with what precedes it, off the front of `rest`.
base::Result<std::string_view> take_rule(std::string_view& rest) {
  char quote = '\0';
  for (std::size_t at = 0; at < rest.size(); ++at) {
    const char c = rest[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ')') {
      const std::string_view rule = rest.substr(0, at + 1);
      rest = base::trim(rest.substr(at + 1));
      if (rest.starts_with(',')) rest = base::trim(rest.substr(1));
      return rule;
    }
  }
  return fail("the ')' of a rule is missing");
}

}  // namespace

base::Result<Blacklists::Rule> Blacklists::Rule::make(std::string_view network, std::string_view protocol, int port,
                                                      std::string_view pattern) {
  Rule rule;
  std::string_view address = base::trim(network);
  if (address.starts_with('!')) {
    rule.inverse = true;
    address = base::trim(address.substr(1));
  }
  const auto parsed = base::IpNetwork::parse(address);
  if (!parsed) return fail(fmt::format("'{}' is neither an address nor a network", address));
  rule.network = *parsed;
  if (!protocol.empty() && !base::iequals(protocol, "any") && !base::iequals(protocol, "none")) {
    rule.protocol = transport::parse_protocol(protocol);
    if (!rule.protocol) return fail(fmt::format("there is no protocol '{}'", protocol));
  }
  if (port < 0 || port > 65535) return fail(fmt::format("{} is not a port", port));
  rule.port = static_cast<std::uint16_t>(port);
  if (!pattern.empty()) {
    auto regex = script::Regex::compile(pattern);
    if (!regex) return std::unexpected(regex.error());
    rule.regex = std::move(*regex);
    rule.pattern = pattern;
  }
  return rule;
}

base::Result<Blacklists::Rule> Blacklists::Rule::parse(std::string_view text) {
  std::string_view rest = base::trim(text);
  const bool inverse = rest.starts_with('!');
  if (inverse) rest = base::trim(rest.substr(1));
  if (rest.starts_with('(')) {
    if (!rest.ends_with(')')) return fail("the ')' of a rule is missing");
    rest = rest.substr(1, rest.size() - 2);
  }
  std::string_view field = take_field(rest);
  std::string_view protocol;
  // The protocol may be left out: what follows is no network then.
  if (base::iequals(field, "any") || transport::parse_protocol(field)) {
    protocol = field;
    field = take_field(rest);
  }
  const std::string_view network = unquoted(field);
  int port = 0;
  if (const std::string_view written = take_field(rest); !written.empty() && written != "any") {
    const auto number = base::parse_number<std::uint16_t>(written);
    if (!number) return fail(fmt::format("'{}' is not a port", written));
    port = *number;
  }
  const std::string_view pattern = unquoted(take_field(rest));
  if (!rest.empty())
    return fail(fmt::format("'{}' does not belong to a rule ([proto,]net[,port[,\"pattern\"]])", rest));
  auto rule = make(network, protocol, port, pattern);
  if (rule && inverse) rule->inverse = !rule->inverse;
  return rule;
}

const Blacklists::Rule* Blacklists::List::find(const Destination& destination, base::TimePoint now) const {
  const auto first = [&](const std::vector<Rule>& rules) -> const Rule* {
    const auto found = std::ranges::find_if(rules, [&](const Rule& rule) { return fits(rule, destination, now); });
    return found == rules.end() ? nullptr : &*found;
  };
  if (const auto host = hosts.find(destination.address); host != hosts.end()) {
    if (const Rule* const rule = first(host->second)) return rule;
  }
  return first(networks);
}

std::vector<Blacklists::Rule>& Blacklists::List::home_of(const Rule& rule) {
  return is_host(rule.network) && !rule.inverse ? hosts[rule.network.address] : networks;
}

void Blacklists::List::put(Rule rule) {
  ++count;
  if (rule.regex != nullptr) ++patterns;
  home_of(rule).push_back(std::move(rule));
}

bool Blacklists::List::take(const Rule& rule) {
  std::vector<Rule>& home = home_of(rule);
  const auto found = std::ranges::find_if(home, [&](const Rule& one) { return same(one, rule); });
  const bool known = found != home.end();
  if (known) {
    --count;
    if (found->regex != nullptr) --patterns;
    home.erase(found);
  }
  if (&home != &networks && home.empty()) hosts.erase(rule.network.address);
  return known;
}

void Blacklists::List::forget_expired(base::TimePoint now) {
  const auto prune = [&](std::vector<Rule>& rules) {
    std::erase_if(rules, [&](const Rule& rule) {
      const bool over = rule.expires && *rule.expires <= now;
      if (over) --count;
      if (over && rule.regex != nullptr) --patterns;
      return over;
    });
  };
  prune(networks);
  for (auto& [address, rules] : hosts) prune(rules);
  std::erase_if(hosts, [](const auto& entry) { return entry.second.empty(); });
}

base::Result<Blacklists::List*> Blacklists::make(std::string_view name) {
  if (name.empty()) return fail("the list needs a name");
  if (mask(name)) return fail(fmt::format("there is a list '{}' already", name));
  if (lists_.size() >= kMaxLists) return fail(fmt::format("more than {} lists", kMaxLists));
  lists_.push_back({});
  lists_.back().name = name;
  return &lists_.back();
}

base::Result<> Blacklists::define(std::string_view text) {
  const std::size_t open = text.find('{');
  const std::size_t close = text.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return fail("a list is written name:{ (net), (proto,net,port,\"pattern\") }");
  }
  std::string_view head = base::trim(text.substr(0, open));
  while (head.ends_with(':') || head.ends_with('=')) head = base::trim(head.substr(0, head.size() - 1));
  std::string_view flags = head;
  const std::string_view name = base::trim(base::take_until(flags, '/'));
  auto made = make(name);
  if (!made) return std::unexpected(made.error());
  List& list = **made;
  list.read_only = base::trim(flags).empty();
  while (!flags.empty()) {
    const std::string_view flag = base::trim(base::take_until(flags, ','));
    if (flag == "expire") {
      list.expires = true;
    } else if (flag == "default") {
      list.is_default = true;
    } else if (flag == "readonly") {
      list.read_only = true;
    } else if (!flag.empty()) {
      return fail(fmt::format("unknown flag '{}': expire, default and readonly are known", flag));
    }
  }
  std::string_view rest = base::trim(text.substr(open + 1, close - open - 1));
  while (!rest.empty()) {
    const auto written = take_rule(rest);
    if (!written) return std::unexpected(written.error());
    auto rule = Rule::parse(*written);
    if (!rule) return std::unexpected(rule.error());
    if (list.count >= kMaxRules) return fail(fmt::format("more than {} rules", kMaxRules));
    list.put(std::move(*rule));
  }
  if (list.is_default) defaults_ |= Mask{1} << (lists_.size() - 1);
  return {};
}

base::Result<> Blacklists::define_dynamic(std::string_view name, bool is_default) {
  auto made = make(name);
  if (!made) return std::unexpected(made.error());
  (*made)->expires = true;
  (*made)->is_default = is_default;
  if (is_default) defaults_ |= Mask{1} << (lists_.size() - 1);
  return {};
}

std::optional<Blacklists::Mask> Blacklists::mask(std::string_view name) const {
  if (name == "all") return kAll;
  const auto found = std::ranges::find(lists_, name, &List::name);
  if (found == lists_.end()) return std::nullopt;
  return Mask{1} << static_cast<std::size_t>(found - lists_.begin());
}

std::optional<std::string_view> Blacklists::find(Mask lists, const Destination& destination,
                                                 base::TimePoint now) const {
  const std::shared_lock lock(mutex_);
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if ((lists & Mask{1} << i) != 0 && lists_[i].find(destination, now) != nullptr) return lists_[i].name;
  }
  return std::nullopt;
}

std::optional<Blacklists::Rule> Blacklists::matching_rule(Mask lists, const Destination& destination,
                                                          base::TimePoint now) const {
  const std::shared_lock lock(mutex_);
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    const Rule* const rule = (lists & Mask{1} << i) != 0 ? lists_[i].find(destination, now) : nullptr;
    if (rule != nullptr) return *rule;
  }
  return std::nullopt;
}

bool Blacklists::has_rules(Mask lists) const {
  if (lists == 0 || lists_.empty()) return false;
  const std::shared_lock lock(mutex_);
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if ((lists & Mask{1} << i) != 0 && lists_[i].count != 0) return true;
  }
  return false;
}

bool Blacklists::has_patterns(Mask lists) const {
  const std::shared_lock lock(mutex_);
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if ((lists & Mask{1} << i) != 0 && lists_[i].patterns != 0) return true;
  }
  return false;
}

base::Result<Blacklists::List*> Blacklists::writable(std::string_view name) {
  const auto found = std::ranges::find(lists_, name, &List::name);
  if (found == lists_.end()) return fail(fmt::format("there is no blacklist '{}'", name));
  if (found->read_only) return fail(fmt::format("the blacklist '{}' is read-only", name));
  return &*found;
}

base::Result<> Blacklists::add(std::string_view list, Rule rule, base::TimePoint now) {
  const std::unique_lock lock(mutex_);
  const auto found = writable(list);
  if (!found) return std::unexpected(found.error());
  List& into = **found;
  if (rule.expires && !into.expires) return fail(fmt::format("nothing expires in the blacklist '{}'", list));
  into.take(rule);
  if (into.count >= kMaxRules) into.forget_expired(now);
  if (into.count >= kMaxRules) return fail(fmt::format("the blacklist '{}' has {} rules already", list, kMaxRules));
  into.put(std::move(rule));
  return {};
}

base::Result<bool> Blacklists::remove(std::string_view list, const Rule& rule) {
  const std::unique_lock lock(mutex_);
  const auto found = writable(list);
  if (!found) return std::unexpected(found.error());
  return (*found)->take(rule);
}

std::vector<Blacklists::Description> Blacklists::describe(Mask lists, base::TimePoint now) const {
  const std::shared_lock lock(mutex_);
  std::vector<Description> all;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    if ((lists & Mask{1} << i) == 0) continue;
    const List& list = lists_[i];
    Description one{.name = list.name,
                    .expires = list.expires,
                    .is_default = list.is_default,
                    .read_only = list.read_only,
                    .rules = list.networks};
    for (const auto& [address, rules] : list.hosts) one.rules.insert(one.rules.end(), rules.begin(), rules.end());
    std::erase_if(one.rules, [&](const Rule& rule) { return rule.expires && *rule.expires <= now; });
    std::ranges::sort(one.rules, {}, [](const Rule& rule) { return std::pair(rule.network.address, rule.port); });
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace carillon::routing
