// SPDX-License-Identifier: Apache-2.0
// See completion.h. The names are those of the declaration tables of the modules that the script loads.
#include "lsp/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "lsp/cursor.h"
#include "lsp/describe.h"
#include "lsp/words.h"
#include "script/transformations.h"
#include "script/variable_syntax.h"

namespace carillon::lsp {

using script::RouteKind;

namespace {

// '$' and '}' mean something in a snippet.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '$' || c == '}' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// A snippet for clients that know none: up to its first part.
std::string plain(std::string_view snippet) {
  std::string out;
  for (std::size_t i = 0; i < snippet.size() && snippet[i] != '$'; ++i) {
    if (snippet[i] == '\\' && i + 1 < snippet.size()) ++i;
    out += snippet[i];
  }
  return out;
}

// The part of a call that an argument is.
std::string placeholder(const script::ParamDecl& param, std::size_t number) {
  const std::string name = escaped(param.name);
  switch (param.kind) {
    case script::ParamKind::Integer:
      return fmt::format("${{{}:{}}}", number, name);
    case script::ParamKind::Variable:
      return fmt::format("\\$var(${{{}:{}}})", number, name);
    case script::ParamKind::String:
    case script::ParamKind::Regex:
      break;
  }
  return fmt::format("\"${{{}:{}}}\"", number, name);
}

// With the arguments that a call can't do without.
std::string call_snippet(const module::FunctionDecl& function) {
  const auto params = std::span(function.params).first(function.param_count);
  std::string text = fmt::format("{}(", function.name);
  std::size_t needed = 0;
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!params[i].optional) needed = i + 1;
  }
  for (std::size_t i = 0; i < needed; ++i) {
    if (i != 0) text += ", ";
    if (!params[i].optional) text += placeholder(params[i], i + 1);
  }
  return text + (needed == 0 && !params.empty() ? "$1)" : ")");
}

class Collector {
 public:
  Collector(const Unit& unit, Modules modules, const CompletionContext& context)
      : unit_(unit), modules_(modules), context_(context) {}

  std::vector<Completion> take() { return std::move(items_); }

  void words(Word::Place place) {
    for (const Word& word : language_words()) {
      if (word.place != place) continue;
      add_snippet({.label = std::string(word.name),
                   .kind = Completion::Kind::Keyword,
                   .documentation = std::string(word.documentation)},
                  word.snippet);
    }
  }

  void functions() {
    for_each_loaded([this](const module::Declaration& declaration) {
      for (const module::FunctionDecl& row : declaration.functions) {
        add_snippet({.label = std::string(row.name),
                     .kind = Completion::Kind::Function,
                     .detail = signature(row),
                     .documentation = describe(row, declaration.name)},
                    call_snippet(row));
      }
    });
    add_snippet({.label = "route()",
                 .kind = Completion::Kind::Snippet,
                 .documentation = "Runs a route; its code is the value."},
                "route(${1:name})");
  }

  void variables() {
    for (const LanguageVariable& row : language_variables()) {
      variable(row.name, row.has_sub_name, "core", std::string(row.documentation));
    }
    for_each_loaded([this](const module::Declaration& declaration) {
      for (const module::VariableDecl& row : declaration.variables) {
        variable(row.decl.name, row.decl.sub_name == script::SubName::Required, declaration.name,
                 describe(row.decl, declaration.name));
      }
    });
  }

  void transformations() {
    for (const auto table :
         {script::text_transformations(), script::encoding_transformations(), script::list_transformations(),
          script::address_transformations(), script::substitution_transformations()}) {
      for (const script::TransformationDecl& row : table) transformation(row);
    }
    for_each_loaded([this](const module::Declaration& declaration) {
      for (const script::TransformationDecl& row : declaration.transformations) transformation(row);
    });
  }

  // Of $var and $avp: those that the script has somewhere.
  void sub_names(std::string_view kind) {
    std::set<std::string, std::less<>> names;
    const std::string wanted = fmt::format("${}(", kind);
    constexpr std::size_t kMost = 1000;
    for (std::uint16_t file = 0; file < unit_.files().size(); ++file) {
      const std::string_view text = unit_.lines(file).text();
      for (std::size_t at = text.find(wanted); at != std::string_view::npos && names.size() < kMost;
           at = text.find(wanted, at + 1)) {
        const std::string_view rest = text.substr(at + wanted.size());
        const std::size_t close = rest.find_first_of(")$(\n");
        if (close != std::string_view::npos && close != 0 && rest[close] == ')') names.emplace(rest.substr(0, close));
      }
    }
    for (const std::string& name : names) add({.label = name, .kind = Completion::Kind::Variable, .insert = name});
  }

  void modules(bool quoted, bool with_suffix, bool only_loaded) {
    for (const module::Declaration* declaration : modules_) {
      if (declaration->name == "core" || (only_loaded && !unit_.registry().is_loaded(declaration->name))) continue;
      const std::string name = fmt::format("{}{}", declaration->name, with_suffix ? ".so" : "");
      add({.label = std::string(declaration->name),
           .kind = Completion::Kind::Module,
           .documentation = describe(*declaration),
           .insert = quoted ? name : fmt::format("\"{}\"", name)});
    }
  }

