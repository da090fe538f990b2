// SPDX-License-Identifier: Apache-2.0
// What a run of the script works on: the message as received, which never changes, and the decision about it, which is
// all a script can change. Between the script and the door out.
#pragma once

#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "routing/blacklists.h"
#include "routing/target_set.h"
#include "routing/transaction_observer.h"
#include "script/avp.h"
#include "script/host.h"
#include "script/vm.h"
#include "shard/shard.h"
#include "shard/timing_wheel.h"
#include "sip/edit_list.h"
#include "sip/message.h"
#include "transaction/stored_message.h"
#include "transaction/transaction_layer.h"

namespace carillon::routing {

class Proxy;
class ProxyTransaction;
class RouteContext;

// $(<request>x) in an onreply_route and $(<reply>x) in a failure_route.
inline constexpr script::ContextId kRequestContext = 1;
inline constexpr script::ContextId kReplyContext = 2;

// The engine, as the context of a run sees it.
class RunHooks {
 public:
  virtual void resume(RouteContext& context, int code) = 0;
  virtual void resume_value(RouteContext& context, const script::Value& value) = 0;
  virtual void log(RouteContext& context, script::LogSource source, script::LogLevel level, std::string_view text,
                   const script::Position& at) = 0;
  [[nodiscard]] virtual bool launch(RouteContext& context, script::Launch launch) = 0;

 protected:
  ~RunHooks() = default;
};

// Routes armed by t_on_failure and its kin; ids of the run's program.
struct ArmedRoutes {
  std::optional<script::RouteId> failure;
  std::optional<script::RouteId> branch;
  std::optional<script::RouteId> reply;
};

// Record-Route as asked for; the header is made when a branch is sent, as only then the outgoing socket is known.
struct RecordRouteWish {
  std::string params;  // behind ";lr", each with its ";"
  std::string preset;  // record_route_preset(): "host:port" instead of our sockets
  std::string preset_inbound;
  bool double_record_route = true;  // two headers when socket or protocol change
};

// $err.class of a failed assert(); a message that can't be read has 1.
inline constexpr int kAssertionError = 4;

// Path as asked for (RFC 3327); like Record-Route it is made when a branch is sent.
struct PathWish {
  std::string user;
  bool received = false;    // with the address that the request came from
  bool double_path = true;  // two headers when socket or protocol change
};

// What the error_route may read ($err.*).
struct RouteError {
  int error_class = 1;  // OpenSIPS's numbers: 1 the parser's
  int level = 3;
  int reply_code = 0;
  std::string_view info;
  std::string_view reply_reason;
};

// What became of a request's credentials.
struct Authentication {
  // Where the value of the header begins that was found right, by RouteContext::set_verified().
  std::optional<std::uint32_t> verified;
  bool stale = false;  // right or wrong, their nonce is of no use any more: the next challenge says so
};

// The decision about one message. Texts live in the message's arena.
struct Decision {
  TargetSet targets;          // requests: [0] is the Request-URI
  sip::EditList edits;        // of the message when it is forwarded
  std::string reply_headers;  // append_to_reply(): complete lines for every response of ours
  std::string reply_body;
  std::string reply_content_type;
  bool answered = false;            // statelessly, with a final response: there is no second one
  bool forwarded = false;           // statelessly: somebody else answers
  std::uint32_t flags = 0;          // message flags
  Blacklists::Mask blacklists = 0;  // destinations on these lists are not sent to
  ArmedRoutes armed;
  bool add_local_rport = false;  // ask for rport in our own Via
  std::optional<RecordRouteWish> record_route;
  std::optional<PathWish> path;
  std::string record_route_params;           // add_rr_param(), in whatever order with record_route()
  std::optional<std::uint8_t> max_forwards;  // as it is to be sent; empty: decremented by us
  std::string_view advertised_address;
  std::uint16_t advertised_port = 0;
  // $T_fr_timeout and $T_fr_inv_timeout set before there is a transaction
  std::optional<base::Duration> fr_timeout;
  std::optional<base::Duration> fr_inv_timeout;
  Authentication authentication;
  // onreply_route: change_reply_status()
  int reply_status = 0;
  std::string_view reply_reason;
};

// What loose_route() found out (RFC 3261 section 16.4).
struct RouteOutcome {
  bool processed = false;
  std::string_view params;  // of the last Route entry of ours that was consumed
};

// What a module keeps for one run: $json objects, the script locks it holds, headers of its next HTTP request. Gone as
// soon as the run has ended.
class RunData {
 public:
  virtual ~RunData() = default;
  // A run that this one launches has it until it waits or has ended: what is left of it then, or has been added, is
  // this one's again.
  [[nodiscard]] virtual bool is_lent() const { return false; }
};

// What a variable is that had to be waited for: a text, a number, or NULL.
struct OwnedValue {
  std::optional<std::string> text = {};
  std::optional<std::int64_t> number = {};
};

// One run at a time, inside one shard. Pooled by the engine: begin() makes it new.
class RouteContext final : public script::Environment {
 public:
  explicit RouteContext(Proxy& proxy, RunHooks& hooks);

