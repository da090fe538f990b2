// SPDX-License-Identifier: Apache-2.0
// Keyed hashing of what strangers choose (Call-IDs, AoRs): nobody without the key can aim at one shard or bucket.
#pragma once

#include <cstdint>
#include <string_view>

namespace carillon::base {

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;

  // A fresh key from the kernel's random source.
  [[nodiscard]] static HashKey random();
};

// SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF").
[[nodiscard]] std::uint64_t sip_hash(const HashKey& key, std::string_view text);

// A finalizer that spreads the bits of a number (for tables keyed by our own identifiers).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace carillon::base
