// SPDX-License-Identifier: Apache-2.0
// Allow and deny files: which user may call which URI, by pairs of regular expressions, one rule a line.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/regex.h"

namespace carillon::permissions {

// "ALL", or a list of expressions of which one is to match; less those behind EXCEPT, which has the same form.
struct Side {
  bool all = false;
  std::vector<std::shared_ptr<const script::Regex>> expressions;
  std::unique_ptr<Side> except;

  // `when_in_doubt`: what is said of an expression that takes too long to match.
  [[nodiscard]] bool matches(std::string_view uri, bool when_in_doubt) const;
};

struct Rule {
  Side left;   // the user's URI
  Side right;  // where it goes
};

// The rules of a file, in any order: one that matches is enough.
class Rules {
 public:
  // Lines such as
  //   "^sip:alice@", "^sip:bob@" EXCEPT "@elsewhere" : ALL EXCEPT "^sip:00"   # a comment
  // Fails with all mistakes, each as `file:line: what`.
  [[nodiscard]] static base::Result<Rules> parse(std::string_view text, std::string_view file);
  // A file that isn't there has no rules. Blocks.
  [[nodiscard]] static base::Result<Rules> read(const std::string& file);

  [[nodiscard]] bool match(std::string_view left, std::string_view right, bool when_in_doubt) const;
  [[nodiscard]] std::size_t size() const { return rules_.size(); }

 private:
  std::vector<Rule> rules_;
};

// An allow file and a deny file.
struct RulePair {
  Rules allow_rules;
  Rules deny_rules;

  // Allowed when every one is; otherwise denied when any one is; otherwise allowed.
  [[nodiscard]] bool allow(std::string_view left, std::span<const std::string> rights) const;
};

}  // namespace carillon::permissions
