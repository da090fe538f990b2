// SPDX-License-Identifier: Apache-2.0
// One script with all that it includes, as it stands in the editor now: checked, and where things are in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/route_names.h"
#include "lsp/text.h"
#include "module/registry.h"
#include "script/analysis.h"
#include "script/source.h"

namespace carillon::lsp {

using Modules = std::span<const module::Declaration* const>;

// Whether a line of the text begins with loadmodule: asked of scripts that may be full of errors.
[[nodiscard]] bool loads_modules(std::string_view text);

// Immutable once made. A script without any loadmodule is a fragment, a file that others include: it is looked at as if
// all modules were loaded, and nothing is said about what it lacks.
class Unit {
 public:
  struct Location {
    std::uint16_t file = 0;
    Range range;
  };
  struct Found {
    Location location;
    script::Diagnostic diagnostic;
  };

  Unit(const std::string& path, const script::OpenFiles& open, Modules modules);
  Unit(const Unit&) = delete;
  Unit& operator=(const Unit&) = delete;
  ~Unit();

  // Absolute paths; the first is that of the script itself.
  [[nodiscard]] const std::vector<std::string>& files() const { return edited_.source.files(); }
  [[nodiscard]] std::optional<std::uint16_t> file_of(std::string_view path) const;
  [[nodiscard]] const LineIndex& lines(std::uint16_t file) const { return lines_[file]; }
  [[nodiscard]] const module::Registry& registry() const { return registry_; }
  [[nodiscard]] const script::ast::Script& tree() const { return analysis_.script; }
  [[nodiscard]] bool is_fragment() const { return is_fragment_; }
  // What is missing in the tree may stand in a gap of it.
  [[nodiscard]] bool has_syntax_errors() const { return has_syntax_errors_; }

  [[nodiscard]] const std::vector<RouteName>& routes() const { return routes_; }
  [[nodiscard]] const std::vector<script::EditedSource::Include>& includes() const { return edited_.includes; }
  [[nodiscard]] std::vector<Found> diagnostics() const;

  [[nodiscard]] Location locate(script::Span span) const;
  [[nodiscard]] Location locate(const script::Position& position) const;

 private:
  script::EditedSource edited_;
  module::Registry registry_;
  bool is_fragment_;
  script::Analysis analysis_;
  std::vector<LineIndex> lines_;
  std::vector<RouteName> routes_;
  bool has_syntax_errors_;
};

}  // namespace carillon::lsp
