// SPDX-License-Identifier: Apache-2.0
// The core variables, as rows for the declaration page; by theme, one file each.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <span>

#include "module/declare.h"
#include "modules/core/core.h"

namespace carillon::core {

// --- what the themes share

[[nodiscard]] inline script::Value text_or_null(std::string_view text) {
  return text.empty() ? script::Value::null() : script::Value::text(text);
}

// With its decimal form.
[[nodiscard]] inline script::Value number(RouteContext& context, std::int64_t value) {
  return script::Value::both(context.keep(fmt::format_int(value).str()), value);
}

[[nodiscard]] inline Core& core_of(const script::VariableRef& ref) {
  return *static_cast<Core*>(ref.declaration->owner);
}

// The listener of an id; null for None.
[[nodiscard]] inline const transport::Listener* listener_at(RouteContext& context, transport::ListenerId id) {
  const auto listeners = context.proxy().transport().listeners();
  const auto index = static_cast<std::size_t>(id);
  return index < listeners.size() ? &listeners[index] : nullptr;
}

// The name of a flag in ( ): a constant one has its bit from the compiler.
template <typename Flag>
[[nodiscard]] base::Result<script::Constant> compile_flag(const script::Value& literal, void* owner) {
  auto flag = Flag::parse(literal.as_text(), *static_cast<Core*>(owner));
  if (!flag) return std::unexpected(std::move(flag.error()));
  return std::make_shared<const std::uint32_t>(flag->mask);
}
[[nodiscard]] inline base::Result<std::uint32_t> flag_mask(const script::VariableRef& ref, routing::FlagSpace space) {
  if (ref.compiled != nullptr) return *static_cast<const std::uint32_t*>(ref.compiled);
  return core_of(ref).flag_names().mask(space, ref.sub_name);
}

// --- the tables

// $ru $rU $rd $rp $rP $ou ... $du ... $fu $tu and their parts
extern const std::span<const module::VariableDecl> kUriVariables;
// $hdr $ct $ci $cs $rm $rs ...
extern const std::span<const module::VariableDecl> kMessageVariables;
// $rb $cT
extern const std::span<const module::VariableDecl> kBodyVariables;
// $sdp $sdp.line $sdp.stream ...
extern const std::span<const module::VariableDecl> kSdpVariables;
// $si $sp $socket_in $socket_out ...
extern const std::span<const module::VariableDecl> kSocketVariables;
// $msg.branch.* $branch $ds ...
extern const std::span<const module::VariableDecl> kBranchVariables;
// $au $ar $auth.nonce ...
extern const std::span<const module::VariableDecl> kCredentialVariables;
// $Ts $pp $mf $err.* ...
extern const std::span<const module::VariableDecl> kStateVariables;

}  // namespace carillon::core
