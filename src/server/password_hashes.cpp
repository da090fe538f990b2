// SPDX-License-Identifier: Apache-2.0
// See password_hashes.h.
#include "server/password_hashes.h"

#include <openssl/evp.h>

#include <array>

#include "base/assert.h"

namespace carillon::server {
namespace {

std::string hex_hash(const EVP_MD* algorithm, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  const int done = EVP_Digest(text.data(), text.size(), bytes.data(), &size, algorithm, nullptr);
  CARILLON_ASSERT(done == 1);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kHex[bytes[i] >> 4U];
    hex += kHex[bytes[i] & 15U];
  }
  return hex;
}

}  // namespace

PasswordHashes password_hashes(std::string_view user, std::string_view realm, std::string_view password) {
  std::string text(user);
  text.append(":").append(realm).append(":").append(password);
  return {.md5 = hex_hash(EVP_md5(), text),
          .sha256 = hex_hash(EVP_sha256(), text),
          .sha512t256 = hex_hash(EVP_sha512_256(), text)};
}

}  // namespace carillon::server
