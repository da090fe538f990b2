// SPDX-License-Identifier: Apache-2.0
// See navigation.h.
#include "lsp/navigation.h"

#include <fmt/format.h>

#include <algorithm>

#include "script/lexer.h"

namespace carillon::lsp {

using script::RouteKind;

namespace {

bool holds(const Unit::Location& location, std::uint16_t file, Place place) {
  return location.file == file && location.range.start <= place && place <= location.range.end;
}

Target target(const Unit& unit, const Unit::Location& location) {
  return {unit.files()[location.file], location.range};
}

std::vector<const RouteName*> same_names(const Unit& unit, const RouteName& wanted) {
  std::vector<const RouteName*> found;
  for (const RouteName& route : unit.routes()) {
    if (route.kind == wanted.kind && route.name == wanted.name) found.push_back(&route);
  }
  return found;
}

// A name that needs no quotes wherever it stands.
bool is_plain_name(std::string_view name) {
  const script::Source source = script::Source::from_text(name);
  script::Diagnostics ignored;
  script::Lexer lexer(source, ignored);
  const script::Token token = lexer.next();
  return token.kind == script::TokenKind::Identifier && token.span.offset == 0 && token.span.length == name.size();
}

}  // namespace

const RouteName* route_at(const Unit& unit, std::uint16_t file, Place place) {
  const auto found = std::ranges::find_if(
      unit.routes(), [&](const RouteName& route) { return holds(unit.locate(route.span), file, place); });
  return found == unit.routes().end() ? nullptr : &*found;
}

std::vector<Target> definitions_at(const Unit& unit, std::uint16_t file, Place place) {
  std::vector<Target> found;
  for (const auto& include : unit.includes()) {
    if (holds(unit.locate(include.position), file, place)) found.push_back({include.path, {}});
  }
  if (const RouteName* wanted = route_at(unit, file, place)) {
    for (const RouteName* route : same_names(unit, *wanted)) {
      if (route->is_definition) found.push_back(target(unit, unit.locate(route->span)));
    }
  }
  return found;
}

std::vector<Target> references_at(const Unit& unit, std::uint16_t file, Place place, bool with_definition) {
  std::vector<Target> found;
  const RouteName* wanted = route_at(unit, file, place);
  if (wanted == nullptr) return found;
  for (const RouteName* route : same_names(unit, *wanted)) {
    if (with_definition || !route->is_definition) found.push_back(target(unit, unit.locate(route->span)));
  }
  return found;
}

base::Result<Range> renamable_at(const Unit& unit, std::uint16_t file, Place place) {
  const RouteName* wanted = route_at(unit, file, place);
  if (wanted == nullptr) return base::fail("only routes can be renamed");
  if (wanted->kind == RouteKind::Event) return base::fail("an event has the name that its module gives it");
  if (unit.has_syntax_errors()) return base::fail("the script has syntax errors: not all uses of the name can be seen");
  return unit.locate(wanted->span).range;
}

base::Result<std::vector<Target>> rename_at(const Unit& unit, std::uint16_t file, Place place, std::string_view name) {
  if (auto possible = renamable_at(unit, file, place); !possible) return std::unexpected(possible.error());
  if (!is_plain_name(name)) return base::fail("a route's name has letters, digits and '_', and is no reserved word");
  const RouteName& wanted = *route_at(unit, file, place);
  const bool taken = std::ranges::any_of(unit.routes(), [&](const RouteName& route) {
    return route.is_definition && route.kind == wanted.kind && route.name == name;
  });
  if (taken && wanted.name != name) {
    return base::fail(fmt::format("there is a {}[{}] already", script::keyword_of(wanted.kind), name));
  }
  return references_at(unit, file, place, true);
}

std::vector<Symbol> symbols_of(const Unit& unit, std::uint16_t file) {
  std::vector<Symbol> found;
  for (const script::ast::Route& route : unit.tree().routes) {
    const Unit::Location whole = unit.locate(route.span);
    const Unit::Location name = unit.locate(route.name_span);
    if (whole.file != file || name.file != file) continue;
    Symbol symbol{.name = std::string(script::keyword_of(route.kind)), .range = whole.range, .name_range = name.range};
    if (!route.name.empty()) symbol.name += fmt::format("[{}]", route.name);
    // A route whose text includes files ends further down than its own bytes say.
    symbol.range.end = std::max(symbol.range.end, symbol.name_range.end);
    found.push_back(std::move(symbol));
  }
  return found;
}

}  // namespace carillon::lsp
