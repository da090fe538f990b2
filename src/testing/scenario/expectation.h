// SPDX-License-Identifier: Apache-2.0
// What `expect` says about a message, and where a message differs from it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "testing/scenario/scenario.h"
#include "testing/scenario/text_message.h"

namespace carillon::testing {

using Variables = std::map<std::string, std::string>;

// Replaces $name and ${name}; an error names a variable that isn't there. A $ that no letter follows stands for itself.
[[nodiscard]] base::Result<std::string> expand(const std::string& text, const Variables& variables);

class Expectation {
 public:
  // Of a statement whose variables are replaced: the first item is "PEER METHOD [URI]" or "PEER STATUS [reason]".
  [[nodiscard]] static base::Result<Expectation> parse(const Statement& statement);

  // Why `message` is not what was expected; nothing when it is. Captures what "-> name" asks for.
  [[nodiscard]] std::optional<std::string> mismatch(const TextMessage& message, Variables& captured) const;
  // Whether 100 was asked for: otherwise 100s are passed over.
  [[nodiscard]] bool is_trying() const { return start_ == "100"; }

 private:
  enum class Kind : std::uint8_t { Equal, Match, NoMatch, Absent, Count, Credentials };
  // One item: "Name: text", "Name: ~ "regex"", "Name[0]: ...", "absent Name", "count Name 2", "body: ~ "regex"",
  // "credentials USER PASSWORD".
  struct Check {
    Kind kind = Kind::Equal;
    std::string name;
    std::optional<std::size_t> index;
    std::string text;
    std::string capture;  // the variable that takes the regex's first group, or the value
  };

  [[nodiscard]] static base::Result<Check> parse_check(const std::string& item);
  [[nodiscard]] static base::Result<> parse_value(Check& check, std::string text);
  [[nodiscard]] std::optional<std::string> start_mismatch(const TextMessage& message) const;
  [[nodiscard]] static std::optional<std::string> check_mismatch(const Check& check, const TextMessage& message,
                                                                 Variables& captured);

  std::string start_;  // method or status
  std::string rest_;   // URI or reason; empty: any
  std::vector<Check> checks_;
  std::optional<std::string> body_;
};

// The text of "| " lines as a body: each with a CRLF.
[[nodiscard]] std::string body_of(const std::vector<std::string>& lines);

}  // namespace carillon::testing
