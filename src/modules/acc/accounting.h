// SPDX-License-Identifier: Apache-2.0
// What a request, and the call it may begin, is accounted for: the wishes of do_accounting() and the values of
// $acc_extra and $acc_leg. It lives with the message, then with its transaction and with its dialog, and becomes
// records when these are answered or end.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/acc/record.h"
#include "modules/dialog/api.h"
#include "routing/route_context.h"
#include "routing/transaction_observer.h"
#include "sip/message.h"

namespace carillon::acc {

class Acc;

// Of one shard: of the transaction, and of the dialog whose call it is.
struct Wishes {
  Targets enabled = 0;  // the answer is recorded
  Targets cdr = 0;      // the call is, when it has ended, and not its answer
  Targets missed = 0;   // a call that fails, once, until it is asked for again
  Targets failed = 0;   // answers of 300 and above
};

struct Account {
  explicit Account(const Acc& acc);

  Wishes wishes;
  std::string table;      // of the database; empty: the usual one
  bool upstream = false;  // the request goes from callee to caller: From and To change places
  FieldValues extra;
  std::vector<FieldValues> legs;   // at least one where leg_fields names some
  std::optional<Record> answered;  // with wishes.cdr: what the record of the call begins with
  // Of the dialog, when it was saved: its row has whole seconds of one of them.
  std::int64_t created = 0;
  std::int64_t started = 0;

  // As a value of the dialog, which survives a restart.
  [[nodiscard]] std::string pack(const Acc& acc) const;
  // False when that isn't what pack() makes. Fields that the script doesn't declare any more are left out.
  [[nodiscard]] bool unpack(std::string_view text, const Acc& acc);
};

class Accounting final : public routing::TransactionObserver {
 public:
  explicit Accounting(const Acc& acc);

  [[nodiscard]] Account& account() { return *current_; }
  // shared_ptr: it is the dialog's as well.
  [[nodiscard]] const std::shared_ptr<Account>& own() const { return own_; }
  // acc_load_ctx_from_dlg(): the script sees the account of a dialog instead; null: its own again. False when that is
  // so already.
  bool show(std::shared_ptr<Account> other);

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
  // Records `request` now, in `table` or the usual one.
  void write(Targets targets, Occasion occasion, const sip::Message& request, const Answer& answer,
             std::string_view table = {}) const;

 private:
  [[nodiscard]] Record record(Occasion occasion, const sip::Message& request, const Answer& answer) const;
  void write(Targets targets, Occasion occasion, routing::ProxyTransaction& transaction, int status,
             std::string_view reason, const sip::Message* received);
  void write_missed(routing::ProxyTransaction& transaction, int status, std::string_view reason,
                    const sip::Message* received);

  const Acc& acc_;
  std::shared_ptr<Account> own_;
  std::shared_ptr<Account> current_;
};

// Writes the record of a call when its dialog ends.
class CallAccounting final : public dialog::DialogObserver {
 public:
  enum class Since : std::uint8_t { Now, BeforeRestart };
  CallAccounting(const Acc& acc, std::shared_ptr<Account> account, Since since)
      : acc_(acc), account_(std::move(account)), since_(since) {}

  [[nodiscard]] const std::shared_ptr<Account>& account() const { return account_; }

  [[nodiscard]] const void* owner() const override;
  void on_ended(dialog::Dialog& dialog, routing::RouteContext* context) override;
  void on_save(dialog::Dialog& dialog) override;

 private:
  const Acc& acc_;
  std::shared_ptr<Account> account_;
  const Since since_;
};

}  // namespace carillon::acc
