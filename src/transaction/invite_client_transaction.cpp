// SPDX-License-Identifier: Apache-2.0
// The INVITE client transaction: figure 5 of RFC 3261 as changed by RFC 6026, one function a state; with the proxy's
// timer C (section 16.8) and the CANCEL of section 9.1.
#include <string>
#include <utility>

#include "sip/request_builder.h"
#include "transaction/client_transaction.h"
#include "transaction/transaction_layer.h"

namespace carillon::transaction {
namespace {

// Adds complete header lines to a request without a body.
void append_headers(std::string& request, std::string_view lines) { request.insert(request.size() - 2, lines); }

}  // namespace

void ClientTransaction::invite_calling(Input input, const Arrival* arrival) {
  switch (input) {
    case Input::Provisional:
      enter_invite_proceeding();
      return deliver(*arrival);
    case Input::Success:
      enter_accepted();
      return deliver(*arrival);
    case Input::Failure:
      enter_invite_completed(arrival->response);
      return deliver(*arrival);
    case Input::Retransmit:
      return send_again(interval_ * 2);
    case Input::Expiry:
      layer_.statistics_.timeout_finalresponse.add();
      time_out(TimeoutKind::NoResponse);
      return terminate();
  }
}

void ClientTransaction::invite_proceeding(Input input, const Arrival* arrival) {
  switch (input) {
    case Input::Provisional:
      if (layer_.settings_.restart_fr_on_each_reply && cancel_ != Cancel::Sent)
        layer_.shard_.schedule(state_timer_, fr_inv_timeout_);
      return deliver(*arrival);
    case Input::Success:
      enter_accepted();
      return deliver(*arrival);
    case Input::Failure:
      enter_invite_completed(arrival->response);
      return deliver(*arrival);
    case Input::Retransmit:
      return;
    case Input::Expiry:
      if (cancel_ != Cancel::Sent) return on_timer_c();
      if (!gave_up_) time_out(TimeoutKind::NotCancelled);
      return terminate();
  }
}

// Every 2xx is the user's: sent again, or from another fork.
void ClientTransaction::invite_accepted(Input input, const Arrival* arrival) {
  if (input == Input::Success) return deliver(*arrival);
  if (input == Input::Expiry) terminate();
}

void ClientTransaction::invite_completed(Input input) {
  if (input == Input::Failure) return send_ack();
  if (input == Input::Expiry) terminate();
}

// Timer C starts; a CANCEL that had to wait goes out.
void ClientTransaction::enter_invite_proceeding() {
  state_ = State::Proceeding;
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, fr_inv_timeout_);
  if (cancel_ == Cancel::Wanted) send_cancel();
}

// Timer M, on all transports.
void ClientTransaction::enter_accepted() {
  state_ = State::Accepted;
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, 64 * layer_.settings_.t1);
  request_ = {};
  memory_.reset();
  finish();
}

// Timer D. The ACK is all that may have to be sent again.
void ClientTransaction::enter_invite_completed(const sip::Message& response) {
  state_ = State::Completed;
  retransmit_timer_.cancel();
  layer_.shard_.schedule(state_timer_, reliable() ? base::Duration::zero() : layer_.settings_.timer_d);
  sip::Message sent;
  static_cast<void>(sent.index(request_));
  ack_ = sip::build_ack(sent, response);
  append_headers(ack_, extra_headers_);
  request_ = {};
  memory_.reset();
  finish();
  send_ack();
}

// The callee takes too long: the user goes on as after a 408, the callee is told (RFC 3261 section 16.8).
void ClientTransaction::on_timer_c() {
  layer_.statistics_.timeout_finalresponse_inv.add();
  send_cancel();
  time_out(TimeoutKind::NoFinalResponse);
}

void ClientTransaction::send_ack() { static_cast<void>(send(ack_)); }

void ClientTransaction::cancel(std::string_view reason) {
  if (!is_invite() || cancel_ != Cancel::No) return;
  if (state_ != State::Calling && state_ != State::Proceeding) return;
  cancel_ = Cancel::Wanted;
  reason_ = memory_->arena().copy(reason);
  if (state_ == State::Proceeding) send_cancel();
}

// If the CANCEL can't be sent, the end of the wait for its answer ends the branch too.
void ClientTransaction::send_cancel() {
  cancel_ = Cancel::Sent;
  sip::Message sent;
  static_cast<void>(sent.index(request_));
  std::string cancel = sip::build_cancel(sent);
  append_headers(cancel, reason_);
  append_headers(cancel, extra_headers_);
  ClientRequest request;
  request.method = sip::Method::Cancel;
  request.branch = branch_;
  request.flow = flow_;
  request.bytes = memory_->arena().copy(cancel);
  request.memory = memory_;
  static_cast<void>(layer_.start_client(request, nullptr));
  layer_.shard_.schedule(state_timer_, 64 * layer_.settings_.t1);
}

}  // namespace carillon::transaction
