// SPDX-License-Identifier: Apache-2.0
// The INVITE server transaction: figure 7 of RFC 3261 as changed by RFC 6026, one function a state.
#include <algorithm>

#include "transaction/server_transaction.h"
#include "transaction/transaction_layer.h"

namespace carillon::transaction {

base::Result<> ServerTransaction::invite_proceeding(Input input, std::string_view response) {
  switch (input) {
    case Input::Request:
      return send_last();
    case Input::Retransmit:
      if (last_status_ != 0) return {};
      last_status_ = 100;
      return send_last();
    case Input::Provisional:
      return send_and_keep(response);
    case Input::Success:
      enter_accepted();
      return send(response);
    case Input::Failure:
      enter_invite_completed();
      return send_and_keep(response);
    default:
      return {};
  }
}

// The INVITE is absorbed: the user agent server sends its 2xx again by itself, through respond(); ours is sent again
// here.
base::Result<> ServerTransaction::invite_accepted(Input input, std::string_view response) {
  switch (input) {
    case Input::Success:
      return send(response);
    case Input::Retransmit:
      interval_ = std::min(interval_ * 2, layer_.settings_.t2);
      layer_.shard_.schedule(retransmit_timer_, interval_);
      layer_.statistics_.retransmission_rpl_T2.add();
      return send_last();
    case Input::Expiry:
      terminate();
      return {};
    default:
      return {};
  }
}

base::Result<> ServerTransaction::invite_completed(Input input) {
  switch (input) {
    case Input::Request:
      return send_last();
    case Input::Ack:
      enter_confirmed();
      return {};
    case Input::Retransmit:
      interval_ = std::min(interval_ * 2, layer_.settings_.t2);
      layer_.shard_.schedule(retransmit_timer_, interval_);
      layer_.statistics_.retransmission_rpl_T2.add();
      return send_last();
    case Input::Expiry:
      deliver({.kind = EventKind::Timeout, .timeout = TimeoutKind::NoAck});
      terminate();
      return {};
    default:
      return {};
  }
}

base::Result<> ServerTransaction::invite_confirmed(Input input) {
  if (input == Input::Expiry) terminate();
  return {};
}

// Timer L, on all transports.
void ServerTransaction::enter_accepted() {
  state_ = State::Accepted;
  retransmit_timer_.cancel();
  forget_last_response();
  layer_.shard_.schedule(state_timer_, 64 * layer_.settings_.t1);
}

// Timers G and H.
void ServerTransaction::enter_invite_completed() {
  state_ = State::Completed;
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, 64 * layer_.settings_.t1);
  if (reliable()) return;
  interval_ = layer_.settings_.t1;
  layer_.shard_.schedule(retransmit_timer_, interval_);
}

// Timer I.
void ServerTransaction::enter_confirmed() {
  state_ = State::Confirmed;
  forget_last_response();
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, reliable() ? base::Duration::zero() : layer_.settings_.t4);
}

}  // namespace carillon::transaction
