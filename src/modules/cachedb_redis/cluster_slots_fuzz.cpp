// SPDX-License-Identifier: Apache-2.0
// Whatever a server sends: replies, maps of a Cluster, redirections; and queries that scripts write.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "modules/cachedb_redis/reply_reader.h"
#include "modules/cachedb_redis/slots.h"
#include "modules/cachedb_redis/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace carillon::cachedb_redis;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Address asked{"10.0.0.1", 7000};

  ReplyReader reader;
  if (!reader.feed(bytes)) return 0;
  while (true) {
    const auto reply = reader.next();
    if (!reply || !*reply) break;
    if (const auto map = SlotMap::parse(**reply, asked)) {
      std::size_t sum = 0;
      for (const std::size_t count : map->counts()) sum += count;
      CARILLON_ASSERT(sum <= kSlots && map->masters().size() <= SlotMap::kMaxNodes);
      for (std::uint16_t slot = 0; slot < kSlots; ++slot) {
        const Address* master = map->master_of(slot);
        CARILLON_ASSERT(master == nullptr || master->port != 0);
      }
    }
    if (const auto redirection = Redirection::parse(**reply, asked)) {
      CARILLON_ASSERT(redirection->slot < kSlots && redirection->to.port != 0);
    }
  }
  if (const auto query = parse_query(bytes)) CARILLON_ASSERT(query->key < query->words.size());
  CARILLON_ASSERT(slot_of(bytes) < kSlots);
  return 0;
}
