// SPDX-License-Identifier: Apache-2.0
// name-addr or addr-spec with header parameters: From, To, Route, Record-Route, Path, Refer-To (RFC 3261
// section 20.10).
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "sip/list.h"
#include "sip/uri.h"

namespace carillon::sip {

// One address; every part is a piece of the text it was parsed from, so that it can be edited in place.
struct NameAddr {
  std::string_view text;          // the whole, parameters included
  std::string_view display_name;  // as sent, quotes kept; empty when there is none
  std::string_view uri_text;      // without "<" and ">"; any scheme, not parsed
  Params params;                  // of the header, not of the URI
  bool in_brackets = false;

  // `text` is one value, not a list. The URI is only delimited: a proxy passes schemes it has never heard of.
  [[nodiscard]] static base::Result<NameAddr> parse(std::string_view text);

  [[nodiscard]] base::Result<Uri> uri() const { return Uri::parse(uri_text); }
  [[nodiscard]] std::optional<std::string_view> param(std::string_view name) const { return params.find(name); }
  // The tag parameter; empty when there is none (an empty tag is refused when a message is validated).
  [[nodiscard]] std::string_view tag() const { return param("tag").value_or(std::string_view{}); }
};

}  // namespace carillon::sip
