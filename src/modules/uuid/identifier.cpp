// SPDX-License-Identifier: Apache-2.0
// See identifier.h.
#include "modules/uuid/identifier.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"

namespace carillon::uuid {
namespace {

constexpr std::size_t kTextSize = 36;

bool has_dash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

int hex_value(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Identifier::Bytes random_bytes() {
  Identifier::Bytes bytes;
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    const std::uint64_t drawn = base::random_u64();
    for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<std::uint8_t>(drawn >> (8 * i));
  }
  return bytes;
}

std::optional<Identifier::Bytes> hash_of(const EVP_MD* algorithm, const Identifier::Bytes& space,
                                         std::string_view name) {
  const std::string input = std::string(reinterpret_cast<const char*>(space.data()), space.size()).append(name);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (EVP_Digest(input.data(), input.size(), digest.data(), nullptr, algorithm, nullptr) != 1) return std::nullopt;
  Identifier::Bytes bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return bytes;
}

}  // namespace

std::optional<Identifier> Identifier::parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Bytes bytes{};
  std::size_t digit = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (has_dash(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[at]);
    if (value < 0) return std::nullopt;
    bytes[digit / 2] = static_cast<std::uint8_t>(bytes[digit / 2] << 4U | value);
    ++digit;
  }
  return Identifier(bytes);
}

std::string Identifier::text() const {
  std::string text;
  text.reserve(kTextSize);
  for (const std::uint8_t byte : bytes_) {
    if (has_dash(text.size())) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  }
  return text;
}

Identifier Identifier::stamped(Bytes bytes, unsigned version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | version << 4U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  return Identifier(bytes);
}

Identifier Identifier::random() { return stamped(random_bytes(), 4); }

std::optional<Identifier> Identifier::of_name_md5(const Identifier& space, std::string_view name) {
  return hash_of(EVP_md5(), space.bytes_, name).transform([](const Bytes& bytes) { return stamped(bytes, 3); });
}

std::optional<Identifier> Identifier::of_name_sha1(const Identifier& space, std::string_view name) {
  return hash_of(EVP_sha1(), space.bytes_, name).transform([](const Bytes& bytes) { return stamped(bytes, 5); });
}

Identifier Identifier::of_time(std::int64_t unix_microseconds) {
  Bytes bytes = random_bytes();
  const auto milliseconds = static_cast<std::uint64_t>(unix_microseconds / 1000);
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  return stamped(bytes, 7);
}

Node::Node() : sequence_(static_cast<std::uint16_t>(base::random_u64())) {
  const std::uint64_t drawn = base::random_u64();
  for (std::size_t i = 0; i < number_.size(); ++i) number_[i] = static_cast<std::uint8_t>(drawn >> (8 * i));
  number_[0] |= 1U;  // a group address: no interface has it
}

Identifier Node::next(std::int64_t unix_microseconds) {
  constexpr std::uint64_t kSince1582 = 0x01B21DD213814000U;  // to 1970, in units of 100 ns
  const std::uint64_t present = static_cast<std::uint64_t>(unix_microseconds) * 10 + kSince1582;
  std::uint64_t last = last_.load();
  std::uint64_t time = std::max(present, last + 1);
  while (!last_.compare_exchange_weak(last, time)) time = std::max(present, last + 1);
  Identifier::Bytes bytes;
  // time_low, time_mid, time_hi: the low parts come first.
  constexpr std::array<unsigned, 8> kShifts{24, 16, 8, 0, 40, 32, 56, 48};
  for (std::size_t i = 0; i < kShifts.size(); ++i) bytes[i] = static_cast<std::uint8_t>(time >> kShifts[i]);
  bytes[8] = static_cast<std::uint8_t>(sequence_ >> 8U);
  bytes[9] = static_cast<std::uint8_t>(sequence_);
  std::ranges::copy(number_, bytes.begin() + 10);
  return Identifier::stamped(bytes, 1);
}

}  // namespace carillon::uuid
