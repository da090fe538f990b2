// SPDX-License-Identifier: Apache-2.0
// A server made of tables, for this folder's tests, benchmark and fuzzer.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "script/host.h"
#include "script/operators.h"
#include "script/program.h"
#include "script/source.h"
#include "script/transformations.h"
#include "script/vm.h"

namespace carillon::script::testing {

// Variables live in a map; what is logged and called is kept.
class FakeEnvironment : public Environment {
 public:
  base::Arena& arena() override { return arena_; }
  AvpList& avps() override { return avps_; }
  bool log_enabled(LogSource source, LogLevel level) const override {
    return source == LogSource::Machine || level <= max_level;
  }
  void log(LogSource source, LogLevel, std::string_view text, const Position& at) override {
    (source == LogSource::Machine ? complaints : logged).emplace_back(text);
    last_position = at;
  }
  bool launch(Launch launch) override {
    launches.push_back(std::move(launch));
    return accept_launches;
  }

  // Forgets texts and AVPs, as the engine does between two messages.
  void recycle() {
    avps_.clear();
    avps_ = AvpList(arena_);
    arena_.reset();
  }

  std::map<std::string, Value, std::less<>> variables;
  std::vector<std::string> logged;      // xlog() and log()
  std::vector<std::string> complaints;  // of the virtual machine
  std::vector<std::string> calls;       // "name(arg,arg)"
  std::vector<Launch> launches;
  Position last_position;
  LogLevel max_level = LogLevel::Info;
  bool accept_launches = true;
  bool record_calls = true;

 private:
  base::Arena arena_;
  AvpList avps_{arena_};
};

[[nodiscard]] inline FakeEnvironment& fake(Environment& environment) {
  return static_cast<FakeEnvironment&>(environment);
}

[[nodiscard]] inline std::string show(const Value& value) {
  if (value.is_null()) return "NULL";
  return value.has_text() ? std::string(value.as_text()) : std::to_string(value.as_integer());
}

class FakeHost : public Host {
 public:
  using Behaviour = std::function<CallResult(const Call&)>;

  FakeHost() {
    variable("ru", true);
    variable("rU", true);
    variable("rd", true);
    variable("du", true);
    variable("fu", false);
    variable("rm", false);
    variable("rs", false);
    variable("si", false);
    VariableDecl& header = variable("hdr", false);
    header.sub_name = SubName::Required;
    header.indexable = true;
    header.takes_context = true;
    header.compile_sub_name = [](const Value& literal, void*) -> base::Result<Constant> {
      if (literal.as_text().find(' ') != std::string_view::npos) return base::fail("not a header's name");
      return std::make_shared<const std::string>(literal.as_text());
    };
    VariableDecl& waits = variable("waits", false);
    waits.read = [](Environment&, const VariableRef&) { return ReadResult::pending(); };
    VariableDecl& fails = variable("fails", false);
    fails.read = [](Environment&, const VariableRef&) { return ReadResult::error(); };
    VariableDecl& refuses = variable("refuses", true);
    refuses.write = [](Environment&, const VariableRef&, const Value&, WriteMode) -> base::Result<> {
      return base::fail("it refuses");
    };
    function("t", {}, [](const Call&) { return CallResult::done(1); });
    function("f", {}, [](const Call&) { return CallResult::done(-1); });
    function("zero", {}, [](const Call&) { return CallResult::done(0); });
    function("code", {{.name = "code", .kind = ParamKind::Integer}},
             [](const Call& call) { return CallResult::done(static_cast<int>(call.arguments[0].value.as_integer())); });
    function("subst", {{.name = "subst", .is_substitution = true}});
    function("waits", {{.name = "text", .optional = true}}, [](const Call&) { return CallResult::pending(); });
    function("set", {{.name = "into", .kind = ParamKind::Variable}, {.name = "value"}}, [](const Call& call) {
      return CallResult::done(call.run.assign(*call.arguments[0].variable, call.arguments[1].value) ? 1 : -1);
    });
  }

