// SPDX-License-Identifier: Apache-2.0
// The main registrar's answer to a REGISTER that was sent on: what it granted is kept, and the phone is told of its own
// contacts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modules/mid_registrar/main_registrar.h"
#include "modules/mid_registrar/request.h"
#include "routing/transaction_observer.h"

namespace carillon::mid_registrar {

class Answer final : public routing::TransactionObserver {
 public:
  Answer(registrar::Rules& rules, const ContactForm& form, bool mirrors, bool by_aor, std::string own, Request request)
      : rules_(rules),
        form_(form),
        mirrors_(mirrors),
        by_aor_(by_aor),
        own_(std::move(own)),
        request_(std::move(request)) {}

  [[nodiscard]] const void* owner() const override { return &rules_; }
  [[nodiscard]] bool reads_responses() const override { return true; }
  [[nodiscard]] base::Task<> on_response(routing::RouteContext& context) override;

 private:
  // Seconds that it granted to the Contact with that number, or to ours.
  [[nodiscard]] std::uint32_t granted_to(const sip::Message& response, std::optional<std::uint64_t> id) const;
  [[nodiscard]] bool is_ours(const sip::Uri& uri) const;
  [[nodiscard]] RemoteBinding remote_of(const routing::RouteContext& context) const;
  [[nodiscard]] std::vector<registrar::Grant> grants_of(const routing::RouteContext& context, std::int64_t now) const;
  static void share_keys(usrloc::Bindings& bindings, const std::string& keys);
  void show_contacts(routing::RouteContext& context, std::string_view headers) const;

  registrar::Rules& rules_;
  const ContactForm& form_;
  bool mirrors_;
  bool by_aor_;
  std::string own_;  // "host:port"
  Request request_;
};

}  // namespace carillon::mid_registrar
