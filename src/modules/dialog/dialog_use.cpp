// SPDX-License-Identifier: Apache-2.0
// See dialog_use.h.
#include "modules/dialog/dialog_use.h"

#include <utility>

#include "modules/dialog/dialogs.h"
#include "routing/proxy_transaction.h"
#include "sip/message.h"

namespace carillon::dialog {

using routing::ProxyTransaction;

DialogUse::DialogUse(Dialog& dialog, Role role, Side to) : owner_(&dialog.owner()), role_(role), to_(to) {
  link(dialog);
}

DialogUse::DialogUse(std::unique_ptr<Dialog> copy)
    : owner_(&copy->owner()), copy_(std::move(copy)), role_(Role::Loaded), to_(Side::Callee) {
  link(*copy_);
}

void DialogUse::link(Dialog& dialog) {
  dialog_ = &dialog;
  next_ = std::exchange(dialog.uses_, this);
  if (next_ != nullptr) next_->previous_ = this;
}

DialogUse::~DialogUse() {
  if (dialog_ == nullptr) return;
  Dialog& dialog = *dialog_;
  if (is_end) dialog.owner().on_bye_over(dialog);
  unlink();
  if (!dialog.is_copy) dialog.owner().on_use_over(dialog, role_ == Role::Creator);
}

void DialogUse::unlink() {
  Dialog& dialog = *std::exchange(dialog_, nullptr);
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : dialog.uses_) = next_;
  previous_ = next_ = nullptr;
}

void DialogUse::on_provisional_response(ProxyTransaction& /*transaction*/, const sip::Message& received) {
  if (dialog_ != nullptr && role_ == Role::Creator) dialog_->owner().on_ringing(*dialog_, received);
}

void DialogUse::on_final_response(ProxyTransaction& transaction, int status, std::string_view /*reason*/,
                                  const sip::Message* received) {
  if (dialog_ == nullptr) return;
  Dialogs& dialogs = dialog_->owner();
  const DialogUse hold(*dialog_, Role::Hold);
  if (role_ == Role::Creator) {
    if (status < 300) {
      dialogs.on_answer(*dialog_, received, received == nullptr ? transaction.to_tag() : std::string_view{});
    } else {
      dialogs.on_failure(*dialog_);
    }
  } else if (role_ == Role::Member && status < 300 && received != nullptr && transaction.has_request()) {
    dialogs.on_member_success(*dialog_, to_, transaction.request(), *received);
  }
  if (dialog_ != nullptr && is_end) dialogs.on_bye_over(*dialog_);
  // No script will run for this request any more; its transaction lasts half a minute, which an ended dialog need not.
  if (dialog_ != nullptr && dialog_->state == State::Ended) unlink();
}

void DialogUse::on_cancel(ProxyTransaction& /*transaction*/) {
  if (dialog_ != nullptr && role_ == Role::Creator && !dialog_->is_answered()) dialog_->flags |= kWasCancelled;
}

}  // namespace carillon::dialog
