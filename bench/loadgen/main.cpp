// SPDX-License-Identifier: Apache-2.0
// Load generator: fills the registrar, then offers calls or registrations at a rate, or searches for the highest one.
// Prints one JSON object a line.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "base/random.h"
#include "loadgen/call_load.h"
#include "loadgen/cpu_usage.h"
#include "loadgen/options.h"
#include "loadgen/register_load.h"
#include "loadgen/search.h"
#include "loadgen/trial.h"

namespace carillon::bench {

namespace {

constexpr double kFailuresAllowed = 0.001;
// Of what begins in the measured seconds, so much has to end in them: a queue that grows is no rate that is borne.
constexpr double kPaceWanted = 0.97;

base::Duration seconds(double value) {
  return std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(value));
}

void print_line(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

double microseconds(std::chrono::nanoseconds latency) { return static_cast<double>(latency.count()) / 1e3; }

std::string to_json(const Statistics& s) {
  return fmt::format(
      R"("attempted":{},"succeeded":{},"failed":{},"rejected":{},"timed_out":{},"misrouted":{},"unconfirmed":{},)"
      R"("retransmissions":{},"challenged":{},"stray":{},"p50_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f})",
      s.attempted, s.succeeded, s.failed(), s.rejected, s.timed_out, s.misrouted, s.unconfirmed, s.retransmissions,
      s.challenged, s.stray, microseconds(s.latency.percentile(0.5)), microseconds(s.latency.percentile(0.99)),
      microseconds(s.latency.percentile(0.999)));
}

std::string to_json(const TrialResult& trial) {
  return fmt::format(R"("completed":{},"generator_busy":{:.3f},"late_starts":{},"receive_drops":{},"saturated":{})",
                     trial.completed, trial.busy, trial.late_starts, trial.receive_drops, trial.saturated());
}

class Generator {
 public:
  Generator(const Options& options, Sockets& sockets)
      : options_(options),
        sockets_(sockets),
        run_(static_cast<std::uint32_t>(base::random_u64())),
        phones_(options.auth, options.first_user, options.users),
        registrations_(sockets, phones_,
                       {run_++, options.first_user, options.users, seconds(options.timeout_seconds)}) {}

  // False when some user could not be registered, or could not make its first call.
  bool fill() {
    const auto begin = std::chrono::steady_clock::now();
    run_closed_loop(registrations_, options_.users, options_.window);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const Statistics& statistics = registrations_.statistics();
    print_line(fmt::format(R"({{"event":"filled","seconds":{:.3f},{}}})", took.count(), to_json(statistics)));
    if (statistics.failed() > 0) return false;
    return options_.auth != AuthMode::Reuse || options_.traffic != Traffic::Call || call_once();
  }

  // One rate, and the CPU time that the server needed for it.
  bool offer() {
    Load& load = prepare_load();
    TrialPlan plan = make_plan(options_.rate);
    CpuUsage begin;
    CpuUsage used;
    plan.on_measure_begin = [this, &begin] { begin = read_usage(); };
    plan.on_measure_end = [this, &begin, &used] { used = read_usage() - begin; };
    const TrialResult trial = run_trial(load, plan);
    print_line(fmt::format(R"({{"event":"result","rate":{:.0f},{},{},"server_cpu_us":{:.0f},"database_cpu_us":{:.0f},)"
                           R"("strangers_cpu_us":{:.0f}}})",
                           options_.rate, to_json(load.statistics()), to_json(trial), microseconds(used.server),
                           microseconds(used.database), microseconds(used.strangers())));
    return load.statistics().attempted > 0;
  }

  bool search() {
    const SearchResult found = find_highest_rate(options_.rate, [this](double rate) { return try_rate(rate); });
    print_line(
        fmt::format(R"({{"event":"highest","rate":{:.0f},"load_limited":{}}})", found.highest, found.load_limited));
    return found.highest > 0;
  }

 private:
  [[nodiscard]] CpuUsage read_usage() const {
    return read_cpu_usage(options_.server_pids, options_.database_pids, options_.our_pids);
  }

  // Registrations go on with the Call-IDs and CSeqs of the filling; calls are new ones each time.
  [[nodiscard]] Load& prepare_load() {
    if (options_.traffic == Traffic::Register) {
      registrations_.forget_statistics();
      return registrations_;
    }
    calls_ = std::make_unique<CallLoad>(sockets_, phones_, call_plan());
    return *calls_;
  }

  [[nodiscard]] CallPlan call_plan() {
    return {.run = run_++,
            .users = options_.users,
            .ring = seconds(options_.ring_milliseconds / 1e3),
            .hold = seconds(options_.hold_milliseconds / 1e3),
            .timeout = seconds(options_.timeout_seconds),
            .relay_padding = options_.relay_padding};
  }

  // Whoever is to answer a challenge again has called, and been challenged, once.
  [[nodiscard]] bool call_once() {
    CallPlan plan = call_plan();
    plan.in_turn = true;
    CallLoad load(sockets_, phones_, plan);
    constexpr std::size_t kCallsAtOnce = 256;  // each lasts as long as it rings and is held
    run_closed_loop(load, options_.users, kCallsAtOnce);
    return load.statistics().failed() == 0;
  }

  [[nodiscard]] TrialPlan make_plan(double rate) const {
    return {.rate = rate,
            .warmup = seconds(options_.warmup_seconds),
            .measure = seconds(options_.seconds),
            .spin = options_.spin};
  }

  [[nodiscard]] Bearing try_rate(double rate) {
    Load& load = prepare_load();
    const TrialResult trial = run_trial(load, make_plan(rate));
    print_line(
        fmt::format(R"({{"event":"trial","rate":{:.0f},{},{}}})", rate, to_json(load.statistics()), to_json(trial)));
    drain(load);
    const Statistics& s = load.statistics();
    const bool few_failures = static_cast<double>(s.failed()) <= kFailuresAllowed * static_cast<double>(s.attempted);
    const bool kept_pace = static_cast<double>(trial.completed) >= kPaceWanted * static_cast<double>(trial.starts);
    // What a saturated generator offered was not the rate, even if all of it was borne.
    if (trial.saturated()) return Bearing::Void;
    return few_failures && kept_pace ? Bearing::Borne : Bearing::Failed;
  }

  const Options& options_;
  Sockets& sockets_;
  std::uint32_t run_;
  DigestPhones phones_;
  RegisterLoad registrations_;
  std::unique_ptr<CallLoad> calls_;
};

int run(const Options& options) {
  prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds: sleeping must not blur the schedule
  const base::Endpoint anywhere{options.server.address, 0};
  auto uac = UdpBatch::open(anywhere, options.server);
  auto uas = UdpBatch::open({anywhere.address, options.uas_port}, options.server);
  if (!uac || !uas) {
    fmt::print(stderr, "loadgen: {}\n", (uac ? uas : uac).error().message);
    return 2;
  }
  Sockets sockets{std::move(*uac), std::move(*uas)};
  Generator generator(options, sockets);
  if (options.fill && !generator.fill()) return 1;
  if (options.seconds <= 0) return 0;
  return (options.search ? generator.search() : generator.offer()) ? 0 : 1;
}

}  // namespace

}  // namespace carillon::bench

int main(int argc, char** argv) { return carillon::bench::run(carillon::bench::parse_options(argc, argv)); }
