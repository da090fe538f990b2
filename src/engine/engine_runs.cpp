// SPDX-License-Identifier: Apache-2.0
// Running routes: contexts, suspension and resumption, the routes nobody sent a message for. See engine.h.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "engine/engine.h"
#include "engine/shard_state.h"
#include "routing/request_prelude.h"
#include "shard/suspension.h"

namespace carillon::engine {

using routing::RouteContext;
using script::RouteKind;

namespace {

// Of a worker; what a burst of waiting runs leaves beyond goes back to the system.
constexpr std::size_t kIdleContexts = 64;

// What timer_route, startup_route and event_route run on (OpenSIPS's dummy request).
constexpr std::string_view kDummyRequest =
    "DUMMY sip:user@dummy.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKdummy\r\n"
    "From: <sip:user@dummy.com>;tag=dummy\r\n"
    "To: <sip:user@dummy.com>\r\n"
    "Call-ID: dummy\r\n"
    "CSeq: 1 DUMMY\r\n"
    "Content-Length: 0\r\n\r\n";

}  // namespace

Engine::ShardState::ShardState(Engine& engine, shard::Shard& owner)
    : shard(owner),
      transactions(owner, engine.parts_.transport, engine.parts_.settings.transactions, engine.secrets_,
                   engine.transaction_statistics_, &engine.spare_messages_),
      proxy({.shard = owner,
             .transport = engine.parts_.transport,
             .transactions = transactions,
             .settings = engine.parts_.settings,
             .identity = engine.parts_.identity,
             .clock = engine.parts_.clock,
             .runs = engine,
             .statistics = engine.proxy_statistics_,
             .refusals = engine.refusals_}) {}

transaction::StoredMessagePtr Engine::ShardState::apply(const transaction::StoredMessage& response,
                                                        routing::Decision& decision) {
  const sip::Message& message = response.message();
  if (decision.reply_status != 0) {
    decision.edits.replace(message.span(message.first_line()),
                           fmt::format("SIP/2.0 {} {}", decision.reply_status, decision.reply_reason));
  }
  scratch_bytes = sip::write(message, decision.edits);
  if (!scratch.assign(scratch_bytes).ok()) log::error("an edited response can't be read any more and goes on as it is");
  return transactions.store(scratch, response.flow());
}

routing::Proxy& Engine::proxy_of(const shard::Shard& shard) { return state_of(shard).proxy; }

std::shared_ptr<const script::Program> Engine::program_in(const shard::Shard& shard) {
  return program_of(state_of(shard));
}

Engine::ShardState& Engine::state_of(const shard::Shard& shard) { return *states_[shard]; }

const std::shared_ptr<const script::Program>& Engine::program_of(ShardState& state) {
  const auto& current = state.reader.read(program_);
  if (state.program.get() != current.get()) {
    auto own = std::make_shared<std::shared_ptr<const script::Program>>(current);
    state.program = std::shared_ptr<const script::Program>(own, own->get());
    state.proxy.set_script(*state.program);
  }
  return state.program;
}

// From what this worker used last, whichever shard that was for: its memory is still at hand.
RouteContext& Engine::acquire(shard::Shard& shard) {
  ShardState& state = state_of(shard);
  auto* const idle = idle_.mine();
  if (idle == nullptr || idle->empty()) {
    state.contexts.push_back(std::make_unique<RouteContext>(state.proxy, *this));
    if (parts_.tracer != nullptr) state.contexts.back()->run().watch(*parts_.tracer);
  } else {
    state.contexts.push_back(std::move(idle->back()));
    idle->pop_back();
  }
  RouteContext& context = *state.contexts.back();
  context.settle(state.proxy, state.contexts.size() - 1);
  return context;
}

void Engine::release(RouteContext& context) {
  context.end();
  auto& contexts = state_of(context.proxy().shard()).contexts;
  const std::size_t place = context.place();
  std::unique_ptr<RouteContext> ended = std::move(contexts[place]);
  if (place + 1 != contexts.size()) {
    contexts[place] = std::move(contexts.back());
    contexts[place]->settle(contexts[place]->proxy(), place);
  }
  contexts.pop_back();
  auto* const idle = idle_.mine();
  if (idle != nullptr && idle->size() < kIdleContexts) idle->push_back(std::move(ended));
}

void Engine::run_detached(RouteContext& context, std::shared_ptr<const script::Program> program,
                          script::RouteId route) {
  context.program = std::move(program);
  const script::Outcome outcome = context.run().start(context.program, route, context);
  if (outcome.suspended()) {
    context.proxy().absorb_while_waiting(context);
  } else {
    finish_detached(context, outcome);
  }
}

void Engine::serve(RouteContext& context, std::shared_ptr<const script::Program> program,
                   routing::RequestPrelude& prelude) {
  context.program = std::move(program);
  // Shared because the context is gone when nothing had to be waited for.
  const auto done = std::make_shared<bool>(false);
  context.proxy().shard().start(prelude.serve(context), [this, &context, done](const script::Outcome& outcome) {
    *done = true;
    leave(context, outcome);
  });
  if (!*done) context.proxy().absorb_while_waiting(context);
}

void Engine::finish_detached(RouteContext& context, const script::Outcome& outcome) {
  context.end_run();
  if (outcome.end == script::End::Stopped) counters_.script_errors.add();
  leave(context, outcome);
}

void Engine::leave(RouteContext& context, const script::Outcome& outcome) {
  using script::End;
  if (context.begun) note_duration(context);
  if (outcome.end == End::Stopped || outcome.end == End::AssertFailed) context.proxy().answer_broken_run(context);
  context.proxy().finish(context);
  release(context);
}

// exec_msg_threshold: from the message to the end of its run, whatever it has waited for.
void Engine::note_duration(const RouteContext& context) {
  const base::Duration took = parts_.clock.now() - *context.begun;
  if (took <= parts_.settings.slow_message) return;
  counters_.slow_messages.add();
  report_slow("msg processing", fmt::format("{} {}", context.message().method_name(), context.message().call_id()),
              took);
}

void Engine::report_slow(std::string_view source, std::string_view what, base::Duration took) {
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  log::warning("{}: {} took {} us", source, what, time);
  parts_.events.name("E_CORE_THRESHOLD")
      .raise({{"source", std::string(source)}, {"time", std::int64_t{time}}, {"extra", std::string(what)}}, 0);
}

base::Task<script::Outcome> Engine::run(RouteContext& context, std::shared_ptr<const script::Program> program,
                                        script::RouteId route) {
  struct Wait {
    RouteContext& context;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept { context.progress.waiter = waiter; }
    [[nodiscard]] script::Outcome await_resume() const noexcept { return context.progress.outcome; }
  };
  context.program = std::move(program);
  script::Outcome outcome = context.run().start(context.program, route, context);
  if (outcome.suspended()) outcome = co_await Wait{context};
  context.end_run();
  if (outcome.end == script::End::Stopped) counters_.script_errors.add();
  co_return outcome;
}

void Engine::resume(RouteContext& context, int code) { go_on(context, context.run().resume(code)); }

void Engine::resume_value(RouteContext& context, const script::Value& value) {
  go_on(context, context.run().resume_value(value));
}

// After a part of a run that had waited.
void Engine::go_on(RouteContext& context, const script::Outcome& outcome) {
  if (outcome.suspended()) return;
  if (const std::coroutine_handle<> waiter = std::exchange(context.progress.waiter, {})) {
    context.progress.outcome = outcome;
    waiter.resume();
  } else {
    finish_detached(context, outcome);
  }
}

void Engine::log(RouteContext& /*context*/, script::LogSource /*source*/, script::LogLevel level, std::string_view text,
                 const script::Position& /*at*/) {
  // Scripts end their lines themselves, as OpenSIPS wants it; the log does so anyway.
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log::line(static_cast<log::Level>(level), "{}", text);
}

bool Engine::launch(RouteContext& context, script::Launch launch) {
  ShardState& state = state_of(context.proxy().shard());
  RouteContext& own = acquire(state.shard);
  own.begin(RouteKind::Event, dummy_request(state));
  own.program = launch.program;
  own.progress.launch = std::make_unique<script::Launch>(std::move(launch));
  context.hand_lent_data_to(own);
  const script::Outcome outcome = own.run().start_launch(*own.progress.launch, own);
  own.hand_lent_data_to(context);
  if (!outcome.suspended()) finish_detached(own, outcome);
  return true;
}

transaction::StoredMessagePtr Engine::dummy_request(ShardState& state) {
  const sip::Verdict verdict = state.scratch.assign(kDummyRequest);
  CARILLON_ASSERT(verdict.ok());
  return state.transactions.store(state.scratch, {});
}

void Engine::run_dummy(shard::Shard& shard, RouteKind kind, std::shared_ptr<const script::Program> program,
                       script::RouteId route) {
  RouteContext& context = acquire(shard);
  context.begin(kind, dummy_request(state_of(shard)));
  run_detached(context, std::move(program), route);
}

base::Result<> Engine::start() {
  if (auto added = transaction_statistics_.add_to(parts_.statistics); !added) return added;
  if (auto added = add_statistics(); !added) return added;
  const auto program = program_.load();
  if (const auto route = program->find_route(RouteKind::Startup)) {
    parts_.shards.post(
        0, [this, program, id = *route](shard::Shard& shard) { run_dummy(shard, RouteKind::Startup, program, id); });
  }
  schedule_timer_routes(*program);
  return {};
}

void Engine::schedule_timer_routes(const script::Program& program) {
  for (const script::RouteInfo& route : program.routes()) {
    if (route.kind != RouteKind::Timer) continue;
    TimerRoute& timer = timer_for(route);
    parts_.shards.post(timer.shard.id(), [&timer, period = route.period](shard::Shard& shard) {
      if (!std::exchange(timer.runs, true)) shard.schedule(timer.timer, period);
    });
  }
}

Engine::TimerRoute& Engine::timer_for(const script::RouteInfo& route) {
  const auto known = std::ranges::find(timer_routes_, route.name, [](const auto& timer) { return timer->name; });
  if (known != timer_routes_.end()) return **known;
  shard::Shard& home = parts_.shards.shard(static_cast<shard::ShardId>(timer_routes_.size() % shard::kShards));
  timer_routes_.push_back(std::make_unique<TimerRoute>(*this, home, route.name));
  return *timer_routes_.back();
}

// Found again by name: a reload may have changed the route or its period, or taken it away.
void Engine::on_timer_route(TimerRoute& timer) {
  const std::shared_ptr<const script::Program>& program = program_of(state_of(timer.shard));
  const auto route = program->find_route(RouteKind::Timer, timer.name);
  timer.runs = route.has_value();
  if (!route) return;
  timer.shard.schedule(timer.timer, program->route(*route).period);
  run_dummy(timer.shard, RouteKind::Timer, program, *route);
}

void Engine::subscribe_event_routes(const script::Program& program) {
  for (const script::RouteInfo& route : program.routes()) {
    if (route.kind != RouteKind::Event || !event_routes_.insert(std::string(route.name)).second) continue;
    parts_.events.subscribe(parts_.events.name(route.name), fmt::format("route:{}", route.name),
                            [this](const management::EventPtr& event) { return on_event(event); });
  }
}

bool Engine::on_event(const management::EventPtr& event) {
  const auto home = static_cast<shard::ShardId>(event->key % shard::kShards);
  return parts_.shards.try_post(home, [this, event](shard::Shard& shard) { run_event_route(shard, event); });
}

// Found again by name: a reload may have taken the route away.
void Engine::run_event_route(shard::Shard& shard, const management::EventPtr& event) {
  ShardState& state = state_of(shard);
  const std::shared_ptr<const script::Program>& program = program_of(state);
  const auto route = program->find_route(RouteKind::Event, event->name);
  if (!route) return;
  // What a route says about a line of the log is no line to tell it of.
  std::optional<log::Unheard> quiet;
  if (event->name == management::kLogEvent) quiet.emplace();
  RouteContext& context = acquire(shard);
  context.begin(RouteKind::Event, dummy_request(state));
  context.program = program;
  context.progress.event = event;
  std::vector<script::Value> values;
  std::vector<script::NamedValue> named;
  for (const management::Event::Parameter& parameter : event->parameters) {
    const auto* const text = std::get_if<std::string>(&parameter.value);
    values.push_back(text != nullptr ? script::Value::text(*text)
                                     : script::Value::integer(std::get<std::int64_t>(parameter.value)));
    if (!parameter.name.empty()) named.push_back({parameter.name, values.back()});
  }
  const script::Outcome outcome = context.run().start(context.program, *route, context, values, named);
  if (!outcome.suspended()) finish_detached(context, outcome);
}

base::Task<> Engine::drain(shard::Shard& shard) {
  using std::chrono_literals::operator""ms;
  while (state_of(shard).transactions.unfinished() != 0) co_await shard.sleep(20ms);
}

void Engine::shut_down(base::Duration bound) {
  unfinished_.store(0);
  for (shard::ShardId id = 0; id < shard::kShards; ++id) {
    unfinished_.fetch_add(1);
    parts_.shards.post(id, [this, bound](shard::Shard& shard) {
      state_of(shard).transactions.shut_down(bound);
      shard.start(drain(shard), [this] { unfinished_.fetch_sub(1); });
    });
  }
}

void Engine::abandon_runs(shard::Shard& shard) {
  auto& contexts = state_of(shard).contexts;
  while (!contexts.empty()) release(*contexts.back());
}

}  // namespace carillon::engine
