// SPDX-License-Identifier: Apache-2.0
// See digest_hash.h.
#include "sip/digest_hash.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace carillon::sip {
namespace {

constexpr std::array<std::string_view, kDigestAlgorithms> kNames = {"MD5",          "MD5-sess",    "SHA-256",
                                                                    "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
// The pieces with colons in between.
template <typename Context, auto Begin, auto Add, auto End, std::size_t Size>
HexDigest hash_of_pieces(std::initializer_list<std::string_view> pieces) {
  Context context;
  Begin(&context);
  bool first = true;
  for (const std::string_view piece : pieces) {
    if (!std::exchange(first, false)) Add(&context, 1, reinterpret_cast<const std::uint8_t*>(":"));
    Add(&context, piece.size(), reinterpret_cast<const std::uint8_t*>(piece.data()));
  }
  std::array<std::uint8_t, Size> bytes;
  End(&context, bytes.size(), bytes.data());
  return HexDigest::of(bytes.data(), bytes.size());
}

}  // namespace

std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view name) {
  if (name.empty()) return DigestAlgorithm::Md5;
  const auto found =
      std::ranges::find_if(kNames, [name](std::string_view known) { return base::iequals(known, name); });
  if (found == kNames.end()) return std::nullopt;
  return static_cast<DigestAlgorithm>(found - kNames.begin());
}

std::string_view name_of(DigestAlgorithm algorithm) { return kNames[static_cast<std::size_t>(algorithm)]; }

std::string_view name_of(Qop qop) {
  switch (qop) {
    case Qop::None:
      return {};
    case Qop::Auth:
      return "auth";
    case Qop::AuthInt:
      return "auth-int";
  }
  return {};
}

std::optional<Qop> parse_qop(std::string_view name) {
  if (base::iequals(name, "auth")) return Qop::Auth;
  if (base::iequals(name, "auth-int")) return Qop::AuthInt;
  return std::nullopt;
}

HexDigest::HexDigest(std::string_view hex) : size_(std::min(hex.size(), text_.size())) {
  std::ranges::copy(hex.substr(0, size_), text_.begin());
}

HexDigest HexDigest::of(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  HexDigest digest;
  digest.size_ = std::min(2 * size, digest.text_.size());
  for (std::size_t i = 0; i < digest.size_; ++i) {
    const unsigned char byte = bytes[i / 2];
    digest.text_[i] = kDigits[i % 2 == 0 ? byte >> 4 : byte & 0xf];
  }
  return digest;
}

bool is_same_digest(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // What differs in the bit of case only is the same hex digit, but then it has to be a letter.
    const auto x = static_cast<unsigned char>(a[i]);
    const auto y = static_cast<unsigned char>(b[i]);
    const unsigned case_bit = (x & 0x40U) >> 1;
    difference |= (x | case_bit) ^ (y | ((y & 0x40U) >> 1));
  }
  return difference == 0;
}

HexDigest DigestCalculator::joined(DigestHash hash, std::initializer_list<std::string_view> pieces) {
  ++operations_;
  switch (hash) {
    case DigestHash::Md5:
      return hash_of_pieces<md5_ctx, md5_init, md5_update, md5_digest, MD5_DIGEST_SIZE>(pieces);
    case DigestHash::Sha256:
      return hash_of_pieces<sha256_ctx, sha256_init, sha256_update, sha256_digest, SHA256_DIGEST_SIZE>(pieces);
    case DigestHash::Sha512t256:
      return hash_of_pieces<sha512_ctx, sha512_256_init, sha512_update, sha512_256_digest, SHA512_256_DIGEST_SIZE>(
          pieces);
  }
  return {};
}

HexDigest DigestCalculator::response(const DigestInput& input, std::string_view ha1) {
  const DigestHash hash = hash_of(input.algorithm);
  HexDigest session;
  if (is_session(input.algorithm)) {
    session = joined(hash, {ha1, input.nonce, input.cnonce});
    ha1 = session.view();
  }
  HexDigest ha2;
  if (input.qop == Qop::AuthInt) {
    ha2 = joined(hash, {input.method, input.uri, joined(hash, {input.body}).view()});
  } else {
    ha2 = joined(hash, {input.method, input.uri});
  }
  if (input.qop == Qop::None) return joined(hash, {ha1, input.nonce, ha2.view()});
  return joined(hash, {ha1, input.nonce, input.nonce_count, input.cnonce, name_of(input.qop), ha2.view()});
}

}  // namespace carillon::sip
