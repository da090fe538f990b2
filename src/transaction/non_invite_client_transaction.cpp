// SPDX-License-Identifier: Apache-2.0
// The non-INVITE client transaction: figure 6 of RFC 3261, one function a state.
#include <algorithm>

#include "transaction/client_transaction.h"
#include "transaction/transaction_layer.h"

namespace carillon::transaction {

void ClientTransaction::trying(Input input, const Arrival* arrival) {
  switch (input) {
    case Input::Provisional:
      state_ = State::Proceeding;
      return deliver(*arrival);
    case Input::Success:
    case Input::Failure:
      enter_completed();
      return deliver(*arrival);
    case Input::Retransmit:
      return send_again(std::min(interval_ * 2, layer_.settings_.t2));
    case Input::Expiry:
      layer_.statistics_.timeout_finalresponse.add();
      time_out(TimeoutKind::NoResponse);
      return terminate();
  }
}

// The request is still sent again: the server transaction repeats its response only when asked so.
void ClientTransaction::proceeding(Input input, const Arrival* arrival) {
  if (input == Input::Retransmit) return send_again(layer_.settings_.t2);
  if (input == Input::Provisional) return deliver(*arrival);
  trying(input, arrival);
}

void ClientTransaction::completed(Input input) {
  if (input == Input::Expiry) terminate();
}

// Timer K.
void ClientTransaction::enter_completed() {
  state_ = State::Completed;
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, reliable() ? base::Duration::zero() : layer_.settings_.t4);
  request_ = {};
  memory_.reset();
  finish();
}

}  // namespace carillon::transaction
