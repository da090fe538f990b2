// SPDX-License-Identifier: Apache-2.0
// The names of the codes.
#include "script/diagnostic_code.h"

#include <algorithm>
#include <array>

namespace carillon::script {

namespace {

struct Name {
  DiagnosticCode code;
  std::string_view name;
};
constexpr auto kNames = std::to_array<Name>({
    {DiagnosticCode::Syntax, "syntax"},
    {DiagnosticCode::Unclosed, "unclosed"},
    {DiagnosticCode::Misuse, "misuse"},
    {DiagnosticCode::Unreadable, "unreadable"},
    {DiagnosticCode::UnknownParameter, "unknown-parameter"},
    {DiagnosticCode::UnknownModule, "unknown-module"},
    {DiagnosticCode::UnavailableModule, "unavailable-module"},
    {DiagnosticCode::ModuleNotLoaded, "module-not-loaded"},
    {DiagnosticCode::ModuleNeeded, "module-needed"},
    {DiagnosticCode::ParameterType, "parameter-type"},
    {DiagnosticCode::ParameterValue, "parameter-value"},
    {DiagnosticCode::NotNeeded, "not-needed"},
    {DiagnosticCode::OlderSpelling, "older-spelling"},
    {DiagnosticCode::Socket, "socket"},
    {DiagnosticCode::UnknownRoute, "unknown-route"},
    {DiagnosticCode::DuplicateRoute, "duplicate-route"},
    {DiagnosticCode::UnusedRoute, "unused-route"},
    {DiagnosticCode::Unreachable, "unreachable"},
    {DiagnosticCode::DuplicateCase, "duplicate-case"},
    {DiagnosticCode::UnknownFunction, "unknown-function"},
    {DiagnosticCode::MissingLoadmodule, "missing-loadmodule"},
    {DiagnosticCode::UnavailableName, "unavailable-name"},
    {DiagnosticCode::WrongRoute, "wrong-route"},
    {DiagnosticCode::ArgumentCount, "argument-count"},
    {DiagnosticCode::ArgumentType, "argument-type"},
    {DiagnosticCode::ArgumentValue, "argument-value"},
    {DiagnosticCode::QuotedArgument, "quoted-argument"},
    {DiagnosticCode::Regex, "regex"},
    {DiagnosticCode::UnknownVariable, "unknown-variable"},
    {DiagnosticCode::UnknownTransformation, "unknown-transformation"},
    {DiagnosticCode::UnknownContext, "unknown-context"},
    {DiagnosticCode::VariableForm, "variable-form"},
    {DiagnosticCode::ReadOnly, "read-only"},
    {DiagnosticCode::NeverSet, "never-set"},
    {DiagnosticCode::NeverRead, "never-read"},
    {DiagnosticCode::NoEffect, "no-effect"},
    {DiagnosticCode::AssignmentInCondition, "assignment-in-condition"},
    {DiagnosticCode::NotExpanded, "not-expanded"},
});
static_assert(kNames.size() == kDiagnosticCodes);
static_assert(std::ranges::is_sorted(kNames, {}, &Name::code));

}  // namespace

std::string_view name_of(DiagnosticCode code) { return kNames.at(static_cast<std::size_t>(code)).name; }

}  // namespace carillon::script
