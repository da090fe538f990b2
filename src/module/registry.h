// SPDX-License-Identifier: Apache-2.0
// The modules there are and the ones a script has loaded; finds what they declare by name.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "module/module.h"
#include "module/services.h"
#include "script/host.h"

namespace carillon::module {

struct OldModule;
struct OldParameter;

// Filled while a script is compiled (by one thread), immutable afterwards. The declarations handed out point into it.
class Registry {
 public:
  // `available`: every module of this binary, the one named "core" among them; it is loaded at once.
  explicit Registry(std::span<const Declaration* const> available);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  [[nodiscard]] std::span<const Declaration* const> available() const { return available_; }

  // --- while compiling
  [[nodiscard]] script::Answer load(std::string_view name);
  // `modules`: a name, or an extended regular expression that has to match whole names of loaded modules.
  [[nodiscard]] script::Answer set_parameter(std::string_view modules, std::string_view parameter,
                                             const script::Value& value);
  [[nodiscard]] const script::FunctionDecl* find_function(std::string_view name) const;
  [[nodiscard]] const script::VariableDecl* find_variable(std::string_view name) const;
  [[nodiscard]] const script::TransformationDecl* find_transformation(std::string_view name) const;
  [[nodiscard]] script::Suggestion suggest(script::NameKind kind, std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> missing_for(std::string_view module) const;
  // Named by a loaded module, or in a parameter of one.
  [[nodiscard]] bool may_set_avp(std::string_view name) const;
  [[nodiscard]] bool sets_any_avp(std::string_view function) const;

  // --- after compiling
  // Every module named in some loaded module's `needs` that the script didn't load: "registrar needs usrloc".
  [[nodiscard]] std::vector<std::string> missing_modules() const;
  // Starts the loaded modules, each after those it needs; adds their commands and statistics. Returns what failed, all
  // of it ("usrloc: cannot open ...").
  [[nodiscard]] std::vector<std::string> start(Services& services);
  // In the opposite order.
  void stop();

  // The tables of the loaded modules, under their own names.
  [[nodiscard]] std::vector<const storage::TableSpec*> tables() const;

  [[nodiscard]] bool is_loaded(std::string_view name) const { return find_loaded(name) != nullptr; }
  [[nodiscard]] Module* find_module(std::string_view name) const;
  // The interface that a module offers in its api.h, or null when it isn't loaded.
  template <typename Api>
  [[nodiscard]] Api* find_interface() const {
    return dynamic_cast<Api*>(find_module(Api::kModule));
  }

 private:
  struct Loaded {
    const Declaration* declaration;
    std::unique_ptr<Module> module;
    bool started = false;
  };

  [[nodiscard]] const Declaration* find_available(std::string_view name) const;
  [[nodiscard]] Loaded* find_loaded(std::string_view name) const;
  [[nodiscard]] static script::Answer set_parameter(Loaded& loaded, std::string_view parameter,
                                                    const script::Value& value);
  [[nodiscard]] static script::Answer set_old_parameter(Loaded* loaded, const OldParameter& old,
                                                        const script::Value& value);
  [[nodiscard]] script::Answer load_successor(const OldModule& old);
  void add_names(Loaded& loaded);
  [[nodiscard]] std::vector<Loaded*> start_order() const;
  void start_one(Loaded& loaded, Services& services, std::vector<std::string>& problems);

  std::vector<const Declaration*> available_;
  mutable std::deque<Loaded> loaded_;
  std::vector<Loaded*> started_;
  std::deque<script::FunctionDecl> functions_;
  std::deque<script::VariableDecl> variables_;
  std::deque<script::TransformationDecl> transformations_;
  std::unordered_map<std::string_view, const script::FunctionDecl*> function_names_;
  std::unordered_map<std::string_view, const script::VariableDecl*> variable_names_;
  std::unordered_map<std::string_view, const script::TransformationDecl*, base::CaseInsensitiveHash,
                     base::CaseInsensitiveEqual>
      transformation_names_;
};

template <typename Api>
Api* Services::find() const {
  return modules.find_interface<Api>();
}

}  // namespace carillon::module
