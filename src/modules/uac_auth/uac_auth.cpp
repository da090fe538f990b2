// SPDX-License-Identifier: Apache-2.0
// See uac_auth.h.
#include "modules/uac_auth/uac_auth.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "base/strings.h"

namespace carillon::uac_auth {

using namespace module;

namespace {

base::Result<> set_variable(ScriptVariable& to, const script::Value& value) {
  auto parsed = ScriptVariable::parse(value.as_text());
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  to = std::move(*parsed);
  return {};
}

std::string text_of(const script::Value& value) {
  if (value.has_text() || value.is_null()) return std::string(value.as_text());
  return fmt::format_int(value.as_integer()).str();
}

}  // namespace

base::Result<> UacAuth::start(Services& /*services*/) {
  const int given = (username_.empty() ? 0 : 1) + (realm_.empty() ? 0 : 1) + (password_.empty() ? 0 : 1);
  if (given != 0 && given != 3) {
    return base::fail("auth_username_avp, auth_realm_avp and auth_password_avp are given together or not at all");
  }
  return {};
}

// "user:realm:password"; the password may have colons in it. Without a realm anybody who is asked could have a hash of
// it.
base::Result<> UacAuth::add_credential(const script::Value& value) {
  std::string_view rest = value.as_text();
  if (std::ranges::count(rest, ':') < 2) return base::fail("must be \"user:realm:password\"");
  Credential credential;
  credential.user = base::trim(base::take_until(rest, ':'));
  credential.realm = base::trim(base::take_until(rest, ':'));
  credential.password = rest;
  if (credential.user.empty() || credential.realm.empty()) return base::fail("must be \"user:realm:password\"");
  const auto same = [&](const Credential& other) { return other.realm == credential.realm; };
  if (std::ranges::any_of(credentials_, same)) {
    return base::fail(fmt::format("there is a credential for the realm '{}' already", credential.realm));
  }
  credentials_.push_back(std::move(credential));
  return {};
}

base::Result<> UacAuth::set_auth_username_avp(const script::Value& value) { return set_variable(username_, value); }
base::Result<> UacAuth::set_auth_realm_avp(const script::Value& value) { return set_variable(realm_, value); }
base::Result<> UacAuth::set_auth_password_avp(const script::Value& value) { return set_variable(password_, value); }

std::optional<Credential> UacAuth::find(std::string_view realm, routing::RouteContext* context) const {
  if (context != nullptr && !realm_.empty()) {
    Credential given{.user = text_of(username_.read(*context)),
                     .realm = text_of(realm_.read(*context)),
                     .password = text_of(password_.read(*context))};
    if (!given.user.empty() && given.realm == realm) return given;
  }
  const auto found = std::ranges::find(credentials_, realm, &Credential::realm);
  if (found == credentials_.end()) return std::nullopt;
  return *found;
}

std::vector<Answer> UacAuth::answer(const sip::Message& response, const AnsweredRequest& request,
                                    const Algorithms& algorithms, routing::RouteContext* context) {
  constexpr std::size_t kCnonce = 16;
  std::vector<Answer> answers;
  const auto answerable = [&](const Challenge& challenge) {
    const auto credential = find(challenge.fields.realm, context);
    return credential && credential->suits(challenge.algorithm);
  };
  for (const Challenge& challenge : choose_challenges(response, algorithms, answerable)) {
    const auto credential = find(challenge.fields.realm, context);
    if (!credential) continue;
    const bool proxy = challenge.header == sip::HeaderId::ProxyAuthenticate;
    answers.push_back({.header = proxy ? sip::HeaderId::ProxyAuthorization : sip::HeaderId::Authorization,
                       .realm = std::string(challenge.fields.realm),
                       .stale = base::iequals(challenge.fields.stale, "true"),
                       .line = answer_line(challenge, *credential, request, base::random_token(kCnonce))});
  }
  return answers;
}

}  // namespace carillon::uac_auth
