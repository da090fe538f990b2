// SPDX-License-Identifier: Apache-2.0
// sed-style substitutions: /expression/replacement/flags, as {re.subst} and several functions take them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/regex.h"

namespace carillon::script {

// Immutable; any thread. Any character may delimit. Flags: i ignores case, g replaces all, s lets '.' match newlines.
// In the replacement \0 is the whole match, \1 to \9 its groups, \n \r \t control characters. Variables in it, and \u,
// are what the checker of scripts makes of a literal (ParamDecl::is_substitution): here a '$' is a dollar.
class Substitution {
 public:
  [[nodiscard]] static base::Result<Substitution> parse(std::string_view text) { return parse(text, kByLines); }
  // With other options of the expression than usual; the flags add to them.
  [[nodiscard]] static base::Result<Substitution> parse(std::string_view text, Regex::Options options);

  // Where the replacement stands in `text`, and what delimits it; nothing when `text` is no substitution.
  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
    char delimiter = '/';
  };
  [[nodiscard]] static std::optional<Extent> find_replacement(std::string_view text);

  // What is to stand in the place of [begin, end).
  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
  };
  // In their order; they don't overlap. Texts above `max_size` bytes in all are a failure.
  [[nodiscard]] base::Result<std::vector<Match>> matches(std::string_view text, std::size_t max_size) const;

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

  static constexpr Regex::Options kByLines{.ignore_case = false, .multi_line = true, .dot_all = false};

  [[nodiscard]] std::string replacement(std::string_view text, const std::vector<Regex::Group>& groups) const;
  [[nodiscard]] static base::Result<std::vector<Piece>> parse_replacement(std::string_view text, char delimiter);

  std::shared_ptr<const Regex> regex_;
  std::vector<Piece> replacement_;
  bool global_ = false;
};

}  // namespace carillon::script
