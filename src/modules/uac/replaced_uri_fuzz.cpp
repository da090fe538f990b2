// SPDX-License-Identifier: Apache-2.0
// Whatever a Route carries: it is read within bounds, and what we wrote is found again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "modules/uac/replaced_uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using carillon::uac::ReplacedUri;
  static const ReplacedUri replaced("secret");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view uri = bytes.substr(0, bytes.find('\n'));
  const std::string_view text = bytes.substr(std::min(bytes.size(), uri.size() + 1));
  for (const auto& found : {replaced.replacement_of(uri, text), replaced.original_of(uri, text)}) {
    CARILLON_ASSERT(!found || found->size() <= carillon::uac::kMostUri);
  }
  if (uri.find('\0') != std::string_view::npos || text.find('\0') != std::string_view::npos) return 0;
  const std::string written = replaced.encode(uri, text);
  if (written.empty()) return 0;
  CARILLON_ASSERT(replaced.replacement_of(uri, written) == text);
  CARILLON_ASSERT(replaced.original_of(text, written) == uri);
  return 0;
}
