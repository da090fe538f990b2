// SPDX-License-Identifier: Apache-2.0
// See describe.h.
#include "lsp/describe.h"

#include <fmt/format.h>

namespace carillon::lsp {

namespace {

std::string parameters(std::span<const script::ParamDecl> params) {
  std::string text;
  for (const script::ParamDecl& param : params) {
    if (!text.empty()) text += ", ";
    text += param.optional ? fmt::format("[{}]", param.name) : std::string(param.name);
  }
  return text;
}

std::string routes(script::RouteMask mask) {
  if (mask == script::kAllRoutes) return "any route";
  std::string text;
  for (int kind = 0; kind < script::kRouteKinds; ++kind) {
    const auto route = static_cast<script::RouteKind>(kind);
    if ((mask & script::mask_of(route)) == 0) continue;
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", script::keyword_of(route));
  }
  return text;
}

std::string_view type_of(module::ParameterType type) {
  switch (type) {
    case module::ParameterType::Integer:
      return "a number";
    case module::ParameterType::Text:
      return "a text";
    case module::ParameterType::Either:
      return "a number or a text";
  }
  return "";
}

std::string code(std::string_view text) { return fmt::format("```opensips\n{}\n```\n", text); }

}  // namespace

std::string signature(const module::FunctionDecl& function) {
  return fmt::format("{}({})", function.name, parameters(std::span(function.params).first(function.param_count)));
}

std::string describe(const module::FunctionDecl& function, std::string_view module) {
  return fmt::format("{}{}\n\nIn {}.{} Module `{}`.", code(signature(function)), function.documentation,
                     routes(function.routes), function.may_suspend ? " May wait." : "", module);
}

std::string describe(const script::VariableDecl& variable, std::string_view module) {
  const std::string_view sub_name = variable.sub_name == script::SubName::Required   ? "(name)"
                                    : variable.sub_name == script::SubName::Optional ? "[(name)]"
                                                                                     : "";
  return fmt::format("{}{}\n\n{}. Module `{}`.",
                     code(fmt::format("${}{}{}", variable.name, sub_name, variable.indexable ? "[index]" : "")),
                     variable.documentation, variable.write != nullptr ? "Read, write" : "Read only", module);
}

std::string describe(const script::TransformationDecl& transformation) {
  std::string arguments = parameters(transformation.params);
  if (!arguments.empty()) arguments.insert(0, ",");
  return code(fmt::format("{{{}{}}}", transformation.name, arguments)) + std::string(transformation.documentation);
}

std::string describe(const module::ParameterDecl& parameter, const module::Declaration& declaration,
                     const module::Module& fresh) {
  const bool core = declaration.name == "core";
  std::string text = code(core ? fmt::format("{} = ", parameter.name)
                               : fmt::format("modparam(\"{}\", \"{}\", )", declaration.name, parameter.name));
  text += fmt::format("{}\n\nTakes {}", parameter.documentation, type_of(parameter.type));
  const std::string value = parameter.show != nullptr ? parameter.show(fresh) : "";
  if (!value.empty()) text += fmt::format("; default `{}`", value);
  return text + (parameter.repeatable ? ". May be given several times." : ".");
}

std::string describe(const module::Declaration& declaration) {
  std::string text = fmt::format("**{}** {}", declaration.name, declaration.documentation);
  for (const std::string_view need : declaration.needs) {
    text += fmt::format("{}`{}`", need == declaration.needs.front() ? "\n\nNeeds " : ", ", need);
  }
  return declaration.needs.empty() ? text : text + ".";
}

}  // namespace carillon::lsp
