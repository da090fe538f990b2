// SPDX-License-Identifier: Apache-2.0
// A reference to a dialog from a message, a transaction or a coroutine: it keeps the dialog while it lives, and is null
// once the dialog is gone nevertheless (at the end of the server).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "modules/dialog/dialog.h"
#include "routing/transaction_observer.h"

namespace carillon::dialog {

// Inside the dialog's shard.
class DialogUse final : public routing::TransactionObserver {
 public:
  enum class Role : std::uint8_t {
    Creator,  // the INVITE that made it: what becomes of that decides about the dialog
    Member,   // a request inside of it, or the same INVITE on its way through us again
    Loaded,   // load_dialog_ctx()
    Hold,     // whoever works on it
  };

  DialogUse(Dialog& dialog, Role role, Side to = Side::Callee);
  // The copy of a dialog that lives in another shard.
  explicit DialogUse(std::unique_ptr<Dialog> copy);
  ~DialogUse() override;

  [[nodiscard]] Dialog* dialog() const { return dialog_; }
  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] Side to() const { return to_; }
  [[nodiscard]] bool is_creator() const { return role_ == Role::Creator; }
  // A member whose CSeq is not above that of the request before it.
  bool out_of_order = false;
  // The BYE that has ended it: the row goes when that is answered.
  bool is_end = false;

  [[nodiscard]] const void* owner() const override { return owner_; }
  void on_provisional_response(routing::ProxyTransaction& transaction, const sip::Message& received) override;
  void on_final_response(routing::ProxyTransaction& transaction, int status, std::string_view reason,
                         const sip::Message* received) override;
  void on_cancel(routing::ProxyTransaction& transaction) override;

 private:
  friend class Dialog;

  void link(Dialog& dialog);
  void unlink();

  const void* owner_;
  Dialog* dialog_ = nullptr;
  DialogUse* previous_ = nullptr;
  DialogUse* next_ = nullptr;
  std::unique_ptr<Dialog> copy_;
  Role role_;
  Side to_;
};

}  // namespace carillon::dialog
