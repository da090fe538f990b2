// SPDX-License-Identifier: Apache-2.0
// uac_auth: who we are to servers that ask: user names and passwords by realm.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "module/module.h"
#include "module/script_variable.h"
#include "modules/uac_auth/api.h"
#include "modules/uac_auth/challenge.h"

namespace carillon::uac_auth {

class UacAuth final : public module::Module, public CredentialService {
 public:
  [[nodiscard]] base::Result<> start(module::Services& services) override;

  [[nodiscard]] std::vector<Answer> answer(const sip::Message& response, const AnsweredRequest& request,
                                           const Algorithms& algorithms, routing::RouteContext* context) override;

  // --- parameters
  base::Result<> add_credential(const script::Value& value);
  base::Result<> set_auth_username_avp(const script::Value& value);
  base::Result<> set_auth_realm_avp(const script::Value& value);
  base::Result<> set_auth_password_avp(const script::Value& value);

 private:
  [[nodiscard]] std::optional<Credential> find(std::string_view realm, routing::RouteContext* context) const;

  std::vector<Credential> credentials_;
  module::ScriptVariable username_;
  module::ScriptVariable realm_;
  module::ScriptVariable password_;
};

}  // namespace carillon::uac_auth
