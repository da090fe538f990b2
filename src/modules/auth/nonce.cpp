// SPDX-License-Identifier: Apache-2.0
// See nonce.h. A nonce is 27 bytes in base64 (the alphabet of URLs, which needs no escapes anywhere): scope, issuer,
// time, number, signature.
#include "modules/auth/nonce.h"

#include <nettle/memops.h>
#include <nettle/sha2.h>

#include <algorithm>

#include "base/random.h"

namespace carillon::auth {
namespace {

constexpr std::size_t kSignedSize = 15;
constexpr std::size_t kBytes = kSignedSize + NonceSigner::kSize;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
using Bytes = std::array<unsigned char, kBytes>;

constexpr std::array<signed char, 256> make_reverse() {
  std::array<signed char, 256> reverse{};
  reverse.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    reverse[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
  }
  return reverse;
}
constexpr auto kReverse = make_reverse();

NonceText encode(const Bytes& bytes) {
  NonceText text;
  for (std::size_t in = 0, out = 0; in < kBytes; in += 3) {
    const unsigned three =
        static_cast<unsigned>(bytes[in]) << 16 | static_cast<unsigned>(bytes[in + 1]) << 8 | bytes[in + 2];
    for (const unsigned shift : {18U, 12U, 6U, 0U}) text.characters[out++] = kAlphabet[(three >> shift) & 0x3f];
  }
  return text;
}

std::optional<Bytes> decode(std::string_view text) {
  if (text.size() != NonceText::kSize) return std::nullopt;
  Bytes bytes;
  for (std::size_t in = 0, out = 0; in < text.size(); in += 4) {
    unsigned three = 0;
    for (std::size_t i = in; i < in + 4; ++i) {
      const signed char six = kReverse[static_cast<unsigned char>(text[i])];
      if (six < 0) return std::nullopt;
      three = three << 6 | static_cast<unsigned>(six);
    }
    for (const unsigned shift : {16U, 8U, 0U}) bytes[out++] = static_cast<unsigned char>(three >> shift);
  }
  return bytes;
}

void put(unsigned char* at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<unsigned char>(value >> (8 * (size - 1 - i)));
}

std::uint64_t get(const unsigned char* at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | at[i];
  return value;
}

constexpr std::size_t kScopeAt = 0;
constexpr std::size_t kIssuerAt = 1;
constexpr std::size_t kIssuedAt = 5;
constexpr std::size_t kNumberAt = 9;
constexpr std::size_t kNumberSize = 6;

unsigned char pack(const NonceScope& scope) {
  return static_cast<unsigned char>(static_cast<unsigned>(scope.algorithm) << 3 |
                                    static_cast<unsigned>(scope.qop) << 1 | static_cast<unsigned>(scope.kind));
}

std::optional<NonceScope> unpack(unsigned char byte) {
  if (byte >> 3 >= static_cast<int>(sip::kDigestAlgorithms)) return std::nullopt;
  return NonceScope{.algorithm = static_cast<sip::DigestAlgorithm>(byte >> 3),
                    .qop = static_cast<QopOffer>(byte >> 1 & 3),
                    .kind = static_cast<Kind>(byte & 1)};
}

// Under which a nonce of others is remembered.
std::uint64_t mark_of(const Nonce& nonce) {
  return std::uint64_t{nonce.issuer} << 32 | static_cast<std::uint32_t>(nonce.number);
}

}  // namespace

bool offers(QopOffer offer, sip::Qop qop) {
  switch (qop) {
    case sip::Qop::None:
      return offer == QopOffer::None;
    case sip::Qop::Auth:
      return offer == QopOffer::Auth || offer == QopOffer::Both;
    case sip::Qop::AuthInt:
      return offer == QopOffer::AuthInt || offer == QopOffer::Both;
  }
  return false;
}

NonceSigner::NonceSigner(std::span<const unsigned char> key) { hmac_sha256_set_key(&keyed_, key.size(), key.data()); }

NonceSigner::Signature NonceSigner::sign(std::span<const unsigned char> bytes) {
  Signature signature;
  hmac_sha256_update(&keyed_, bytes.size(), bytes.data());
  hmac_sha256_digest(&keyed_, signature.size(), signature.data());  // and is ready for the next
  return signature;
}

Nonces::Nonces(shard::Shards& shards, const base::Clock& clock, const Settings& settings)
    : clock_(clock),
      lifetime_(settings.lifetime),
      reusable_(settings.reusable),
      issuer_(static_cast<std::uint32_t>(base::random_u64())),
      started_(clock.unix_seconds()),
      used_of_others_(shards) {
  if (settings.secret.empty()) {
    for (std::size_t at = 0; at < key_.size(); at += 8) put(key_.data() + at, base::random_u64(), 8);
  } else {
    sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, settings.secret.size(), reinterpret_cast<const std::uint8_t*>(settings.secret.data()));
    sha256_digest(&hash, key_.size(), key_.data());
  }
}

NonceText Nonces::make(NonceSigner& signer, const NonceScope& scope, std::uint64_t number) const {
  Bytes bytes;
  bytes[kScopeAt] = pack(scope);
  put(bytes.data() + kIssuerAt, issuer_, 4);
  put(bytes.data() + kIssuedAt, static_cast<std::uint64_t>(clock_.unix_seconds()), 4);
  put(bytes.data() + kNumberAt, number, kNumberSize);
  const NonceSigner::Signature signature = signer.sign(std::span(bytes).first(kSignedSize));
  std::ranges::copy(signature, bytes.begin() + kSignedSize);
  return encode(bytes);
}

std::optional<Nonce> Nonces::read(NonceSigner& signer, std::string_view text) const {
  const auto bytes = decode(text);
  if (!bytes) return std::nullopt;
  const NonceSigner::Signature expected = signer.sign(std::span(*bytes).first(kSignedSize));
  if (memeql_sec(expected.data(), bytes->data() + kSignedSize, expected.size()) != 1) return std::nullopt;
  const auto scope = unpack((*bytes)[kScopeAt]);
  if (!scope) return std::nullopt;
  return Nonce{.scope = *scope,
               .issuer = static_cast<std::uint32_t>(get(bytes->data() + kIssuerAt, 4)),
               .issued = static_cast<std::uint32_t>(get(bytes->data() + kIssuedAt, 4)),
               .number = get(bytes->data() + kNumberAt, kNumberSize)};
}

bool Nonces::is_fresh(const Nonce& nonce) {
  const std::int64_t age = clock_.unix_seconds() - nonce.issued;
  // The clocks of two servers, or one that was set back: a nonce may come from the future, if not from far.
  if (age > lifetime_.count() || -age > lifetime_.count()) return false;
  const bool own = nonce.issuer == issuer_;
  if (!own && nonce.issued <= started_) return false;
  if (reusable_) return true;
  if (own) return !used_.is_used(nonce.number);
  return used_of_others_.with(mark_of(nonce), [](auto& entry) { return entry.value() == nullptr; });
}

bool Nonces::use(const Nonce& nonce) {
  if (reusable_) return true;
  if (nonce.issuer == issuer_) return used_.use(nonce.number);
  if (used_of_others_.size() >= kMostForeign) return false;
  return used_of_others_.with(mark_of(nonce), [this](auto& entry) {
    if (entry.value() != nullptr) return false;
    entry.create();
    entry.expire_at(clock_.now() + 2 * lifetime_ + std::chrono::seconds(1));
    return true;
  });
}

}  // namespace carillon::auth
