// SPDX-License-Identifier: Apache-2.0
// See prefix_list.h.
#include "modules/userblacklist/prefix_list.h"

#include <algorithm>

namespace carillon::userblacklist {
namespace {

std::string_view from_first_digit(std::string_view text) {
  const auto first = std::ranges::find_if(text, base::is_digit);
  return text.substr(static_cast<std::size_t>(first - text.begin()));
}

}  // namespace

void PrefixList::add(std::string_view prefix, bool allowed) {
  prefix = from_first_digit(prefix);
  const auto [place, added] = prefixes_.try_emplace(std::string(prefix), allowed);
  if (!added) place->second = place->second && allowed;
  longest_ = std::max(longest_, prefix.size());
}

bool PrefixList::allows(std::string_view number) const {
  number = from_first_digit(number);
  for (std::size_t length = std::min(number.size(), longest_) + 1; length-- > 0;) {
    const auto found = prefixes_.find(number.substr(0, length));
    if (found != prefixes_.end()) return found->second;
  }
  return true;
}

}  // namespace carillon::userblacklist
