// SPDX-License-Identifier: Apache-2.0
// The whole server without the kernel: what a REGISTER and a call cost from the received bytes to the bytes to send,
// and how much more two workers bear than one. Prints medians of interleaved rounds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "in_process/desk.h"
#include "in_process/dialogue.h"
#include "modules/module_list.h"
#include "server/script_loader.h"
#include "server/stack.h"
#include "shard/workers.h"
#include "transport/null_network.h"

namespace carillon::bench {

namespace {

struct Options {
  std::string script;
  AuthMode auth = AuthMode::None;
  std::uint32_t users = 10'000;  // a worker's
  std::uint32_t items = 50'000;  // a worker's, a round
  unsigned rounds = 5;
  unsigned workers = 0;  // 0: compare one with two
  std::string traffic;   // empty: both
};

// A worker's loop whose network is its own Dialogue: each poll plays a batch, until all is done.
class LoadLoop final : public shard::Loop {
 public:
  using Clock = std::chrono::steady_clock;

  LoadLoop(Dialogue& dialogue, void (Dialogue::*item)(), std::uint32_t items, std::latch& begin)
      : dialogue_(dialogue), item_(item), left_(items), begin_(begin) {}

  void poll(base::Duration max_wait) override {
    if (left_ == 0) {
      if (max_wait > base::Duration::zero()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return;
    }
    if (std::exchange(first_, false)) {
      begin_.arrive_and_wait();
      begun_ = Clock::now();
    }
    constexpr std::uint32_t kBatch = 4;
    for (std::uint32_t played = 0; played < kBatch && left_ > 0; ++played, --left_) (dialogue_.*item_)();
    if (left_ == 0) {
      ended_ = Clock::now();
      done_ = true;
    }
  }
  void wake() override {}
  void flush() override {}

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] Clock::time_point begun() const { return begun_; }
  [[nodiscard]] Clock::time_point ended() const { return ended_; }

 private:
  Dialogue& dialogue_;
  void (Dialogue::*item_)();
  std::uint32_t left_;
  std::latch& begin_;
  bool first_ = true;
  std::atomic<bool> done_{false};
  Clock::time_point begun_;
  Clock::time_point ended_;
};

// A server on a desk, with its users registered.
class Bench {
 public:
  Bench(const script::Source& source, AuthMode auth, unsigned workers, std::uint32_t users)
      : desk_(*base::Endpoint::parse("127.0.0.1:5060"), workers), registry_(modules::all()) {
    auto program = server::compile_script(source, registry_);
    if (program == nullptr) std::exit(2);
    stack_ = std::make_unique<server::Stack>(
        server::Stack::Ground{
            .clock = clock_, .shards = shards_, .network = desk_, .resolver = resolver_, .pool = pool_},
        registry_, std::move(program), server::Stack::Options{.version = "Carillon", .workers = {}});
    if (!stack_->transport().listen({.address = *base::IpAddress::parse("127.0.0.1"), .port = 5060})) std::exit(2);
    if (const auto problems = stack_->start(); !problems.empty()) {
      for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem);
      std::exit(2);
    }
    const shard::WorkerScope scope(0);
    for (unsigned worker = 0; worker < workers; ++worker) {
      dialogues_.push_back(
          std::make_unique<Dialogue>(desk_.socket(worker), auth, 1000 + worker, worker * users, users));
      for (std::uint32_t user = 0; user < users; ++user) dialogues_.back()->register_user(user);
    }
  }

