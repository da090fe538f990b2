// SPDX-License-Identifier: Apache-2.0
// Prefixes of numbers that are forbidden or allowed: the longest one decides.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/strings.h"

namespace carillon::userblacklist {

// Filled by one thread, then immutable. A lookup costs one step for each digit, however many prefixes there are.
class PrefixList {
 public:
  // What stands before the first digit ("+") doesn't count, in prefixes and in numbers. Where a prefix is in the list
  // twice it is forbidden.
  void add(std::string_view prefix, bool allowed);
  // What no prefix matches is allowed.
  [[nodiscard]] bool allows(std::string_view number) const;
  [[nodiscard]] std::size_t size() const { return prefixes_.size(); }

 private:
  std::unordered_map<std::string, bool, base::StringHash, std::equal_to<>> prefixes_;  // allowed or not
  std::size_t longest_ = 0;
};

}  // namespace carillon::userblacklist
