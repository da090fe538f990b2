// SPDX-License-Identifier: Apache-2.0
// The non-INVITE server transaction: figure 8 of RFC 3261, one function a state.
#include "transaction/server_transaction.h"
#include "transaction/transaction_layer.h"

namespace carillon::transaction {

base::Result<> ServerTransaction::trying(Input input, std::string_view response) {
  switch (input) {
    case Input::Provisional:
      state_ = State::Proceeding;
      return send_and_keep(response);
    case Input::Success:
    case Input::Failure:
      enter_completed();
      return send_and_keep(response);
    default:
      return {};
  }
}

base::Result<> ServerTransaction::proceeding(Input input, std::string_view response) {
  switch (input) {
    case Input::Request:
      return send_last();
    case Input::Provisional:
      return send_and_keep(response);
    case Input::Success:
    case Input::Failure:
      enter_completed();
      return send_and_keep(response);
    default:
      return {};
  }
}

base::Result<> ServerTransaction::completed(Input input) {
  switch (input) {
    case Input::Request:
      return send_last();
    case Input::Expiry:
      terminate();
      return {};
    default:
      return {};
  }
}

// Timer J.
void ServerTransaction::enter_completed() {
  state_ = State::Completed;
  layer_.shard_.schedule(state_timer_, reliable() ? base::Duration::zero() : 64 * layer_.settings_.t1);
}

}  // namespace carillon::transaction
