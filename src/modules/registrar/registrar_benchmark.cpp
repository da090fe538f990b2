// SPDX-License-Identifier: Apache-2.0
// What a REGISTER that refreshes a binding, and a lookup, cost in registrar and usrloc: without receiving, parsing the
// message's index, running the script and the kernel.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "management/command.h"
#include "management/events.h"
#include "management/json_rpc.h"
#include "metrics/registry.h"
#include "module/registry.h"
#include "modules/registrar/registrar.h"
#include "routing/flag_names.h"
#include "routing/identity.h"
#include "routing/proxy.h"
#include "routing/refusal_limit.h"
#include "shard/shards.h"
#include "shard/workers.h"
#include "storage/database.h"
#include "storage/key_value.h"
#include "storage/pool.h"
#include "transport/null_network.h"

namespace carillon::usrloc {
extern const module::Declaration kDeclaration;
}

namespace carillon::registrar {
extern const module::Declaration kDeclaration;

namespace {

// No script runs here.
class NoRuns final : public routing::ScriptRuns, public routing::RunHooks {
 public:
  routing::RouteContext& acquire(shard::Shard& /*shard*/) override { std::abort(); }
  void release(routing::RouteContext& /*context*/) override {}
  base::Task<script::Outcome> run(routing::RouteContext& /*context*/,
                                  std::shared_ptr<const script::Program> /*program*/,
                                  script::RouteId /*route*/) override {
    co_return script::Outcome{};
  }
  void resume(routing::RouteContext& /*context*/, int /*code*/) override {}
  void resume_value(routing::RouteContext& /*context*/, const script::Value& /*value*/) override {}
  void log(routing::RouteContext& /*context*/, script::LogSource /*source*/, script::LogLevel /*level*/,
           std::string_view /*text*/, const script::Position& /*at*/) override {}
  bool launch(routing::RouteContext& /*context*/, script::Launch /*launch*/) override { return false; }
};

std::string register_request(std::size_t user) {
  return fmt::format(
      "REGISTER sip:example.org SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK{0:08}776asdhds;rport\r\n"
      "Max-Forwards: 70\r\n"
      "From: <sip:user{0:08}@example.org>;tag=a73kszlfl\r\n"
      "To: <sip:user{0:08}@example.org>\r\n"
      "Call-ID: {0:08}-1234-4567-89ab-cdef01234567@192\r\n"
      "CSeq: 2 REGISTER\r\n"
      "Contact: <sip:user{0:08}@192.0.2.9:5060;transport=udp>"
      ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-0000{0:08}0>\";reg-id=1\r\n"
      "User-Agent: Example Phone X1000/2.3.4.5678\r\n"
      "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO\r\n"
      "Expires: 3600\r\n"
      "Content-Length: 0\r\n\r\n",
      user);
}

// Both modules with as many users registered as asked for, and a run's context on one of their requests.
class Bench {
 public:
  explicit Bench(std::size_t users) {
    static_cast<void>(modules_.load("usrloc"));
    static_cast<void>(modules_.load("registrar"));
    registrar_ = static_cast<Registrar*>(modules_.find_module("registrar"));
    name_ = {.domain = registrar_->domain("location").value()};
    transport_.set_handler(handler_);
    static_cast<void>(transport_.listen({.address = *base::IpAddress::parse("192.0.2.1"), .port = 5060}));
    if (const auto problems = modules_.start(services_); !problems.empty()) std::abort();
    for (std::size_t user = 0; user < users; ++user) {
      receive(user);
      save("no-reply");
    }
    receive(users / 2);
  }
  ~Bench() {
    context_.end();
    stored_.reset();
    modules_.stop();
  }

