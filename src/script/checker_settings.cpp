// SPDX-License-Identifier: Apache-2.0
// The settings of a script: each is put to the Host, whose answers become diagnostics.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "script/checker.h"

namespace carillon::script {

namespace {

// What else may be meant by `sockett = ...`.
constexpr auto kOtherStatements = std::to_array<std::string_view>({"socket", "listen", "alias"});

}  // namespace

void Checker::settings(const ast::Script& script) {
  for (const ast::SettingStatement& statement : script.settings) {
    switch (statement.kind) {
      case ast::SettingStatement::Kind::Parameter: {
        const ast::ParameterStatement& setting = statement.parameter;
        Answer answer = host_.set_parameter(setting.name, setting.value.get());
        if (answer.nearest.empty()) answer.nearest = base::nearest_name(setting.name, kOtherStatements);
        tell(answer, "core parameter", setting.name, setting.name_span, setting.value_span);
        break;
      }
      case ast::SettingStatement::Kind::LoadModule:
        load_module(statement.load_module);
        break;
      case ast::SettingStatement::Kind::ModuleParameter:
        module_parameter(statement.module_parameter);
        break;
    }
  }
  needed_modules(script);
}

void Checker::needed_modules(const ast::Script& script) {
  for (const ast::SettingStatement& statement : script.settings) {
    const ast::LoadModuleStatement& loaded = statement.load_module;
    if (statement.kind != ast::SettingStatement::Kind::LoadModule || loaded.name.empty()) continue;
    for (const std::string_view need : host_.missing_for(loaded.name)) {
      error(DiagnosticCode::ModuleNeeded, loaded.span, fmt::format("{} needs module '{}'", loaded.name, need),
            fmt::format("add loadmodule \"{}.so\"", need));
    }
  }
}

void Checker::module_parameter(const ast::ModuleParameterStatement& setting) {
  const Answer answer = host_.set_module_parameter(setting.modules, setting.name, setting.value.get());
  if (answer.kind != Answer::Kind::NotLoaded) {
    tell(answer, fmt::format("parameter of {}", setting.modules), setting.name, setting.name_span, setting.value_span);
    return;
  }
  // What is wrong with the module itself has been told at its loadmodule.
  if (std::ranges::find(absent_, setting.modules) != absent_.end()) return;
  std::string hint = fmt::format("loadmodule \"{}.so\"", setting.modules);
  if (!answer.text.empty()) hint = answer.text;
  if (!answer.nearest.empty()) hint = fmt::format("did you mean '{}'?", answer.nearest);
  error(answer.text.empty() ? DiagnosticCode::ModuleNotLoaded : DiagnosticCode::UnavailableModule, setting.modules_span,
        fmt::format("no module '{}' is loaded before this", setting.modules), std::move(hint));
}

void Checker::load_module(const ast::LoadModuleStatement& statement) {
  if (statement.name.empty()) return;
  const Answer answer = host_.load_module(statement.name);
  if (!answer.is_accepted()) absent_.push_back(statement.name);
  tell(answer, "module", statement.name, statement.span, statement.span);
}

void Checker::tell(const Answer& answer, std::string_view thing, std::string_view name, Span name_span,
                   Span value_span) {
  const bool is_module = thing == "module";
  switch (answer.kind) {
    case Answer::Kind::Accepted:
      if (!answer.text.empty())
        sink_.note(position(name_span), fmt::format("'{}' is accepted", name), answer.text, DiagnosticCode::NotNeeded);
      break;
    case Answer::Kind::Renamed:
      warning(DiagnosticCode::OlderSpelling, name_span, fmt::format("'{}' is an older spelling", name),
              fmt::format("today: {}", answer.text));
      break;
    case Answer::Kind::UnknownName:
    case Answer::Kind::NotLoaded:
      error(is_module ? DiagnosticCode::UnknownModule : DiagnosticCode::UnknownParameter, name_span,
            fmt::format("unknown {} '{}'", thing, name),
            answer.nearest.empty() ? std::string() : fmt::format("did you mean '{}'?", answer.nearest));
      break;
    case Answer::Kind::WrongType:
      error(DiagnosticCode::ParameterType, value_span, fmt::format("{} '{}' takes {}", thing, name, answer.text));
      break;
    case Answer::Kind::Refused:
      error(is_module ? DiagnosticCode::UnavailableModule : DiagnosticCode::ParameterValue, value_span,
            fmt::format("{} '{}': {}", thing, name, answer.text));
      break;
  }
}

void Checker::error(DiagnosticCode code, Span span, std::string message, std::string hint) {
  sink_.error(position(span), std::move(message), std::move(hint), code);
}

void Checker::error(Span span, std::string message, std::string hint) {
  error(DiagnosticCode::Misuse, span, std::move(message), std::move(hint));
}

void Checker::warning(DiagnosticCode code, Span span, std::string message, std::string hint) {
  sink_.warning(position(span), std::move(message), std::move(hint), code);
}

void Checker::warning(Span span, std::string message, std::string hint) {
  warning(DiagnosticCode::Misuse, span, std::move(message), std::move(hint));
}

void Checker::unknown_name(DiagnosticCode code, NameKind kind, Span span, std::string message, std::string_view name) {
  const Suggestion suggestion = host_.suggest(kind, name);
  std::string hint;
  if (!suggestion.module.empty()) {
    code = DiagnosticCode::MissingLoadmodule;
    hint = fmt::format("it belongs to module '{0}': add loadmodule \"{0}.so\"", suggestion.module);
  } else if (!suggestion.note.empty()) {
    hint = suggestion.note;
  } else if (!suggestion.lacking.empty()) {
    code = DiagnosticCode::UnavailableName;
    hint = fmt::format("OpenSIPS has it in module '{}', this server has not", suggestion.lacking);
  } else if (!suggestion.nearest.empty()) {
    hint = fmt::format("did you mean '{}{}'?", kind == NameKind::Variable ? "$" : "", suggestion.nearest);
  } else if (absent_.size() == 1) {
    hint = fmt::format("perhaps of module '{}', which could not be loaded", absent_.front());
  } else if (!absent_.empty()) {
    hint = fmt::format("perhaps of one of the modules that could not be loaded: {}", fmt::join(absent_, ", "));
  }
  error(code, span, std::move(message), std::move(hint));
}

}  // namespace carillon::script
