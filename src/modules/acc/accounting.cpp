// SPDX-License-Identifier: Apache-2.0
// See accounting.h.
#include "modules/acc/accounting.h"

#include <fmt/format.h>

#include <algorithm>

#include "modules/acc/acc.h"
#include "routing/proxy_transaction.h"
#include "storage/packed.h"

namespace carillon::acc {

using routing::ProxyTransaction;
using storage::Packer;
using storage::Unpacker;

namespace {

void pack_values(Packer& packer, const std::vector<std::string>& names, const FieldValues& values) {
  packer.add(static_cast<std::int64_t>(names.size()));
  for (std::size_t i = 0; i < names.size(); ++i) {
    packer.add(std::string_view(names[i]));
    packer.add(values[i]);
  }
}

void unpack_values(Unpacker& unpacker, const std::vector<std::string>& names, FieldValues& values) {
  const std::size_t count = unpacker.count();
  for (std::size_t i = 0; i < count; ++i) {
    const auto found = std::ranges::find(names, unpacker.text());
    auto value = unpacker.optional_text();
    if (found != names.end()) values[static_cast<std::size_t>(found - names.begin())] = std::move(value);
  }
}

}  // namespace

// --- Account ---------------------------------------------------------------------------------------------------------

Account::Account(const Acc& acc) : extra(acc.extra_names().size()) {
  if (!acc.leg_names().empty()) legs.emplace_back(acc.leg_names().size());
}

std::string Account::pack(const Acc& acc) const {
  Packer packer;
  for (const Targets targets : {wishes.enabled, wishes.cdr, wishes.missed, wishes.failed}) {
    packer.add(std::int64_t{targets});
  }
  packer.add(std::string_view(table));
  packer.add(std::int64_t{upstream});
  packer.add(created);
  packer.add(started);
  pack_values(packer, acc.extra_names(), extra);
  packer.add(static_cast<std::int64_t>(legs.size()));
  for (const FieldValues& leg : legs) pack_values(packer, acc.leg_names(), leg);
  packer.add(std::int64_t{answered.has_value()});
  if (answered) {
    packer.add(answered->unix_seconds);
    for (const std::string* text : {&answered->method, &answered->from_tag, &answered->to_tag, &answered->call_id,
                                    &answered->code, &answered->reason}) {
      packer.add(std::string_view(*text));
    }
  }
  return packer.take();
}

bool Account::unpack(std::string_view text, const Acc& acc) {
  Unpacker unpacker(text);
  for (Targets* const targets : {&wishes.enabled, &wishes.cdr, &wishes.missed, &wishes.failed}) {
    *targets = static_cast<Targets>(unpacker.number());
  }
  table = unpacker.text();
  upstream = unpacker.number() != 0;
  created = unpacker.number();
  started = unpacker.number();
  unpack_values(unpacker, acc.extra_names(), extra);
  legs.resize(std::min(unpacker.count(), kMaxLegs));
  for (FieldValues& leg : legs) {
    leg.resize(acc.leg_names().size());
    unpack_values(unpacker, acc.leg_names(), leg);
  }
  if (unpacker.number() != 0) {
    Record& record = answered.emplace();
    record.unix_seconds = unpacker.number();
    for (std::string* const member :
         {&record.method, &record.from_tag, &record.to_tag, &record.call_id, &record.code, &record.reason}) {
      *member = unpacker.text();
    }
  }
  return unpacker.ok();
}

// --- Accounting ------------------------------------------------------------------------------------------------------

Accounting::Accounting(const Acc& acc) : acc_(acc), own_(std::make_shared<Account>(acc)), current_(own_) {}

bool Accounting::show(std::shared_ptr<Account> other) {
  std::shared_ptr<Account> next = other != nullptr ? std::move(other) : own_;
  if (next == current_) return false;
  current_ = std::move(next);
  return true;
}

const void* Accounting::owner() const { return &acc_; }

// Early media: a provisional response with a session description.
void Accounting::on_provisional_response(ProxyTransaction& transaction, const sip::Message& received) {
  if (!acc_.early_media || received.body().empty()) return;
  write(own_->wishes.enabled, Occasion::Answered, transaction, received.status(), received.reason(), &received);
}

void Accounting::on_final_response(ProxyTransaction& transaction, int status, std::string_view reason,
                                   const sip::Message* received) {
  if (status >= 300) write_missed(transaction, status, reason, received);
  const Wishes& wishes = own_->wishes;
  const Targets targets = status < 300 ? wishes.enabled : wishes.enabled & wishes.failed;
  write(targets, Occasion::Answered, transaction, status, reason, received);
}

void Accounting::on_failure(ProxyTransaction& transaction, int status, std::string_view reason,
                            const sip::Message* received) {
  write_missed(transaction, status, reason, received);
}

void Accounting::write_missed(ProxyTransaction& transaction, int status, std::string_view reason,
                              const sip::Message* received) {
  if (!transaction.is_invite()) return;
  const Targets targets = own_->wishes.enabled & std::exchange(own_->wishes.missed, Targets{0});
  write(targets, Occasion::Missed, transaction, status, reason, received);
}

Record Accounting::record(Occasion occasion, const sip::Message& request, const Answer& answer) const {
  Record record;
  record.occasion = occasion;
  record.unix_seconds = acc_.unix_seconds();
  record.method = request.method_name();
  record.from_tag = request.from_tag();
  record.to_tag = request.to_tag().empty() ? answer.to_tag : request.to_tag();
  if (own_->upstream) std::swap(record.from_tag, record.to_tag);
  record.call_id = request.call_id();
  record.code = answer.code;
  record.reason = answer.reason;
  return record;
}

void Accounting::write(Targets targets, Occasion occasion, ProxyTransaction& transaction, int status,
                       std::string_view reason, const sip::Message* received) {
  if (targets == 0 || !transaction.has_request()) return;
  const std::string code = fmt::format_int(status).str();
  const Answer answer{
      .code = code, .reason = reason, .to_tag = received != nullptr ? received->to_tag() : transaction.to_tag()};
  // The record of the call is that of its INVITE.
  if (occasion == Occasion::Answered && status >= 200 && status < 300 && (targets & own_->wishes.cdr) != 0 &&
      transaction.is_invite()) {
    if (!own_->answered) {
      own_->answered = record(Occasion::Ended, transaction.request(), answer);
      acc_.on_call_answered(transaction);
    }
    targets &= static_cast<Targets>(~own_->wishes.cdr);
  }
  write(targets, occasion, transaction.request(), answer);
}

void Accounting::write(Targets targets, Occasion occasion, const sip::Message& request, const Answer& answer,
                       std::string_view table) const {
  if (targets == 0) return;
  Record made = record(occasion, request, answer);
  const Account& values = occasion == Occasion::Requested ? *current_ : *own_;
  made.extra = values.extra;
  made.legs = values.legs;
  made.table = table.empty() ? std::string_view(own_->table) : table;
  acc_.write(targets, made);
}

// --- CallAccounting --------------------------------------------------------------------------------------------------

const void* CallAccounting::owner() const { return &acc_; }

namespace {

// The record of a call that has ended, when the BYE is answered: its run may still add to the account. Or when that run
// is over without a transaction.
class EndedCall final : public routing::TransactionObserver {
 public:
  EndedCall(const Acc& acc, std::shared_ptr<Account> account, const CallTimes& times, bool may_be_there)
      : acc_(acc), account_(std::move(account)), times_(times), may_be_there_(may_be_there) {}
  ~EndedCall() override { write(); }

