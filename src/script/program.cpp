// SPDX-License-Identifier: Apache-2.0
// A compiled script, as the engine sees it; and the way from source to it.
#include "script/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "script/bytecode.h"
#include "script/checker.h"
#include "script/compiler.h"
#include "script/parser.h"

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

// Parameters of the language itself; the Host is asked about them too.
void apply_parameters(const ast::Script& script, CompileSettings& settings) {
  for (const ast::SettingStatement& statement : script.settings) {
    const ast::ParameterStatement& parameter = statement.parameter;
    if (statement.kind != ast::SettingStatement::Kind::Parameter || !parameter.value.is_number) continue;
    const std::int64_t number = parameter.value.number;
    const auto positive = static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 1, INT32_MAX));
    if (parameter.name == "max_while_loops") settings.limits.max_loop_iterations = positive;
    if (parameter.name == "pv_print_buf_size") settings.limits.max_text = positive;
    if (parameter.name == "max_script_steps") settings.limits.max_steps = positive;
    if (parameter.name == "max_script_time") settings.limits.max_time = std::chrono::milliseconds(positive);
    if (parameter.name == "enable_asserts") settings.enable_asserts = number != 0;
    if (parameter.name == "xlog_print_level")
      settings.xlog_print_level = static_cast<int>(std::clamp<std::int64_t>(number, -3, 4));
  }
}

}  // namespace

Compilation compile(const Source& source, Host& host, const CompileOptions& options) {
  Compilation result;
  constexpr std::size_t kMaxSource = SourceLimits{}.max_bytes;
  if (source.text().size() > kMaxSource) {
    result.diagnostics.error({}, fmt::format("the script is larger than {} bytes", kMaxSource));
    return result;
  }
  ast::Script script = Parser(source, result.diagnostics).parse();
  Checker(source, host, result.diagnostics).check(script, options);
  result.diagnostics.sort();
  if (result.diagnostics.has_errors()) return result;
  CompileSettings settings;
  settings.limits = options.limits;
  settings.enable_asserts = options.enable_asserts;
  apply_parameters(script, settings);
  result.program = std::make_shared<const Program>(Compiler(source, settings).compile(std::move(script)));
  return result;
}

}  // namespace carillon::script
