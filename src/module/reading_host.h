// SPDX-License-Identifier: Apache-2.0
// What a text with variables is compiled against after the script: the modules that are loaded, and nothing changes.
#pragma once

#include <optional>
#include <string_view>

#include "module/registry.h"
#include "routing/route_context.h"
#include "script/host.h"

namespace carillon::module {

class ReadingHost final : public script::Host {
 public:
  explicit ReadingHost(const Registry& modules) : modules_(modules) {}

  [[nodiscard]] script::Answer set_parameter(std::string_view /*name*/, const script::Value& /*value*/) override {
    return script::Answer::unknown({});
  }
  [[nodiscard]] script::Answer load_module(std::string_view /*name*/) override { return script::Answer::unknown({}); }
  [[nodiscard]] script::Answer set_module_parameter(std::string_view /*modules*/, std::string_view /*parameter*/,
                                                    const script::Value& /*value*/) override {
    return script::Answer::unknown({});
  }
  [[nodiscard]] const script::FunctionDecl* find_function(std::string_view name) const override {
    return modules_.find_function(name);
  }
  [[nodiscard]] const script::VariableDecl* find_variable(std::string_view name) const override {
    return modules_.find_variable(name);
  }
  [[nodiscard]] const script::TransformationDecl* find_transformation(std::string_view name) const override {
    return modules_.find_transformation(name);
  }
  [[nodiscard]] std::optional<script::ContextId> find_context(std::string_view name) const override {
    if (name == "request") return routing::kRequestContext;
    if (name == "reply") return routing::kReplyContext;
    return std::nullopt;
  }
  [[nodiscard]] script::Suggestion suggest(script::NameKind kind, std::string_view name) const override {
    return modules_.suggest(kind, name);
  }

 private:
  const Registry& modules_;
};

}  // namespace carillon::module
