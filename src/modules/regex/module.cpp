// SPDX-License-Identifier: Apache-2.0
// regex: the declaration page.
#include "modules/regex/regex.h"
#include "script/host.h"
#include "script/substitution.h"
#include "script/transformations.h"

namespace carillon::regex {
namespace {

using namespace module;

constexpr auto kParameters = std::to_array({
    parameter<&RegexModule::file>("file", "The file of groups, from the folder of the script; empty: none."),
    parameter<&RegexModule::max_groups>("max_groups", "Groups in the file at most."),
    parameter<&RegexModule::group_max_size>("group_max_size", "Bytes of the expressions of a group at most."),
    parameter<&RegexModule::pcre_caseless>("pcre_caseless", "1: as if each expression began with (?i)."),
    parameter<&RegexModule::pcre_multiline>("pcre_multiline", "1: ^ and $ at every line, as (?m)."),
    parameter<&RegexModule::pcre_dotall>("pcre_dotall", "1: a dot matches newlines too, as (?s)."),
    parameter<&RegexModule::pcre_extended>("pcre_extended",
                                           "1: white space and # comments of an expression mean nothing, as (?x)."),
});

constexpr auto kFunctions = std::to_array({
    function<&RegexModule::pcre_match>("pcre_match", {"string", "pcre_regex", "match"}, kAnyRoute,
                                       "Whether an expression matches; the part that matches into a variable. -4 for "
                                       "an expression that is none."),
    function<&RegexModule::pcre_match_group>("pcre_match_group", {"string", "group"}, kAnyRoute,
                                             "Whether an expression of a group of the file matches, 0 if none is "
                                             "named. -4 without such a group."),
});

base::Result<script::Constant> compile_substitution(const script::Value& literal, void* owner) {
  auto parsed = script::Substitution::parse(literal.as_text(), static_cast<const RegexModule*>(owner)->options());
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return std::make_shared<const script::Substitution>(std::move(*parsed));
}

constexpr auto kSubstitution =
    std::to_array<script::ParamDecl>({{.name = "substitution", .compile = &compile_substitution}});

script::ReadResult substitute(script::Environment& environment, const script::TransformationDecl& self,
                              const script::Value& input, std::span<const script::Argument> arguments) {
  const std::string_view text = script::to_text(input, environment.arena());
  const auto apply = [&](const script::Substitution& substitution) -> script::ReadResult {
    const auto replaced = substitution.apply(text, script::kMaxTransformed);
    if (!replaced) return script::ReadResult::error();
    return script::Value::text(replaced->count == 0 ? text : environment.arena().copy(replaced->text));
  };
  if (arguments[0].constant != nullptr) return apply(*static_cast<const script::Substitution*>(arguments[0].constant));
  const auto parsed = script::Substitution::parse(script::text_argument(arguments, 0, environment.arena()),
                                                  static_cast<const RegexModule*>(self.owner)->options());
  return parsed ? apply(*parsed) : script::ReadResult::error();
}

constexpr auto kTransformations = std::to_array<script::TransformationDecl>({
    {"pcre.subst", kSubstitution, "The text with what an expression matches replaced, /re/replacement/flags.",
     &substitute},
});

constexpr auto kCommands = std::to_array({
    command<&RegexModule::reload>({.name = "regex:reload",
                                   .aliases = "regex_reload",
                                   .recipes = "",
                                   .help = "Reads the file of groups again; a mistake in it leaves all as it was.",
                                   .result = "\"OK\""}),
    command<&RegexModule::match>({.name = "regex:match",
                                  .aliases = "regex_match",
                                  .recipes = "string,pcre_regex",
                                  .help = "Whether an expression matches a text.",
                                  .result = "\"Match\" or \"Not Match\""}),
    command<&RegexModule::match_group>({.name = "regex:match_group",
                                        .aliases = "regex_match_group",
                                        .recipes = "string,group",
                                        .help = "Whether an expression of a group of the file matches a text.",
                                        .result = "\"Match\" or \"Not Match\""}),
});

}  // namespace

extern const Declaration kDeclaration;
const Declaration kDeclaration = {
    .name = "regex",
    .documentation = "Perl-compatible regular expressions, and groups of them in a file.",
    .parameters = kParameters,
    .functions = kFunctions,
    .transformations = kTransformations,
    .commands = kCommands,
    .create = &create<RegexModule>,
};

}  // namespace carillon::regex
