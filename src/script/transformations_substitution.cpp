// SPDX-License-Identifier: Apache-2.0
// {re.subst,/expression/replacement/flags}
#include <array>

#include "script/host.h"
#include "script/substitution.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

base::Result<Constant> compile_substitution(const Value& literal, void*) {
  auto parsed = Substitution::parse(literal.as_text());
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return std::make_shared<const Substitution>(std::move(*parsed));
}
constexpr auto kSubstitution =
    std::to_array<ParamDecl>({{.name = "substitution", .is_substitution = true, .compile = compile_substitution}});

ReadResult substitute(Environment& environment, const TransformationDecl&, const Value& input,
                      std::span<const Argument> arguments) {
  const std::string_view text = to_text(input, environment.arena());
  const auto apply = [&](const Substitution& substitution) -> ReadResult {
    const auto replaced = substitution.apply(text, kMaxTransformed);
    if (!replaced) return ReadResult::error();
    return Value::text(replaced->count == 0 ? text : environment.arena().copy(replaced->text));
  };
  if (arguments[0].constant != nullptr) return apply(*static_cast<const Substitution*>(arguments[0].constant));
  const auto parsed = Substitution::parse(text_argument(arguments, 0, environment.arena()));
  if (!parsed) return ReadResult::error();
  return apply(*parsed);
}

constexpr auto kSubstitutions = std::to_array<TransformationDecl>({
    {"re.subst", kSubstitution, "The text with what an expression matches replaced.", substitute},
});

}  // namespace

std::span<const TransformationDecl> substitution_transformations() { return kSubstitutions; }

}  // namespace carillon::script
