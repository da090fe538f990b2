// SPDX-License-Identifier: Apache-2.0
// Push notifications (RFC 8599) as far as a REGISTER goes: which services are known, what contacts ask for, and what
// they are told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/uri.h"

namespace carillon::registrar {

struct PushSettings {
  bool enabled = false;
  bool purr = false;                   // pn_enable_purr: requests inside of dialogs may be announced too
  std::vector<std::string> providers;  // values of pn-provider
  // The URI parameters by which contacts with a pn-provider are told apart, instead of by the whole URI.
  std::vector<std::string> match_params = {"pn-provider", "pn-prid", "pn-param"};
  std::uint32_t trigger_interval = 120;   // seconds before its end that a phone is woken to refresh
  std::uint32_t register_interval = 130;  // seconds before its end that a phone is to refresh: +sip.pnsreg

  [[nodiscard]] bool knows(std::string_view provider) const;
};

// What a list of the script names: "a, b".
[[nodiscard]] std::vector<std::string> words_of(std::string_view list);

// Feature-Caps of the answer, as complete lines: for `provider`, or where that is empty (the phone asks) for each.
[[nodiscard]] std::string feature_caps(const PushSettings& settings, std::string_view provider);

}  // namespace carillon::registrar
