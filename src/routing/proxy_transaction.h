// SPDX-License-Identifier: Apache-2.0
// The response context of RFC 3261 section 16: one request, the branches it was forked to, and what became of each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "routing/route_context.h"
#include "routing/target_set.h"
#include "routing/transaction_observer.h"
#include "script/avp.h"
#include "script/program.h"
#include "shard/object_pool.h"
#include "transaction/client_transaction.h"
#include "transaction/server_transaction.h"
#include "transaction/stored_message.h"

namespace carillon::routing {

class Proxy;
class ProxyTransaction;
struct RelayOptions;
struct Reply;

// One place the request was sent to, and the best that came back.
class Branch final : private transaction::ClientTransactionUser {
 public:
  Branch(ProxyTransaction& transaction, unsigned index, const RequestTarget& requested)
      : target(requested), index_(index), transaction_(transaction) {}
  Branch(const Branch&) = delete;
  Branch& operator=(const Branch&) = delete;

  RequestTarget target;
  std::optional<script::RouteId> reply_route;  // armed by the branch_route

  [[nodiscard]] unsigned index() const { return index_; }
  // Of the last response; 0 before the first. Timeouts and failures to send count as 408 and 503.
  [[nodiscard]] int status() const { return status_; }
  // Something was received from there, if only a 100.
  [[nodiscard]] bool was_heard() const { return heard_; }
  [[nodiscard]] bool is_final() const { return status_ >= 200; }
  // The final response as received; null: made by us.
  [[nodiscard]] const transaction::StoredMessagePtr& response() const { return response_; }
  // Its own AVPs ($bavp); null when there are none and `make` doesn't ask for them.
  [[nodiscard]] script::AvpList* avps(bool make = false);
  // What the onreply_route made of that response; null when there was none.
  [[nodiscard]] const Decision* decision() const { return decision_.get(); }

 private:
  friend class ProxyTransaction;

  void on_response(transaction::ClientTransaction& transaction, const sip::Message& response,
                   const transport::Flow& flow) override;
  void on_timeout(transaction::ClientTransaction& transaction, transaction::TimeoutKind kind) override;
  void on_transport_error(transaction::ClientTransaction& transaction, const base::Error& error) override;
  void on_terminated(transaction::ClientTransaction& transaction) override;

  unsigned index_;
  int status_ = 0;
  bool heard_ = false;
  bool by_name_ = false;  // a name led to `remote_`
  base::Endpoint remote_;
  transport::Protocol protocol_ = transport::Protocol::Udp;
  ProxyTransaction& transaction_;
  transaction::ClientTransactionId client_;
  transaction::StoredMessagePtr response_;
  std::unique_ptr<Decision> decision_;
  std::unique_ptr<script::AvpList> avps_;
};

// Made by Proxy::create_transaction(); ends by itself once its server and client transactions have ended and no run of
// the script uses it.
class ProxyTransaction final : public transaction::ServerTransactionUser {
 public:
  ProxyTransaction(Proxy& proxy, transaction::StoredMessagePtr request);
  ~ProxyTransaction();
  ProxyTransaction(const ProxyTransaction&) = delete;
  ProxyTransaction& operator=(const ProxyTransaction&) = delete;

