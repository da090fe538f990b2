// SPDX-License-Identifier: Apache-2.0
// Whatever stands in the shared store or comes by its channel: changes, entries, documents of contacts.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "modules/usrloc/shared_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon::usrloc;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto change = SharedChange::parse(bytes)) {
    for (const SharedEntry& entry : change->entries) {
      const auto again = SharedEntry::read(entry.identity, entry.value());
      CARILLON_ASSERT(again && again->version == entry.version && again->document == entry.document);
    }
  }
  if (const auto entry = SharedEntry::read("identity", bytes)) CARILLON_ASSERT(entry->version != 0);
  return 0;
}
