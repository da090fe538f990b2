// SPDX-License-Identifier: Apache-2.0
// Routes that nobody calls, variables that nobody sets or reads. Only what is certain is told: a name that is made at
// run time, or that a module may know, takes every doubt for a use.
#include "script/checker_usage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "script/checker.h"
#include "script/mention.h"

namespace carillon::script {

namespace {

// The server runs these by itself.
[[nodiscard]] bool is_root(const ast::Route& route) {
  switch (route.kind) {
    case RouteKind::Request:
    case RouteKind::Reply:
      return route.name.empty();
    case RouteKind::Branch:
    case RouteKind::Failure:
      return false;
    case RouteKind::Error:
    case RouteKind::Local:
    case RouteKind::Startup:
    case RouteKind::Timer:
    case RouteKind::Event:
      return true;
  }
  return true;
}

// Columns of a query whose result names no AVPs arrive in $avp(1), $avp(2) ...
[[nodiscard]] bool is_number(std::string_view name) { return base::parse_number<unsigned>(name).has_value(); }

}  // namespace

void Usage::enter(RouteId route) {
  route_ = route;
  if (named_.size() <= route) named_.resize(route + 1);
}

void Usage::names_route(RouteId target) {
  if (route_ < named_.size()) named_[route_].push_back(target);
}

Usage::Uses* Usage::uses_of(const ast::Variable& variable, bool& dynamic) {
  const bool local = variable.builtin == ast::Builtin::Local;
  if (!local && variable.builtin != ast::Builtin::Avp) return nullptr;
  dynamic = !ast::is_constant(variable.sub_name);
  if (dynamic || variable.sub_name.empty()) return nullptr;
  return &(local ? locals_ : avps_)[std::string(ast::constant_of(variable.sub_name))];
}

void Usage::read(const ast::Variable& variable) {
  bool dynamic = false;
  if (Uses* uses = uses_of(variable, dynamic); uses != nullptr && !uses->first_read) uses->first_read = variable.span;
  if (dynamic && variable.builtin == ast::Builtin::Local) any_local_read_ = true;
}

void Usage::write(const ast::Variable& variable) {
  bool dynamic = false;
  if (Uses* uses = uses_of(variable, dynamic)) uses->set = true;
  if (!dynamic) return;
  (variable.builtin == ast::Builtin::Local ? any_local_set_ : any_avp_set_) = true;
}

void Usage::pass(const ast::Variable& variable) {
  bool dynamic = false;
  if (Uses* uses = uses_of(variable, dynamic)) uses->set = uses->passed = true;
}

void Usage::assign(const ast::Variable& variable) {
  bool dynamic = false;
  Uses* uses = uses_of(variable, dynamic);
  if (uses != nullptr && !uses->first_assigned) uses->first_assigned = variable.span;
}

bool Usage::is_mentioned(std::string_view name) const {
  return std::ranges::any_of(mentions_, [name](std::string_view text) { return mentions(text, name); });
}

std::vector<bool> Usage::reached(const std::vector<ast::Route>& routes) const {
  std::vector<bool> reached(routes.size(), false);
  std::vector<std::size_t> waiting;
  const auto reach = [&](std::size_t route) {
    if (route >= reached.size() || reached[route]) return;
    reached[route] = true;
    waiting.push_back(route);
  };
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const ast::Route& route = routes[i];
    const auto is_its_name = [&route](std::string_view text) { return text == route.name; };
    if (is_root(route) || (any_route_ & mask_of(route.kind)) != 0 || std::ranges::any_of(mentions_, is_its_name)) {
      reach(i);
    }
  }
  while (!waiting.empty()) {
    const std::size_t route = waiting.back();
    waiting.pop_back();
    if (route < named_.size()) std::ranges::for_each(named_[route], reach);
  }
  return reached;
}

bool Usage::is_named(RouteId route) const {
  for (std::size_t i = 0; i < named_.size(); ++i) {
    if (i != route && std::ranges::find(named_[i], route) != named_[i].end()) return true;
  }
  return false;
}

std::vector<Usage::Finding> Usage::never_set(const std::function<bool(std::string_view)>& set_elsewhere) const {
  std::vector<Finding> found;
  const auto look = [&](const Names& names, std::string_view kind, auto&& is_set_elsewhere) {
    std::vector<std::string_view> set;
    for (const auto& [name, uses] : names) {
      if (uses.set) set.emplace_back(name);
    }
    for (const auto& [name, uses] : names) {
      if (uses.set || !uses.first_read || is_mentioned(name) || is_set_elsewhere(name)) continue;
      const std::string_view nearest = base::nearest_name(name, set);
      found.push_back({fmt::format("${}({})", kind, name), *uses.first_read,
                       nearest.empty() ? std::string() : fmt::format("${}({})", kind, nearest)});
    }
  };
  if (!any_local_set_) look(locals_, "var", [](std::string_view) { return false; });
  if (!any_avp_set_) {
    look(avps_, "avp", [&](std::string_view name) { return is_number(name) || set_elsewhere(name); });
  }
  return found;
}

std::vector<Usage::Finding> Usage::never_read() const {
  std::vector<Finding> found;
  if (any_local_read_ || anything_read_) return found;
  for (const auto& [name, uses] : locals_) {
    if (!uses.first_assigned || uses.first_read || uses.passed || is_mentioned(name)) continue;
    found.push_back({fmt::format("$var({})", name), *uses.first_assigned, {}});
  }
  return found;
}

// --- What of it is told ----------------------------------------------------------------------------------------------

void Checker::report_usage(const ast::Script& script) {
  for (const ast::SettingStatement& statement : script.settings) {
    if (statement.kind == ast::SettingStatement::Kind::ModuleParameter) {
      usage_.mention(statement.module_parameter.value.text);
    }
  }
  unused_routes(script);
  for (const Usage::Finding& found : usage_.never_set([this](auto name) { return host_.may_set_avp(name); })) {
    warning(DiagnosticCode::NeverSet, found.span, fmt::format("{} is read, but nothing sets it", found.name),
            found.nearest.empty() ? "it is always NULL" : fmt::format("did you mean {}?", found.nearest));
  }
  for (const Usage::Finding& found : usage_.never_read()) {
    sink_.note(position(found.span), fmt::format("{} is set, but nothing reads it", found.name), {},
               DiagnosticCode::NeverRead);
  }
}

void Checker::unused_routes(const ast::Script& script) {
  const std::vector<bool> reached = usage_.reached(script.routes);
  for (std::size_t i = 0; i < script.routes.size(); ++i) {
    const ast::Route& route = script.routes[i];
    if (reached[i] || route.duplicate) continue;
    const std::string name = fmt::format("{}[{}]", keyword_of(route.kind), route.name);
    if (usage_.is_named(static_cast<RouteId>(i))) {
      warning(DiagnosticCode::UnusedRoute, route.name_span,
              fmt::format("{} is only named by routes that are never called", name));
    } else {
      warning(DiagnosticCode::UnusedRoute, route.name_span,
              fmt::format("{} is never {}", name, route.kind == RouteKind::Request ? "called" : "armed"));
    }
  }
}

}  // namespace carillon::script