  // Works for this shard from now on, and is kept at `place` there. Between end() and begin(), or where it is already.
  void settle(Proxy& proxy, std::size_t place) {
    proxy_ = &proxy;
    place_ = place;
  }
  [[nodiscard]] std::size_t place() const { return place_; }

  // Forgets everything and starts over for `message`.
  void begin(script::RouteKind kind, transaction::StoredMessagePtr message);
  // Lets go of the message and what belongs to it.
  void end();

  [[nodiscard]] Proxy& proxy() const { return *proxy_; }
  // Those a message goes by unless its script says otherwise.
  [[nodiscard]] Blacklists::Mask default_blacklists() const;
  [[nodiscard]] script::RouteKind kind() const { return kind_; }
  [[nodiscard]] const sip::Message& message() const { return stored_->message(); }
  [[nodiscard]] const transport::Flow& flow() const { return stored_->flow(); }
  [[nodiscard]] const transaction::StoredMessagePtr& stored() const { return stored_; }
  // $(<reply>...) in a failure_route, $(<request>...) in an onreply_route; null when there is none.
  [[nodiscard]] const sip::Message* other_message() const { return other_ ? &other_->message() : nullptr; }
  // How the request relates to the transactions there are. Kept by name: the transaction may end while a run waits.
  void set_match(const transaction::RequestMatch& match);
  // Of a CANCEL its INVITE, of the ACK of a 2xx likewise; null when there is none, or none any more.
  [[nodiscard]] transaction::ServerTransaction* matched() const;
  // The message that a variable written with a context names; null when there is none here.
  [[nodiscard]] const sip::Message* message_in(script::ContextId which) const;
  // The credentials whose header value begins at `at` of the request were found right: for this run, and for those of
  // the transaction behind it.
  void set_verified(std::uint32_t at);
  // Where in `message` they are; nothing when none were, or not in that message.
  [[nodiscard]] std::optional<std::uint32_t> verified_in(const sip::Message& message) const;

  Decision decision;
  // The script this run belongs to; transactions it creates stay with it.
  std::shared_ptr<const script::Program> program;
  RouteOutcome route;
  RouteError error;
  // What wants to hear of the transaction that this request may get; moved into it when it is created.
  std::vector<std::unique_ptr<TransactionObserver>> observers;
  // $log_level and $xlog_level: for the rest of this run, instead of the parameters.
  std::optional<int> log_level;
  std::optional<int> xlog_level;
  // Those of the transaction that this run has, or will have.
  [[nodiscard]] std::vector<std::unique_ptr<TransactionObserver>>& transaction_observers();
  std::optional<base::TimePoint> begun;  // when the message came; only where somebody measures
  // The async() or launch() in which a function is being called, until that waits or returns.
  struct AsyncCall {
    bool active = false;
    std::chrono::seconds limit{0};  // 0: the function's own
  };
  AsyncCall async_call;
  std::uint32_t id = 0;  // $mi; 0: nobody has asked yet
  // Of the branch a branch_route or onreply_route runs for, and of the winning branch of a failure_route.
  std::optional<unsigned> branch;
  // The transaction the request created, or the one the reply or failure belongs to; null while there is none.
  ProxyTransaction* transaction = nullptr;

  // The current Request-URI, destination and so on: those of the Request-URI branch.
  [[nodiscard]] RequestTarget& request_target() { return decision.targets.front(); }
  // The current Request-URI parsed; parsed again only after a change.
  [[nodiscard]] const base::Result<sip::Uri>& request_uri();
  void set_request_uri(std::string_view uri);  // copied into the arena
  // Copies text that has to live as long as the message.
  [[nodiscard]] std::string_view keep(std::string_view text) { return arena().copy(text); }

  // What `owner` keeps for this run; made when it asks for the first time. Always asked for as the same type.
  template <std::derived_from<RunData> Data>
  [[nodiscard]] Data& of_run(const void* owner) {
    Data* found = find_of_run<Data>(owner);
    if (found != nullptr) return *found;
    run_data_.emplace_back(owner, std::make_unique<Data>());
    return static_cast<Data&>(*run_data_.back().second);
  }
  // Null when it has never asked.
  template <std::derived_from<RunData> Data>
  [[nodiscard]] Data* find_of_run(const void* owner) {
    for (auto& [key, data] : run_data_) {
      if (key == owner) return static_cast<Data*>(data.get());
    }
    return nullptr;
  }
  // The script is through with this run, whatever is still done with its decision.
  void end_run() { run_data_.clear(); }
  // Before a launched run begins, and back once it waits or has ended.
  void hand_lent_data_to(RouteContext& other);

