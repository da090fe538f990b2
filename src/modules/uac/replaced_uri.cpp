// SPDX-License-Identifier: Apache-2.0
// See replaced_uri.h. The text is, in the base64 of URLs, a seal of eight bytes over both URIs and then original XOR
// replacement, the shorter of them filled up with NULs, XOR a pad made of the password.
#include "modules/uac/replaced_uri.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace carillon::uac {
namespace {

constexpr std::size_t kSeal = 8;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64(std::string_view bytes) {
  std::string text;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(held >> (bits - 6)) & 0x3f];
    held &= (1U << bits) - 1;
  }
  if (bits > 0) text += kAlphabet[(held << (6 - bits)) & 0x3f];
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t six = kAlphabet.find(c);
    if (six == std::string_view::npos) return std::nullopt;
    held = held << 6 | static_cast<unsigned>(six);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits);
    held &= (1U << bits) - 1;
  }
  return bytes;
}

std::string exclusive_or(std::string_view one, std::string_view other) {
  std::string result(std::max(one.size(), other.size()), '\0');
  for (std::size_t i = 0; i < result.size(); ++i) {
    const char a = i < one.size() ? one[i] : '\0';
    const char b = i < other.size() ? other[i] : '\0';
    result[i] = static_cast<char>(a ^ b);
  }
  return result;
}

struct Parts {
  std::uint64_t seal = 0;
  std::string difference;
};

std::optional<Parts> take_apart(std::string_view text, std::string_view pad) {
  if (text.size() > 2 * kMostUri) return std::nullopt;
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() < kSeal || bytes->size() > kSeal + kMostUri) return std::nullopt;
  Parts parts;
  for (std::size_t i = 0; i < kSeal; ++i) parts.seal = parts.seal << 8 | static_cast<unsigned char>((*bytes)[i]);
  const std::string_view padded = std::string_view(*bytes).substr(kSeal);
  parts.difference = exclusive_or(padded, pad.substr(0, padded.size()));
  return parts;
}

std::string without_filling(std::string text) {
  text.erase(std::ranges::find(text, '\0'), text.end());
  return text;
}

}  // namespace

ReplacedUri::ReplacedUri(std::string_view password) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  static_cast<void>(EVP_Digest(password.data(), password.size(), bytes.data(), &size, EVP_sha512(), nullptr));
  for (std::size_t i = 0; i < 8; ++i) {
    key_.k0 = key_.k0 << 8 | bytes[i];
    key_.k1 = key_.k1 << 8 | bytes[8 + i];
  }
  // As long as the longest URI: hashes of the hash before.
  while (pad_.size() < kMostUri) {
    static_cast<void>(EVP_Digest(bytes.data(), size, bytes.data(), &size, EVP_sha512(), nullptr));
    pad_.append(reinterpret_cast<const char*>(bytes.data()), size);
  }
  pad_.resize(kMostUri);
}

std::uint64_t ReplacedUri::seal(std::string_view original, std::string_view replacement) const {
  return base::sip_hash(key_, std::string(original).append(1, '\0').append(replacement));
}

std::string ReplacedUri::encode(std::string_view original, std::string_view replacement) const {
  if (std::max(original.size(), replacement.size()) > kMostUri) return {};
  std::string bytes;
  const std::uint64_t sealed = seal(original, replacement);
  for (std::size_t i = 0; i < kSeal; ++i) bytes += static_cast<char>(sealed >> (8 * (kSeal - 1 - i)));
  const std::string difference = exclusive_or(original, replacement);
  return to_base64(bytes + exclusive_or(difference, std::string_view(pad_).substr(0, difference.size())));
}

std::optional<std::string> ReplacedUri::replacement_of(std::string_view original, std::string_view text) const {
  const auto parts = take_apart(text, pad_);
  if (!parts) return std::nullopt;
  std::string replacement = without_filling(exclusive_or(parts->difference, original));
  if (seal(original, replacement) != parts->seal) return std::nullopt;
  return replacement;
}

std::optional<std::string> ReplacedUri::original_of(std::string_view replacement, std::string_view text) const {
  const auto parts = take_apart(text, pad_);
  if (!parts) return std::nullopt;
  std::string original = without_filling(exclusive_or(parts->difference, replacement));
  if (seal(original, replacement) != parts->seal) return std::nullopt;
  return original;
}

}  // namespace carillon::uac
