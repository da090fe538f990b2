// SPDX-License-Identifier: Apache-2.0
// What the script functions of dialog take as arguments.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace carillon::dialog {

class Dialogs;

// create_dialog("bye-on-timeout,options-ping-caller").
struct CreateFlags {
  std::uint32_t flags = 0;
  [[nodiscard]] static base::Result<CreateFlags> parse(std::string_view text);
  [[nodiscard]] static std::string today(std::string_view text);
};

// dlg_match_mode.
enum class MatchMode : std::uint8_t {
  DidOnly,      // by the cookie in the Route
  DidFallback,  // by it or, without one, by Call-ID and tags
  DidNone,      // by Call-ID and tags
};
struct MatchModeName {
  MatchMode mode = MatchMode::DidFallback;
  [[nodiscard]] static base::Result<MatchModeName> parse(std::string_view text);
};

struct DialogFlag {
  std::uint32_t mask = 0;
  [[nodiscard]] static base::Result<DialogFlag> parse(std::string_view name, const Dialogs& dialogs);
};

// $dlg_val(name).
struct ValueName {
  [[nodiscard]] static base::Result<ValueName> parse(std::string_view name);
};

}  // namespace carillon::dialog
