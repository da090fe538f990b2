// SPDX-License-Identifier: Apache-2.0
// Server transactions (RFC 3261 section 17.2 with RFC 6026): between a request as received and the responses sent to
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "shard/timing_wheel.h"
#include "transaction/held_events.h"
#include "transaction/intrusive_index.h"
#include "transaction/stored_message.h"
#include "transaction/transaction_id.h"
#include "transaction/transaction_key.h"
#include "transport/flow.h"
#include "transport/target.h"

namespace carillon::transaction {

class ServerTransaction;
class TransactionLayer;

// Who answers the request: the proxy core, a user agent, or the engine for a transaction the script can't see. Called
// inside the shard, from within the layer's members or from timers; may call the transaction and the layer.
class ServerTransactionUser {
 public:
  // The INVITE was cancelled (ServerTransaction::cancel()).
  virtual void on_cancel(ServerTransaction& transaction, const StoredMessagePtr& cancel) = 0;
  // The first ACK of a 2xx passed by.
  virtual void on_ack(ServerTransaction& /*transaction*/) {}
  // Timer H: nobody acknowledged the final response. on_terminated() follows.
  virtual void on_no_ack(ServerTransaction& /*transaction*/) {}
  // A response could not be sent. The transaction stays in its state (RFC 6026 section 8.8).
  virtual void on_transport_error(ServerTransaction& /*transaction*/, const base::Error& /*error*/) {}
  // The last call; the transaction is gone when the run that handles it ends.
  virtual void on_terminated(ServerTransaction& transaction) = 0;

 protected:
  ~ServerTransactionUser() = default;
};

// Made by TransactionLayer::create_server(), which owns it; it ends by itself. A reference is good until the caller
// waits or returns to the event loop; across waits keep id().
class ServerTransaction {
 public:
  enum class State : std::uint8_t { Trying, Proceeding, Accepted, Completed, Confirmed, Terminated };

  ServerTransaction(TransactionLayer& layer, ServerTransactionUser& user, StoredMessagePtr request);
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;

