// SPDX-License-Identifier: Apache-2.0
// What kind of mistake a diagnostic tells of: names that tools may rely on, whatever becomes of the wording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon::script {

// Stable: a name is never given another meaning, and codes are only added.
enum class DiagnosticCode : std::uint8_t {
  Syntax,      // what stands here belongs to no statement
  Unclosed,    // a string, comment, brace or parenthesis without its end
  Misuse,      // any other use that can not work
  Unreadable,  // a file that can't be read

  // Settings.
  UnknownParameter,
  UnknownModule,
  UnavailableModule,  // OpenSIPS has it, or had; this server has not
  ModuleNotLoaded,    // modparam before, or without, its loadmodule
  ModuleNeeded,       // a loaded module needs another
  ParameterType,
  ParameterValue,
  NotNeeded,      // accepted for the sake of older scripts
  OlderSpelling,  // works as ever; today it is spelled another way
  Socket,

  // Routes and statements.
  UnknownRoute,
  DuplicateRoute,
  UnusedRoute,
  Unreachable,
  DuplicateCase,

  // Calls.
  UnknownFunction,
  MissingLoadmodule,  // of a function, variable or transformation that a module has which is not loaded
  UnavailableName,    // of a module that this server has not
  WrongRoute,         // not in this kind of route
  ArgumentCount,
  ArgumentType,
  ArgumentValue,
  QuotedArgument,  // a number or a variable in quotes
  Regex,

  // Variables.
  UnknownVariable,
  UnknownTransformation,
  UnknownContext,
  VariableForm,  // sub-name, index or transformations that the variable can't have here
  ReadOnly,
  NeverSet,
  NeverRead,
  NoEffect,

  // Conditions.
  AssignmentInCondition,
  NotExpanded,  // a variable in a text that is taken as it stands
};
inline constexpr std::size_t kDiagnosticCodes = static_cast<std::size_t>(DiagnosticCode::NotExpanded) + 1;

// "unknown-function"
[[nodiscard]] std::string_view name_of(DiagnosticCode code);

}  // namespace carillon::script
