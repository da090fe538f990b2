// SPDX-License-Identifier: Apache-2.0
// See credentials.h.
#include "modules/auth/credentials.h"

#include <algorithm>

#include "base/strings.h"
#include "sip/grammar.h"

namespace carillon::auth {
namespace {

constexpr std::size_t kMostShortField = 256;
constexpr std::size_t kMostUri = 2048;
constexpr std::size_t kNonceCountSize = 8;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return base::is_digit(c) || (base::to_lower(c) >= 'a' && base::to_lower(c) <= 'f'); });
}

bool is_sound(const sip::DigestFields& fields) {
  for (const std::string_view needed : {fields.username, fields.nonce, fields.uri, fields.response}) {
    if (needed.empty()) return false;
  }
  for (const std::string_view text : {fields.username, fields.nonce, fields.response, fields.cnonce}) {
    if (text.size() > kMostShortField || has_control(text)) return false;
  }
  return fields.uri.size() <= kMostUri && !has_control(fields.uri);
}

// With qop the client nonce and count are there, the count being eight digits (RFC 7616 section 3.4).
bool has_counted_nonce(const sip::DigestFields& fields) {
  return !fields.cnonce.empty() && fields.nonce_count.size() == kNonceCountSize && is_hex(fields.nonce_count);
}

// The stronger hash wins, and of equal ones the first.
bool is_better(const Credentials& one, const Credentials& other) {
  return sip::hash_of(one.algorithm) > sip::hash_of(other.algorithm);
}

// What counts for the script when there are several reasons.
Outcome worse(Outcome one, Outcome other) {
  for (const Outcome reason : {Outcome::StaleNonce, Outcome::Error}) {
    if (one == reason || other == reason) return reason;
  }
  return Outcome::NoCredentials;
}

// Whether the nonce was offered for this use: an answer to a strong challenge in a weak manner is none (RFC 8760
// section 2.6).
bool fits(const NonceScope& scope, const Credentials& credentials) {
  return scope.algorithm == credentials.algorithm && scope.kind == credentials.kind &&
         offers(scope.qop, credentials.qop);
}

}  // namespace

void split_username(Credentials& credentials, base::Arena& arena) {
  std::string_view name = credentials.fields.username;
  if (name.find('\\') != std::string_view::npos) {
    name = arena.copy(sip::unquote(std::string("\"").append(name).append("\"")));
  }
  const std::size_t at = name.find('@');
  credentials.user = name.substr(0, at);
  credentials.domain = at == std::string_view::npos ? std::string_view{} : name.substr(at + 1);
}

std::expected<Credentials, Outcome> read_credentials(std::string_view value, std::string_view realm) {
  Credentials credentials;
  const auto fields = sip::DigestFields::parse(value);
  if (!fields) {
    return std::unexpected(base::istarts_with(base::trim(value), "Digest") ? Outcome::Error : Outcome::NoCredentials);
  }
  if (!fields->is_digest() || !base::iequals(fields->realm, realm)) return std::unexpected(Outcome::NoCredentials);
  if (!fields->username_star.empty() || base::iequals(fields->userhash, "true")) {
    return std::unexpected(Outcome::NoCredentials);
  }
  const auto algorithm = sip::parse_digest_algorithm(fields->algorithm);
  if (!algorithm) return std::unexpected(Outcome::NoCredentials);
  if (!is_sound(*fields)) return std::unexpected(Outcome::Error);
  if (!fields->qop.empty()) {
    const auto qop = sip::parse_qop(fields->qop);
    if (!qop || !has_counted_nonce(*fields)) return std::unexpected(Outcome::Error);
    credentials.qop = *qop;
  }
  if (sip::is_session(*algorithm) && fields->cnonce.empty()) return std::unexpected(Outcome::Error);
  credentials.fields = *fields;
  credentials.algorithm = *algorithm;
  return credentials;
}

std::expected<Credentials, Outcome> find_credentials(const sip::Message& message, base::Arena& arena,
                                                     std::string_view realm, Kind kind, Nonces& nonces,
                                                     NonceSigner& signer) {
  const auto id = kind == Kind::Www ? sip::HeaderId::Authorization : sip::HeaderId::ProxyAuthorization;
  std::expected<Credentials, Outcome> best = std::unexpected(Outcome::NoCredentials);
  std::size_t seen = 0;
  for (const sip::Header& header : message.headers(id)) {
    if (++seen > kMostHeaders) break;
    auto one = read_credentials(header.value, realm);
    if (one) {
      one->kind = kind;
      one->at = message.span(header.value).begin;
      const auto nonce = nonces.read(signer, one->fields.nonce);
      if (nonce && !fits(nonce->scope, *one)) {
        one = std::unexpected(Outcome::NoCredentials);
      } else if (!nonce || !nonces.is_fresh(*nonce)) {
        one = std::unexpected(Outcome::StaleNonce);
      } else {
        one->nonce = *nonce;
      }
    }
    if (one) {
      if (!best || is_better(*one, *best)) best = *one;
    } else if (!best) {
      best = std::unexpected(worse(best.error(), one.error()));
    }
  }
  if (best) split_username(*best, arena);
  return best;
}

}  // namespace carillon::auth