  void parameters(std::string_view of, bool quoted) {
    for (const module::Declaration* declaration : modules_) {
      if (declaration->name != of) continue;
      const auto fresh = declaration->create();
      for (const module::ParameterDecl& row : declaration->parameters) {
        add({.label = std::string(row.name),
             .kind = Completion::Kind::Parameter,
             .documentation = describe(row, *declaration, *fresh),
             .insert = quoted ? std::string(row.name) : fmt::format("\"{}\"", row.name)});
      }
    }
  }

  void core_parameters() {
    for (const module::Declaration* declaration : modules_) {
      if (declaration->name != "core") continue;
      const auto fresh = declaration->create();
      for (const module::ParameterDecl& row : declaration->parameters) {
        add_snippet({.label = std::string(row.name),
                     .kind = Completion::Kind::Parameter,
                     .documentation = describe(row, *declaration, *fresh)},
                    fmt::format("{} = $0", row.name));
      }
    }
  }

  // Where the call's argument is the name of a route.
  void arguments(const Gap& gap) {
    if (const auto kind = route_kind_of(gap)) {
      std::set<std::string_view> told;
      for (const RouteName& route : unit_.routes()) {
        if (!route.is_definition || route.kind != *kind || !told.insert(route.name).second) continue;
        add({.label = route.name,
             .kind = Completion::Kind::Route,
             .detail = fmt::format("{}[{}]", script::keyword_of(*kind), route.name),
             .insert = gap.quoted || *kind == RouteKind::Request ? route.name : fmt::format("\"{}\"", route.name)});
      }
    }
  }

 private:
  template <typename Visit>
  void for_each_loaded(Visit visit) {
    for (const module::Declaration* declaration : modules_) {
      if (unit_.registry().is_loaded(declaration->name)) visit(*declaration);
    }
  }

  [[nodiscard]] std::optional<RouteKind> route_kind_of(const Gap& gap) const {
    if (gap.of == "route" && gap.argument == 0) return RouteKind::Request;
    if ((gap.of == "async" || gap.of == "launch") && gap.argument == 1) return RouteKind::Request;
    const script::FunctionDecl* function = unit_.registry().find_function(gap.of);
    if (function == nullptr || gap.argument >= function->params.size()) return std::nullopt;
    return function->params[gap.argument].names_route;
  }

  void variable(std::string_view name, bool has_sub_name, std::string_view of, std::string documentation) {
    add_snippet({.label = fmt::format("${}", name),
                 .kind = Completion::Kind::Variable,
                 .detail = std::string(of),
                 .documentation = std::move(documentation)},
                has_sub_name ? fmt::format("{}(${{1:name}})", name) : std::string(name));
  }

  void transformation(const script::TransformationDecl& row) {
    std::string snippet(row.name);
    std::size_t number = 0;
    for (const script::ParamDecl& param : row.params) {
      if (!param.optional) snippet += fmt::format(",${{{}:{}}}", ++number, escaped(param.name));
    }
    add_snippet(
        {.label = std::string(row.name), .kind = Completion::Kind::Transformation, .documentation = describe(row)},
        snippet);
  }

  void add_snippet(Completion item, std::string_view snippet) {
    item.is_snippet = context_.snippets && snippet.find('$') != std::string_view::npos;
    item.insert = item.is_snippet ? std::string(snippet) : plain(snippet);
    add(std::move(item));
  }
  void add(Completion item) { items_.push_back(std::move(item)); }

  const Unit& unit_;
  Modules modules_;
  const CompletionContext& context_;
  std::vector<Completion> items_;
};

}  // namespace

Completions completions_at(const Unit& unit, Modules modules, std::string_view text, std::size_t offset,
                           const CompletionContext& context) {
  const Gap gap = gap_at(text, offset);
  Collector found(unit, modules, context);
  switch (gap.kind) {
    case Gap::Kind::Nothing:
      break;
    case Gap::Kind::TopLevel:
      if (!context.explicit_) break;
      found.words(Word::Place::TopLevel);
      found.core_parameters();
      break;
    case Gap::Kind::Statement:
      if (!context.explicit_) break;
      found.words(Word::Place::Route);
      found.functions();
      break;
    case Gap::Kind::Argument:
      found.arguments(gap);
      break;
    case Gap::Kind::Variable:
      found.variables();
      break;
    case Gap::Kind::SubName:
      if (gap.of == "var" || gap.of == "avp") found.sub_names(gap.of);
      break;
    case Gap::Kind::Transformation:
      found.transformations();
      break;
    case Gap::Kind::Module: {
      const bool load = gap.of == "loadmodule";
      found.modules(gap.quoted, load, !load);
      break;
    }
    case Gap::Kind::ModuleParameter:
      found.parameters(gap.of, gap.quoted);
      break;
  }
  return {gap.begin, found.take()};
}

}  // namespace carillon::lsp
