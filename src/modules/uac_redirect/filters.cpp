// SPDX-License-Identifier: Apache-2.0
// See filters.h.
#include "modules/uac_redirect/filters.h"

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"

namespace carillon::uac_redirect {

base::Result<ResetFlag> ResetFlag::parse(std::string_view text) {
  text = base::trim(text);
  if (text.empty()) return ResetFlag{Reset::None};
  if (base::iequals(text, "reset_all")) return ResetFlag{Reset::All};
  if (base::iequals(text, "reset_default")) return ResetFlag{Reset::Default};
  if (base::iequals(text, "reset_added")) return ResetFlag{Reset::Added};
  return base::fail("must be \"reset_all\", \"reset_default\", \"reset_added\" or \"\"");
}

base::Result<Filter> Filter::parse(std::string_view text) {
  auto regex = script::cached_regex(text, script::kArgumentRegex);
  if (!regex) return std::unexpected(std::move(regex.error()));
  return Filter{std::move(*regex)};
}

bool FilterList::add(std::shared_ptr<const script::Regex> filter, Reset reset) {
  if (reset == Reset::Default || reset == Reset::All) usual_.reset();
  if (reset == Reset::Added || reset == Reset::All) added_.clear();
  if (added_.size() + (usual_ ? 1 : 0) >= kMost) return false;
  added_.push_back(std::move(filter));
  return true;
}

bool FilterList::matches(std::string_view uri, bool unknown) const {
  const auto one = [&](const std::shared_ptr<const script::Regex>& filter) {
    const auto matched = filter->matches(uri);
    if (!matched) log::error("uac_redirect: {}", matched.error().message);
    return matched.value_or(unknown);
  };
  return (usual_ && one(usual_)) || std::ranges::any_of(added_, one);
}

bool Filters::let_pass(std::string_view uri) const {
  if (accept.matches(uri, false)) return true;
  return accept_others_ && !deny.matches(uri, true);
}

}  // namespace carillon::uac_redirect
