// SPDX-License-Identifier: Apache-2.0
// What INVITE and non-INVITE server transactions share: the way to the transport, and to the user.
#include "transaction/server_transaction.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/random.h"
#include "transaction/transaction_layer.h"
#include "transport/response_target.h"

namespace carillon::transaction {
namespace {

transport::Target response_target(const transport::TransportLayer& transport, const StoredMessage& request) {
  return request.response_target(transport.is_trusted(request.flow().remote.address));
}

// On a connection, the request's own; else as its Via says.
transport::Flow flow_of_responses(transport::TransportLayer& transport, const StoredMessage& request) {
  if (!transport::has_connections(request.flow().protocol)) {
    const auto known = transport.try_open(response_target(transport, request));
    if (known && *known) return **known;
  }
  return request.flow();
}

}  // namespace

ServerTransaction::ServerTransaction(TransactionLayer& layer, ServerTransactionUser& user, StoredMessagePtr request)
    : layer_(layer),
      user_(&user),
      state_(request->message().method() == sip::Method::Invite ? State::Proceeding : State::Trying),
      invite_(request->message().method() == sip::Method::Invite),
      rfc3261_branch_(request->message().top_via().has_rfc3261_branch()),
      request_(std::move(request)),
      key_(server_key(layer.secrets_, request_->message())),
      branch_key_(base::random_u64()),
      flow_(flow_of_responses(layer.transport_, *request_)) {
  if (invite_) call_key_ = call_key(layer.secrets_, request_->message());
}

// --- what the user does

base::Result<> ServerTransaction::respond(int status, std::string_view bytes) {
  if (!may_respond(status)) return base::fail("a final response was sent already");
  const bool first_final = status >= 200 && !has_final_response();
  last_status_ = status;
  const auto sent = feed(status < 200 ? Input::Provisional : (status < 300 ? Input::Success : Input::Failure), bytes);
  if (first_final) finish(status);
  return sent;
}

// A retransmission that comes earlier gets it at once: it is the last response there is.
void ServerTransaction::send_trying_in_time(std::string trying) {
  constexpr base::Duration kTime = std::chrono::milliseconds(200);
  if (!invite_ || state_ != State::Proceeding || last_status_ != 0 || !last_response_.empty()) return;
  last_response_ = std::move(trying);
  layer_.shard_.schedule(retransmit_timer_, kTime);
}

bool ServerTransaction::may_respond(int status) const {
  switch (state_) {
    case State::Trying:
    case State::Proceeding:
      return true;
    case State::Accepted:
      return status >= 200 && status < 300;
    default:
      return false;
  }
}

void ServerTransaction::repeat_success(std::string_view bytes) {
  if (state_ != State::Accepted || acknowledged_) return;
  last_response_ = bytes;
  interval_ = layer_.settings_.t1;
  layer_.shard_.schedule(retransmit_timer_, interval_);
}

void ServerTransaction::abandon() {
  CARILLON_ASSERT(!invite_);
  user_ = nullptr;
  if (state_ == State::Trying || state_ == State::Proceeding) {
    constexpr int kTimeout = 408;
    last_status_ = kTimeout;
    forget_last_response();
    enter_completed();
    finish(kTimeout);
  }
  held_.open();
  hand_out_held();
}

// All that is needed from here on is the key and the answer.
void ServerTransaction::finish(int status) {
  request_.reset();
  --layer_.unfinished_;
  Statistics& statistics = layer_.statistics_;
  switch (status / 100) {
    case 2:
      return statistics.transactions_2xx.add();
    case 3:
      return statistics.transactions_3xx.add();
    case 4:
      return statistics.transactions_4xx.add();
    case 5:
      return statistics.transactions_5xx.add();
    default:
      return statistics.transactions_6xx.add();
  }
}

void ServerTransaction::cancel(const StoredMessagePtr& cancel) {
  if (!invite_ || cancelled_ || has_final_response()) return;
  cancelled_ = true;
  deliver({.kind = EventKind::Cancel, .message = cancel});
}

void ServerTransaction::release() {
  held_.release();
  hand_out_held();
}

void ServerTransaction::detach() {
  user_ = nullptr;
  if (!has_final_response()) terminate();
  held_.open();
  hand_out_held();
}

// --- states

base::Result<> ServerTransaction::feed(Input input, std::string_view response) {
  switch (state_) {
    case State::Trying:
      return trying(input, response);
    case State::Proceeding:
      return invite_ ? invite_proceeding(input, response) : proceeding(input, response);
    case State::Accepted:
      return invite_accepted(input, response);
    case State::Completed:
      return invite_ ? invite_completed(input) : completed(input);
    case State::Confirmed:
      return invite_confirmed(input);
    case State::Terminated:
      return {};
  }
  return {};
}

void ServerTransaction::terminate() {
  if (state_ == State::Terminated) return;
  if (!has_final_response()) --layer_.unfinished_;
  state_ = State::Terminated;
  retransmit_timer_.cancel();
  state_timer_.cancel();
  layer_.servers_by_key_.remove(by_key_);
  layer_.servers_by_call_.remove(by_call_);
  layer_.statistics_.inuse_transactions.subtract();
  request_.reset();
  forget_last_response();
  deliver({.kind = EventKind::Terminated});
}

// The To tag tells the ACK of our response from that of another one where the branch doesn't (RFC 3261 section 17.2.3).
bool ServerTransaction::acknowledges(const sip::Message& ack) const {
  if (rfc3261_branch_) return true;
  sip::Message response;
  static_cast<void>(response.index(last_response_));
  return response.to_tag() == ack.to_tag();
}

void ServerTransaction::note_ack_of_2xx() {
  if (std::exchange(acknowledged_, true)) return;
  if (state_ == State::Accepted) {
    retransmit_timer_.cancel();
    forget_last_response();
  }
  deliver({.kind = EventKind::Ack});
}

void ServerTransaction::on_retransmit_timer() {
  layer_.destroy_buried();
  tell_failure(feed(Input::Retransmit));
}

void ServerTransaction::on_state_timer() {
  layer_.destroy_buried();
  tell_failure(feed(Input::Expiry));
}

// --- to the transport

base::Result<> ServerTransaction::send(std::string_view bytes) {
  if (opening_.running()) {
    unsent_ = bytes;
    return {};
  }
  auto sent = layer_.transport_.send(flow_, bytes, layer_.cookie(id_));
  if (sent || !request_ || !transport::has_connections(flow_.protocol)) return sent;
  return send_on_new_connection(bytes);
}

base::Result<> ServerTransaction::send_and_keep(std::string_view bytes) {
  last_response_ = bytes;
  return send(bytes);
}

base::Result<> ServerTransaction::send_last() {
  if (last_response_.empty()) return {};
  return send(last_response_);
}

// Gives the memory back, too.
void ServerTransaction::forget_last_response() {
  last_response_.clear();
  last_response_.shrink_to_fit();
}

// The connection the request came by is gone (RFC 3261 section 18.2.2).
base::Result<> ServerTransaction::send_on_new_connection(std::string_view bytes) {
  transport::Target target = response_target(layer_.transport_, *request_);
  target.connection = transport::ConnectionId::None;
  if (const auto known = layer_.transport_.try_open(target)) {
    if (!*known) return std::unexpected(known->error());
    flow_ = **known;
    return layer_.transport_.send(flow_, bytes, layer_.cookie(id_));
  }
  unsent_ = bytes;
  opening_ = open_and_send(std::move(target));
  // Timer J is zero here, but the response has yet to leave.
  if (state_timer_.pending()) layer_.shard_.schedule(state_timer_, 64 * layer_.settings_.t1);
  return {};
}

base::Running ServerTransaction::open_and_send(transport::Target target) {
  const auto flow = co_await layer_.transport_.open(layer_.shard_, std::move(target));
  if (!flow) {
    on_send_failed(flow.error());
    co_return;
  }
  flow_ = *flow;
  tell_failure(layer_.transport_.send(flow_, std::exchange(unsent_, {}), layer_.cookie(id_)));
}

void ServerTransaction::on_send_failed(const base::Error& error) {
  if (state_ == State::Terminated) return;
  deliver({.kind = EventKind::TransportError, .error = error});
}

void ServerTransaction::tell_failure(const base::Result<>& sent) {
  if (!sent) on_send_failed(sent.error());
}

// --- to the user

void ServerTransaction::deliver(HeldEvent event) {
  if (!held_.closed()) return dispatch(event);
  layer_.keep(held_, std::move(event));
}

void ServerTransaction::dispatch(const HeldEvent& event) {
  if (event.kind == EventKind::Terminated) {
    if (user_ != nullptr) user_->on_terminated(*this);
    return layer_.bury(*this);
  }
  if (user_ == nullptr) return;
  switch (event.kind) {
    case EventKind::Cancel:
      if (!has_final_response()) user_->on_cancel(*this, event.message);
      return;
    case EventKind::Ack:
      return user_->on_ack(*this);
    case EventKind::Timeout:
      return user_->on_no_ack(*this);
    case EventKind::TransportError:
      return user_->on_transport_error(*this, event.error);
    case EventKind::Response:
    case EventKind::Terminated:
      return;
  }
}

void ServerTransaction::hand_out_held() {
  while (held_.has_next()) {
    HeldEvent event = held_.next();
    if (!event.client) {
      dispatch(event);
    } else if (ClientTransaction* client = layer_.find(event.client); client != nullptr) {
      client->deliver_from_server(std::move(event));
    }
  }
}

}  // namespace carillon::transaction
