// SPDX-License-Identifier: Apache-2.0
// What a script does with its routes and variables, gathered while it is checked: who calls whom, what is read and set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "script/ast.h"
#include "script/declaration.h"
#include "script/program.h"
#include "script/token.h"

namespace carillon::script {

class Usage {
 public:
  // What follows stands in this route.
  void enter(RouteId route);
  void names_route(RouteId target);
  // A name that is made at run time: every route of the kind may be meant.
  void names_any_route(RouteKind kind) { any_route_ |= mask_of(kind); }

  void read(const ast::Variable& variable);
  void write(const ast::Variable& variable);
  // Handed to a function, which may write it, read it, or both.
  void pass(const ast::Variable& variable);
  // Written by a statement that has no other purpose.
  void assign(const ast::Variable& variable);
  // Text that a function or a module takes as it stands: what it names may be read, set and called.
  void mention(std::string_view text) { mentions_.push_back(text); }
  // A function that finds the names of variables elsewhere, in a database or in code of its own.
  void uses_anything() { any_avp_set_ = any_local_set_ = anything_read_ = true; }
  // {s.eval}: what a variable holds is read like a text of the script.
  void reads_anything() { anything_read_ = true; }

  // For each route whether a run can come to it. `routes`: those of the script, in their order.
  [[nodiscard]] std::vector<bool> reached(const std::vector<ast::Route>& routes) const;
  // Whether some other route names it, be that one reached or not.
  [[nodiscard]] bool is_named(RouteId route) const;

  struct Finding {
    std::string name;  // "$avp(callee)"
    Span span;         // where it is read, or set, first
    std::string nearest;
  };
  // `set_elsewhere`: whether a module may set an AVP of this name.
  [[nodiscard]] std::vector<Finding> never_set(const std::function<bool(std::string_view)>& set_elsewhere) const;
  [[nodiscard]] std::vector<Finding> never_read() const;

 private:
  struct Uses {
    std::optional<Span> first_read;
    std::optional<Span> first_assigned;
    bool set = false;  // assigned, or written by a function or a loop
    bool passed = false;
  };
  using Names = std::map<std::string, Uses, std::less<>>;

  // Where the uses of this variable are kept; null for those that a script need not set itself. `dynamic` is told when
  // the name is made at run time.
  [[nodiscard]] Uses* uses_of(const ast::Variable& variable, bool& dynamic);
  [[nodiscard]] bool is_mentioned(std::string_view name) const;

  std::vector<std::vector<RouteId>> named_;  // by route
  RouteId route_ = 0;
  RouteMask any_route_ = 0;
  Names locals_;
  Names avps_;
  std::vector<std::string_view> mentions_;
  bool any_local_set_ = false;
  bool any_avp_set_ = false;
  bool any_local_read_ = false;
  bool anything_read_ = false;
};

}  // namespace carillon::script
