// SPDX-License-Identifier: Apache-2.0
// The proxy core of one shard (RFC 3261 section 16): what the script's decision about a request turns into. Above
// transactions and transport, below everything that has to do with scripts and modules.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "metrics/counter.h"
#include "routing/proxy_transaction.h"
#include "routing/route_context.h"
#include "routing/settings.h"
#include "shard/object_pool.h"
#include "shard/shard.h"
#include "transaction/transaction_layer.h"
#include "transport/transport_layer.h"

namespace carillon::routing {

class Identity;
class RefusalLimit;

// What the core counts, by the names of OpenSIPS's `core` and `sl` statistics. One for the process; any thread.
struct ProxyStatistics {
  metrics::Counter fwd_requests;
  metrics::Counter fwd_replies;
  metrics::Counter drop_replies;
  metrics::Counter bad_URIs_rcvd;
  metrics::Counter sent_replies;  // stateless
  metrics::Counter sent_err_replies;
  metrics::Counter replies_1xx, replies_2xx, replies_3xx, replies_4xx, replies_5xx, replies_6xx;  // stateless
  metrics::Counter overload_refusals;  // 503 for want of room
  metrics::Counter overload_drops;     // likewise, without an answer
};

// Runs of the script that the core needs: a branch_route before a branch is sent, an onreply_route, a failure_route.
class ScriptRuns {
 public:
  // A context of this shard, as new; give it back by release().
  [[nodiscard]] virtual RouteContext& acquire(shard::Shard& shard) = 0;
  virtual void release(RouteContext& context) = 0;
  // Runs one route to its end, which may take a while; the caller keeps `context`.
  [[nodiscard]] virtual base::Task<script::Outcome> run(RouteContext& context,
                                                        std::shared_ptr<const script::Program> program,
                                                        script::RouteId route) = 0;

 protected:
  ~ScriptRuns() = default;
};

// Codes of relay() and forward() as scripts know them.
inline constexpr int kRelayed = 1;
inline constexpr int kStopScript = 0;  // absorbed, or failed and already answered
inline constexpr int kInternalError = -1;
inline constexpr int kBadUri = -2;
inline constexpr int kNoDestination = -3;
inline constexpr int kUnresolvable = -4;
inline constexpr int kBlacklisted = -5;
inline constexpr int kSendFailed = -6;  // also: no socket, no connection
// Why there is no way to a target.
[[nodiscard]] inline int code_of(const base::Error& error) {
  if (error.code == transport::kForbidden) return kBlacklisted;
  return error.code == transport::kUnknownName ? kUnresolvable : kSendFailed;
}

struct RelayOptions {
  bool no_automatic_reply = false;  // no-auto-477
  bool no_dns_failover = false;     // no-dns-failover: only the first address of a name is tried
  bool no_trying = false;           // no 100 when this makes the transaction (0x01 of older versions)
  bool pass_reason = false;         // pass-reason-hdr: the CANCEL's Reason goes with ours
  bool allow_no_cancel = false;     // allow-no-cancel: Request-Disposition: no-cancel is honoured
  std::optional<transport::Target> outbound_proxy;
};

// A response of ours.
struct Reply {
  int status = 200;
  std::string_view reason = {};        // empty: the default phrase
  std::string_view headers = {};       // complete lines, in addition to those the context has collected
  std::string_view content_type = {};  // empty: those of the context
  std::string_view body = {};
};

// Everything is called inside the shard.
class Proxy {
 public:
  struct Parts {
    shard::Shard& shard;
    transport::TransportLayer& transport;
    transaction::TransactionLayer& transactions;
    const ProxySettings& settings;
    const Identity& identity;
    const base::Clock& clock;
    ScriptRuns& runs;
    ProxyStatistics& statistics;
    RefusalLimit& refusals;
  };

  explicit Proxy(const Parts& parts) : parts_(parts) {}
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // --- for scripts (through tm, sl, signaling and the core functions)

  // t_relay(): sends the request to its target set, statefully; ACK and stray CANCEL statelessly; the CANCEL of an
  // INVITE we know cancels its branches. Waits for names and connections.
  [[nodiscard]] base::Task<int> relay(RouteContext& context, RelayOptions options);
  // forward(): stateless (section 16.11). To `target`, or to the destination or Request-URI.
  [[nodiscard]] base::Task<int> forward(RouteContext& context, std::optional<transport::Target> target);
  // send(): the bytes as received, with `headers` behind the first line.
  [[nodiscard]] base::Task<int> send(RouteContext& context, transport::Target target, std::string_view headers);
  // t_newtran(). An error (503) when there are too many transactions.
  // An INVITE is answered 100 unless `no_trying`.
  [[nodiscard]] base::Result<> create_transaction(RouteContext& context, bool no_trying = false);