  Answer set_parameter(std::string_view name, const Value& value) override {
    parameters.emplace_back(name, show(value));
    if (name == "log_level" && !value.has_integer()) return Answer::wrong_type("a number");
    if (name == "no_such_parameter") return Answer::unknown("log_level");
    return Answer::accepted();
  }
  Answer load_module(std::string_view name) override {
    if (name.starts_with("no_such")) return Answer::unknown("tm");
    modules.emplace_back(name);
    return Answer::accepted();
  }
  Answer set_module_parameter(std::string_view module, std::string_view name, const Value& value) override {
    if (std::ranges::find(modules, module) == modules.end()) return Answer::not_loaded();
    if (name == "fr_timeout" && !value.has_integer()) return Answer::wrong_type("a number");
    if (name == "fr_timer") return Answer::unknown("fr_timeout");
    parameters.emplace_back(std::string(module) + "." + std::string(name), show(value));
    return Answer::accepted();
  }

  const FunctionDecl* find_function(std::string_view name) const override {
    for (const FunctionDecl& function : functions_) {
      if (function.name == name) return &function;
    }
    return nullptr;
  }
  const VariableDecl* find_variable(std::string_view name) const override {
    for (const VariableDecl& variable : variables_) {
      if (variable.name == name) return &variable;
    }
    return nullptr;
  }
  const TransformationDecl* find_transformation(std::string_view name) const override {
    static const TransformationDecl waiting{
        "ip.resolve", {}, "", [](Environment&, const TransformationDecl&, const Value&, std::span<const Argument>) {
          return ReadResult::pending();
        }};
    return name == waiting.name ? &waiting : nullptr;
  }
  std::optional<ContextId> find_context(std::string_view name) const override {
    if (name == "request") return ContextId{1};
    if (name == "reply") return ContextId{2};
    return std::nullopt;
  }
  Suggestion suggest(NameKind kind, std::string_view name) const override {
    if (kind == NameKind::Function && name == "ds_select_dst") return {{}, "dispatcher", {}};
    std::vector<std::string_view> names;
    if (kind == NameKind::Function) {
      for (const FunctionDecl& function : functions_) names.push_back(function.name);
    } else if (kind == NameKind::Variable) {
      for (const VariableDecl& variable : variables_) names.push_back(variable.name);
    }
    return {base::nearest_name(name, names), {}, {}};
  }

  FunctionDecl& function(std::string_view name, std::vector<ParamDecl> params, Behaviour behaviour = {},
                         RouteMask routes = kAllRoutes) {
    const auto& kept = params_.emplace_back(std::move(params));
    const auto& code =
        behaviours_.emplace_back(behaviour ? std::move(behaviour) : [](const Call&) { return CallResult::done(1); });
    FunctionDecl& decl = functions_.emplace_back();
    decl.name = name;
    decl.params = kept;
    decl.routes = routes;
    decl.implementation = &code;
    decl.code = [](const Call& call) {
      FakeEnvironment& environment = fake(call.environment);
      if (environment.record_calls) {
        std::string line(call.function.name);
        line += '(';
        for (const Argument& argument : call.arguments) {
          if (line.back() != '(') line += ',';
          line += argument.kind == Argument::Kind::Variable ? "$" : argument.given() ? show(argument.value) : "";
        }
        environment.calls.push_back(line + ")");
      }
      return (*static_cast<const Behaviour*>(call.function.implementation))(call);
    };
    return decl;
  }

  VariableDecl& variable(std::string_view name, bool writable) {
    VariableDecl& decl = variables_.emplace_back();
    decl.name = name;
    decl.read = [](Environment& environment, const VariableRef& ref) -> ReadResult {
      const auto found = fake(environment).variables.find(key(ref));
      return found == fake(environment).variables.end() ? Value::null() : found->second;
    };
    if (writable) {
      decl.write = [](Environment& environment, const VariableRef& ref, const Value& value,
                      WriteMode) -> base::Result<> {
        fake(environment).variables[key(ref)] = value;
        return {};
      };
    }
    return decl;
  }

  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::string> modules;

 private:
  // "hdr(X)[1]@2": name, sub-name, index, context.
  static std::string key(const VariableRef& ref) {
    std::string key(ref.declaration->name);
    if (!ref.sub_name.empty()) key += "(" + std::string(ref.sub_name) + ")";
    if (ref.index.kind == Index::Kind::At && ref.index.at != 0) key += "[" + std::to_string(ref.index.at) + "]";
    if (ref.context != kOwnContext) key += "@" + std::to_string(ref.context);
    return key;
  }

  std::deque<std::vector<ParamDecl>> params_;
  std::deque<Behaviour> behaviours_;
  std::deque<FunctionDecl> functions_;
  std::deque<VariableDecl> variables_;
};

}  // namespace carillon::script::testing
