// SPDX-License-Identifier: Apache-2.0
// Allow and deny files of any bytes, and any URIs against them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "modules/permissions/plain_uri.h"
#include "modules/permissions/rules.h"
#include "modules/permissions/wildcard.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon::permissions;
  constexpr std::size_t kLongest = 4096;  // expressions may take their time
  if (size > kLongest) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = Rules::parse(text, "file");
  const std::string_view uri = text.substr(0, text.find('\n'));
  if (rules) static_cast<void>(rules->match(uri, "sip:bob@example.org", true));
  const std::size_t middle = size / 2;
  static_cast<void>(matches_wildcard(text.substr(0, middle), text.substr(middle)));
  if (!matches_wildcard("*", text)) std::abort();
  if (const auto parsed = carillon::sip::Uri::parse(uri)) static_cast<void>(plain_uri(*parsed));
  return 0;
}
