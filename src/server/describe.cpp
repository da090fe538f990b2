// SPDX-License-Identifier: Apache-2.0
// See describe.h.
#include "server/describe.h"

#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "modules/module_list.h"
#include "script/language.h"
#include "script/transformations.h"

namespace carillon::server {
namespace {

using module::Declaration;

std::string signature(const module::FunctionDecl& function) {
  std::string text = fmt::format("{}(", function.name);
  for (std::size_t i = 0; i < function.param_count; ++i) {
    const script::ParamDecl& param = function.params[i];
    text +=
        fmt::format("{}{}{}{}", i == 0 ? "" : ", ", param.optional ? "[" : "", param.name, param.optional ? "]" : "");
  }
  return text + ")";
}

std::string routes(script::RouteMask mask) {
  if (mask == script::kAllRoutes) return "any";
  std::string text;
  for (int kind = 0; kind < script::kRouteKinds; ++kind) {
    const auto route = static_cast<script::RouteKind>(kind);
    if ((mask & script::mask_of(route)) == 0) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", script::keyword_of(route));
  }
  return text;
}

std::string_view type_name(module::ParameterType type) {
  switch (type) {
    case module::ParameterType::Integer:
      return "number";
    case module::ParameterType::Text:
      return "string";
    case module::ParameterType::Either:
      return "any";
  }
  return "";
}

void describe_parameters(std::string& out, const Declaration& declaration) {
  if (declaration.parameters.empty()) return;
  out += "\n### Parameters\n\n| name | type | default | |\n|---|---|---|---|\n";
  const auto fresh = declaration.create();
  for (const module::ParameterDecl& row : declaration.parameters) {
    const std::string value = row.show != nullptr ? row.show(*fresh) : "";
    out += fmt::format("| `{}` | {} | {} | {} |\n", row.name, type_name(row.type), value, row.documentation);
  }
}

void describe_functions(std::string& out, const Declaration& declaration) {
  if (declaration.functions.empty()) return;
  out += "\n### Functions\n\n| function | routes | |\n|---|---|---|\n";
  for (const module::FunctionDecl& row : declaration.functions) {
    out += fmt::format("| `{}` | {} | {}{} |\n", signature(row), routes(row.routes), row.documentation,
                       row.may_suspend ? " May wait." : "");
  }
}

void describe_variables(std::string& out, const Declaration& declaration) {
  if (declaration.variables.empty()) return;
  out += "\n### Variables\n\n| variable | | |\n|---|---|---|\n";
  for (const module::VariableDecl& row : declaration.variables) {
    const char* sub_name = row.decl.sub_name == script::SubName::Required   ? "(name)"
                           : row.decl.sub_name == script::SubName::Optional ? "[(name)]"
                                                                            : "";
    out += fmt::format("| `${}{}{}` | {} | {} |\n", row.decl.name, sub_name, row.decl.indexable ? "[i]" : "",
                       row.decl.write != nullptr ? "read, write" : "read", row.decl.documentation);
  }
}

void describe_rest(std::string& out, const Declaration& declaration) {
  if (!declaration.transformations.empty()) out += "\n### Transformations\n\n| | |\n|---|---|\n";
  for (const script::TransformationDecl& row : declaration.transformations) {
    out += fmt::format("| `{{{}}}` | {} |\n", row.name, row.documentation);
  }
  if (!declaration.commands.empty())
    out += "\n### Commands\n\n| command | older names | parameters | |\n|---|---|---|---|\n";
  for (const module::CommandDecl& row : declaration.commands) {
    std::string recipes(row.spec.recipes);
    for (std::size_t at = recipes.find('|'); at != std::string::npos; at = recipes.find('|', at + 5)) {
      recipes.replace(at, 1, " or ");
    }
    out += fmt::format("| `{}` | `{}` | {} | {} |\n", row.spec.name, row.spec.aliases, recipes, row.spec.help);
  }
  if (!declaration.events.empty()) out += "\n### Events\n\n| event | parameters | |\n|---|---|---|\n";
  for (const module::EventDecl& row : declaration.events) {
    out += fmt::format("| `{}` | {} | {} |\n", row.name, row.parameters, row.documentation);
  }
  if (!declaration.statistics.empty()) out += "\n### Statistics\n\n| | |\n|---|---|\n";
  for (const module::StatisticDecl& row : declaration.statistics) {
    out += fmt::format("| `{}` | {} |\n", row.name, row.documentation);
  }
}

}  // namespace

std::string describe(const Declaration& declaration) {
  std::string out = fmt::format("## {}\n\n{}\n", declaration.name, declaration.documentation);
  if (!declaration.needs.empty()) {
    out += "\nNeeds:";
    for (const std::string_view need : declaration.needs) out += fmt::format(" `{}`", need);
    out += ".\n";
  }
  describe_parameters(out, declaration);
  describe_functions(out, declaration);
  describe_variables(out, declaration);
  describe_rest(out, declaration);
  return out;
}

std::string describe_language() {
  std::string out = "## The language\n\nWhat scripts have without any module; see docs/language.md.\n";
  out += "\n### Statements\n\n| statement | |\n|---|---|\n";
  for (const script::LanguageStatement& row : script::language_statements()) {
    std::string form(row.form);
    for (std::size_t at = form.find('|'); at != std::string::npos; at = form.find('|', at + 2))
      form.insert(at, 1, '\\');
    out += fmt::format("| `{}` | {} |\n", form, row.documentation);
  }
  out += "\n### Variables\n\n| variable | | |\n|---|---|---|\n";
  for (const script::LanguageVariable& row : script::language_variables()) {
    out += fmt::format("| `${}{}{}` | {} | {} |\n", row.name, row.sub_name == script::SubName::Required ? "(name)" : "",
                       row.indexable ? "[i]" : "", row.writable ? "read, write" : "read", row.documentation);
  }
  out += "\n### Transformations\n\n| | |\n|---|---|\n";
  for (const auto rows :
       {script::text_transformations(), script::encoding_transformations(), script::list_transformations(),
        script::address_transformations(), script::substitution_transformations()}) {
    for (const script::TransformationDecl& row : rows)
      out += fmt::format("| `{{{}}}` | {} |\n", row.name, row.documentation);
  }
  return out;
}

int describe_modules() {
  std::string out = "# Reference\n\nWritten by `carillon describe`; don't edit.\n\n" + describe_language();
  for (const Declaration* declaration : modules::all()) out += "\n" + describe(*declaration);
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 1;
}

}  // namespace carillon::server
