// SPDX-License-Identifier: Apache-2.0
// What the declaration tables say of a name, as Markdown for the editor.
#pragma once

#include <string>
#include <string_view>

#include "lsp/unit.h"
#include "module/module.h"

namespace carillon::lsp {

// "t_relay([flags], [outbound_proxy])"
[[nodiscard]] std::string signature(const module::FunctionDecl& function);

[[nodiscard]] std::string describe(const module::FunctionDecl& function, std::string_view module);
[[nodiscard]] std::string describe(const script::VariableDecl& variable, std::string_view module);
[[nodiscard]] std::string describe(const script::TransformationDecl& transformation);
// `fresh`: a new module of the declaration, which has the default values.
[[nodiscard]] std::string describe(const module::ParameterDecl& parameter, const module::Declaration& declaration,
                                   const module::Module& fresh);
[[nodiscard]] std::string describe(const module::Declaration& declaration);

}  // namespace carillon::lsp
