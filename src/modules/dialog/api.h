// SPDX-License-Identifier: Apache-2.0
// What dialog offers to other modules (accounting, load balancing, media relays): the dialog of a request, values that
// stay with it, and word of what becomes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modules/dialog/arguments.h"
#include "modules/dialog/dialog.h"
#include "modules/dialog/dialog_observer.h"
#include "routing/route_context.h"
#include "script/value.h"

namespace carillon::dialog {

// Told of every dialog; to follow one, it adds a DialogObserver to `dialog.observers`. Inside the dialog's shard.
class DialogFollower {
 public:
  virtual void on_created(Dialog& /*dialog*/, routing::RouteContext& /*context*/) {}
  // From the database, its values with it; answered, and not ended. Also before the workers run.
  virtual void on_loaded(Dialog& /*dialog*/) {}

 protected:
  ~DialogFollower() = default;
};

// Everything but follow() inside the shard of the dialog, which is that of its Call-ID and so of its requests.
class DialogService {
 public:
  static constexpr std::string_view kModule = "dialog";

  // When modules start; dialogs of the database are loaded after all have started.
  virtual void follow(DialogFollower& follower) = 0;

  // The dialog that the run is about: of the INVITE after create_dialog(), of a request that was matched, of the
  // responses and failures of either; null when there is none. Good while the run doesn't wait.
  [[nodiscard]] virtual Dialog* current(routing::RouteContext& context) = 0;
  // That of a transaction that outlasts the run.
  [[nodiscard]] virtual Dialog* of(routing::ProxyTransaction& transaction) = 0;
  // The direction of the request that the run is about.
  [[nodiscard]] virtual Side to_side(routing::RouteContext& context) = 0;
  // create_dialog(): the dialog of this INVITE, made when there is none yet. Null when it can't be (no initial INVITE,
  // too many). `flags`: of Flag.
  [[nodiscard]] virtual Dialog* create(routing::RouteContext& context, std::uint32_t flags) = 0;

  // The request that the run is about goes out once more, as another one, with the next CSeq number: whatever follows
  // towards its receiver, of its sender or of ours, is counted on from there. Returns what is to be added to the number
  // that its sender gave it; nothing when no dialog counts it.
  [[nodiscard]] virtual std::optional<std::uint32_t> count_on(routing::RouteContext& context) = 0;
  // Whether the dialog of the request moves its CSeq number.
  [[nodiscard]] virtual bool moves_cseq(routing::RouteContext& context) = 0;

  // $dlg_val(name) = value; null removes. False when there is no room.
  virtual bool set_value(Dialog& dialog, std::string_view name, const script::Value& value) = 0;
  // The lifetime from now on ($DLG_timeout).
  virtual void set_timeout(Dialog& dialog, base::Duration timeout) = 0;
  // Says that what on_save() puts into the values has changed, so that it is written.
  virtual void touch(Dialog& dialog) = 0;
  // Ends it, with a BYE to both sides once it is answered; before, the INVITE is cancelled. `headers`: complete lines
  // for the BYEs.
  virtual void end(Dialog& dialog, EndReason reason, std::string headers) = 0;

 protected:
  ~DialogService() = default;
};

}  // namespace carillon::dialog
