// SPDX-License-Identifier: Apache-2.0
// See random.h.
#include "base/random.h"

#include <sys/random.h>

#include <array>

#include "base/assert.h"

namespace carillon::base {

std::uint64_t random_u64() {
  thread_local std::array<std::uint64_t, 32> pool;
  thread_local std::size_t left = 0;
  if (left == 0) {
    // Requests of up to 256 bytes are never cut short (getrandom(2)).
    CARILLON_ASSERT(getrandom(pool.data(), sizeof(pool), 0) == static_cast<ssize_t>(sizeof(pool)));
    left = pool.size();
  }
  return pool[--left];
}

std::string random_token(std::size_t length) {
  static constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string token(length, '\0');
  std::uint64_t bits = 0;
  std::size_t letters_left = 0;
  for (char& c : token) {
    if (letters_left == 0) {
      bits = random_u64();
      letters_left = 12;  // 36^12 < 2^64
    }
    c = kAlphabet[bits % 36];
    bits /= 36;
    --letters_left;
  }
  return token;
}

}  // namespace carillon::base