  // --- script::Environment
  [[nodiscard]] base::Arena& arena() override { return stored_->arena(); }
  [[nodiscard]] script::AvpList& avps() override;
  [[nodiscard]] bool log_enabled(script::LogSource source, script::LogLevel level) const override;
  void log(script::LogSource source, script::LogLevel level, std::string_view text,
           const script::Position& at) override;
  void assertion_failed() override;
  [[nodiscard]] bool begin_async() override;
  [[nodiscard]] bool launch(script::Launch launch) override;
  [[nodiscard]] std::span<const script::NamedValue> initial_locals() const override;

  // --- for the engine and the module layer
  // Runs a function that may wait: its code when it is done at once; otherwise the run is resumed with it later.
  // `bound`: after which it is ended where it waits, and the run goes on with -1; 0: never. Only for tasks that may be.
  template <typename Verdict>
  [[nodiscard]] script::CallResult start_call(base::Task<Verdict> task, std::chrono::seconds bound = {});
  // Reads a variable that may wait; `task` must not refer to this context. Only the run itself can wait: a text outside
  // of the script that has such a variable in it is not expanded.
  [[nodiscard]] script::ReadResult start_read(base::Task<OwnedValue> task);
  [[nodiscard]] script::Run& run() { return run_; }
  // For a function that runs pieces of script in a Run of its own: what such a piece waits for resumes that one, once.
  using Resume = std::move_only_function<void(int code)>;
  void divert(Resume resume) { diverted_ = std::move(resume); }
  // A call that is ended when its time is over.
  struct BoundCall {
    explicit BoundCall(RouteContext& run) : context(run) {}
    void on_timer() { context.stop_call(); }

    RouteContext& context;
    std::coroutine_handle<> coroutine;
    shard::Timer timer = shard::Timer::calling<&BoundCall::on_timer>(this);
  };
  // Where a run that waits will go on.
  struct Progress {
    std::coroutine_handle<> waiter;  // of ScriptRuns::run(); null: nobody waits for the end
    script::Outcome outcome;
    std::unique_ptr<script::Launch> launch;  // what a launched run was started with
    std::unique_ptr<BoundCall> bound;        // null: nothing is, or it takes as long as it does
    std::shared_ptr<const void> event;       // of an event_route: what its parameters are views into
    transaction::ServerTransactionId held;   // whose events wait for this run
  };
  Progress progress;
  // Absorbs retransmissions of a request whose run waits before the script has made a transaction. The script can't
  // see it.
  transaction::ServerTransactionId absorber;
  void set_other_message(transaction::StoredMessagePtr other) { other_ = std::move(other); }
  // An onreply_route without onreply_avp_mode has AVPs of its own; with it those of the transaction.
  void use_avps(script::AvpList* shared) { shared_avps_ = shared; }
  // Hands the message's AVPs over to the transaction it created.
  [[nodiscard]] script::AvpList take_avps() { return std::move(own_avps_); }

 private:
  void resume(int code) {
    if (diverted_) return std::exchange(diverted_, nullptr)(code);
    hooks_->resume(*this, code);
  }
  [[nodiscard]] shard::Shard& shard() const;
  // The time of the call is over.
  void stop_call();
  void schedule(BoundCall& call, std::chrono::seconds bound);

  Proxy* proxy_;
  std::size_t place_ = 0;
  RunHooks* hooks_;
  script::RouteKind kind_ = script::RouteKind::Request;
  transaction::StoredMessagePtr stored_;
  transaction::StoredMessagePtr other_;
  transaction::ServerTransactionId matched_;
  base::Arena no_arena_{64};  // what own_avps_ points to between messages
  script::AvpList own_avps_{no_arena_};
  script::AvpList* shared_avps_ = nullptr;
  Resume diverted_;
  std::string_view parsed_uri_;
  std::optional<base::Result<sip::Uri>> request_uri_;
  std::vector<std::pair<const void*, std::unique_ptr<RunData>>> run_data_;
  // The read the run may be waiting for; others were not waited for. Shared with those, which may outlive the context.
  std::shared_ptr<std::uint64_t> last_read_ = std::make_shared<std::uint64_t>(0);
  script::Run run_;
};

template <typename Verdict>
script::CallResult RouteContext::start_call(base::Task<Verdict> task, std::chrono::seconds bound) {
  // Whether the task is done before start() returns.
  struct Call {
    bool returned = false;
    std::optional<int> code;
  };
  Call* call = arena().make<Call>();
  auto done = [this, call](Verdict verdict) {
    if (call->returned) {
      progress.bound.reset();
      resume(verdict.code);
    } else {
      call->code = verdict.code;
    }
  };
  const std::coroutine_handle<> coroutine = shard().start(std::move(task), std::move(done));
  call->returned = true;
  if (call->code) return script::CallResult::done(*call->code);
  if (bound > std::chrono::seconds::zero()) {
    progress.bound = std::make_unique<BoundCall>(*this);
    progress.bound->coroutine = coroutine;
    schedule(*progress.bound, bound);
  }
  return script::CallResult::pending();
}

}  // namespace carillon::routing
