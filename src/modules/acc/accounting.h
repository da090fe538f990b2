// SPDX-License-Identifier: Apache-2.0
// What one request is accounted for: the wishes of do_accounting() and the values of $acc_extra and $acc_leg. Lives
// with the message, then with its transaction, and writes the record when that is answered.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/acc/log_line.h"
#include "routing/transaction_observer.h"
#include "sip/message.h"

namespace carillon::acc {

class Acc;

// A value of $acc_extra or $acc_leg: nothing until the script gives it one.
using FieldValues = std::vector<std::optional<std::string>>;

class Accounting final : public routing::TransactionObserver {
 public:
  explicit Accounting(const Acc& acc);

  bool enabled = false;   // do_accounting(): the answer is recorded
  bool missed = false;    // and a call that fails, once, until it is asked for again
  bool failed = false;    // and answers of 300 and above
  bool upstream = false;  // the request goes from callee to caller: From and To change places
  FieldValues extra;
  std::vector<FieldValues> legs;  // at least one where leg_fields names some

  [[nodiscard]] const void* owner() const override;
  void on_provisional_response(routing::ProxyTransaction& transaction, const sip::Message& received) override;
  void on_final_response(routing::ProxyTransaction& transaction, int status, std::string_view reason,
                         const sip::Message* received) override;
  void on_failure(routing::ProxyTransaction& transaction, int status, std::string_view reason,
                  const sip::Message* received) override;

  struct Answer {
    std::string_view code;
    std::string_view reason;
    std::string_view to_tag;
  };
  // Writes one record about `request` to the log.
  void write(Occasion occasion, const sip::Message& request, const Answer& answer) const;

 private:
  void write(Occasion occasion, routing::ProxyTransaction& transaction, int status, std::string_view reason,
             const sip::Message* received) const;
  void write_missed(routing::ProxyTransaction& transaction, int status, std::string_view reason,
                    const sip::Message* received);

  const Acc& acc_;
};

}  // namespace carillon::acc