  [[nodiscard]] ServerTransactionId id() const { return id_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_invite() const { return invite_; }
  // Null once a final response was sent: who needs the request longer keeps a StoredMessagePtr.
  [[nodiscard]] const StoredMessagePtr& request() const { return request_; }
  // Of the last response sent; 0 before the first.
  [[nodiscard]] int last_status() const { return last_status_; }
  [[nodiscard]] bool has_final_response() const { return last_status_ >= 200; }
  // A CANCEL has come, perhaps one that on_cancel() will tell of only after release(): send no more branches.
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  // Where responses go.
  [[nodiscard]] const transport::Flow& response_flow() const { return flow_; }
  // Random; for the transport::Branch of requests sent on behalf of this transaction.
  [[nodiscard]] std::uint64_t branch_key() const { return branch_key_; }

  // Sends `bytes`, a complete response with this status. An error when a final response was sent before (but a 2xx may
  // follow a 2xx to an INVITE), or when it can't be sent: then it counts as sent nevertheless, and is sent again as
  // timers and retransmissions of the request ask for. A connection that was closed meanwhile is opened again (section
  // 18.2.2); if that fails later, on_transport_error() tells.
  //
  // 408 to a non-INVITE, and provisional responses but 100 to one, are the caller's to avoid (RFC 4320 section 4).
  [[nodiscard]] base::Result<> respond(int status, std::string_view bytes);
  // Whether respond() would take a response with this status.
  [[nodiscard]] bool may_respond(int status) const;
  // The 2xx to this INVITE that was just sent is our own: it is sent again until its ACK passes by, on all transports
  // (section 13.3.1.4).
  void repeat_success(std::string_view bytes);
  // Who is to answer this INVITE may take long: unless there is a response within 200 ms, `trying`, a complete 100, is
  // sent (section 17.2.1). Nothing happens when there was one.
  void send_trying_in_time(std::string trying);
  // There will be no answer to this non-INVITE, whose client has given up or soon will (RFC 4320 section 4.2): no more
  // calls to the user. What the client still sends again is absorbed.
  void abandon();

  // The script wants this INVITE cancelled by `cancel`: on_cancel(), once, if there is no final response yet.
  void cancel(const StoredMessagePtr& cancel);

  // While held, its events, and those of the client transactions that name it as their server transaction, wait. Calls
  // nest. release() delivers what has waited, in order, and may end the transaction.
  void hold() { held_.hold(); }
  void release();

  // No more calls to the user, and nothing is held any more. The transaction goes on alone: it absorbs retransmissions
  // until it ends. Without a final response it ends at once.
  void detach();
  // Hands the transaction to another user (from the engine's invisible one to the proxy core).
  void set_user(ServerTransactionUser& user) { user_ = &user; }
  [[nodiscard]] ServerTransactionUser* user() const { return user_; }

 private:
  friend class TransactionLayer;
  friend class ClientTransaction;

  enum class Input : std::uint8_t {
    Request,  // the request again
    Ack,
    Provisional,  // from the user: 100 to 199,
    Success,      // 200 to 299,
    Failure,      // 300 to 699
    Retransmit,   // timer G, and in Proceeding the time for a 100
    Expiry,       // timer H, I, J or L
  };

  // One function for each state of figures 7 and 8. What a state has no arrow for it ignores. Errors are those of
  // sending.
  base::Result<> feed(Input input, std::string_view response = {});
  base::Result<> invite_proceeding(Input input, std::string_view response);
  base::Result<> invite_accepted(Input input, std::string_view response);
  base::Result<> invite_completed(Input input);
  base::Result<> invite_confirmed(Input input);
  base::Result<> trying(Input input, std::string_view response);
  base::Result<> proceeding(Input input, std::string_view response);
  base::Result<> completed(Input input);
  void enter_accepted();
  void enter_invite_completed();
  void enter_confirmed();
  void enter_completed();

  base::Result<> send(std::string_view bytes);
  base::Result<> send_and_keep(std::string_view bytes);
  base::Result<> send_last();
  void forget_last_response();
  base::Result<> send_on_new_connection(std::string_view bytes);
  [[nodiscard]] base::Running open_and_send(transport::Target target);
  void finish(int status);
  [[nodiscard]] bool reliable() const { return transport::is_reliable(flow_.protocol); }

  void receive_request() { tell_failure(feed(Input::Request)); }
  void receive_ack() { tell_failure(feed(Input::Ack)); }
  void note_ack_of_2xx();
  void on_retransmit_timer();
  void on_state_timer();
  void on_send_failed(const base::Error& error);
  void tell_failure(const base::Result<>& sent);
  [[nodiscard]] bool acknowledges(const sip::Message& ack) const;

  void deliver(HeldEvent event);
  void dispatch(const HeldEvent& event);
  void hand_out_held();
  void terminate();

  TransactionLayer& layer_;
  ServerTransactionUser* user_;
  ServerTransactionId id_;
  State state_;
  bool invite_;
  bool rfc3261_branch_;
  bool cancelled_ = false;
  bool acknowledged_ = false;  // on_ack() was called
  bool buried_ = false;        // on_terminated() was called
  int last_status_ = 0;
  StoredMessagePtr request_;
  TransactionKey key_;
  TransactionKey call_key_;
  IndexLink<ServerTransaction> by_key_{*this};
  IndexLink<ServerTransaction> by_call_{*this};
  std::uint64_t branch_key_;
  transport::Flow flow_;
  std::string last_response_;  // the last that may have to be sent again
  std::string unsent_;         // waits for the connection that `opening_` opens
  base::Running opening_;
  base::Duration interval_{};  // of timer G
  shard::Timer retransmit_timer_ = shard::Timer::calling<&ServerTransaction::on_retransmit_timer>(this);
  shard::Timer state_timer_ = shard::Timer::calling<&ServerTransaction::on_state_timer>(this);
  HeldEvents held_;
};

}  // namespace carillon::transaction
