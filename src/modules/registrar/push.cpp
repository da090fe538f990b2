// SPDX-License-Identifier: Apache-2.0
// See push.h.
#include "modules/registrar/push.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace carillon::registrar {

bool PushSettings::knows(std::string_view provider) const {
  return std::ranges::any_of(providers, [provider](const std::string& one) { return base::iequals(one, provider); });
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::string_view word = base::trim(base::take_until(list, ','));
    if (!word.empty()) words.emplace_back(word);
  }
  return words;
}

std::string feature_caps(const PushSettings& settings, std::string_view provider) {
  std::string lines;
  for (const std::string& one : settings.providers) {
    if (!provider.empty() && !base::iequals(one, provider)) continue;
    lines += fmt::format("Feature-Caps: *;+sip.pns=\"{}\"", one);
    if (!provider.empty()) lines += fmt::format(";+sip.pnsreg=\"{}\"", settings.register_interval);
    lines += "\r\n";
  }
  return lines;
}

}  // namespace carillon::registrar
