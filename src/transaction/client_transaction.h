// SPDX-License-Identifier: Apache-2.0
// Client transactions (RFC 3261 section 17.1 with RFC 6026): between a request as sent and the responses received to
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "shard/timing_wheel.h"
#include "sip/message.h"
#include "sip/method.h"
#include "transaction/held_events.h"
#include "transaction/intrusive_index.h"
#include "transaction/stored_message.h"
#include "transaction/transaction_id.h"
#include "transport/branch.h"
#include "transport/flow.h"

namespace carillon::transaction {

class ClientTransaction;
class TransactionLayer;

// Who sent the request: a branch of the proxy core, or a user agent. Called inside the shard, from within the layer's
// members or from timers; may call the transaction and the layer.
class ClientTransactionUser {
 public:
  // Each provisional response, the final one, and for an INVITE each further 2xx (sent again, or from another fork).
  // `response` is gone when the call returns; TransactionLayer::store() keeps it.
  virtual void on_response(ClientTransaction& transaction, const sip::Message& response,
                           const transport::Flow& flow) = 0;
  // Counts as the final response; only a 2xx can still come. NoResponse: on_terminated() follows.
  virtual void on_timeout(ClientTransaction& transaction, TimeoutKind kind) = 0;
  // The request was not delivered (section 17.1.4); counts as 503. on_terminated() follows.
  virtual void on_transport_error(ClientTransaction& transaction, const base::Error& error) = 0;
  // The last call; the transaction is gone when the run that handles it ends.
  virtual void on_terminated(ClientTransaction& /*transaction*/) {}

 protected:
  ~ClientTransactionUser() = default;
};

// What a client transaction is created with.
struct ClientRequest {
  sip::Method method = sip::Method::Unknown;
  transport::Branch
      branch;  // of the top Via in `bytes`; unique, its key from ServerTransaction::branch_key() or random
  transport::Flow flow;
  std::string_view bytes;          // the request as sent, in the arena of `memory`
  StoredMessagePtr memory;         // kept until nothing has to be sent again
  std::string_view extra_headers;  // for the ACK and CANCEL made here: complete lines, in the arena of `memory`
  ServerTransactionId server;      // on whose behalf; its hold() holds this one too
  std::optional<base::Duration> fr_timeout;  // instead of Settings'
  std::optional<base::Duration> fr_inv_timeout;
};

// Made by TransactionLayer::create_client(), which owns it; it ends by itself. A reference is good until the caller
// waits or returns to the event loop; across waits keep id().
class ClientTransaction {
 public:
  // Calling is Trying for a non-INVITE.
  enum class State : std::uint8_t { Calling, Proceeding, Accepted, Completed, Terminated };

  ClientTransaction(TransactionLayer& layer, ClientTransactionUser* user, const ClientRequest& request);
  ClientTransaction(const ClientTransaction&) = delete;
  ClientTransaction& operator=(const ClientTransaction&) = delete;

  [[nodiscard]] ClientTransactionId id() const { return id_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] sip::Method method() const { return method_; }
  [[nodiscard]] const transport::Branch& branch() const { return branch_; }
  [[nodiscard]] const transport::Flow& flow() const { return flow_; }
  // Of the last response received; 0 before the first.
  [[nodiscard]] int last_status() const { return last_status_; }

  // A response that TransactionLayer::match_response() found to be this transaction's.
  void receive(const sip::Message& response, const transport::Flow& flow);

  // Sends a CANCEL for this INVITE: now, or as soon as a provisional response has come (section 9.1). Nothing happens
  // for another method, the second time, or after a final response. `reason` is a complete Reason header line, or
  // empty; it is copied. If no final response comes within 64*T1, on_timeout(NotCancelled).
  void cancel(std::string_view reason = {});
  [[nodiscard]] bool cancel_requested() const { return cancel_ != Cancel::No; }

  // While held, its events wait. Calls nest. release() delivers what has waited, in order, and may end the transaction.
  void hold() { held_.hold(); }
  void release();