  [[nodiscard]] const void* owner() const override { return account_.get(); }
  void on_final_response(ProxyTransaction& /*transaction*/, int /*status*/, std::string_view /*reason*/,
                         const sip::Message* /*received*/) override {
    write();
  }

 private:
  void write() {
    if (!account_->answered) return;
    Record record = std::move(*account_->answered);
    account_->answered.reset();
    record.occasion = Occasion::Ended;
    record.extra = account_->extra;
    record.legs = account_->legs;
    record.table = account_->table;
    record.call = times_;
    record.may_be_there = may_be_there_;
    acc_.write(account_->wishes.cdr, record);
  }

  const Acc& acc_;
  std::shared_ptr<Account> account_;
  CallTimes times_;
  bool may_be_there_;
};

}  // namespace

void CallAccounting::on_ended(dialog::Dialog& dialog, routing::RouteContext* context) {
  if (!account_->answered || dialog.end_reason == dialog::EndReason::Failed) return;
  auto ended = std::make_unique<EndedCall>(
      acc_, account_, CallTimes{.created = dialog.created, .answered = dialog.started, .ended = dialog.ended},
      since_ == Since::BeforeRestart);
  if (context == nullptr) return;
  // Before the dialog's own: its row goes when the BYE is answered, and this record has to be there then.
  auto& observers = context->transaction_observers();
  observers.insert(observers.begin(), std::move(ended));
}

void CallAccounting::on_save(dialog::Dialog& dialog) {
  account_->created = dialog.created;
  account_->started = dialog.started;
  if (!dialog.put_value(kDialogValue, script::Value::text(account_->pack(acc_)))) acc_.complain_about_size(dialog);
}

}  // namespace carillon::acc
