// SPDX-License-Identifier: Apache-2.0
// Core functions for flags and for the branches of the target set. See core.h.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "modules/core/core.h"
#include "sip/contact.h"

namespace carillon::core {

using namespace module;
using routing::FlagSpace;
using routing::RequestTarget;
using routing::TargetSet;

base::Result<MessageFlag> MessageFlag::parse(std::string_view name, Core& core) {
  const auto mask = core.flag_names().mask(FlagSpace::Message, name);
  if (!mask) return std::unexpected(mask.error());
  return MessageFlag{*mask};
}

base::Result<BranchFlag> BranchFlag::parse(std::string_view name, Core& core) {
  const auto mask = core.flag_names().mask(FlagSpace::Branch, name);
  if (!mask) return std::unexpected(mask.error());
  return BranchFlag{*mask};
}

namespace {

// Changes show in the transaction too where routes write through (failure and branch routes).
Verdict write_flags(RouteContext& context, std::uint32_t flags) {
  context.decision.flags = flags;
  if (context.transaction != nullptr && context.kind() != script::RouteKind::Request)
    context.transaction->flags = flags;
  return kTrue;
}

std::optional<std::uint16_t> parse_q(std::optional<std::string_view> text) {
  return text ? sip::parse_qvalue(*text) : std::nullopt;
}

}  // namespace

RequestTarget* Core::target_at(RouteContext& context, std::optional<int> branch) {
  const auto index = static_cast<std::size_t>(branch.value_or(0));
  TargetSet& targets = context.decision.targets;
  return index < targets.size() ? &targets[index] : nullptr;
}

Verdict Core::setflag(RouteContext& context, Constant<MessageFlag> flag) {
  return write_flags(context, context.decision.flags | flag->mask);
}
Verdict Core::resetflag(RouteContext& context, Constant<MessageFlag> flag) {
  return write_flags(context, context.decision.flags & ~flag->mask);
}
Verdict Core::isflagset(RouteContext& context, Constant<MessageFlag> flag) {
  return Verdict::of((context.decision.flags & flag->mask) != 0);
}

Verdict Core::setbflag(RouteContext& context, Constant<BranchFlag> flag, std::optional<int> branch) {
  RequestTarget* target = target_at(context, branch);
  if (target == nullptr) return kFalse;
  target->flags |= flag->mask;
  return kTrue;
}
Verdict Core::resetbflag(RouteContext& context, Constant<BranchFlag> flag, std::optional<int> branch) {
  RequestTarget* target = target_at(context, branch);
  if (target == nullptr) return kFalse;
  target->flags &= ~flag->mask;
  return kTrue;
}
Verdict Core::isbflagset(RouteContext& context, Constant<BranchFlag> flag, std::optional<int> branch) {
  const RequestTarget* target = target_at(context, branch);
  return Verdict::of(target != nullptr && (target->flags & flag->mask) != 0);
}

Verdict Core::append_msg_branch(RouteContext& context, std::optional<std::string_view> uri,
                                std::optional<std::string_view> q, std::optional<std::string_view> flags) {
  TargetSet& targets = context.decision.targets;
  if (!is_request_uri(uri.value_or("")) || targets.size() >= routing::kMaxBranches) return kFalse;
  RequestTarget target;
  if (flags && (*flags == "inherite" || *flags == "inherit")) target = targets.front();
  target.uri = context.keep(*uri);
  if (q) target.q = parse_q(q);
  targets.push_back(target);
  return kTrue;
}

Verdict Core::append_branch_old(RouteContext& context, std::optional<std::string_view> uri,
                                std::optional<std::string_view> q) {
  TargetSet& targets = context.decision.targets;
  if (targets.size() >= routing::kMaxBranches) return kFalse;
  RequestTarget target = targets.front();
  if (uri && !uri->empty()) {
    if (!is_request_uri(*uri)) return kFalse;
    target.uri = context.keep(*uri);
  } else {
    RequestTarget& first = targets.front();
    first = {.uri = first.uri, .destination = {}, .path = {}, .q = {}, .flags = 0};
  }
  if (q) target.q = parse_q(q);
  targets.push_back(target);
  return kTrue;
}

// Index 0 is the first additional branch.
Verdict Core::remove_msg_branch(RouteContext& context, int index) {
  TargetSet& targets = context.decision.targets;
  if (index < 0 || static_cast<std::size_t>(index) + 1 >= targets.size()) return kFalse;
  targets.erase(targets.begin() + index + 1);
  return kTrue;
}

namespace {

// A branch by the number that move_msg_branch() and swap_msg_branches() take: below 0, or none, is the Request-URI.
RequestTarget* numbered(TargetSet& targets, std::optional<int> index) {
  if (index.value_or(-1) < 0) return &targets.front();
  const auto at = static_cast<std::size_t>(*index) + 1;
  return at < targets.size() ? &targets[at] : nullptr;
}

}  // namespace

// The source is copied over the destination and, unless told otherwise, taken away.
Verdict Core::move_msg_branch(RouteContext& context, std::optional<int> from, std::optional<int> to,
                              std::optional<std::string_view> flags) {
  TargetSet& targets = context.decision.targets;
  const RequestTarget* source = numbered(targets, from);
  RequestTarget* destination = numbered(targets, to);
  if (source == nullptr || destination == nullptr || source == destination) return kFalse;
  *destination = *source;
  if (source != &targets.front() && flags != "keep") targets.erase(targets.begin() + (source - targets.data()));
  return kTrue;
}

Verdict Core::swap_msg_branches(RouteContext& context, std::optional<int> first, std::optional<int> second) {
  TargetSet& targets = context.decision.targets;
  RequestTarget* one = numbered(targets, first);
  RequestTarget* other = numbered(targets, second);
  if (one == nullptr || other == nullptr || one == other) return kFalse;
  std::swap(*one, *other);
  return kTrue;
}

namespace {

constexpr script::AvpName kSerialBranch{"serial_branch"};

// One branch as text in $avp(serial_branch): q group, then the parts, separated by what no URI holds.
constexpr char kSeparator = '\t';

// Attributes may hold anything: their bytes are written in hex.
std::string hex(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return digits;
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

std::string pack(const RequestTarget& target, std::size_t group) {
  std::string packed = fmt::format("{1}{0}{2}{0}{3}{0}{4}{0}{5}{0}{6}{0}{7}", kSeparator, group, target.uri,
                                   target.destination, target.path, target.q ? static_cast<int>(*target.q) : -1,
                                   target.flags, static_cast<unsigned>(target.socket));
  for (const auto* one = target.attributes; one != nullptr; one = one->next) {
    packed += kSeparator + hex(one->name);
    packed += one->value.has_text() ? "=" + hex(one->value.as_text()) : fmt::format("#{}", one->value.as_integer());
  }
  return packed;
}

struct Packed {
  std::size_t group = 0;
  RequestTarget target;
};

void unpack_attribute(std::string_view text, RequestTarget& target, base::Arena& arena) {
  const std::size_t sign = text.find_first_of("=#");
  if (sign == std::string_view::npos) return;
  const std::string value = from_hex(text.substr(sign + 1));
  const auto number = base::parse_number<std::int64_t>(text.substr(sign + 1));
  target.attributes = routing::set_attribute(
      target.attributes, from_hex(text.substr(0, sign)),
      text[sign] == '#' ? script::Value::integer(number.value_or(0)) : script::Value::text(value), arena);
}

std::optional<Packed> unpack(std::string_view text, base::Arena& arena) {
  Packed packed;
  const auto group = base::parse_number<std::size_t>(base::take_until(text, kSeparator));
  packed.target.uri = base::take_until(text, kSeparator);
  packed.target.destination = base::take_until(text, kSeparator);
  packed.target.path = base::take_until(text, kSeparator);
  const auto q = base::parse_number<int>(base::take_until(text, kSeparator));
  const auto flags = base::parse_number<std::uint32_t>(base::take_until(text, kSeparator));
  const auto socket = base::parse_number<std::uint16_t>(base::take_until(text, kSeparator));
  if (!group || !q || !flags || !socket) return std::nullopt;
  packed.group = *group;
  if (*q >= 0) packed.target.q = static_cast<std::uint16_t>(*q);
  packed.target.flags = *flags;
  packed.target.socket = transport::ListenerId{*socket};
  while (!text.empty()) unpack_attribute(base::take_until(text, kSeparator), packed.target, arena);
  return packed;
}

}  // namespace

Verdict Core::serialize_branches(RouteContext& context, int clear, std::optional<int> keep_order) {
  TargetSet& targets = context.decision.targets;
  script::AvpList& avps = context.avps();
  if (clear != 0) avps.remove_all(kSerialBranch);
  const auto groups = keep_order.value_or(0) != 0 ? std::vector<TargetSet>{targets} : routing::group_by_q(targets);
  // The best group comes out first: AVPs are a stack, so it goes in last.
  for (std::size_t group = groups.size(); group-- > 0;) {
    for (auto target = groups[group].rbegin(); target != groups[group].rend(); ++target) {
      avps.push(kSerialBranch, script::Value::text(context.keep(pack(*target, group))));
    }
  }
  targets.resize(1);
  return kTrue;
}

// 1: more groups are left; 2: this was the last; -1: there was none.
Verdict Core::next_branches(RouteContext& context) {
  script::AvpList& avps = context.avps();
  TargetSet next;
  std::optional<std::size_t> group;
  while (true) {
    const script::Value top = avps.get(kSerialBranch);
    const auto packed = top.is_null() ? std::nullopt : unpack(top.as_text(), context.arena());
    if (!packed || (group && packed->group != *group)) break;
    group = packed->group;
    next.push_back(packed->target);
    avps.remove(kSerialBranch);
  }
  if (next.empty()) return kFalse;
  context.decision.targets = std::move(next);
  return avps.get(kSerialBranch).is_null() ? 2 : 1;
}

}  // namespace carillon::core
