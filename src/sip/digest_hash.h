// SPDX-License-Identifier: Apache-2.0
// The arithmetic of digest authentication (RFC 7616 section 3.4, RFC 8760): algorithms, HA1 and responses. Both sides
// use it: auth checks with it, uac answers challenges. The fields themselves are read by digest.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "sip/digest.h"

namespace carillon::sip {

enum class DigestHash : std::uint8_t { Md5, Sha256, Sha512t256 };

enum class DigestAlgorithm : std::uint8_t { Md5, Md5Sess, Sha256, Sha256Sess, Sha512t256, Sha512t256Sess };
inline constexpr std::size_t kDigestAlgorithms = 6;

// By name in any case; empty text is MD5, which a challenge without the field means. Nothing for any other name.
[[nodiscard]] std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view name);
[[nodiscard]] std::string_view name_of(DigestAlgorithm algorithm);
[[nodiscard]] constexpr DigestHash hash_of(DigestAlgorithm algorithm) {
  return static_cast<DigestHash>(static_cast<unsigned>(algorithm) / 2);
}
// The "-sess" variants, whose HA1 is also over nonce and cnonce.
[[nodiscard]] constexpr bool is_session(DigestAlgorithm algorithm) { return static_cast<unsigned>(algorithm) % 2 == 1; }

enum class Qop : std::uint8_t { None, Auth, AuthInt };
[[nodiscard]] std::string_view name_of(Qop qop);  // empty for None
[[nodiscard]] std::optional<Qop> parse_qop(std::string_view name);

// A hash in lower-case hex.
class HexDigest {
 public:
  HexDigest() = default;
  explicit HexDigest(std::string_view hex);  // of 64 characters at most
  static HexDigest of(const unsigned char* bytes, std::size_t size);

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

// Whether two texts are equal, hex digits without regard to case, in a time that depends on their lengths only.
[[nodiscard]] bool is_same_digest(std::string_view a, std::string_view b);

// What a response is over, besides the secret. Texts as they stand between their quotes.
struct DigestInput {
  DigestAlgorithm algorithm = DigestAlgorithm::Md5;
  Qop qop = Qop::None;  // None: RFC 2069
  std::string_view method;
  std::string_view uri;
  std::string_view nonce;
  std::string_view cnonce = {};
  std::string_view nonce_count = {};
  std::string_view body = {};  // for auth-int
};

// Allocates nothing. One thread at a time.
class DigestCalculator {
 public:
  // H(a:b:c): the pieces with colons in between.
  [[nodiscard]] HexDigest joined(DigestHash hash, std::initializer_list<std::string_view> pieces);
  // H(username:realm:password), as databases keep it.
  [[nodiscard]] HexDigest ha1(DigestHash hash, std::string_view username, std::string_view realm,
                              std::string_view password) {
    return joined(hash, {username, realm, password});
  }
  // The response for that HA1; the -sess variants make their own HA1 of it.
  [[nodiscard]] HexDigest response(const DigestInput& input, std::string_view ha1);

  // Hashes made since the beginning: what a test compares where a clock would lie.
  [[nodiscard]] std::uint64_t operations() const { return operations_; }

 private:
  std::uint64_t operations_ = 0;
};

}  // namespace carillon::sip
