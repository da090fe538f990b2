// SPDX-License-Identifier: Apache-2.0
// See auth.h.
#include "modules/auth/auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "module/services.h"
#include "modules/auth/credentials.h"
#include "routing/proxy.h"
#include "sip/edit_list.h"
#include "sip/grammar.h"

namespace carillon::auth {

using namespace module;

base::Result<QopList> QopList::parse(std::string_view text) {
  QopList list;
  bool auth = false;
  bool auth_int = false;
  // "0" and "1" are how OpenSIPS 2.x spelled none and auth.
  if (text == "0") text = {};
  if (text == "1") text = "auth";
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, ','));
    const auto qop = sip::parse_qop(name);
    if (!qop) return base::fail(fmt::format("'{}' is no qop; there are auth and auth-int", name));
    (*qop == sip::Qop::Auth ? auth : auth_int) = true;
    list.text.append(list.text.empty() ? "" : ",").append(name_of(*qop));
  }
  list.offer = auth ? (auth_int ? QopOffer::Both : QopOffer::Auth) : (auth_int ? QopOffer::AuthInt : QopOffer::None);
  return list;
}

base::Result<AlgorithmList> AlgorithmList::parse(std::string_view text) {
  AlgorithmList list;
  while (!text.empty()) {
    const std::string_view name = base::trim(base::take_until(text, ','));
    const auto algorithm = name.empty() ? std::nullopt : sip::parse_digest_algorithm(name);
    if (!algorithm) {
      return base::fail(fmt::format(
          "'{}' is no algorithm; there are MD5, SHA-256 and SHA-512-256, and each of them with -sess", name));
    }
    if (std::ranges::find(list.algorithms, *algorithm) == list.algorithms.end()) list.algorithms.push_back(*algorithm);
  }
  return list;
}

// --- start and parameters --------------------------------------------------------------------------------------------

base::Result<> Auth::start(Services& services) {
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24);
  if (nonce_expire <= std::chrono::seconds::zero() || nonce_expire > kLongest) {
    return base::fail("nonce_expire must be 1 to 86400 seconds");
  }
  constexpr std::size_t kGoodSecret = 16;
  if (!secret.empty() && secret.size() < kGoodSecret) {
    log::warning("auth: secret has less than {} characters: who guesses it makes nonces of their own", kGoodSecret);
  }
  nonces_ = std::make_unique<Nonces>(
      services.shards, services.clock,
      Nonces::Settings{.secret = secret, .lifetime = nonce_expire, .reusable = disable_nonce_check});
  return {};
}

namespace {

base::Result<> set_variable(ScriptVariable& to, const script::Value& value) {
  auto parsed = ScriptVariable::parse(value.as_text());
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  to = std::move(*parsed);
  return {};
}

}  // namespace

base::Result<> Auth::set_rpid_avp(const script::Value& value) { return set_variable(rpid_, value); }
base::Result<> Auth::set_username_spec(const script::Value& value) { return set_variable(username_, value); }
base::Result<> Auth::set_password_spec(const script::Value& value) { return set_variable(password_, value); }

Auth::Tools& Auth::tools() {
  if (std::unique_ptr<Tools>* mine = tools_.mine()) {
    if (*mine == nullptr) *mine = std::make_unique<Tools>(nonces_->key());
    return **mine;
  }
  const std::scoped_lock lock(mutex_);
  return more_tools_.try_emplace(std::this_thread::get_id(), nonces_->key()).first->second;
}

// --- challenges ------------------------------------------------------------------------------------------------------

std::optional<std::string_view> Auth::realm_of(const RouteContext& context, Kind kind, std::string_view given) const {
  if (!given.empty()) return given;
  const sip::Message& message = context.message();
  const bool registers = kind == Kind::Www && message.method() == sip::Method::Register;
  const auto uri = (registers ? message.to() : message.from()).uri();
  if (!uri || uri->host.empty()) return std::nullopt;
  std::string_view host = uri->host;
  // A domain that is the prefix and nothing else keeps it.
  if (host.size() > realm_prefix.size() && base::istarts_with(host, realm_prefix)) {
    host.remove_prefix(realm_prefix.size());
  }
  return host;
}

