// SPDX-License-Identifier: Apache-2.0
// See gruu.h.
#include "modules/registrar/gruu.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "base/random.h"
#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::registrar {
namespace {

constexpr std::string_view kPrefix = "tgruu.";
// Parts of the text that a temporary GRUU covers.
constexpr char kSeparator = '\n';
constexpr std::size_t kNumber = sizeof(std::uint64_t);
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(base::to_lower(text[i]));
    const std::size_t low = kHexDigits.find(base::to_lower(text[i + 1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string bytes_of(std::uint64_t number) {
  std::string bytes(kNumber, '\0');
  std::memcpy(bytes.data(), &number, kNumber);
  return bytes;
}

}  // namespace

Gruus::Gruus(std::string_view secret) {
  if (secret.empty()) return;
  constexpr base::HashKey kFirst{1, 2};
  constexpr base::HashKey kSecond{3, 4};
  key_ = {base::sip_hash(kFirst, secret), base::sip_hash(kSecond, secret)};
}

std::string Gruus::make_public(std::string_view aor_uri, std::string_view instance) {
  return fmt::format("{};gr={}", aor_uri, sip::escape_param(instance));
}

// XORs with what only we can compute of the nonce.
std::string Gruus::covered(std::string_view text, std::uint64_t nonce) const {
  std::string result(text);
  for (std::size_t at = 0; at < result.size(); at += kNumber) {
    const std::array<std::uint64_t, 2> place = {nonce, at};
    const std::string mask =
        bytes_of(base::sip_hash(key_, std::string_view(reinterpret_cast<const char*>(place.data()), sizeof place)));
    for (std::size_t i = 0; i < kNumber && at + i < result.size(); ++i) {
      result[at + i] = static_cast<char>(result[at + i] ^ mask[i]);
    }
  }
  return result;
}

std::string Gruus::make_temporary(std::string_view host, const TemporaryGruu& meaning) const {
  std::string text = meaning.aor;
  text += kSeparator;
  text += meaning.instance;
  text += kSeparator;
  text += meaning.call_id;
  const std::uint64_t nonce = base::random_u64();
  const std::string body = bytes_of(nonce) + covered(text, nonce);
  return fmt::format("sip:{}{}@{};gr", kPrefix, hex(body + bytes_of(base::sip_hash(key_, body))), host);
}

bool Gruus::is_gruu(const sip::Uri& uri) { return uri.param("gr").has_value(); }

std::string Gruus::instance_of(const sip::Uri& uri) { return sip::unescape(uri.param("gr").value_or("")); }

std::optional<TemporaryGruu> Gruus::read(const sip::Uri& uri) const {
  if (!uri.user.starts_with(kPrefix)) return std::nullopt;
  const auto bytes = from_hex(uri.user.substr(kPrefix.size()));
  if (!bytes || bytes->size() < 2 * kNumber) return std::nullopt;
  const std::string_view body = std::string_view(*bytes).substr(0, bytes->size() - kNumber);
  if (bytes_of(base::sip_hash(key_, body)) != std::string_view(*bytes).substr(body.size())) return std::nullopt;
  std::uint64_t nonce = 0;
  std::memcpy(&nonce, body.data(), kNumber);
  const std::string text = covered(body.substr(kNumber), nonce);
  std::string_view rest = text;
  TemporaryGruu meaning;
  meaning.aor = base::take_until(rest, kSeparator);
  meaning.instance = base::take_until(rest, kSeparator);
  meaning.call_id = rest;
  return meaning;
}

}  // namespace carillon::registrar
