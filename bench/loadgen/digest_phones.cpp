// SPDX-License-Identifier: Apache-2.0
// Digest credentials by RFC 7616 with MD5 and, where it is offered, qop=auth.
#include "loadgen/digest_phones.h"

#include <fmt/format.h>

#include <utility>

#include "base/strings.h"
#include "loadgen/names.h"
#include "sip/digest.h"

namespace carillon::bench {

namespace {

// A phone would draw one; to a server it is eight characters that it hashes.
constexpr std::string_view kCnonce = "4c0ffee5";

// "auth,auth-int": whether one of the offers is auth.
bool offers_auth(std::string_view offers) {
  while (!offers.empty()) {
    if (base::trim(base::take_until(offers, ',')) == "auth") return true;
  }
  return false;
}

}  // namespace

std::map<std::string, AuthMode> auth_modes() {
  return {{"none", AuthMode::None}, {"fresh", AuthMode::Fresh}, {"reuse", AuthMode::Reuse}};
}

DigestPhones::DigestPhones(AuthMode mode, std::uint32_t first_user, std::uint32_t users)
    : mode_(mode), first_user_(first_user) {
  if (mode == AuthMode::None) return;
  ha1s_.reserve(users);
  for (std::uint32_t user = 0; user < users; ++user) {
    const UserName name(first_user + user);
    const Password password(first_user + user);
    ha1s_.push_back(calculator_.ha1(sip::DigestHash::Md5, name.view(), kDomain, password.view()));
  }
  if (mode == AuthMode::Reuse) challenges_.resize(users);
}

std::string DigestPhones::unasked(const DigestRequest& request, bool proxy) {
  if (mode_ != AuthMode::Reuse) return {};
  Challenge& last = challenges_[request.user][proxy ? 1 : 0];
  return last.nonce.empty() ? std::string() : credentials(request, proxy, last);
}

std::string DigestPhones::answer(const DigestRequest& request, const sip::Message& challenge) {
  const bool proxy = challenge.status() == 407;
  const auto fields = sip::DigestFields::parse(
      challenge.value(proxy ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate));
  if (!answers_challenges() || !fields || !fields->is_digest() || fields->realm != kDomain) return {};
  if (sip::parse_digest_algorithm(fields->algorithm) != sip::DigestAlgorithm::Md5) return {};
  Challenge taken{.realm = std::string(fields->realm),
                  .nonce = std::string(fields->nonce),
                  .opaque = std::string(fields->opaque),
                  .with_qop = offers_auth(fields->qop)};
  if (mode_ == AuthMode::Fresh) return credentials(request, proxy, taken);
  return credentials(request, proxy, challenges_[request.user][proxy ? 1 : 0] = std::move(taken));
}

std::string DigestPhones::credentials(const DigestRequest& request, bool proxy, Challenge& challenge) {
  const Digits<8, 16> count(++challenge.count);
  const sip::HexDigest response = calculator_.response({.algorithm = sip::DigestAlgorithm::Md5,
                                                        .qop = challenge.with_qop ? sip::Qop::Auth : sip::Qop::None,
                                                        .method = request.method,
                                                        .uri = request.uri,
                                                        .nonce = challenge.nonce,
                                                        .cnonce = kCnonce,
                                                        .nonce_count = count.view()},
                                                       ha1s_[request.user].view());
  std::string line =
      fmt::format(R"({}: Digest username="{}",realm="{}",nonce="{}",uri="{}",response="{}",algorithm=MD5)",
                  proxy ? "Proxy-Authorization" : "Authorization", UserName(first_user_ + request.user).view(),
                  challenge.realm, challenge.nonce, request.uri, response.view());
  if (challenge.with_qop) line += fmt::format(R"(,qop=auth,nc={},cnonce="{}")", count.view(), kCnonce);
  if (!challenge.opaque.empty()) line += fmt::format(R"(,opaque="{}")", challenge.opaque);
  return line + "\r\n";
}

}  // namespace carillon::bench
