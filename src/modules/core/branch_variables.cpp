// SPDX-License-Identifier: Apache-2.0
// Variables about the branches of the target set. See variables.h.
#include <fmt/format.h>

#include "modules/core/core.h"
#include "modules/core/variables.h"
#include "sip/contact.h"
#include "sip/grammar.h"

namespace carillon::core {
namespace {

using namespace module;
using routing::FlagSpace;
using routing::RequestTarget;
using script::Index;
using script::Value;
using script::VariableRef;

// Index 0 is the Request-URI; without an index the branch added last.
RequestTarget* target_of(RouteContext& context, const Index& index) {
  routing::TargetSet& targets = context.decision.targets;
  if (index.kind != Index::Kind::At) return &targets.back();
  const auto size = static_cast<std::int32_t>(targets.size());
  const std::int32_t at = index.at < 0 ? index.at + size : index.at;
  return at >= 0 && at < size ? &targets[static_cast<std::size_t>(at)] : nullptr;
}

// --- the parts of a branch, whichever variable names it

template <std::string_view RequestTarget::* member>
base::Result<> set_text(RouteContext& context, RequestTarget& target, const Value& value) {
  if (!value.is_null() && !value.has_text()) return base::fail("a text is expected");
  const std::string_view text = value.as_text();
  const bool is_uri = member != &RequestTarget::path;
  const bool may_be_empty = member != &RequestTarget::uri;
  if (text.empty() && !may_be_empty) return base::fail("a branch needs a URI");
  if (!text.empty() && (is_uri ? !is_request_uri(text) : text.find_first_of("\r\n") != std::string_view::npos)) {
    return base::fail(is_uri ? "not a URI" : "not a Path");
  }
  target.*member = context.keep(text);
  return {};
}

base::Result<> set_q(RequestTarget& target, const Value& value) {
  if (value.is_null()) {
    target.q.reset();
    return {};
  }
  if (!value.has_integer() || value.as_integer() < 0 || value.as_integer() > 1000) {
    return base::fail("q is a number from 0 to 1000");
  }
  target.q = static_cast<std::uint16_t>(value.as_integer());
  return {};
}

Value flags_of(RouteContext& context, const VariableRef& ref, const RequestTarget& target) {
  return text_or_null(context.keep(core_of(ref).flag_names().names(FlagSpace::Branch, target.flags)));
}

base::Result<> set_flags(const VariableRef& ref, RequestTarget& target, const Value& value) {
  if (!value.is_null() && !value.has_text()) return base::fail("names of flags are expected");
  target.flags = core_of(ref).flag_names().parse(FlagSpace::Branch, value.as_text());
  return {};
}

base::Result<> set_flag(const VariableRef& ref, RequestTarget* target, const Value& value) {
  const auto mask = flag_mask(ref, FlagSpace::Branch);
  if (target == nullptr || !mask) return base::fail("no such branch or flag");
  target->flags = value.is_true() ? target->flags | *mask : target->flags & ~*mask;
  return {};
}

Value socket_of(RouteContext& context, const RequestTarget& target) {
  return text_or_null(context.proxy().transport().listener_name(target.socket));
}

base::Result<> set_socket(RouteContext& context, RequestTarget& target, const Value& value) {
  if (value.is_null()) {
    target.socket = transport::ListenerId::None;
    return {};
  }
  const transport::Listener* listener = context.proxy().transport().find_listener(value.as_text());
  if (listener == nullptr) return base::fail(fmt::format("no socket '{}'", value.as_text()));
  target.socket = listener->id;
  return {};
}

// --- $msg.branch.*

template <std::string_view RequestTarget::* member>
Value read_branch_text(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr ? text_or_null(target->*member) : Value::null();
}

template <std::string_view RequestTarget::* member>
base::Result<> write_branch_text(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  return set_text<member>(context, *target, value);
}

Value read_branch_q(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr && target->q ? number(context, *target->q) : Value::null();
}

base::Result<> write_branch_q(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  return set_q(*target, value);
}

Value read_branch_flags(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr ? flags_of(context, ref, *target) : Value::null();
}

base::Result<> write_branch_flags(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  return set_flags(ref, *target, value);
}

// $bf without an index is that of the Request-URI.
Value read_uri_branch_flags(RouteContext& context, const VariableRef& ref) {
  if (ref.index.kind == Index::Kind::At) return read_branch_flags(context, ref);
  return flags_of(context, ref, context.request_target());
}

Value read_branch_flag(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  const auto mask = flag_mask(ref, FlagSpace::Branch);
  return Value::integer(target != nullptr && mask && (target->flags & *mask) != 0 ? 1 : 0);
}

base::Result<> write_branch_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  return set_flag(ref, target_of(context, ref.index), value);
}

Value read_branch_socket(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr ? socket_of(context, *target) : Value::null();
}

base::Result<> write_branch_socket(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  return set_socket(context, *target, value);
}

Value read_branch_attribute(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = target_of(context, ref.index);
  return target != nullptr ? routing::find_attribute(target->attributes, ref.sub_name) : Value::null();
}

base::Result<> write_branch_attribute(RouteContext& context, const VariableRef& ref, const Value& value) {
  RequestTarget* target = target_of(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  target->attributes = routing::set_attribute(target->attributes, ref.sub_name, value, context.arena());
  return {};
}

Value read_last_branch(RouteContext& context, const VariableRef& /*ref*/) {
  return Value::integer(static_cast<std::int64_t>(context.decision.targets.size()) - 1);
}

// Reading gives the URI of the last branch, writing adds one.
base::Result<> append_branch(RouteContext& context, const VariableRef& /*ref*/, const Value& value) {
  if (!is_request_uri(value.as_text())) return base::fail("not a URI");
  if (context.decision.targets.size() >= routing::kMaxBranches) return base::fail("too many branches");
  context.decision.targets.push_back({.uri = context.keep(value.as_text()), .destination = {}, .path = {}, .q = {}});
  return {};
}

// The destination set as a list of Contact values.
Value read_destinations(RouteContext& context, const VariableRef& /*ref*/) {
  std::string list;
  for (const RequestTarget& target : context.decision.targets) {
    list += fmt::format("{}<{}>", list.empty() ? "" : ", ", target.uri);
    if (target.q) list += fmt::format(";q={}", sip::format_qvalue(*target.q));
  }
  return Value::text(context.keep(list));
}

// --- 3.x and older: $branch counts from the first additional branch

RequestTarget* additional_at(RouteContext& context, const Index& index) {
  const auto additional = static_cast<std::int32_t>(context.decision.targets.size()) - 1;
  std::int32_t at = index.kind == Index::Kind::At ? index.at : 0;
  if (at < 0) at += additional;
  return at >= 0 && at < additional ? &context.decision.targets[static_cast<std::size_t>(at) + 1] : nullptr;
}

Value read_branch_field(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = additional_at(context, ref.index);
  if (target == nullptr) return Value::null();
  const std::string_view field = ref.sub_name;
  if (field.empty() || field == "uri") return text_or_null(target->uri);
  if (field == "duri") return text_or_null(target->destination);
  if (field == "path") return text_or_null(target->path);
  if (field == "q") return target->q ? number(context, *target->q) : Value::null();
  if (field == "flags") return flags_of(context, ref, *target);
  if (field == "socket") return socket_of(context, *target);
  return Value::null();
}

base::Result<> write_branch_field(RouteContext& context, const VariableRef& ref, const Value& value) {
  const std::string_view field = ref.sub_name;
  if (field.empty()) return append_branch(context, ref, value);
  RequestTarget* target = additional_at(context, ref.index);
  if (target == nullptr) return base::fail("no such branch");
  if (field == "uri") return set_text<&RequestTarget::uri>(context, *target, value);
  if (field == "duri") return set_text<&RequestTarget::destination>(context, *target, value);
  if (field == "path") return set_text<&RequestTarget::path>(context, *target, value);
  if (field == "q") return set_q(*target, value);
  if (field == "flags") return set_flags(ref, *target, value);
  if (field == "socket") return set_socket(context, *target, value);
  return base::fail("a branch has no such field");
}

base::Result<script::Constant> check_branch_field(const Value& literal, void* /*owner*/) {
  static constexpr std::string_view kFields[] = {"uri", "duri", "path", "q", "flags", "socket"};
  for (const std::string_view field : kFields) {
    if (field == literal.as_text()) return script::Constant{};
  }
  return base::fail("a branch has the fields uri, duri, path, q, flags and socket");
}

Value read_additional_flag(RouteContext& context, const VariableRef& ref) {
  const RequestTarget* target = additional_at(context, ref.index);
  const auto mask = flag_mask(ref, FlagSpace::Branch);
  return Value::integer(target != nullptr && mask && (target->flags & *mask) != 0 ? 1 : 0);
}

base::Result<> write_additional_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  return set_flag(ref, additional_at(context, ref.index), value);
}

// $br and $bR of 1.x: the additional branches as a list of Contacts, and the first of them.
Value read_first_additional(RouteContext& context, const VariableRef& /*ref*/) {
  const RequestTarget* target = additional_at(context, {});
  return target != nullptr ? text_or_null(target->uri) : Value::null();
}

Value read_all_additional(RouteContext& context, const VariableRef& /*ref*/) {
  std::string list;
  const routing::TargetSet& targets = context.decision.targets;
  for (std::size_t i = 1; i < targets.size(); ++i) list += fmt::format("{}{}", i == 1 ? "" : ", ", targets[i].uri);
  return text_or_null(context.keep(list));
}

constexpr VariableTraits kAttribute{.sub_name = script::SubName::Required, .indexable = true};
constexpr VariableTraits kBranch{.indexable = true};
constexpr VariableTraits kNamedBranch{
    .sub_name = script::SubName::Required, .indexable = true, .compile_sub_name = &compile_flag<BranchFlag>};
constexpr VariableTraits kOldBranch{
    .sub_name = script::SubName::Optional, .indexable = true, .compile_sub_name = &check_branch_field};

constexpr auto kRows = std::to_array({
    variable<&read_branch_text<&RequestTarget::uri>, &append_branch>(
        "msg.branch", "The URI of the last branch; assigning adds a branch."),
    variable<&read_branch_text<&RequestTarget::uri>, &write_branch_text<&RequestTarget::uri>>(
        "msg.branch.uri", "URI of a branch.", kBranch),
    variable<&read_branch_text<&RequestTarget::destination>, &write_branch_text<&RequestTarget::destination>>(
        "msg.branch.duri", "Next hop of a branch.", kBranch),
    variable<&read_branch_text<&RequestTarget::path>, &write_branch_text<&RequestTarget::path>>(
        "msg.branch.path", "Path of a branch.", kBranch),
    variable<&read_branch_q, &write_branch_q>("msg.branch.q", "q of a branch, in thousandths.", kBranch),
    variable<&read_branch_flags, &write_branch_flags>("msg.branch.flags", "Names of the flags of a branch.", kBranch),
    variable<&read_branch_flag, &write_branch_flag>("msg.branch.flag", "A flag of a branch.", kNamedBranch),
    variable<&read_last_branch>("msg.branch.last_idx", "Index of the last branch."),
    variable<&read_branch_attribute, &write_branch_attribute>(
        "msg.branch.attr", "A named value of a branch, which goes with it to $tm.branch.attr.", kAttribute),
    older("$msg.branch.flags",
          variable<&read_uri_branch_flags>("bf", "Names of the branch flags of the Request-URI.", kBranch)),
    older("$msg.branch.uri", variable<&read_first_additional>("br", "The URI of the first additional branch.")),
    older("$(msg.branch.uri[*])", variable<&read_all_additional>("bR", "The URIs of all additional branches.")),
    variable<&read_destinations>("ds", "The destination set as a list of Contacts."),
    variable<&read_branch_socket, &write_branch_socket>("msg.branch.socket", "Socket a branch is sent from.", kBranch),
    older("$msg.branch, $msg.branch.uri and the like",
          variable<&read_branch_field, &write_branch_field>(
              "branch", "3.x: a field of an additional branch; assigning without a field adds one.", kOldBranch)),
    older("$msg.branch.flag(name)", variable<&read_additional_flag, &write_additional_flag>(
                                        "branch.flag", "3.x: a flag of an additional branch.", kNamedBranch)),
});

}  // namespace

const std::span<const VariableDecl> kBranchVariables = kRows;

}  // namespace carillon::core
