// SPDX-License-Identifier: Apache-2.0
// See digest_hash.h.
#include "sip/digest_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/assert.h"
#include "base/strings.h"

namespace carillon::sip {
namespace {

constexpr std::array<std::string_view, kDigestAlgorithms> kNames = {"MD5",          "MD5-sess",    "SHA-256",
                                                                    "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
constexpr std::array<const char*, kDigestHashes> kHashNames = {"MD5", "SHA256", "SHA512-256"};

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

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

struct DigestCalculator::Contexts {
  struct One {
    std::unique_ptr<EVP_MD, Free> algorithm;
    std::unique_ptr<EVP_MD_CTX, Free> context;
  };
  std::array<One, kDigestHashes> hashes;

  Contexts() {
    for (std::size_t i = 0; i < kDigestHashes; ++i) {
      hashes[i].algorithm.reset(EVP_MD_fetch(nullptr, kHashNames[i], nullptr));
      hashes[i].context.reset(EVP_MD_CTX_new());
      // A crypto library without one of the three (a FIPS provider has no MD5) fails each check with that hash.
      if (hashes[i].algorithm == nullptr || hashes[i].context == nullptr ||
          EVP_DigestInit_ex2(hashes[i].context.get(), hashes[i].algorithm.get(), nullptr) != 1) {
        hashes[i].context.reset();
      }
    }
  }
};

DigestCalculator::DigestCalculator() : contexts_(std::make_unique<Contexts>()) {}
DigestCalculator::~DigestCalculator() = default;
DigestCalculator::DigestCalculator(DigestCalculator&&) noexcept = default;
DigestCalculator& DigestCalculator::operator=(DigestCalculator&&) noexcept = default;

HexDigest DigestCalculator::joined(DigestHash hash, std::initializer_list<std::string_view> pieces) {
  EVP_MD_CTX* context = contexts_->hashes[static_cast<std::size_t>(hash)].context.get();
  ++operations_;
  // An empty digest is equal to no response.
  if (context == nullptr || EVP_DigestInit_ex2(context, nullptr, nullptr) != 1) return {};
  // Short pieces are gathered: one call costs more than a copy.
  std::array<char, 512> buffer;
  std::size_t used = 0;
  bool first = true;
  const auto add = [&](std::string_view piece) {
    if (piece.size() > buffer.size() - used) {
      EVP_DigestUpdate(context, buffer.data(), used);
      used = 0;
    }
    if (piece.size() > buffer.size()) {
      EVP_DigestUpdate(context, piece.data(), piece.size());
      return;
    }
    std::ranges::copy(piece, buffer.begin() + static_cast<std::ptrdiff_t>(used));
    used += piece.size();
  };
  for (const std::string_view piece : pieces) {
    if (!first) add(":");
    first = false;
    add(piece);
  }
  EVP_DigestUpdate(context, buffer.data(), used);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context, bytes.data(), &size) != 1) return {};
  return HexDigest::of(bytes.data(), size);
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