  void receive(std::size_t user) {
    bytes_ = register_request(user);
    static_cast<void>(message_.assign(bytes_));
    context_.end();
    stored_ = messages_.store(message_, {.listener = transport::ListenerId{0},
                                         .local = *base::Endpoint::parse("192.0.2.1:5060"),
                                         .remote = *base::Endpoint::parse("192.0.2.9:5060")});
    context_.begin(script::RouteKind::Request, stored_);
  }
  int save(std::string_view flags) {
    context_.decision.answered = false;
    SaveFlags parsed = SaveFlags::parse(flags).value();
    int code = 0;
    base::start(registrar_->save(context_, Constant<DomainName>(&name_), Parsed<SaveFlags>(&parsed), {}, {}),
                [&code](Verdict verdict) { code = verdict.code; });
    return code;
  }
  int lookup() {
    if (++lookups_ % 1024 == 0) receive(1);  // what lookup() keeps for the message goes with it
    context_.set_request_uri(context_.message().to().uri_text);
    return registrar_->lookup(context_, Constant<DomainName>(&name_), std::nullopt, std::nullopt).verdict().code;
  }

 private:
  base::SystemClock clock_;
  shard::Shards shards_{clock_};
  transport::NullNetwork network_;
  transport::NoResolver resolver_;
  transport::SilentHandler handler_;
  transport::TransportLayer transport_{network_, shards_, resolver_, transport::Limits{}};
  storage::Pool pool_{storage::Pool::Limits{.threads = 1}};
  storage::Databases databases_;
  storage::KeyValueStores key_values_;
  metrics::Registry statistics_;
  management::CommandRegistry commands_;
  management::InlineDispatcher dispatcher_{commands_};
  management::Events events_{clock_};
  routing::ProxySettings proxy_settings_;
  routing::Identity identity_;
  routing::FlagNames flag_names_;
  const std::vector<const module::Declaration*> available_{&usrloc::kDeclaration, &registrar::kDeclaration};
  module::Registry modules_{available_};
  module::Services services_{.clock = clock_,
                             .shards = shards_,
                             .transport = transport_,
                             .pool = pool_,
                             .databases = databases_,
                             .key_values = key_values_,
                             .statistics = statistics_,
                             .commands = commands_,
                             .dispatcher = dispatcher_,
                             .events = events_,
                             .proxy_settings = proxy_settings_,
                             .identity = identity_,
                             .flag_names = flag_names_,
                             .modules = modules_,
                             .default_db_url = {}};
  const shard::WorkerScope worker_{0};
  NoRuns runs_;
  routing::ProxyStatistics proxy_statistics_;
  routing::RefusalLimit refusals_;
  transaction::Statistics transaction_statistics_;
  transaction::Secrets secrets_ = transaction::Secrets::random();
  transaction::TransactionLayer transactions_{shards_.shard(0), transport_, proxy_settings_.transactions, secrets_,
                                              transaction_statistics_};
  routing::Proxy proxy_{{.shard = shards_.shard(0),
                         .transport = transport_,
                         .transactions = transactions_,
                         .settings = proxy_settings_,
                         .identity = identity_,
                         .clock = clock_,
                         .runs = runs_,
                         .statistics = proxy_statistics_,
                         .refusals = refusals_}};
  transaction::StoredMessagePool messages_;
  routing::RouteContext context_{proxy_, runs_};
  std::string bytes_;
  sip::Message message_;
  transaction::StoredMessagePtr stored_;
  Registrar* registrar_ = nullptr;
  DomainName name_;
  unsigned lookups_ = 0;
};

void refresh_and_answer(benchmark::State& state) {
  Bench bench(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(bench.save(""));
}

void refresh_unanswered(benchmark::State& state) {
  Bench bench(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(bench.save("no-reply"));
}

void lookup(benchmark::State& state) {
  Bench bench(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(bench.lookup());
}

BENCHMARK(refresh_and_answer)->Arg(1'000)->Arg(100'000);
BENCHMARK(refresh_unanswered)->Arg(1'000)->Arg(100'000);
BENCHMARK(lookup)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace carillon::registrar
