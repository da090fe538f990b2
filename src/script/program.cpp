// SPDX-License-Identifier: Apache-2.0
// A compiled script, as the engine sees it; and the way from source to it.
#include "script/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "script/analysis.h"
#include "script/bytecode.h"
#include "script/compiler.h"

namespace carillon::script {

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::~Program() = default;

std::span<const RouteInfo> Program::routes() const { return code_->routes; }

std::optional<RouteId> Program::find_route(RouteKind kind, std::string_view name) const {
  const auto found = code_->route_index.find(RouteKeyView{kind, name});
  if (found == code_->route_index.end()) return std::nullopt;
  return found->second;
}

bool Program::calls_function(std::string_view name) const { return code_->functions.contains(name); }
const Settings& Program::settings() const { return code_->settings; }
const RunLimits& Program::limits() const { return code_->limits; }
const std::vector<std::string>& Program::files() const { return code_->files; }

std::string Program::describe(const Position& position) const {
  const auto& files = code_->files;
  return fmt::format("{}:{}", position.file < files.size() ? files[position.file] : "script", position.line);
}

namespace {

std::uint32_t positive(std::int64_t number) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 1, INT32_MAX));
}

void set_xlog_print_level(CompileSettings& to, std::int64_t number) {
  to.xlog_print_level = static_cast<int>(std::clamp<std::int64_t>(number, -3, 4));
}

struct CompiledParameter {
  std::string_view name;
  void (*apply)(CompileSettings& settings, std::int64_t number);
};

// Parameters of the language itself; the Host is asked about them too.
constexpr auto kCompiledParameters = std::to_array<CompiledParameter>({
    {"max_while_loops", [](CompileSettings& to, std::int64_t n) { to.limits.max_loop_iterations = positive(n); }},
    {"pv_print_buf_size", [](CompileSettings& to, std::int64_t n) { to.limits.max_text = positive(n); }},
    {"max_script_steps", [](CompileSettings& to, std::int64_t n) { to.limits.max_steps = positive(n); }},
    {"max_script_time",
     [](CompileSettings& to, std::int64_t n) { to.limits.max_time = std::chrono::milliseconds(positive(n)); }},
    {"enable_asserts", [](CompileSettings& to, std::int64_t n) { to.enable_asserts = n != 0; }},
    {"xlog_print_level", &set_xlog_print_level},
    {"xlog_default_level", &set_xlog_print_level},  // its name until 2.3
});

const CompiledParameter* find_compiled(std::string_view name) {
  const auto* const found = std::ranges::find(kCompiledParameters, name, &CompiledParameter::name);
  return found == kCompiledParameters.end() ? nullptr : found;
}

void apply_parameters(const ast::Script& script, CompileSettings& settings) {
  for (const ast::SettingStatement& statement : script.settings) {
    const ast::ParameterStatement& parameter = statement.parameter;
    if (statement.kind != ast::SettingStatement::Kind::Parameter || !parameter.value.is_number) continue;
    if (const auto* const known = find_compiled(parameter.name)) known->apply(settings, parameter.value.number);
  }
}

}  // namespace

bool is_compiled(std::string_view parameter) { return find_compiled(parameter) != nullptr; }

Compilation compile(const Source& source, Host& host, const CompileOptions& options) {
  Analysis analysis = analyse(source, host, options);
  ast::Script& script = analysis.script;
  Compilation result;
  result.diagnostics = std::move(analysis.diagnostics);
  if (result.diagnostics.has_errors()) return result;
  CompileSettings settings;
  settings.limits = options.limits;
  settings.enable_asserts = options.enable_asserts;
  apply_parameters(script, settings);
  result.program = std::make_shared<const Program>(Compiler(source, settings).compile(std::move(script)));
  return result;
}

}  // namespace carillon::script
