// SPDX-License-Identifier: Apache-2.0
// See engine.h. Messages from the network; running routes is engine_runs.cpp.
#include "engine/engine.h"

#include <tuple>

#include "base/log.h"
#include "engine/shard_state.h"
#include "routing/request_prelude.h"

namespace carillon::engine {

using routing::RouteContext;
using script::RouteKind;
using transaction::RequestMatch;

Engine::Engine(const Parts& parts)
    : parts_(parts),
      states_([this](shard::ShardId id) { return std::make_unique<ShardState>(*this, parts_.shards.shard(id)); }) {}

Engine::~Engine() = default;

void Engine::set_program(std::shared_ptr<const script::Program> program) {
  subscribe_event_routes(*program);
  program_.store(std::move(program));
}

void Engine::replace_program(std::shared_ptr<const script::Program> program) {
  set_program(program);
  schedule_timer_routes(*program);
  // Shards that nothing comes to keep no old script alive.
  for (shard::ShardId id = 0; id < shard::kShards; ++id) {
    parts_.shards.post(id, [this](shard::Shard& shard) { std::ignore = program_of(state_of(shard)); });
  }
}

void Engine::on_request(const transport::Received& request) {
  ShardState& state = state_of(request.shard);
  const RequestMatch match = state.transactions.match_request(request);
  if (match.kind == RequestMatch::Kind::Absorbed) return;
  const std::shared_ptr<const script::Program>& program = program_of(state);
  const std::optional<script::RouteId> route = program->find_route(RouteKind::Request);
  if (!route) {
    state.proxy.refuse(request, 500, "No Routing Script");
    return;
  }
  RouteContext& context = acquire(request.shard);
  context.begin(RouteKind::Request, state.transactions.store(request));
  if (parts_.settings.slow_message > base::Duration::zero()) context.begun = parts_.clock.now();
  context.set_match(match);
  if (routing::RequestPrelude* prelude = parts_.settings.prelude;
      prelude != nullptr && prelude->before_script(context)) {
    serve(context, program, *prelude);
  } else {
    run_detached(context, program, *route);
  }
}

void Engine::on_malformed_request(const transport::Received& request, const sip::Verdict& verdict) {
  ShardState& state = state_of(request.shard);
  const std::shared_ptr<const script::Program>& program = program_of(state);
  const std::optional<script::RouteId> route = program->find_route(RouteKind::Error);
  if (!route) {
    state.proxy.refuse(request, verdict.status, verdict.reason);
    return;
  }
  RouteContext& context = acquire(request.shard);
  context.begin(RouteKind::Error, state.transactions.store(request));
  context.error.reply_code = verdict.status;
  context.error.info = "parsing";
  context.error.reply_reason = verdict.reason;
  run_detached(context, program, *route);
}

void Engine::on_response(const transport::Received& response) {
  ShardState& state = state_of(response.shard);
  const std::shared_ptr<const script::Program>& program = program_of(state);
  const std::optional<script::RouteId> route = program->find_route(RouteKind::Reply);
  if (!route) {
    state.proxy.on_response(response);
    return;
  }
  response.shard.start(run_reply_route(response.shard, state.transactions.store(response), program, *route), [] {});
}

// The unnamed onreply_route sees every response before its transaction does.
base::Task<> Engine::run_reply_route(shard::Shard& shard, transaction::StoredMessagePtr response,
                                     std::shared_ptr<const script::Program> program, script::RouteId route) {
  ShardState& state = state_of(shard);
  RouteContext& context = acquire(shard);
  context.begin(RouteKind::Reply, response);
  const script::Outcome outcome = co_await run(context, std::move(program), route);
  const bool dropped = outcome.dropped() && response->message().status() < 200;
  if (dropped) {
    state.proxy.statistics().drop_replies.add();
  } else {
    const bool changed = !context.decision.edits.empty() || context.decision.reply_status != 0;
    if (changed) response = state.apply(*response, context.decision);
    const sip::Message& message = response->message();
    state.proxy.on_response({.message = message,
                             .flow = response->flow(),
                             .fixup = {},
                             .branch = transport::parse_branch(message.top_via().branch),
                             .shard = shard});
  }
  release(context);
}

void Engine::on_send_failed(shard::Shard& shard, std::uint64_t id, const base::Error& error) {
  state_of(shard).transactions.on_send_failed(id, error);
}

}  // namespace carillon::engine
