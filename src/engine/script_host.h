// SPDX-License-Identifier: Apache-2.0
// What the script compiler asks the server: the module registry behind script::Host.
#pragma once

#include <optional>
#include <string_view>

#include "module/registry.h"
#include "script/host.h"

namespace carillon::engine {

class ScriptHost final : public script::Host {
 public:
  explicit ScriptHost(module::Registry& registry) : registry_(registry) {}

  [[nodiscard]] script::Answer set_parameter(std::string_view name, const script::Value& value) override;
  [[nodiscard]] script::Answer load_module(std::string_view name) override { return registry_.load(name); }
  [[nodiscard]] script::Answer set_module_parameter(std::string_view modules, std::string_view parameter,
                                                    const script::Value& value) override {
    return registry_.set_parameter(modules, parameter, value);
  }
  [[nodiscard]] const script::FunctionDecl* find_function(std::string_view name) const override {
    return registry_.find_function(name);
  }
  [[nodiscard]] const script::VariableDecl* find_variable(std::string_view name) const override {
    return registry_.find_variable(name);
  }
  [[nodiscard]] const script::TransformationDecl* find_transformation(std::string_view name) const override {
    return registry_.find_transformation(name);
  }
  [[nodiscard]] std::optional<script::ContextId> find_context(std::string_view name) const override;
  [[nodiscard]] script::Suggestion suggest(script::NameKind kind, std::string_view name) const override {
    return registry_.suggest(kind, name);
  }
  [[nodiscard]] std::vector<std::string_view> missing_for(std::string_view module) const override {
    return registry_.missing_for(module);
  }
  [[nodiscard]] bool may_set_avp(std::string_view name) const override { return registry_.may_set_avp(name); }
  [[nodiscard]] bool sets_any_avp(std::string_view function) const override { return registry_.sets_any_avp(function); }

 private:
  module::Registry& registry_;
};

}  // namespace carillon::engine
