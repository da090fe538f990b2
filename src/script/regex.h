// SPDX-License-Identifier: Apache-2.0
// Regular expressions of scripts, on PCRE2. Written as POSIX extended ones; matching is bounded.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace carillon::script {

// Immutable; any thread. Where PCRE2 reads a pattern otherwise than POSIX (a backslash inside brackets escapes), PCRE2
// decides. Patterns that would backtrack without end stop with an error.
class Regex {
 public:
  struct Options {
    bool ignore_case = true;
    bool multi_line = false;    // '^' and '$' at every line
    bool dot_all = false;       // '.' matches a newline too
    bool extended = false;      // white space and # comments of the pattern have no meaning
    bool last_newline = false;  // '$' also in front of a newline that ends the text

    friend bool operator==(const Options&, const Options&) = default;
  };
  [[nodiscard]] static base::Result<std::shared_ptr<const Regex>> compile(std::string_view pattern, Options options);
  [[nodiscard]] static base::Result<std::shared_ptr<const Regex>> compile(std::string_view pattern) {
    return compile(pattern, Options{});
  }
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  [[nodiscard]] std::size_t groups() const { return groups_; }

  // Whether the pattern occurs in `text`. fail(): the match took too long.
  [[nodiscard]] base::Result<bool> matches(std::string_view text) const;

  struct Group {
    std::size_t begin = std::string_view::npos;  // npos: took no part
    std::size_t end = std::string_view::npos;
  };
  static constexpr std::size_t kMaxGroups = 16;
  // The first match at or after `from`: the whole in groups[0]. Empty: none. Groups past kMaxGroups are left out.
  [[nodiscard]] base::Result<std::vector<Group>> search(std::string_view text, std::size_t from = 0) const;

 private:
  struct Compiled;
  Regex(std::string_view pattern, Options options, std::unique_ptr<Compiled> compiled, std::size_t groups);

  friend base::Result<std::shared_ptr<const Regex>> cached_regex(std::string_view pattern, Options options);

  std::string pattern_;
  Options options_;
  std::unique_ptr<Compiled> compiled_;
  std::size_t groups_;
};

// =~ and !~: '.' matches every character, '^' and '$' are the ends of the text.
inline constexpr Regex::Options kComparisonRegex{.ignore_case = true, .multi_line = false, .dot_all = true};
// Arguments of functions: by lines.
inline constexpr Regex::Options kArgumentRegex{.ignore_case = true, .multi_line = true, .dot_all = false};

// For patterns that are only known at run time: compiled once for each text by each thread, a bounded number of them.
[[nodiscard]] base::Result<std::shared_ptr<const Regex>> cached_regex(std::string_view pattern, Regex::Options options);

}  // namespace carillon::script
