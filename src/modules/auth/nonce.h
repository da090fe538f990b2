// SPDX-License-Identifier: Apache-2.0
// Nonces (RFC 7616 section 3.3): made without keeping anything, known again by their signature, used once.
#pragma once

#include <nettle/hmac.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "modules/auth/used_nonces.h"
#include "shard/partitioned_table.h"
#include "sip/digest_hash.h"

namespace carillon::auth {

// 401 and WWW-Authenticate, or 407 and Proxy-Authenticate.
enum class Kind : std::uint8_t { Www, Proxy };

// The qop values of a challenge.
enum class QopOffer : std::uint8_t { None, Auth, AuthInt, Both };
[[nodiscard]] bool offers(QopOffer offer, sip::Qop qop);

// What a nonce was offered for: credentials that use it for anything weaker are none.
struct NonceScope {
  sip::DigestAlgorithm algorithm = sip::DigestAlgorithm::Md5;
  QopOffer qop = QopOffer::None;
  Kind kind = Kind::Www;
};

struct Nonce {
  NonceScope scope;
  std::uint32_t issuer = 0;  // the start of the server that made it, by a random number
  std::uint32_t issued = 0;  // Unix seconds
  std::uint64_t number = 0;  // counts the challenges of the issuer
};

// Signs nonces. One thread at a time; one a worker.
class NonceSigner {
 public:
  static constexpr std::size_t kSize = 12;
  using Signature = std::array<unsigned char, kSize>;

  explicit NonceSigner(std::span<const unsigned char> key);

  // HMAC-SHA-256, cut off.
  [[nodiscard]] Signature sign(std::span<const unsigned char> bytes);

 private:
  hmac_sha256_ctx keyed_;
};

class NonceText {
 public:
  static constexpr std::size_t kSize = 36;
  std::array<char, kSize> characters{};
  [[nodiscard]] std::string_view view() const { return {characters.data(), kSize}; }
};

// Any thread; the signer is the caller's.
class Nonces {
 public:
  struct Settings {
    std::string secret = {};  // empty: a random one, so that no nonce outlives the process
    std::chrono::seconds lifetime{30};
    bool reusable = false;  // disable_nonce_check
  };

  Nonces(shard::Shards& shards, const base::Clock& clock, const Settings& settings);

  [[nodiscard]] std::span<const unsigned char> key() const { return key_; }

  // The number for the nonces of one response: whichever of its challenges is answered, the others are used with it.
  [[nodiscard]] std::uint64_t next_number() { return next_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] NonceText make(NonceSigner& signer, const NonceScope& scope, std::uint64_t number) const;

  // Nothing for what we (or another server with our secret) didn't make.
  [[nodiscard]] std::optional<Nonce> read(NonceSigner& signer, std::string_view text) const;
  // In its time, and not used yet. Nonces that others made, or we before a restart, count from the second
  // behind our start on: which of the earlier ones were used nobody knows here.
  [[nodiscard]] bool is_fresh(const Nonce& nonce);
  // Uses it up, unless nonces may be used again. False when it was used up meanwhile.
  [[nodiscard]] bool use(const Nonce& nonce);

 private:
  // Marks of nonces that others made, at most; beyond, theirs are answered as stale.
  static constexpr std::size_t kMostForeign = 500'000;

  const base::Clock& clock_;
  std::chrono::seconds lifetime_;
  bool reusable_;
  std::array<unsigned char, 32> key_{};
  std::uint32_t issuer_;
  std::int64_t started_;
  std::atomic<std::uint64_t> next_{0};
  UsedNonces used_;
  shard::PartitionedTable<std::uint64_t, char> used_of_others_;
};

}  // namespace carillon::auth
