// SPDX-License-Identifier: Apache-2.0
// What scripts see of the branches of a transaction: $tm.branch.*, $bavp. See tm.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "module/services.h"
#include "modules/tm/tm.h"
#include "routing/flag_names.h"

namespace carillon::tm {
namespace {

using namespace module;
using routing::Branch;
using routing::FlagSpace;
using script::Index;
using script::Value;
using script::VariableRef;

// By index; without one the branch this route runs for, where there is one.
Branch* branch_of(RouteContext& context, const Index& index) {
  if (context.transaction == nullptr) return nullptr;
  const auto& branches = context.transaction->branches();
  const auto size = static_cast<std::int64_t>(branches.size());
  std::int64_t at = -1;
  if (index.kind == Index::Kind::At) {
    at = index.at < 0 ? index.at + size : index.at;
  } else if (context.branch) {
    at = *context.branch;
  }
  return at >= 0 && at < size ? branches[static_cast<std::size_t>(at)].get() : nullptr;
}

Value text_or_null(std::string_view text) { return text.empty() ? Value::null() : Value::text(text); }

template <std::string_view routing::RequestTarget::* member>
Value read_text(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr || !context.transaction->has_request()) return Value::null();
  return text_or_null(branch->target.*member);
}

}  // namespace

Value Tm::branch_uri(RouteContext& context, const VariableRef& ref) {
  return read_text<&routing::RequestTarget::uri>(context, ref);
}
Value Tm::branch_destination(RouteContext& context, const VariableRef& ref) {
  return read_text<&routing::RequestTarget::destination>(context, ref);
}
Value Tm::branch_path(RouteContext& context, const VariableRef& ref) {
  return read_text<&routing::RequestTarget::path>(context, ref);
}

Value Tm::branch_q(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  return branch != nullptr && branch->target.q ? Value::integer(*branch->target.q) : Value::null();
}

Value Tm::branch_flags(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr) return Value::null();
  return text_or_null(context.keep(services_->flag_names.names(FlagSpace::Branch, branch->target.flags)));
}

Value Tm::branch_socket(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr) return Value::null();
  return text_or_null(context.proxy().transport().listener_name(branch->target.socket));
}

Value Tm::branch_status(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  return branch != nullptr ? Value::integer(branch->status()) : Value::null();
}

Value Tm::branch_type(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr) return Value::null();
  return Value::text(context.transaction->is_placeholder(*branch) ? "phony" : "sip");
}

Value Tm::read_branch_flag(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  const auto mask = services_->flag_names.mask(FlagSpace::Branch, ref.sub_name);
  if (branch == nullptr || !mask) return Value::null();
  return Value::integer((branch->target.flags & *mask) != 0 ? 1 : 0);
}

base::Result<> Tm::write_branch_flag(RouteContext& context, const VariableRef& ref, const Value& value) {
  Branch* branch = branch_of(context, ref.index);
  const auto mask = services_->flag_names.mask(FlagSpace::Branch, ref.sub_name);
  if (branch == nullptr || !mask) return base::fail("no such branch or flag");
  branch->target.flags = value.is_true() ? branch->target.flags | *mask : branch->target.flags & ~*mask;
  return {};
}

Value Tm::read_branch_attribute(RouteContext& context, const VariableRef& ref) {
  const Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr || !context.transaction->has_request()) return Value::null();
  return routing::find_attribute(branch->target.attributes, ref.sub_name);
}

base::Result<> Tm::write_branch_attribute(RouteContext& context, const VariableRef& ref, const Value& value) {
  Branch* branch = branch_of(context, ref.index);
  if (branch == nullptr || !context.transaction->has_request()) return base::fail("no such branch");
  // The branch lives with the request, whatever message this run is about.
  base::Arena& arena = context.transaction->stored_request()->arena();
  branch->target.attributes = routing::set_attribute(branch->target.attributes, ref.sub_name, value, arena);
  return {};
}

Verdict Tm::t_get_branch_idx_by_attr(RouteContext& context, std::string_view attribute,
                                     std::optional<std::string_view> text, std::optional<int> number,
                                     const std::optional<Output>& result, std::optional<int> offset) {
  if (context.transaction == nullptr || !context.transaction->has_request()) return kFalse;
  const auto& branches = context.transaction->branches();
  for (int index = std::max(offset.value_or(0), 0); std::cmp_less(index, branches.size()); ++index) {
    const Value value =
        routing::find_attribute(branches[static_cast<std::size_t>(index)]->target.attributes, attribute);
    if (value.is_null()) continue;
    const bool any = !text && !number;
    const bool same_text = text && value.has_text() && value.as_text() == *text;
    const bool same_number = number && value.has_integer() && value.as_integer() == *number;
    if (!any && !same_text && !same_number) continue;
    return Verdict::of(!result || result->assign(Value::integer(index)));
  }
  return kFalse;
}

// The index is that of the value, as with $avp.
Value Tm::read_branch_avp(RouteContext& context, const VariableRef& ref) {
  Branch* branch = branch_of(context, {});
  script::AvpList* avps = branch != nullptr ? branch->avps() : nullptr;
  if (avps == nullptr) return Value::null();
  return avps->get(ref.sub_name, ref.index.kind == Index::Kind::At ? ref.index.at : 0);
}

base::Result<> Tm::write_branch_avp(RouteContext& context, const VariableRef& ref, const Value& value) {
  Branch* branch = branch_of(context, {});
  script::AvpList* avps = branch != nullptr ? branch->avps(true) : nullptr;
  if (avps == nullptr) return base::fail("there is no branch");
  const bool indexed = ref.index.kind == Index::Kind::At;
  if (value.is_null()) {
    avps->remove(ref.sub_name, indexed ? ref.index.at : 0);
  } else if (!indexed) {
    avps->push(ref.sub_name, value);
  } else if (!avps->set(ref.sub_name, ref.index.at, value)) {
    return base::fail("there is no value at this index");
  }
  return {};
}

}  // namespace carillon::tm