namespace {

// What can stand between quotes without being another text there.
bool is_plain(std::string_view realm) {
  return std::ranges::none_of(
      realm, [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

bool is_never_challenged(const RouteContext& context) {
  const sip::Method method = context.message().method();
  return method == sip::Method::Ack || method == sip::Method::Cancel;
}

}  // namespace

Verdict Auth::challenge(RouteContext& context, Kind kind, std::string_view realm,
                        const std::optional<Parsed<QopList>>& qop,
                        const std::optional<Parsed<AlgorithmList>>& algorithms) {
  static const QopList kNoQop;
  static const AlgorithmList kUnnamed{.algorithms = {sip::DigestAlgorithm::Md5}};
  if (is_never_challenged(context)) return kFalse;
  const auto name = realm_of(context, kind, realm);
  if (!name || !is_plain(*name)) {
    log::error("auth: no realm for a challenge, or one with quotes in it");
    return kFalse;
  }
  const QopList& offer = qop ? **qop : kNoQop;
  const bool named = algorithms && !(*algorithms)->algorithms.empty();
  const AlgorithmList& list = named ? **algorithms : kUnnamed;
  const std::uint64_t number = nonces_->next_number();
  const std::string_view header = kind == Kind::Www ? "WWW-Authenticate" : "Proxy-Authenticate";
  fmt::memory_buffer headers;
  const auto out = fmt::appender(headers);
  for (const sip::DigestAlgorithm algorithm : list.algorithms) {
    // Its HA1 is over the client nonce, which a client only has with qop (RFC 7616 section 3.4.2).
    if (sip::is_session(algorithm) && offer.offer == QopOffer::None) {
      log::error("auth: {} needs a qop in the challenge", name_of(algorithm));
      return kFalse;
    }
    const NonceText nonce =
        nonces_->make(tools().signer, {.algorithm = algorithm, .qop = offer.offer, .kind = kind}, number);
    fmt::format_to(out, "{}: Digest realm=\"{}\", nonce=\"{}\"", header, *name, nonce.view());
    if (!offer.text.empty()) fmt::format_to(out, ", qop=\"{}\"", offer.text);
    if (named) fmt::format_to(out, ", algorithm={}", name_of(algorithm));
    fmt::format_to(out, "{}\r\n", context.decision.authentication.stale ? ", stale=true" : "");
  }
  return Verdict::of(context.proxy().reply(
      context, {.status = kind == Kind::Www ? 401 : 407, .headers = std::string_view(headers.data(), headers.size())}));
}

// --- credentials -----------------------------------------------------------------------------------------------------

std::expected<Credentials, Outcome> Auth::find_credentials(RouteContext& context, std::optional<std::string_view> realm,
                                                           Kind kind) {
  if (is_never_challenged(context)) return std::unexpected(Outcome::Authorized);
  if (!realm) return std::unexpected(Outcome::Error);
  auto found = auth::find_credentials(context.message(), context.arena(), *realm, kind, *nonces_, tools().signer);
  context.decision.authentication.stale = !found && found.error() == Outcome::StaleNonce;
  if (!found || !check_digest_uri) return found;
  const std::string_view named = found->fields.uri;
  if (named == context.message().request_uri_text()) return found;
  const auto uri = sip::Uri::parse(named);
  const auto& asked = context.message().request_uri();
  if (!uri || !asked || !sip::equivalent(*uri, *asked)) return std::unexpected(Outcome::Error);
  return found;
}

sip::HexDigest Auth::ha1(const Credentials& credentials, std::string_view password) {
  digest_hashes.add();
  return tools().calculator.ha1(sip::hash_of(credentials.algorithm), credentials.fields.username,
                                credentials.fields.realm, password);
}

Outcome Auth::check(RouteContext& context, const Credentials& credentials, std::string_view ha1, bool user_exists) {
  const sip::Message& message = context.message();
  sip::DigestCalculator& calculator = tools().calculator;
  const std::uint64_t before = calculator.operations();
  const sip::HexDigest expected = calculator.response({.algorithm = credentials.algorithm,
                                                       .qop = credentials.qop,
                                                       .method = message.method_name(),
                                                       .uri = credentials.fields.uri,
                                                       .nonce = credentials.fields.nonce,
                                                       .cnonce = credentials.fields.cnonce,
                                                       .nonce_count = credentials.fields.nonce_count,
                                                       .body = message.body()},
                                                      ha1);
  digest_hashes.add(calculator.operations() - before);
  const bool same = sip::is_same_digest(expected.view(), credentials.fields.response) && !expected.view().empty();
  if (!user_exists) return Outcome::UnknownUser;
  if (!same) return Outcome::BadPassword;
  // Last, so that only who knows a secret leaves a mark.
  if (!nonces_->use(credentials.nonce)) {
    context.decision.authentication.stale = true;
    return Outcome::StaleNonce;
  }
  context.set_verified(credentials.at);
  return Outcome::Authorized;
}

Verdict Auth::authorize(RouteContext& context, Kind kind, std::string_view realm) {
  const auto credentials = find_credentials(context, realm_of(context, kind, realm), kind);
  if (!credentials) return code_of(credentials.error());
  return code_of(compare(context, *credentials));
}

namespace {

std::string text_of(const script::Value& value) {
  if (value.has_text() || value.is_null()) return std::string(value.as_text());
  return fmt::format_int(value.as_integer()).str();
}

}  // namespace

Outcome Auth::compare(RouteContext& context, const Credentials& credentials) {
  if (username_.empty() || password_.empty()) {
    log::error("auth: pv_www_authorize() and pv_proxy_authorize() need username_spec and password_spec");
    return Outcome::Error;
  }
  const std::string username = text_of(username_.read(context));
  const script::Value given = password_.read(context);
  const std::string password = text_of(given);
  const bool exists = !given.is_null() && !username.empty() &&
                      (username == credentials.user || username == credentials.fields.username);
  const sip::HexDigest known = calculate_ha1 ? ha1(credentials, password) : sip::HexDigest(password);
  return check(context, credentials, known.view(), exists);
}

namespace {

// The header that check() has found right.
std::optional<sip::Header> verified_header(const RouteContext& context) {
  const auto& verified = context.decision.authentication.verified;
  if (!verified) return std::nullopt;
  const sip::Message& message = context.message();
  for (const auto id : {sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization}) {
    for (const sip::Header& header : message.headers(id)) {
      if (message.span(header.value).begin == *verified) return header;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Credentials> Auth::verified_credentials(RouteContext& context) {
  const auto header = verified_header(context);
  if (!header) return std::nullopt;
  const auto fields = sip::DigestFields::parse(header->value);
  if (!fields) return std::nullopt;
  auto credentials = read_credentials(header->value, fields->realm);
  if (!credentials) return std::nullopt;
  split_username(*credentials, context.arena());
  return *credentials;
}

Verdict Auth::consume_credentials(RouteContext& context) {
  const auto header = verified_header(context);
  if (!header) return kFalse;
  context.decision.edits.remove(context.message().span(header->line));
  return kTrue;
}

// --- Remote-Party-ID -------------------------------------------------------------------------------------------------

Verdict Auth::is_rpid_user_e164(RouteContext& context) {
  constexpr std::size_t kMinDigits = 2;
  constexpr std::size_t kMaxDigits = 15;  // ITU-T E.164 section 6.2.1
  const std::string rpid = text_of(rpid_.read(context));
  if (rpid.empty()) return kFalse;
  const auto address = sip::NameAddr::parse(rpid);
  const auto uri = address ? address->uri() : sip::Uri::parse(rpid);
  if (!uri || !uri->user.starts_with('+')) return kFalse;
  const std::string_view digits = uri->user.substr(1);
  return Verdict::of(digits.size() >= kMinDigits && digits.size() <= kMaxDigits &&
                     std::ranges::all_of(digits, base::is_digit));
}

Verdict Auth::append_rpid_hf(RouteContext& context, std::optional<std::string_view> prefix,
                             std::optional<std::string_view> suffix) {
  const std::string rpid = text_of(rpid_.read(context));
  if (rpid.empty()) return kFalse;
  const std::string value = std::string(prefix.value_or(rpid_prefix)).append(rpid).append(suffix.value_or(rpid_suffix));
  if (!sip::is_safe_header_value(value)) return kFalse;
  sip::append_header(context.decision.edits, context.message(), fmt::format("Remote-Party-ID: {}\r\n", value));
  return kTrue;
}

}  // namespace carillon::auth
