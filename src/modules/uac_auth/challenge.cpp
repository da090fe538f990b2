// SPDX-License-Identifier: Apache-2.0
// See challenge.h.
#include "modules/uac_auth/challenge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "sip/grammar.h"
#include "sip/list.h"

namespace carillon::uac_auth {
namespace {

constexpr std::size_t kMostHeaders = 16;
constexpr std::size_t kMostField = 1024;
constexpr std::size_t kMd5Digits = 32;
constexpr std::size_t kSha256Digits = 64;

bool is_sound(std::string_view text) {
  return text.size() <= kMostField &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// auth where both are offered: bodies are changed on the way more often than anybody protects them.
std::optional<sip::Qop> choose_qop(std::string_view offered) {
  if (offered.empty()) return sip::Qop::None;
  std::optional<sip::Qop> chosen;
  for (const std::string_view name : sip::CommaList(offered)) {
    const auto qop = sip::parse_qop(name);
    if (qop == sip::Qop::Auth) return qop;
    if (qop) chosen = qop;
  }
  return chosen;
}

}  // namespace

base::Result<Algorithms> Algorithms::parse(std::string_view text) {
  Algorithms algorithms;
  for (const std::string_view name : sip::CommaList(text)) {
    const auto algorithm = sip::parse_digest_algorithm(name);
    if (!algorithm) {
      return base::fail(fmt::format(
          "'{}' is no algorithm; there are MD5, SHA-256 and SHA-512-256, and each of them with -sess", name));
    }
    algorithms.allowed.push_back(*algorithm);
  }
  return algorithms;
}

bool Algorithms::allows(sip::DigestAlgorithm algorithm) const {
  return allowed.empty() || std::ranges::find(allowed, algorithm) != allowed.end();
}

std::optional<Challenge> Challenge::parse(sip::HeaderId header, std::string_view value) {
  const auto fields = sip::DigestFields::parse(value);
  if (!fields || !fields->is_digest() || fields->realm.data() == nullptr || fields->nonce.empty()) return std::nullopt;
  for (const std::string_view text : {fields->realm, fields->nonce, fields->opaque}) {
    if (!is_sound(text)) return std::nullopt;
  }
  const auto algorithm = sip::parse_digest_algorithm(fields->algorithm);
  const auto qop = choose_qop(fields->qop);
  if (!algorithm || !qop) return std::nullopt;
  return Challenge{.header = header, .fields = *fields, .algorithm = *algorithm, .qop = *qop};
}

std::string Credential::ha1() const {
  if (!password.starts_with("0x")) return {};
  const std::string_view digits = std::string_view(password).substr(2);
  if (digits.size() != kMd5Digits && digits.size() != kSha256Digits) return {};
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return {};
  return base::to_lower(digits);
}

bool Credential::suits(sip::DigestAlgorithm algorithm) const {
  const std::size_t digits = ha1().size();
  if (digits == 0) return true;
  return sip::hash_of(algorithm) == (digits == kMd5Digits ? sip::DigestHash::Md5 : sip::DigestHash::Sha256);
}

std::vector<Challenge> choose_challenges(const sip::Message& response, const Algorithms& algorithms,
                                         const std::function<bool(const Challenge&)>& answerable) {
  std::vector<Challenge> chosen;
  for (const auto id : {sip::HeaderId::WwwAuthenticate, sip::HeaderId::ProxyAuthenticate}) {
    std::size_t seen = 0;
    for (const sip::Header& header : response.headers(id)) {
      if (++seen > kMostHeaders) break;
      const auto challenge = Challenge::parse(id, header.value);
      if (!challenge || !algorithms.allows(challenge->algorithm) || !answerable(*challenge)) continue;
      const auto same = std::ranges::find_if(chosen, [&](const Challenge& other) {
        return other.header == id && other.fields.realm == challenge->fields.realm;
      });
      if (same == chosen.end()) {
        chosen.push_back(*challenge);
      } else if (sip::hash_of(challenge->algorithm) > sip::hash_of(same->algorithm)) {
        *same = *challenge;
      }
    }
  }
  return chosen;
}

std::string answer_line(const Challenge& challenge, const Credential& credential, const AnsweredRequest& request,
                        std::string_view cnonce) {
  constexpr std::string_view kFirst = "00000001";
  sip::DigestCalculator calculator;
  // The hashes are over what stands between the quotes.
  std::string quoted = sip::quote(credential.user);
  const std::string_view user = std::string_view(quoted).substr(1, quoted.size() - 2);
  const sip::DigestInput input{.algorithm = challenge.algorithm,
                               .qop = challenge.qop,
                               .method = request.method,
                               .uri = request.uri,
                               .nonce = challenge.fields.nonce,
                               .cnonce = cnonce,
                               .nonce_count = kFirst,
                               .body = request.body};
  const std::string known = credential.ha1();
  const sip::HexDigest ha1 = known.empty() ? calculator.ha1(sip::hash_of(challenge.algorithm), user,
                                                            challenge.fields.realm, credential.password)
                                           : sip::HexDigest(known);
  std::string line = fmt::format(
      "{}: Digest username={}, realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{}\"",
      challenge.header == sip::HeaderId::WwwAuthenticate ? "Authorization" : "Proxy-Authorization", quoted,
      challenge.fields.realm, challenge.fields.nonce, request.uri, calculator.response(input, ha1.view()).view());
  const bool needs_cnonce = challenge.qop != sip::Qop::None || sip::is_session(challenge.algorithm);
  if (needs_cnonce) line += fmt::format(", cnonce=\"{}\"", cnonce);
  if (challenge.qop != sip::Qop::None) line += fmt::format(", qop={}, nc={}", name_of(challenge.qop), kFirst);
  if (!challenge.fields.algorithm.empty()) line += fmt::format(", algorithm={}", name_of(challenge.algorithm));
  if (challenge.fields.opaque.data() != nullptr) line += fmt::format(", opaque=\"{}\"", challenge.fields.opaque);
  return line + "\r\n";
}

}  // namespace carillon::uac_auth
