// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a column or a Route: what is read can be written again and is then read as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "modules/dialog/dialog_id.h"
#include "modules/dialog/pair_text.h"

namespace {

using carillon::dialog::append_pair;
using carillon::dialog::DialogId;
using carillon::dialog::take_pair;

std::string rewritten(std::string_view text) {
  std::string written;
  while (const auto pair = take_pair(text)) append_pair(written, pair->name, pair->value);
  CARILLON_ASSERT(text.empty());
  return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string once = rewritten(bytes);
  CARILLON_ASSERT(once.size() <= bytes.size() + bytes.size());
  CARILLON_ASSERT(rewritten(once) == once);
  if (const auto id = DialogId::from_cookie(bytes)) {
    CARILLON_ASSERT(id->number != 0);
    CARILLON_ASSERT(DialogId::from_cookie(id->cookie()) == id);
  }
  CARILLON_ASSERT(carillon::dialog::hash_entry(bytes, 4096) < 4096);
  return 0;
}
