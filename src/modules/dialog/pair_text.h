// SPDX-License-Identifier: Apache-2.0
// "name#value|name#value|": how OpenSIPS writes the values and profiles of a dialog into a column. '#', '|' and '\' in
// either have a backslash before them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace carillon::dialog {

void append_pair(std::string& text, std::string_view name, std::string_view value);

struct Pair {
  std::string name;
  std::string value;
};

// Takes the first pair off `text`; nothing, and `text` is empty, when there is none that is whole.
[[nodiscard]] std::optional<Pair> take_pair(std::string_view& text);

}  // namespace carillon::dialog