  // The same; when there are too many, the request is refused and this is false.
  [[nodiscard]] bool make_transaction(RouteContext& context);

  using Reply = routing::Reply;
  // Answers the request: by its transaction if it has one, otherwise statelessly. False when it can't be answered (an
  // ACK, or a final response was sent).
  bool reply(RouteContext& context, const Reply& reply);
  bool reply_statelessly(RouteContext& context, const Reply& reply);
  // The To tag our own responses to this request carry.
  [[nodiscard]] std::string_view local_to_tag(RouteContext& context);

  // --- for commands, and for scripts about other requests than their own

  // Answers the INVITE with this Call-ID and CSeq number (empty: any), which has no final answer yet.
  bool reply_by_call_id(std::string_view call_id, std::optional<std::uint32_t> cseq, const Reply& reply);
  // Cancels its branches.
  bool cancel_by_call_id(std::string_view call_id, std::uint32_t cseq);
  // Answers the request whose transaction $T_id names within this shard.
  bool reply_by_key(std::uint64_t branch_key, const Reply& reply, std::string_view to_tag);

  // --- for the engine

  // A request's run waits: its retransmissions are absorbed and the events of its transaction wait too.
  void absorb_while_waiting(RouteContext& context);
  // The run of a request was ended by its limits or a failed assertion: who sent it gets 500, unless he has been
  // answered or the request went on.
  void answer_broken_run(RouteContext& context);
  // The run of a request is over.
  void finish(RouteContext& context);
  // A response after the unnamed onreply_route: to its transaction, or forwarded statelessly if that is allowed.
  void on_response(const transport::Received& response);
  // The script now in force: forward() in it means that responses without a transaction are to be forwarded, as in
  // OpenSIPS.
  void set_script(const script::Program& program);
  // Answers a request that can't be served with the status and reason of the verdict, when it can be answered.
  void refuse(const transport::Received& request, int status, std::string_view reason);

  [[nodiscard]] shard::Shard& shard() { return parts_.shard; }
  [[nodiscard]] transport::TransportLayer& transport() { return parts_.transport; }
  [[nodiscard]] transaction::TransactionLayer& transactions() { return parts_.transactions; }
  [[nodiscard]] const ProxySettings& settings() const { return parts_.settings; }
  [[nodiscard]] const Identity& identity() const { return parts_.identity; }
  [[nodiscard]] const base::Clock& clock() const { return parts_.clock; }
  [[nodiscard]] ScriptRuns& runs() { return parts_.runs; }
  [[nodiscard]] ProxyStatistics& statistics() { return parts_.statistics; }

  // --- scratch memory, good until the next call
  [[nodiscard]] sip::EditList& scratch_edits(const sip::EditList& base) { return scratch_edits_ = base; }
  [[nodiscard]] std::string_view write(const sip::Message& message, const sip::EditList& edits);
  // What lists that are empty for good point to.
  [[nodiscard]] base::Arena& no_arena() { return no_arena_; }

 private:
  friend class ProxyTransaction;

  [[nodiscard]] int relay_cancel(RouteContext& context, const RelayOptions& options);
  [[nodiscard]] int refuse_overload(RouteContext& context);
  void destroy(ProxyTransaction& transaction);
  void forward_response(const transport::Received& response);
  // Sends a response without our Via to the place its next Via names, if that is known without waiting; over
  // `connection` if there is one. False when it can't be sent.
  bool send_by_via(std::string_view via_text, transport::ConnectionId connection, std::string_view response);
  [[nodiscard]] base::Result<transaction::ServerTransaction*> server_for(RouteContext& context,
                                                                         transaction::ServerTransactionUser& user);

  // For transactions that nobody follows: the answered CANCEL.
  class SilentUser final : public transaction::ServerTransactionUser {
   public:
    void on_cancel(transaction::ServerTransaction& /*transaction*/,
                   const transaction::StoredMessagePtr& /*cancel*/) override {}
    void on_terminated(transaction::ServerTransaction& /*transaction*/) override {}
  };

  Parts parts_;
  SilentUser silent_user_;
  sip::EditList scratch_edits_;
  std::vector<char> scratch_bytes_;
  bool forwards_unmatched_responses_ = false;
  base::Arena no_arena_{64};
  shard::ObjectPool<ProxyTransaction, 16> proxy_transactions_;
};

// The proxy core of each shard, for those who are inside it without a run of the script.
class Proxies {
 public:
  [[nodiscard]] virtual Proxy& proxy_of(const shard::Shard& shard) = 0;
  // The script as it is now.
  [[nodiscard]] virtual std::shared_ptr<const script::Program> program_in(const shard::Shard& shard) = 0;

 protected:
  ~Proxies() = default;
};

}  // namespace carillon::routing
