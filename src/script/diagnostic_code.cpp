// SPDX-License-Identifier: Apache-2.0
// The names of the codes. A switch without a default: the compiler names the code that was forgotten.
#include "script/diagnostic_code.h"

namespace carillon::script {

std::string_view name_of(DiagnosticCode code) {
  switch (code) {
    case DiagnosticCode::Syntax:
      return "syntax";
    case DiagnosticCode::Unclosed:
      return "unclosed";
    case DiagnosticCode::Misuse:
      return "misuse";
    case DiagnosticCode::Unreadable:
      return "unreadable";
    case DiagnosticCode::UnknownParameter:
      return "unknown-parameter";
    case DiagnosticCode::UnknownModule:
      return "unknown-module";
    case DiagnosticCode::UnavailableModule:
      return "unavailable-module";
    case DiagnosticCode::ModuleNotLoaded:
      return "module-not-loaded";
    case DiagnosticCode::ModuleNeeded:
      return "module-needed";
    case DiagnosticCode::ParameterType:
      return "parameter-type";
    case DiagnosticCode::ParameterValue:
      return "parameter-value";
    case DiagnosticCode::NotNeeded:
      return "not-needed";
    case DiagnosticCode::OlderSpelling:
      return "older-spelling";
    case DiagnosticCode::Socket:
      return "socket";
    case DiagnosticCode::UnknownRoute:
      return "unknown-route";
    case DiagnosticCode::DuplicateRoute:
      return "duplicate-route";
    case DiagnosticCode::UnusedRoute:
      return "unused-route";
    case DiagnosticCode::Unreachable:
      return "unreachable";
    case DiagnosticCode::DuplicateCase:
      return "duplicate-case";
    case DiagnosticCode::UnknownFunction:
      return "unknown-function";
    case DiagnosticCode::MissingLoadmodule:
      return "missing-loadmodule";
    case DiagnosticCode::UnavailableName:
      return "unavailable-name";
    case DiagnosticCode::WrongRoute:
      return "wrong-route";
    case DiagnosticCode::ArgumentCount:
      return "argument-count";
    case DiagnosticCode::ArgumentType:
      return "argument-type";
    case DiagnosticCode::ArgumentValue:
      return "argument-value";
    case DiagnosticCode::QuotedArgument:
      return "quoted-argument";
    case DiagnosticCode::Regex:
      return "regex";
    case DiagnosticCode::UnknownVariable:
      return "unknown-variable";
    case DiagnosticCode::UnknownTransformation:
      return "unknown-transformation";
    case DiagnosticCode::UnknownContext:
      return "unknown-context";
    case DiagnosticCode::VariableForm:
      return "variable-form";
    case DiagnosticCode::ReadOnly:
      return "read-only";
    case DiagnosticCode::NeverSet:
      return "never-set";
    case DiagnosticCode::NeverRead:
      return "never-read";
    case DiagnosticCode::NoEffect:
      return "no-effect";
    case DiagnosticCode::AssignmentInCondition:
      return "assignment-in-condition";
    case DiagnosticCode::NotExpanded:
      return "not-expanded";
  }
  return "syntax";
}

}  // namespace carillon::script
