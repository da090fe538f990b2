// SPDX-License-Identifier: Apache-2.0
// How other modules follow one dialog, as routing::TransactionObserver follows a transaction.
#pragma once

namespace carillon::routing {
class RouteContext;
}
namespace carillon::sip {
class Message;
}

namespace carillon::dialog {

class Dialog;

// Lives with the dialog, and goes with it: what must survive a restart it puts into the dialog's values. Called inside
// the dialog's shard; must not wait.
class DialogObserver {
 public:
  virtual ~DialogObserver() = default;

  // Who it belongs to, so that a module finds its own again.
  [[nodiscard]] virtual const void* owner() const = 0;
  // The first provisional response with a To tag is on its way to the caller.
  virtual void on_early(Dialog& /*dialog*/, const sip::Message& /*response*/) {}
  // A 2xx is on its way to the caller. `response` is null when it was ours.
  virtual void on_answered(Dialog& /*dialog*/, const sip::Message* /*response*/) {}
  // Its ACK has passed.
  virtual void on_confirmed(Dialog& /*dialog*/) {}
  // A request inside the dialog (a BYE too, before on_ended()); the run is in its request route.
  virtual void on_request(Dialog& /*dialog*/, routing::RouteContext& /*context*/) {}
  // Once: `dialog.end_reason` and `dialog.ended` are set; values and profiles are still there. EndReason::Failed when
  // it was never answered. `context` is that of the BYE, otherwise null.
  virtual void on_ended(Dialog& /*dialog*/, routing::RouteContext* /*context*/) {}
  // The dialog is about to be written to its database: what must survive goes into its values now, by
  // Dialog::put_value(). Also when the server ends, behind stop() of the module that owns this.
  virtual void on_save(Dialog& /*dialog*/) {}
};

}  // namespace carillon::dialog