  // --- what scripts and modules see of it
  [[nodiscard]] const sip::Message& request() const { return request_->message(); }
  [[nodiscard]] const transaction::StoredMessagePtr& stored_request() const { return request_; }
  [[nodiscard]] bool has_request() const { return static_cast<bool>(request_); }
  [[nodiscard]] bool is_invite() const { return invite_; }
  [[nodiscard]] script::AvpList& avps() { return avps_; }
  [[nodiscard]] bool was_cancelled() const { return cancelled_; }
  [[nodiscard]] bool has_final_response() const { return final_status_ != 0; }
  // Of the last response sent to the caller; 0 before the first.
  [[nodiscard]] int last_status() const { return last_status_; }
  // The last response sent to the caller was ours.
  [[nodiscard]] bool last_reply_was_local() const { return last_was_local_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Branch>>& branches() const { return branches_; }
  // Those of the last t_relay() only: what the failure_route and the answer are about, as in OpenSIPS.
  [[nodiscard]] std::span<const std::unique_ptr<Branch>> last_set() const {
    return std::span(branches_).subspan(set_begin_);
  }
  // The branch whose response won, while the failure_route runs; null: a timeout or failure of ours.
  [[nodiscard]] const Branch* winner() const { return winner_; }
  std::uint32_t flags = 0;  // message flags
  ArmedRoutes armed;
  std::string cancel_headers;        // Reason for the CANCELs to come
  std::string_view request_headers;  // t_add_hdrs(): on every request of this transaction; in its arena
  std::optional<std::uint32_t> verified_credentials;  // Authentication::verified
  std::optional<base::Duration> fr_timeout;           // instead of the parameters
  std::optional<base::Duration> fr_inv_timeout;
  std::vector<std::unique_ptr<TransactionObserver>> observers;

  // --- what they do to it
  // Sends the context's target set. See Proxy::relay() for the codes.
  [[nodiscard]] base::Task<int> relay(RouteContext& context, const RelayOptions& options);
  // The request's own run is over: what it has neither answered nor relayed is dropped, as without a transaction. An
  // INVITE that it has answered provisionally waits for somebody else's answer, or branches.
  void on_script_end(RouteContext& context);
  // A response of ours. False when a final one was sent already.
  bool reply(int status, std::string_view reason, const std::string& bytes);
  void cancel_branches(const Branch* but = nullptr);
  void cancel_branch(Branch& branch);
  // The same by somebody who is no run of this request's: with what append_to_reply() has gathered. `to_tag`: of the
  // answer, unless one was sent already.
  bool reply_from_outside(const Reply& reply, std::string_view to_tag = {});

  // --- branches that come later (late_branches.cpp)
  // Stays open for `count` further branches (0: any number), for fr_inv_timeout at most: a branch that is nowhere takes
  // their place. False when it waits already or has been answered.
  bool wait_for_branches(RouteContext& context, unsigned count);
  // The wait is over; false when there was none.
  bool end_wait();
  struct Injection {
    bool cancel_others = false;
    bool is_last = false;  // ends the wait
  };
  // Adds branches while others may be under way. See Proxy::relay() for the codes.
  [[nodiscard]] base::Task<int> inject(TargetSet targets, Injection how);
  // Whether this branch only takes the place of branches to come.
  [[nodiscard]] bool is_placeholder(const Branch& branch) const;
  // The To tag of our own responses.
  [[nodiscard]] std::string_view to_tag();
  [[nodiscard]] transaction::ServerTransaction* server();

 private:
  friend class Branch;
  friend class Proxy;

  // Keeps the object while a coroutine of it waits.
  class Use;

  // A wait for branches to come, and the branch that stands for them.
  struct LateBranches {
    void on_timer() { transaction.end_wait(); }

    ProxyTransaction& transaction;
    Branch& placeholder;
    unsigned left;  // 0: any number
    shard::Timer timer = shard::Timer::calling<&LateBranches::on_timer>(this);
  };

  // What is to be forked, saved when a failure_route may fork again.
  struct Origin {
    Decision decision;
    std::shared_ptr<const script::Program> program;
  };

  void on_cancel(transaction::ServerTransaction& transaction, const transaction::StoredMessagePtr& cancel) override;
  void on_transport_error(transaction::ServerTransaction& transaction, const base::Error& error) override;
  void on_terminated(transaction::ServerTransaction& transaction) override;

  // What may fork again later keeps the decision.
  void remember(RouteContext& context, bool may_fork_again);
  [[nodiscard]] base::Task<int> relay_to(RouteContext& context, RequestTarget target, const RelayOptions& options,
                                         unsigned breadth);
  [[nodiscard]] base::Task<bool> run_branch_route(Branch& branch, Decision& decision);
  [[nodiscard]] int send_branch(RouteContext& context, Branch& branch, const Decision& decision,
                                const transport::Flow& flow, unsigned breadth);

  void on_branch_response(Branch& branch, const sip::Message& response, const transport::Flow& flow);
  [[nodiscard]] base::Task<> run_reply_routes(Branch& branch, transaction::StoredMessagePtr response);
  // The response after its onreply_routes, which ran in `context`; null when there were none.
  void accept(Branch& branch, const sip::Message& response, const transport::Flow& flow, const RouteContext* context);
  void accept_failure(Branch& branch, int status);
  void blacklist(const Branch& branch);
  // False when it can't be: no Via is left that names the caller.
  bool forward(const sip::Message& response, const Decision* decision, int status,
               const std::vector<std::string>& more_headers);
  void send_late_success(std::string_view next_via, std::string_view response);
  void check_completion();
  [[nodiscard]] base::Task<> run_failure_route(Branch& best);
  void answer_finally(Branch& best);
  // A non-INVITE that nobody answered ends without an answer (RFC 4320 section 4.2).
  void give_up();
  void note_sent(int status, bool local);
  void note_final(int status, std::string_view reason, const sip::Message* received);
  [[nodiscard]] bool all_branches_final() const;
  // Every branch that counts has failed: those nobody waits for are given up.
  void give_up_minor_branches();
  void release_when_done();

  Proxy& proxy_;
  shard::PoolHandle handle_;
  transaction::StoredMessagePtr request_;
  transaction::ServerTransactionId server_;
  script::AvpList avps_;
  std::unique_ptr<Origin> origin_;
  std::shared_ptr<const script::Program> program_;
  std::vector<std::unique_ptr<Branch>> branches_;
  std::size_t set_begin_ = 0;
  std::string to_tag_;
  std::string reply_headers_;  // append_to_reply(): also on answers that no script gave
  Branch* winner_ = nullptr;
  std::unique_ptr<LateBranches> late_;
  std::uint32_t uses_ = 0;
  std::uint32_t live_clients_ = 0;
  std::uint32_t
      cseq_;  // as received: a module may have changed that of the branches, and the caller knows only this one
  int final_status_ = 0;
  int last_status_ = 0;
  bool invite_;
  bool cancelled_ = false;
  bool building_ = false;      // relay() is still adding branches
  bool failing_ = false;       // a failure_route runs
  bool decisive_ = false;      // a 6xx ended the forking
  bool keeps_others_ = false;  // the caller wants no branch cancelled because of a 2xx (RFC 3841)
  bool last_was_local_ = false;
};

class ProxyTransaction::Use {
 public:
  explicit Use(ProxyTransaction& transaction) : transaction_(&transaction) { ++transaction.uses_; }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    --transaction_->uses_;
    transaction_->release_when_done();
  }

 private:
  ProxyTransaction* transaction_;
};

}  // namespace carillon::routing
