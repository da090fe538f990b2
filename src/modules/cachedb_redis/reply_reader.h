// SPDX-License-Identifier: Apache-2.0
// Bytes of a Redis server to replies (RESP2), by hiredis's parser, within bounds on size and number.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "storage/key_value.h"

struct redisReader;

namespace carillon::cachedb_redis {

class ReplyReader {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;  // of one reply
  static constexpr std::size_t kMaxValues = 1'000'000;             // in one reply

  ReplyReader();
  ~ReplyReader();
  ReplyReader(ReplyReader&&) noexcept;

  // An error is for good: the stream has lost its place.
  [[nodiscard]] base::Result<> feed(std::string_view bytes);
  // The next whole reply, or nothing yet.
  [[nodiscard]] base::Result<std::optional<storage::Reply>> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };

  std::unique_ptr<redisReader, Free> reader_;
  std::unique_ptr<std::size_t> values_;  // of the reply being read; hiredis has its address
  std::size_t waiting_ = 0;              // bytes fed since the last whole reply
};

}  // namespace carillon::cachedb_redis