  // No more calls to the user; the transaction goes on alone.
  void detach();
  void set_user(ClientTransactionUser& user) { user_ = &user; }
  [[nodiscard]] ClientTransactionUser* user() const { return user_; }

  // The timers of this transaction, when the script changes them ($T_fr_timeout) after it was created; they hold from
  // the next time one is started.
  void set_fr_timeout(base::Duration timeout) { fr_timeout_ = timeout; }
  void set_fr_inv_timeout(base::Duration timeout) { fr_inv_timeout_ = timeout; }

 private:
  friend class TransactionLayer;
  friend class ServerTransaction;

  enum class Input : std::uint8_t {
    Provisional,
    Success,
    Failure,     // 300 to 699
    Retransmit,  // timer A or E
    Expiry,      // timer B, C, D, F, K or M, or the end of the wait for the answer to a CANCEL
  };
  enum class Cancel : std::uint8_t { No, Wanted, Sent };
  // A response as it comes in, with the first three inputs; null with the others.
  struct Arrival {
    const sip::Message& response;
    const transport::Flow& flow;
  };

  // One function for each state of figures 5 and 6. What a state has no arrow for it ignores.
  void feed(Input input, const Arrival* arrival = nullptr);
  void invite_calling(Input input, const Arrival* arrival);
  void invite_proceeding(Input input, const Arrival* arrival);
  void invite_accepted(Input input, const Arrival* arrival);
  void invite_completed(Input input);
  void trying(Input input, const Arrival* arrival);
  void proceeding(Input input, const Arrival* arrival);
  void completed(Input input);
  void enter_invite_proceeding();
  void enter_accepted();
  void enter_invite_completed(const sip::Message& response);
  void enter_completed();
  void on_timer_c();
  void time_out(TimeoutKind kind);
  void finish();

  [[nodiscard]] bool is_invite() const { return method_ == sip::Method::Invite; }
  [[nodiscard]] bool reliable() const { return transport::is_reliable(flow_.protocol); }
  [[nodiscard]] base::Result<> start();
  [[nodiscard]] base::Result<> send(std::string_view bytes);
  void send_again(base::Duration next_interval);
  void send_ack();
  void send_cancel();
  void on_send_failed(const base::Error& error);
  void on_retransmit_timer();
  void on_state_timer();

  void deliver(const Arrival& arrival);
  void deliver(HeldEvent event);
  // One that was held together with those of the server transaction.
  void deliver_from_server(HeldEvent event);
  void dispatch(const HeldEvent& event);
  void hand_out_held();
  // Where events have to wait now; null when nowhere.
  [[nodiscard]] HeldEvents* closed_gate();
  void terminate();

  TransactionLayer& layer_;
  ClientTransactionUser* user_;
  ClientTransactionId id_;
  State state_ = State::Calling;
  sip::Method method_;
  Cancel cancel_ = Cancel::No;
  bool gave_up_ = false;   // on_timeout() was called: of what still comes only a 2xx is told
  bool finished_ = false;  // has its final response, or will have none
  bool buried_ = false;
  std::uint8_t sent_again_ = 0;
  int last_status_ = 0;
  transport::Branch branch_;
  transport::Flow flow_;
  ServerTransactionId server_;
  StoredMessagePtr memory_;
  std::string_view request_;  // empty once nothing is sent again
  std::string_view extra_headers_;
  std::string_view reason_;  // of the CANCEL
  std::string ack_;
  base::Duration fr_timeout_;
  base::Duration fr_inv_timeout_;
  base::Duration interval_{};                       // of timer A or E
  const transport::Flow* response_flow_ = nullptr;  // while a response is received
  base::Error error_;                               // of the transport, while it is told
  IndexLink<ClientTransaction> by_branch_{*this};
  shard::Timer retransmit_timer_ = shard::Timer::calling<&ClientTransaction::on_retransmit_timer>(this);
  shard::Timer state_timer_ = shard::Timer::calling<&ClientTransaction::on_state_timer>(this);
  HeldEvents held_;
};

}  // namespace carillon::transaction