  // Items a second of all workers.
  double run(void (Dialogue::*item)(), std::uint32_t items) {
    std::latch begin(static_cast<std::ptrdiff_t>(dialogues_.size()));
    std::vector<std::unique_ptr<LoadLoop>> loads;
    std::vector<shard::Loop*> loops;
    for (const auto& dialogue : dialogues_) {
      loads.push_back(std::make_unique<LoadLoop>(*dialogue, item, items, begin));
      loops.push_back(loads.back().get());
    }
    shard::WorkersOptions options;
    options.least_active = static_cast<unsigned>(loops.size());
    shard::Workers workers(shards_, loops, options);
    workers.start();
    while (!std::ranges::all_of(loads, [](const auto& load) { return load->done(); }))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    workers.stop();
    auto begun = loads.front()->begun();
    auto ended = loads.front()->ended();
    for (const auto& load : loads) {
      begun = std::min(begun, load->begun());
      ended = std::max(ended, load->ended());
    }
    return static_cast<double>(items) * static_cast<double>(loads.size()) /
           std::chrono::duration<double>(ended - begun).count();
  }

 private:
  base::SystemClock clock_;
  shard::Shards shards_{clock_};
  Desk desk_;
  transport::NoResolver resolver_;
  storage::Pool pool_{storage::Pool::Limits{.threads = 1}};
  module::Registry registry_;
  std::unique_ptr<server::Stack> stack_;
  std::vector<std::unique_ptr<Dialogue>> dialogues_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Kind {
  std::string_view name;
  void (Dialogue::*item)();
};

void print_line(std::string_view name, unsigned workers, const std::vector<double>& rates) {
  fmt::print("{:<9} {} worker{}: {:9.0f} a second, {:6.2f} us each\n", name, workers, workers == 1 ? " " : "s",
             median(rates), 1e6 / median(rates));
}

void run_alone(const script::Source& source, const Options& options, const Kind& kind) {
  Bench bench(source, options.auth, options.workers, options.users);
  std::vector<double> rates;
  for (unsigned round = 0; round < options.rounds; ++round) rates.push_back(bench.run(kind.item, options.items));
  print_line(kind.name, options.workers, rates);
}

void compare(const script::Source& source, const Options& options, const Kind& kind) {
  std::vector<double> one;
  std::vector<double> two;
  std::vector<double> ratios;
  for (unsigned round = 0; round < options.rounds; ++round) {
    one.push_back(Bench(source, options.auth, 1, options.users).run(kind.item, options.items));
    two.push_back(Bench(source, options.auth, 2, options.users).run(kind.item, options.items));
    ratios.push_back(two.back() / one.back());
  }
  print_line(kind.name, 1, one);
  print_line(kind.name, 2, two);
  std::ranges::sort(ratios);
  fmt::print("{:<9} two workers bear {:.2f} times what one bears [{:.2f} .. {:.2f}]\n", kind.name, median(ratios),
             ratios.front(), ratios.back());
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("The server in process, without the kernel: cost of a REGISTER and a call, one worker and two");
  app.add_option("--script", options.script, "the routing script")->required();
  app.add_option("--users", options.users, "registered users of each worker");
  app.add_option("--items", options.items, "REGISTERs or calls of each worker and round");
  app.add_option("--rounds", options.rounds);
  app.add_option("--workers", options.workers, "so many workers only, instead of comparing one with two");
  app.add_option("--auth", options.auth, "what the script asks for: " + std::string(kAuthModeHelp))
      ->transform(CLI::CheckedTransformer(auth_modes()));
  app.add_option("--traffic", options.traffic, "only this: REGISTER or call");
  CLI11_PARSE(app, argc, argv);
  server::ScriptOptions script;
  script.file = options.script;
  const auto source = server::read_script(script, {});
  if (!source) return 2;
  for (const Kind& kind : {Kind{"REGISTER", &Dialogue::refresh_next}, Kind{"call", &Dialogue::call}}) {
    if (!options.traffic.empty() && options.traffic != kind.name) continue;
    if (options.workers == 0) {
      compare(*source, options, kind);
    } else {
      run_alone(*source, options, kind);
    }
  }
  return 0;
}

}  // namespace

}  // namespace carillon::bench

int main(int argc, char** argv) { return carillon::bench::run(argc, argv); }
