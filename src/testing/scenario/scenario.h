// SPDX-License-Identifier: Apache-2.0
// A scenario as written: the statements of a file of tests/scenarios/. Its README.md describes the format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace carillon::testing {

// One line at the left margin with the indented lines below it.
struct Statement {
  int line = 0;
  std::string keyword = {};
  std::vector<std::string> items = {};  // what two blanks or a new line separate
  std::vector<std::string> body = {};   // lines that begin with "|", without it
  std::string text = {};                // everything behind the keyword as it stands, for `script`

  // The blank-separated words of items[0].
  [[nodiscard]] std::vector<std::string> words() const;
};

struct Scenario {
  std::string path;
  std::vector<Statement> statements;

  [[nodiscard]] static base::Result<Scenario> load(const std::string& path);
  [[nodiscard]] static Scenario parse(std::string path, std::string_view text);
};

[[nodiscard]] std::vector<std::string> split_words(std::string_view text);
// "500ms", "32s", "2m".
[[nodiscard]] base::Result<base::Duration> parse_duration(std::string_view text);

}  // namespace carillon::testing
