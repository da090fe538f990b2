// SPDX-License-Identifier: Apache-2.0
// Writes a routing script anew in one style: indentation, blanks, line ends. No token and no comment is changed.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace carillon::script {

struct FormatOptions {
  std::string
      indent;  // of one level; empty: a tab where most indented lines of the text begin with one, else two blanks
};

// `text` is one file, whole; those that it includes are left alone. Formatting what was formatted changes nothing.
// Fails with the rendered diagnostics when the text is no script; `name` is what they call it.
[[nodiscard]] base::Result<std::string> format(std::string_view text, std::string_view name,
                                               const FormatOptions& options = {});

}  // namespace carillon::script
