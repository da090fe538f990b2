// SPDX-License-Identifier: Apache-2.0
// See hover.h.
#include "lsp/hover.h"

#include <fmt/format.h>

#include <algorithm>

#include "lsp/cursor.h"
#include "lsp/describe.h"
#include "lsp/words.h"
#include "script/transformations.h"

namespace carillon::lsp {

namespace {

class Lookup {
 public:
  Lookup(const Unit& unit, Modules modules) : unit_(unit), modules_(modules) {}

  std::string function(std::string_view name) const {
    if (const Word* word = find_word(name)) return describe_word(*word);
    for (const module::Declaration* declaration : ordered()) {
      const auto row = std::ranges::find(declaration->functions, name, &module::FunctionDecl::name);
      if (row != declaration->functions.end()) return describe(*row, declaration->name) + missing(*declaration);
    }
    return {};
  }

  std::string variable(std::string_view name) const {
    if (const LanguageVariable* own = find_language_variable(name)) {
      return fmt::format("```opensips\n${}{}\n```\n{}", own->name, own->has_sub_name ? "(name)" : "",
                         own->documentation);
    }
    for (const module::Declaration* declaration : ordered()) {
      const auto row = std::ranges::find_if(declaration->variables,
                                            [name](const module::VariableDecl& one) { return one.decl.name == name; });
      if (row != declaration->variables.end()) {
        return describe(row->decl, declaration->name) + missing(*declaration);
      }
    }
    return {};
  }

  std::string transformation(std::string_view name) const {
    if (const script::TransformationDecl* own = script::find_transformation(name)) return describe(*own);
    for (const module::Declaration* declaration : ordered()) {
      const auto row = std::ranges::find(declaration->transformations, name, &script::TransformationDecl::name);
      if (row != declaration->transformations.end()) return describe(*row) + missing(*declaration);
    }
    return {};
  }

  std::string module_named(std::string_view name) const {
    const module::Declaration* declaration = find(name);
    return declaration == nullptr ? std::string() : describe(*declaration);
  }

  std::string parameter(std::string_view of, std::string_view name) const {
    const module::Declaration* declaration = find(of);
    if (declaration == nullptr) return {};
    const auto row = std::ranges::find(declaration->parameters, name, &module::ParameterDecl::name);
    return row == declaration->parameters.end() ? std::string() : describe(*row, *declaration, *declaration->create());
  }

  static std::string word(std::string_view name) {
    const Word* found = find_word(name);
    return found == nullptr ? std::string() : describe_word(*found);
  }

 private:
  static std::string describe_word(const Word& word) { return fmt::format("**{}** {}", word.name, word.documentation); }

  [[nodiscard]] const module::Declaration* find(std::string_view name) const {
    const auto found = std::ranges::find_if(modules_, [name](const auto* one) { return one->name == name; });
    return found == modules_.end() ? nullptr : *found;
  }

  // Those that the script loads first.
  [[nodiscard]] std::vector<const module::Declaration*> ordered() const {
    std::vector<const module::Declaration*> all(modules_.begin(), modules_.end());
    std::ranges::stable_partition(all, [this](const auto* one) { return unit_.registry().is_loaded(one->name); });
    return all;
  }

  [[nodiscard]] std::string missing(const module::Declaration& declaration) const {
    if (unit_.registry().is_loaded(declaration.name)) return {};
    return fmt::format("\n\nNeeds `loadmodule \"{}.so\"`.", declaration.name);
  }

  const Unit& unit_;
  Modules modules_;
};

std::string text_of(const Mark& mark, const Lookup& lookup) {
  switch (mark.kind) {
    case Mark::Kind::Nothing:
      return {};
    case Mark::Kind::Word:
      return lookup.word(mark.name);
    case Mark::Kind::Function:
      return lookup.function(mark.name);
    case Mark::Kind::CoreParameter: {
      std::string text = lookup.parameter("core", mark.name);
      return text.empty() ? lookup.word(mark.name) : text;
    }
    case Mark::Kind::Variable:
      return lookup.variable(mark.name);
    case Mark::Kind::Transformation:
      return lookup.transformation(mark.name);
    case Mark::Kind::Module:
      return lookup.module_named(mark.name);
    case Mark::Kind::ModuleParameter:
      return lookup.parameter(mark.of, mark.name);
  }
  return {};
}

}  // namespace

std::optional<Hover> hover_at(const Unit& unit, Modules modules, std::string_view text, std::size_t offset) {
  const Mark mark = mark_at(text, offset);
  std::string found = text_of(mark, Lookup(unit, modules));
  if (found.empty()) return std::nullopt;
  return Hover{std::move(found), mark.begin, mark.end};
}

}  // namespace carillon::lsp
