// SPDX-License-Identifier: Apache-2.0
// sed-style substitutions: /expression/replacement/flags, as {re.subst} and several functions take them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/regex.h"

namespace carillon::script {

// Immutable; any thread. Any character may delimit. Flags: i ignores case, g replaces all, s lets '.' match newlines.
// In the replacement \0 is the whole match, \1 to \9 its groups, \n \r \t control characters.
class Substitution {
 public:
  [[nodiscard]] static base::Result<Substitution> parse(std::string_view text);

  // `text` with its matches replaced, and how many there were. Results above `max_size` bytes are a failure.
  struct Replaced {
    std::string text;
    std::size_t count = 0;
  };
  [[nodiscard]] base::Result<Replaced> apply(std::string_view text, std::size_t max_size) const;

 private:
  struct Piece {
    std::string literal;
    int group = -1;  // or this group of the match
  };

  [[nodiscard]] static base::Result<std::vector<Piece>> parse_replacement(std::string_view text, char delimiter);

  std::shared_ptr<const Regex> regex_;
  std::vector<Piece> replacement_;
  bool global_ = false;
};

}  // namespace carillon::script
