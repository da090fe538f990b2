// SPDX-License-Identifier: Apache-2.0
// Where a script names its routes: where they are made, called and armed.
#pragma once

#include <string>
#include <vector>

#include "script/ast.h"
#include "script/source.h"

namespace carillon::lsp {

struct RouteName {
  script::RouteKind kind = script::RouteKind::Request;
  std::string name;
  script::Span span;  // of the name, without quotes
  bool is_definition = false;
};

// In the order of the tree. `script` has been checked. Names made at run time are not among them.
[[nodiscard]] std::vector<RouteName> route_names(const script::ast::Script& script, const script::Source& source);

}  // namespace carillon::lsp
