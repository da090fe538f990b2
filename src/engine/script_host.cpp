// SPDX-License-Identifier: Apache-2.0
// See script_host.h.
#include "engine/script_host.h"

namespace carillon::engine {

// Core parameters are those of the module `core`.
script::Answer ScriptHost::set_parameter(std::string_view name, const script::Value& value) {
  return registry_.set_parameter("core", name, value);
}

std::optional<script::ContextId> ScriptHost::find_context(std::string_view name) const {
  if (name == "request") return routing::kRequestContext;
  if (name == "reply") return routing::kReplyContext;
  return std::nullopt;
}

}  // namespace carillon::engine
