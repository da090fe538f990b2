// SPDX-License-Identifier: Apache-2.0
// auth: digest challenges and the check of what answers them (RFC 3261 section 22, RFC 7616, RFC 8760).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "module/module.h"
#include "module/script_variable.h"
#include "modules/auth/api.h"
#include "shard/worker_local.h"

namespace carillon::auth {

using module::Parsed;
using module::RouteContext;
using module::Verdict;

// "auth", "auth-int", "auth,auth-int": as it stands in the challenge, and what it means.
struct QopList {
  std::string text;
  QopOffer offer = QopOffer::None;
  [[nodiscard]] static base::Result<QopList> parse(std::string_view text);
};

// "SHA-256,MD5": a challenge each, the preferred one first (RFC 8760 section 2.4).
struct AlgorithmList {
  std::vector<sip::DigestAlgorithm> algorithms;
  [[nodiscard]] static base::Result<AlgorithmList> parse(std::string_view text);
};

class Auth final : public module::Module, public AuthService {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;
  void stop() override { nonces_.reset(); }

  // --- functions
  Verdict www_challenge(RouteContext& context, std::string_view realm, const std::optional<Parsed<QopList>>& qop,
                        const std::optional<Parsed<AlgorithmList>>& algorithms) {
    return challenge(context, Kind::Www, realm, qop, algorithms);
  }
  Verdict proxy_challenge(RouteContext& context, std::string_view realm, const std::optional<Parsed<QopList>>& qop,
                          const std::optional<Parsed<AlgorithmList>>& algorithms) {
    return challenge(context, Kind::Proxy, realm, qop, algorithms);
  }
  Verdict pv_www_authorize(RouteContext& context, std::string_view realm) {
    return authorize(context, Kind::Www, realm);
  }
  Verdict pv_proxy_authorize(RouteContext& context, std::string_view realm) {
    return authorize(context, Kind::Proxy, realm);
  }
  Verdict consume_credentials(RouteContext& context);
  Verdict is_rpid_user_e164(RouteContext& context);
  Verdict append_rpid_hf(RouteContext& context, std::optional<std::string_view> prefix,
                         std::optional<std::string_view> suffix);

  // --- for other modules
  [[nodiscard]] std::optional<std::string_view> realm_of(const RouteContext& context, Kind kind,
                                                         std::string_view given) const override;
  [[nodiscard]] std::expected<Credentials, Outcome> find_credentials(RouteContext& context,
                                                                     std::optional<std::string_view> realm,
                                                                     Kind kind) override;
  [[nodiscard]] std::optional<Credentials> verified_credentials(RouteContext& context) override;
  [[nodiscard]] sip::HexDigest ha1(const Credentials& credentials, std::string_view password) override;
  [[nodiscard]] Outcome check(RouteContext& context, const Credentials& credentials, std::string_view ha1,
                              bool user_exists) override;

  // --- statistics
  metrics::Counter digest_hashes;

  // --- parameters
  std::string secret;
  std::chrono::seconds nonce_expire{30};
  std::string rpid_prefix;
  std::string rpid_suffix = ";party=calling;id-type=subscriber;screen=yes";
  std::string realm_prefix;
  bool calculate_ha1 = false;
  bool disable_nonce_check = false;
  bool check_digest_uri = false;
  base::Result<> set_rpid_avp(const script::Value& value);
  base::Result<> set_username_spec(const script::Value& value);
  base::Result<> set_password_spec(const script::Value& value);

 private:
  // OpenSSL's contexts of one worker.
  struct Tools {
    explicit Tools(std::span<const unsigned char> key) : signer(key) {}
    sip::DigestCalculator calculator;
    NonceSigner signer;
  };

  Verdict challenge(RouteContext& context, Kind kind, std::string_view realm, const std::optional<Parsed<QopList>>& qop,
                    const std::optional<Parsed<AlgorithmList>>& algorithms);
  Verdict authorize(RouteContext& context, Kind kind, std::string_view realm);
  [[nodiscard]] Outcome compare(RouteContext& context, const Credentials& credentials);
  [[nodiscard]] Tools& tools();

  std::unique_ptr<Nonces> nonces_;
  shard::WorkerLocal<std::unique_ptr<Tools>> tools_;
  std::mutex mutex_;  // of more_tools_: those of the workers that WorkerLocal has no place for
  std::map<std::thread::id, Tools> more_tools_;
  module::ScriptVariable rpid_ = *module::ScriptVariable::parse("$avp(rpid)");
  module::ScriptVariable username_;
  module::ScriptVariable password_;
};

}  // namespace carillon::auth
