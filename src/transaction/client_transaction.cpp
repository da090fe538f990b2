// SPDX-License-Identifier: Apache-2.0
// What INVITE and non-INVITE client transactions share: the way to the transport, and to the user.
#include "transaction/client_transaction.h"

#include <utility>

#include "base/assert.h"
#include "transaction/transaction_layer.h"

namespace carillon::transaction {

ClientTransaction::ClientTransaction(TransactionLayer& layer, ClientTransactionUser* user, const ClientRequest& request)
    : layer_(layer),
      user_(user),
      method_(request.method),
      branch_(request.branch),
      flow_(request.flow),
      server_(request.server),
      memory_(request.memory),
      request_(request.bytes),
      extra_headers_(request.extra_headers),
      fr_timeout_(request.fr_timeout.value_or(layer.settings_.fr_timeout)),
      fr_inv_timeout_(request.fr_inv_timeout.value_or(layer.settings_.fr_inv_timeout)) {
  CARILLON_ASSERT(memory_);
}

// --- what the user does

void ClientTransaction::receive(const sip::Message& response, const transport::Flow& flow) {
  const int status = response.status();
  last_status_ = status;
  const Arrival arrival{response, flow};
  feed(status < 200 ? Input::Provisional : (status < 300 ? Input::Success : Input::Failure), &arrival);
}

void ClientTransaction::release() {
  held_.release();
  hand_out_held();
}

void ClientTransaction::detach() {
  user_ = nullptr;
  held_.open();
  hand_out_held();
}

// --- states

void ClientTransaction::feed(Input input, const Arrival* arrival) {
  switch (state_) {
    case State::Calling:
      return is_invite() ? invite_calling(input, arrival) : trying(input, arrival);
    case State::Proceeding:
      return is_invite() ? invite_proceeding(input, arrival) : proceeding(input, arrival);
    case State::Accepted:
      return invite_accepted(input, arrival);
    case State::Completed:
      return is_invite() ? invite_completed(input) : completed(input);
    case State::Terminated:
      return;
  }
}

void ClientTransaction::time_out(TimeoutKind kind) {
  gave_up_ = true;
  finish();
  deliver({.kind = EventKind::Timeout, .timeout = kind, .client = id_});
}

void ClientTransaction::finish() {
  if (std::exchange(finished_, true)) return;
  --layer_.unfinished_;
}

void ClientTransaction::terminate() {
  if (state_ == State::Terminated) return;
  finish();
  state_ = State::Terminated;
  retransmit_timer_.cancel();
  state_timer_.cancel();
  layer_.clients_by_branch_.remove(by_branch_);
  request_ = {};
  memory_.reset();
  deliver({.kind = EventKind::Terminated, .client = id_});
}

void ClientTransaction::on_retransmit_timer() {
  layer_.destroy_buried();
  feed(Input::Retransmit);
}

void ClientTransaction::on_state_timer() {
  layer_.destroy_buried();
  feed(Input::Expiry);
}

// --- to the transport

base::Result<> ClientTransaction::start() {
  if (auto sent = send(request_); !sent) return sent;
  layer_.shard_.schedule(state_timer_, fr_timeout_);  // B or F
  if (reliable()) return {};
  interval_ = layer_.settings_.t1;
  layer_.shard_.schedule(retransmit_timer_, interval_);  // A or E
  return {};
}

base::Result<> ClientTransaction::send(std::string_view bytes) {
  return layer_.transport_.send(flow_, bytes, layer_.cookie(id_));
}

void ClientTransaction::send_again(base::Duration next_interval) {
  interval_ = next_interval;
  layer_.shard_.schedule(retransmit_timer_, interval_);
  Statistics& statistics = layer_.statistics_;
  switch (sent_again_) {
    case 0:
      statistics.retransmission_req_T1_1.add();
      break;
    case 1:
      statistics.retransmission_req_T1_2.add();
      break;
    case 2:
      statistics.retransmission_req_T1_3.add();
      break;
    default:
      statistics.retransmission_req_T2.add();
      break;
  }
  if (sent_again_ < 3) ++sent_again_;
  if (const auto sent = send(request_); !sent) on_send_failed(sent.error());
}

// The request is lost while it waits for a response (figures 5 and 6). An ACK that is lost is sent again when the
// response comes again.
void ClientTransaction::on_send_failed(const base::Error& error) {
  const bool is_lost = state_ == State::Calling || (state_ == State::Proceeding && !is_invite());
  if (!is_lost) return;
  finish();
  deliver({.kind = EventKind::TransportError, .client = id_, .error = error});
  terminate();
}

// --- to the user

void ClientTransaction::deliver(const Arrival& arrival) {
  if (gave_up_ && arrival.response.status() / 100 != 2) return;
  if (HeldEvents* gate = closed_gate(); gate != nullptr) {
    layer_.keep(*gate,
                {.kind = EventKind::Response, .client = id_, .message = layer_.store(arrival.response, arrival.flow)});
  } else if (user_ != nullptr) {
    user_->on_response(*this, arrival.response, arrival.flow);
  }
}

void ClientTransaction::deliver(HeldEvent event) {
  if (HeldEvents* gate = closed_gate(); gate != nullptr) return layer_.keep(*gate, std::move(event));
  dispatch(event);
}

void ClientTransaction::deliver_from_server(HeldEvent event) {
  if (held_.closed()) return layer_.keep(held_, std::move(event));
  dispatch(event);
}

void ClientTransaction::dispatch(const HeldEvent& event) {
  if (event.kind == EventKind::Terminated) {
    if (user_ != nullptr) user_->on_terminated(*this);
    return layer_.bury(*this);
  }
  if (user_ == nullptr) return;
  switch (event.kind) {
    case EventKind::Response:
      return user_->on_response(*this, event.message->message(), event.message->flow());
    case EventKind::Timeout:
      return user_->on_timeout(*this, event.timeout);
    case EventKind::TransportError:
      return user_->on_transport_error(*this, event.error);
    case EventKind::Cancel:
    case EventKind::Ack:
    case EventKind::Terminated:
      return;
  }
}

void ClientTransaction::hand_out_held() {
  while (held_.has_next()) {
    HeldEvent event = held_.next();
    if (ServerTransaction* server = layer_.find(server_); server != nullptr && server->held_.closed()) {
      layer_.keep(server->held_, std::move(event));
    } else {
      dispatch(event);
    }
  }
}

HeldEvents* ClientTransaction::closed_gate() {
  if (held_.closed()) return &held_;
  if (!server_) return nullptr;
  ServerTransaction* server = layer_.find(server_);
  return server != nullptr && server->held_.closed() ? &server->held_ : nullptr;
}

}  // namespace carillon::transaction
