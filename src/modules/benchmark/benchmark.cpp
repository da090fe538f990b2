// SPDX-License-Identifier: Apache-2.0
// See benchmark.h.
#include "modules/benchmark/benchmark.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "routing/proxy.h"

namespace carillon::benchmark {

using namespace module;
using management::Json;
using management::Parameters;
using script::Value;
using script::VariableRef;

namespace {

constexpr int kBad = 400;
constexpr int kNotFound = 404;

bool is_enable(std::int64_t value) { return value >= -1 && value <= 1; }
bool is_granularity(std::int64_t value) { return value >= 0 && value <= INT32_MAX; }
bool is_log_level(std::int64_t value) { return value >= -3 && value <= 4; }

}  // namespace

std::string Durations::text() const { return fmt::format("{}/{}/{}/{}/{:.6f}", count, sum, least, most, mean()); }

class Benchmark::Started final : public routing::RunData {
 public:
  std::map<const Timer*, base::TimePoint> times;
  std::uint64_t difference = 0;
};

base::Result<> Benchmark::start(Services& /*services*/) {
  if (!is_enable(enable)) return base::fail("enable must be -1, 0 or 1");
  if (!is_granularity(granularity)) return base::fail("granularity must not be negative");
  if (!is_log_level(loglevel)) return base::fail("loglevel must be a number from -3 to 4");
  if (max_timers < 1) return base::fail("max_timers must be at least 1");
  enabled_.store(enable);
  granularity_.store(granularity);
  log_level_.store(loglevel);
  return {};
}

Benchmark::Timer* Benchmark::find_or_make(std::string_view name) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = timers_.find(name);
    if (found != timers_.end()) return found->second.get();
  }
  const std::unique_lock lock(mutex_);
  const auto found = timers_.find(name);
  if (found != timers_.end()) return found->second.get();
  if (timers_.size() >= static_cast<std::size_t>(max_timers)) return nullptr;
  return timers_.emplace(std::string(name), std::make_unique<Timer>()).first->second.get();
}

bool Benchmark::is_active(const Timer& timer) const {
  const int enabled = enabled_.load(std::memory_order_relaxed);
  return enabled > 0 || (enabled == 0 && timer.enabled.load(std::memory_order_relaxed));
}

// --- functions

Verdict Benchmark::bm_start_timer(RouteContext& context, std::string_view name) {
  if (enabled_.load(std::memory_order_relaxed) < 0) return kTrue;
  const Timer* const timer = find_or_make(name);
  if (timer == nullptr) {
    log::error("bm_start_timer(): there are as many timers as max_timers allows");
    return kFalse;
  }
  if (is_active(*timer)) context.of_run<Started>(this).times[timer] = context.proxy().clock().now();
  return kTrue;
}

Verdict Benchmark::bm_log_timer(RouteContext& context, std::string_view name) {
  if (enabled_.load(std::memory_order_relaxed) < 0) return kTrue;
  Timer* const timer = find_or_make(name);
  if (timer == nullptr) return kFalse;
  if (!is_active(*timer)) return kTrue;
  auto& started = context.of_run<Started>(this);
  const auto begin = started.times.find(timer);
  if (begin == started.times.end()) {
    log::error("bm_log_timer(): the timer {} has not been started", name);
    return kFalse;
  }
  using std::chrono::microseconds;
  const auto passed = std::chrono::duration_cast<microseconds>(context.proxy().clock().now() - begin->second);
  const auto duration = static_cast<std::uint64_t>(std::max<std::int64_t>(passed.count(), 0));
  started.times.erase(begin);
  started.difference = duration;
  Durations recent;
  Durations all;
  {
    const std::scoped_lock lock(timer->mutex);
    timer->recent.add(duration);
    timer->all.add(duration);
    const int every = granularity_.load(std::memory_order_relaxed);
    if (every == 0 || timer->recent.count < static_cast<std::uint64_t>(every)) return kTrue;
    recent = std::exchange(timer->recent, {});
    all = timer->all;
  }
  report(name, duration, recent, all);
  return kTrue;
}

void Benchmark::report(std::string_view name, std::uint64_t duration, const Durations& recent,
                       const Durations& all) const {
  const auto told = [](const Durations& of) {
    return fmt::format("{} calls in {} us, from {} to {}, {:.6f} on average", of.count, of.sum, of.least, of.most,
                       of.mean());
  };
  log::line(static_cast<log::Level>(log_level_.load(std::memory_order_relaxed)),
            "benchmark: {} took {} us; lately {}; ever {}", name, duration, told(recent), told(all));
}

Value Benchmark::read_difference(RouteContext& context, const VariableRef& /*ref*/) {
  const auto* const started = context.find_of_run<Started>(this);
  return Value::integer(started == nullptr ? 0 : static_cast<std::int64_t>(started->difference));
}

// --- commands

Benchmark::Answer Benchmark::enable_global(Parameters parameters) {
  const auto value = parameters.integer("enable");
  if (!value) co_return std::unexpected(value.error());
  if (!is_enable(*value)) co_return base::fail("Bad parameter value", kBad);
  enabled_.store(static_cast<int>(*value));
  co_return Json("OK");
}

Benchmark::Answer Benchmark::enable_timer(Parameters parameters) {
  const auto name = parameters.text("timer");
  if (!name) co_return std::unexpected(name.error());
  const auto value = parameters.integer("enable");
  if (!value) co_return std::unexpected(value.error());
  if (*value != 0 && *value != 1) co_return base::fail("Bad parameter value", kBad);
  // One that the script hasn't named yet may be told of beforehand.
  Timer* const timer = find_or_make(*name);
  if (timer == nullptr) co_return base::fail("Too many timers", kNotFound);
  timer->enabled.store(*value == 1);
  co_return Json("OK");
}

Benchmark::Answer Benchmark::set_granularity(Parameters parameters) {
  const auto value = parameters.integer("granularity");
  if (!value) co_return std::unexpected(value.error());
  if (!is_granularity(*value)) co_return base::fail("Bad parameter value", kBad);
  granularity_.store(static_cast<int>(*value));
  co_return Json("OK");
}

Benchmark::Answer Benchmark::set_log_level(Parameters parameters) {
  const auto value = parameters.integer("log_level");
  if (!value) co_return std::unexpected(value.error());
  if (!is_log_level(*value)) co_return base::fail("Bad parameter value", kBad);
  log_level_.store(static_cast<int>(*value));
  co_return Json("OK");
}

Benchmark::Answer Benchmark::poll_results(Parameters /*parameters*/) {
  if (granularity_.load() != 0) co_return base::fail("Polling needs the granularity 0", kBad);
  auto rows = Json::array();
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, timer] : timers_) {
      const std::scoped_lock timer_lock(timer->mutex);
      const Durations recent = std::exchange(timer->recent, {});
      auto& row = rows.push_back(Json::object());
      row.add("name", name);
      row.add("current", recent.text());
      row.add("global", timer->all.text());
    }
  }
  auto answer = Json::object();
  answer.add("Timers", std::move(rows));
  co_return answer;
}

}  // namespace carillon::benchmark
