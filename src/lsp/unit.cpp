// SPDX-License-Identifier: Apache-2.0
// See unit.h.
#include "lsp/unit.h"

#include <algorithm>

#include "engine/script_host.h"

namespace carillon::lsp {

using script::DiagnosticCode;

bool loads_modules(std::string_view text) {
  constexpr std::string_view kWord = "loadmodule";
  for (std::size_t at = text.find(kWord); at != std::string_view::npos; at = text.find(kWord, at + 1)) {
    std::size_t before = at;
    while (before > 0 && (text[before - 1] == ' ' || text[before - 1] == '\t')) --before;
    if (before == 0 || text[before - 1] == '\n') return true;
  }
  return false;
}

namespace {

// What a file can't be blamed for that is meant to be included by others.
bool is_of_whole_scripts(DiagnosticCode code) {
  switch (code) {
    case DiagnosticCode::UnknownRoute:
    case DiagnosticCode::UnusedRoute:
    case DiagnosticCode::NeverSet:
    case DiagnosticCode::NeverRead:
    case DiagnosticCode::ModuleNotLoaded:
      return true;
    default:
      return false;
  }
}

bool prepare(module::Registry& registry, const script::Source& source, Modules modules) {
  if (loads_modules(source.text())) return false;
  for (const module::Declaration* declaration : modules) static_cast<void>(registry.load(declaration->name));
  return true;
}

script::Analysis analyse(const script::Source& source, module::Registry& registry) {
  engine::ScriptHost host(registry);
  return script::analyse(source, host);
}

}  // namespace

Unit::Unit(const std::string& path, const script::OpenFiles& open, Modules modules)
    : edited_(script::load_edited_source(path, open)),
      registry_(modules),
      is_fragment_(prepare(registry_, edited_.source, modules)),
      analysis_(analyse(edited_.source, registry_)) {
  const std::size_t count = edited_.source.files().size();
  lines_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) lines_.emplace_back(edited_.source.original(static_cast<std::uint16_t>(i)));
  routes_ = route_names(analysis_.script, edited_.source);
  has_syntax_errors_ = std::ranges::any_of(analysis_.diagnostics.all(), [](const script::Diagnostic& one) {
    return one.code == DiagnosticCode::Syntax || one.code == DiagnosticCode::Unclosed;
  });
}

Unit::~Unit() = default;

std::optional<std::uint16_t> Unit::file_of(std::string_view path) const {
  const auto found = std::ranges::find(files(), path);
  if (found == files().end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - files().begin());
}

std::vector<Unit::Found> Unit::diagnostics() const {
  std::vector<Found> all;
  const auto add = [&](const script::Diagnostic& one) {
    if (is_fragment_ && is_of_whole_scripts(one.code)) return;
    all.push_back({locate(one.position), one});
  };
  std::ranges::for_each(edited_.problems, add);
  std::ranges::for_each(analysis_.diagnostics.all(), add);
  return all;
}

Unit::Location Unit::locate(script::Span span) const {
  return locate(edited_.source.position(span.offset, span.length));
}

Unit::Location Unit::locate(const script::Position& position) const {
  if (position.file >= lines_.size()) return {};
  const LineIndex& lines = lines_[position.file];
  if (position.line == 0) return {position.file, {}};
  const std::size_t begin = lines.byte_of(position.line, position.column);
  return {position.file, lines.range(begin, begin + position.length)};
}

}  // namespace carillon::lsp
