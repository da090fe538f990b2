// SPDX-License-Identifier: Apache-2.0
// The engine: a message comes in, the script runs, its decision goes out. It sits between the transport layer, which
// hands it every message inside the shard of its call, and the proxy core, which carries the decision out.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "management/events.h"
#include "metrics/counter.h"
#include "metrics/registry.h"
#include "routing/identity.h"
#include "routing/proxy.h"
#include "routing/refusal_limit.h"
#include "routing/route_context.h"
#include "routing/settings.h"
#include "script/program.h"
#include "script/trace.h"
#include "shard/shard_local.h"
#include "shard/snapshot.h"
#include "shard/worker_local.h"
#include "transaction/transaction_layer.h"
#include "transport/message_handler.h"
#include "transport/transport_layer.h"

namespace carillon::engine {

struct Statistics {
  metrics::Counter script_errors;  // runs that were stopped
  metrics::Counter slow_messages;  // beyond exec_msg_threshold
};

// The process has one. Start: construct, set_program(), start(); then the workers run. Destroyed after they stopped.
class Engine final : public transport::MessageHandler,
                     public routing::RunHooks,
                     public routing::ScriptRuns,
                     public routing::Proxies {
 public:
  struct Parts {
    shard::Shards& shards;
    transport::TransportLayer& transport;
    const routing::ProxySettings& settings;
    const routing::Identity& identity;
    const base::Clock& clock;
    metrics::Registry& statistics;
    management::Events& events;
    script::Tracer* tracer = nullptr;  // watches all runs, outlives the engine; null: nobody does
  };

  explicit Engine(const Parts& parts);
  ~Engine() override;

  // The script. Before start().
  void set_program(std::shared_ptr<const script::Program> program);
  // After start(): the script from now on. Runs and transactions that began on another finish on that one; timer_routes
  // and event_routes are found again by name; startup_route doesn't run again. One thread at a time, no worker's.
  void replace_program(std::shared_ptr<const script::Program> program);
  [[nodiscard]] std::shared_ptr<const script::Program> program() const { return program_.load(); }

  // Adds the statistics, runs the startup_route and starts the timer_routes. Before the workers run.
  [[nodiscard]] base::Result<> start();

  // No new transactions; what lives may finish within `bound`. Any thread.
  void shut_down(base::Duration bound);
  // After shut_down(): shards with transactions that still wait for an answer. Any thread.
  [[nodiscard]] std::size_t unfinished() const { return unfinished_.load(std::memory_order_relaxed); }

  // Lets go of the runs that wait in `shard`, unanswered. After its tasks have ended: see shard::Shards::abandon().
  void abandon_runs(shard::Shard& shard);

  // Logs what took longer than its threshold, and raises E_CORE_THRESHOLD. Any thread.
  void report_slow(std::string_view source, std::string_view what, base::Duration took);

  // --- routing::Proxies (inside the shard)
  [[nodiscard]] routing::Proxy& proxy_of(const shard::Shard& shard) override;
  [[nodiscard]] std::shared_ptr<const script::Program> program_in(const shard::Shard& shard) override;

  // --- transport::MessageHandler (inside the shard)
  void on_request(const transport::Received& request) override;
  void on_response(const transport::Received& response) override;
  void on_malformed_request(const transport::Received& request, const sip::Verdict& verdict) override;
  void on_send_failed(shard::Shard& shard, std::uint64_t id, const base::Error& error) override;

 private:
  struct ShardState;
  struct TimerRoute;

  // --- routing::RunHooks
  void resume(routing::RouteContext& context, int code) override;
  void resume_value(routing::RouteContext& context, const script::Value& value) override;
  void log(routing::RouteContext& context, script::LogSource source, script::LogLevel level, std::string_view text,
           const script::Position& at) override;
  [[nodiscard]] bool launch(routing::RouteContext& context, script::Launch launch) override;

  void go_on(routing::RouteContext& context, const script::Outcome& outcome);

  // --- routing::ScriptRuns
  [[nodiscard]] routing::RouteContext& acquire(shard::Shard& shard) override;
  void release(routing::RouteContext& context) override;
  [[nodiscard]] base::Task<script::Outcome> run(routing::RouteContext& context,
                                                std::shared_ptr<const script::Program> program,
                                                script::RouteId route) override;

  [[nodiscard]] ShardState& state_of(const shard::Shard& shard);
  [[nodiscard]] const std::shared_ptr<const script::Program>& program_of(ShardState& state);
  // Runs a route whose end nobody waits for.
  void run_detached(routing::RouteContext& context, std::shared_ptr<const script::Program> program,
                    script::RouteId route);
  void finish_detached(routing::RouteContext& context, const script::Outcome& outcome);
  // The end of a run that nobody else waits for: what it owes its request, and its context.
  void leave(routing::RouteContext& context, const script::Outcome& outcome);
  void note_duration(const routing::RouteContext& context);
  // A module serves the request in the place of the script.
  void serve(routing::RouteContext& context, std::shared_ptr<const script::Program> program,
             routing::RequestPrelude& prelude);
  [[nodiscard]] base::Task<> run_reply_route(shard::Shard& shard, transaction::StoredMessagePtr response,
                                             std::shared_ptr<const script::Program> program, script::RouteId route);
  void run_dummy(shard::Shard& shard, script::RouteKind kind, std::shared_ptr<const script::Program> program,
                 script::RouteId route);
  [[nodiscard]] transaction::StoredMessagePtr dummy_request(ShardState& state);
  void on_timer_route(TimerRoute& timer);
  // Its event_routes hear of their events.
  void subscribe_event_routes(const script::Program& program);
  [[nodiscard]] bool on_event(const management::EventPtr& event);
  void run_event_route(shard::Shard& shard, const management::EventPtr& event);
  // Each gets a timer unless one of its name is there.
  void schedule_timer_routes(const script::Program& program);
  [[nodiscard]] TimerRoute& timer_for(const script::RouteInfo& route);
  [[nodiscard]] base::Task<> drain(shard::Shard& shard);
  [[nodiscard]] base::Result<> add_statistics();

  Parts parts_;
  Statistics counters_;
  transaction::Secrets secrets_ = transaction::Secrets::random();
  transaction::Statistics transaction_statistics_;
  routing::ProxyStatistics proxy_statistics_;
  routing::RefusalLimit refusals_;
  shard::Snapshot<script::Program> program_;
  // Both outlive the shards' state, which gives back to them.
  transaction::SpareMessages spare_messages_;
  shard::WorkerLocal<std::vector<std::unique_ptr<routing::RouteContext>>> idle_;
  shard::ShardLocal<std::unique_ptr<ShardState>> states_;
  std::vector<std::unique_ptr<TimerRoute>> timer_routes_;
  std::set<std::string> event_routes_;  // what was subscribed to
  std::atomic<std::size_t> unfinished_{0};
};

}  // namespace carillon::engine
