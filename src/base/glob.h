// SPDX-License-Identifier: Apache-2.0
// Patterns as shells know them: * ? [a-z] [!a-z] [[:digit:]], and a backslash that takes a character's meaning. No
// pattern takes longer than its length times that of the text.
#pragma once

#include <string_view>

namespace carillon::base {

enum class GlobCase : bool { Matters, Ignored };

// The whole text. A '[' that is never closed stands for itself.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text, GlobCase letters = GlobCase::Matters);

}  // namespace carillon::base
