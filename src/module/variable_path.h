// SPDX-License-Identifier: Apache-2.0
// The paths of variables that are trees: $json(body/contacts[0]/$var(key)), $xml(doc/list/item[-1]).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/declaration.h"

namespace carillon::module {

struct PathStep {
  enum class Kind : std::uint8_t {
    Key,     // /key
    Index,   // [2], [-1]: from the end
    Append,  // []
    Nowhere  // a variable in the path is NULL
  };
  Kind kind = Kind::Key;
  std::string key = {};
  std::int32_t index = 0;

  friend bool operator==(const PathStep&, const PathStep&) = default;
};

// Immutable. A backslash takes its meaning from the character behind it; blanks are part of a key.
struct VariablePath {
  std::string name;
  std::vector<PathStep> steps;

  [[nodiscard]] static base::Result<VariablePath> parse(std::string_view text);

  static constexpr std::size_t kMaxSteps = 100;
};

// The VariableTraits::escape_in_sub_name of such variables: what a variable inside a path holds is one key or one
// index, whatever characters it has.
[[nodiscard]] script::ReadResult escape_in_path(script::Environment& environment,
                                                const script::TransformationDecl& self, const script::Value& input,
                                                std::span<const script::Argument> arguments);
inline constexpr script::TransformationDecl kEscapeInPath = {
    .name = "path.escape", .params = {}, .documentation = "As one part of a path.", .apply = &escape_in_path};

// Where `ending` begins if the text ends with it and no backslash takes its meaning; npos otherwise.
[[nodiscard]] std::size_t path_ending(std::string_view text, std::string_view ending);

}  // namespace carillon::module
