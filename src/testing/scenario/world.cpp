// SPDX-License-Identifier: Apache-2.0
// See world.h.
#include "testing/scenario/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "base/strings.h"
#include "engine/script_host.h"
#include "modules/module_list.h"
#include "server/listeners.h"

namespace carillon::testing {
namespace {

constexpr std::array<std::string_view, 8> kUsualModules = {"signaling", "sl",        "tm",     "rr",
                                                           "maxfwd",    "sipmsgops", "usrloc", "registrar"};

std::string one_text(const std::vector<std::string>& lines) { return fmt::format("{}", fmt::join(lines, "\n")); }

}  // namespace

// A store in memory for each URL of a kind whose server isn't asked.
class World::MemoryDriver final : public storage::KeyValueDriver {
 public:
  MemoryDriver(World& world, std::string_view scheme) : world_(world), scheme_(scheme) {}
  [[nodiscard]] std::string_view scheme() const override { return scheme_; }
  [[nodiscard]] base::Result<std::shared_ptr<storage::KeyValueStore>> open(const storage::KeyValueUrl& url) override {
    constexpr std::size_t kRoom = 64U << 20;
    auto room = std::make_shared<cachedb_local::Room>(kRoom);
    return world_.stores_.emplace_back(
        std::make_shared<cachedb_local::LocalStore>(url.display(), world_.simulation_.shards(), std::move(room)));
  }

 private:
  World& world_;
  std::string_view scheme_;
};

World::World()
    : clock_(simulation_.clock()),
      begin_(clock_.now()),
      resolver_(clock_),
      pool_(storage::Pool::Limits{.threads = 0}),
      registry_(modules::all()) {}

// Jobs that have begun to wait are done, so that nobody waits for them.
World::~World() {
  if (database_ != nullptr) database_->delay = {};
  if (stack_ != nullptr) simulation_.settle();
  for (const auto& store : stores_) store->close();
}

base::Result<> World::stop() {
  if (stack_ == nullptr) return {};
  const std::weak_ptr<const script::Program> program = stack_->engine().program();
  simulation_.set_background({});
  jobs_due_ = base::TimePoint::max();
  resolver_.forget();
  stack_.reset();
  // Each run holds the script it is of.
  if (!program.expired()) return base::fail("a run of the script outlives the server");
  return {};
}

// One line, so that the script's own keep their numbers.
std::string World::preamble(const Setup& setup) const {
  std::string line;
  const auto load = [&line](std::string_view name) { line += fmt::format("loadmodule \"{}.so\" ", name); };
  for (const module::Declaration* available : registry_.available()) {
    if (std::ranges::find(kUsualModules, available->name) != kUsualModules.end()) load(available->name);
  }
  for (const std::string& module : setup.modules) load(module);
  if (database_ != nullptr) line += fmt::format("db_default_url=\"{}\" ", database_->url());
  for (const Setup::Parameter& parameter : setup.parameters) {
    line += fmt::format("modparam(\"{}\", \"{}\", {}) ", parameter.module, parameter.name, parameter.value);
  }
  return line;
}

base::Result<> World::start(const Setup& setup) {
  const bool whole = setup.whole_script.has_value();
  if (setup.database || whole) database_ = std::make_unique<ScenarioDatabase>();
  path_ = setup.path;
  if (!whole) preamble_ = preamble(setup);
  next_script_ = setup.script;
  source_ = whole ? *setup.whole_script : script::Source::from_text(preamble_ + next_script_, path_);
  if (setup.recorded) recorder_ = std::make_unique<RunRecorder>(*source_);
  for (const auto& [name, value] : setup.arguments) server::core_module(registry_).arguments[name] = value;
  engine::ScriptHost host(registry_);
  const script::Compilation compilation = script::compile(*source_, host);
  for (const script::Diagnostic& found : compilation.diagnostics.all()) {
    log::notice("line {}: {}: {} ({})", found.position.line, script::name_of(found.severity), found.message,
                found.hint);
  }
  if (compilation.program == nullptr) return base::fail(script::render(compilation.diagnostics, *source_));
  if (const auto missing = registry_.missing_modules(); !missing.empty()) return base::fail(one_text(missing));
  if (whole) {
    if (auto set = set_parameters(setup.parameters); !set) return set;
    log::set_level(static_cast<log::Level>(std::clamp(server::core_module(registry_).settings.log_level, -3, 4)));
  }

  stack_ = std::make_unique<server::Stack>(
      server::Stack::Ground{.clock = clock_,
                            .shards = simulation_.shards(),
                            .network = simulation_.network(),
                            .resolver = resolver_,
                            .pool = pool_},
      registry_, compilation.program,
      server::Stack::Options{.version = "Carillon",
                             .workers = {},
                             .databases = {.without_threads = true, .clock = &clock_},
                             .read_script = [this, whole] -> base::Result<script::Source> {
                               if (whole) return *source_;
                               return script::Source::from_text(preamble_ + next_script_, path_);
                             },
                             .stand_in = whole || setup.closed ? &answers_ : nullptr,
                             .tracer = recorder_.get()});
  simulation_.set_background([this] { return run_jobs(); });
  if (whole) replace_stores(setup);
  if (auto made = make_database(setup); !made) return made;
  if (auto bound = listen(setup, *compilation.program); !bound) return bound;
  if (!whole) stack_->identity().add({"example.org", 0, false});
  for (const std::string& name : setup.names) stack_->identity().add({name, 0, false});
  if (const auto problems = stack_->start(); !problems.empty()) return base::fail(one_text(problems));
  simulation_.settle();
  return {};
}

void World::replace_stores(const Setup& setup) {
  std::unique_ptr<storage::Driver> driver = database_->driver();
  if (setup.database_driver) {
    Drivers of_modules;
    for (const module::Declaration* available : registry_.available()) {
      const module::Module* const loaded = registry_.find_module(available->name);
      auto real = loaded == nullptr ? nullptr : loaded->driver();
      if (real != nullptr) of_modules.push_back(std::move(real));
    }
    driver = setup.database_driver(std::move(driver), std::move(of_modules));
  }
  stack_->databases().use_only(std::move(driver));
  for (const std::string_view scheme : {"redis", "memcached", "mongodb", "couchbase", "cassandra", "dynamodb"}) {
    stack_->key_values().add_driver(std::make_unique<MemoryDriver>(*this, scheme));
  }
  // The rows that wait on the machine's disk are not ours.
  if (registry_.is_loaded("acc")) {
    static_cast<void>(
        registry_.set_parameter("acc", "db_queue", script::Value::text(database_->folder() + "/acc.queue")));
  }
}

base::Result<> World::set_parameters(const std::vector<Setup::Parameter>& parameters) {
  for (const Setup::Parameter& parameter : parameters) {
    const std::string line =
        fmt::format("modparam(\"{}\", \"{}\", {})\n", parameter.module, parameter.name, parameter.value);
    const script::Source source = script::Source::from_text(line, "modparam");
    engine::ScriptHost host(registry_);
    const script::Compilation compilation = script::compile(source, host);
    if (compilation.program == nullptr) return base::fail(script::render(compilation.diagnostics, source));
  }
  return {};
}

// Names and interfaces of another machine get addresses in the order in which they come.
std::vector<base::IpAddress> World::addresses_of(const std::string& host) {
  const auto given = base::IpAddress::parse(host);
  if (given && !given->is_unspecified()) return {*given};
  const bool v6 = given && given->family() == base::Family::V6;
  const std::string name = given || host == "*" ? std::string(v6 ? "::" : "*") : host;
  if (const auto named = resolver_.cached(name); named && *named && !(*named)->empty()) return {(*named)->front()};
  constexpr std::size_t kMost = 9;  // behind them are the phones
  const std::size_t next = std::min(hosts_.size(), kMost) + 1;
  const std::string address = v6 ? fmt::format("2001:db8::{}", next) : fmt::format("10.0.0.{}", next);
  return {hosts_.try_emplace(name, *base::IpAddress::parse(address)).first->second};
}

base::Result<> World::listen(const Setup& setup, const script::Program& program) {
  server::Sockets sockets;
  for (const std::string& text : setup.sockets) server::join(sockets, server::resolve_socket(text));
  if (setup.sockets.empty()) {
    server::HostAddresses here;
    if (setup.whole_script) here = [this](const std::string& host) { return addresses_of(host); };
    sockets = server::resolve_sockets(program, registry_, here);
  }
  if (sockets.listen.empty() && sockets.problems.empty()) {
    for (const char* const usual : {"udp:10.0.0.1:5060", "tcp:10.0.0.1:5060"}) {
      server::join(sockets, server::resolve_socket(usual));
    }
  }
  return bind(sockets);
}

base::Result<> World::bind(const server::Sockets& sockets) {
  if (!sockets.problems.empty()) return base::fail(one_text(sockets.problems));
  for (const transport::ListenOptions& options : sockets.listen) {
    if (auto bound = stack_->transport().listen(options); !bound) return std::unexpected(bound.error());
    listening_.push_back({options.protocol, {options.address, options.port}});
  }
  return {};
}

base::Result<> World::make_database(const Setup& setup) {
  if (database_ == nullptr) return {};
  if (!setup.whole_script) stack_->databases().add_driver(database_->driver());
  for (const storage::TableSpec* table : registry_.tables()) {
    if (auto made = database_->make(*table); !made) return made;
  }
  for (const std::string& statement : setup.rows) {
    if (auto done = database_->execute(statement); !done) return done;
  }
  return {};
}

bool World::run_jobs() {
  const bool pool_had = pool_.run_pending();
  storage::Databases& databases = stack_->databases();
  if (!databases.has_pending()) return pool_had;
  if (database_ != nullptr && database_->delay > base::Duration::zero()) {
    if (jobs_due_ == base::TimePoint::max()) jobs_due_ = clock_.now() + database_->delay;
    if (clock_.now() < jobs_due_) return pool_had;
  }
  jobs_due_ = base::TimePoint::max();
  return databases.run_pending() || pool_had;
}

void World::advance(base::Duration by) {
  const base::TimePoint end = clock_.now() + by;
  do {
    const base::TimePoint next = std::max(std::min(resolver_.next_event(), jobs_due_), clock_.now());
    simulation_.advance(std::min(end, next) - clock_.now());
    resolver_.run();
    simulation_.settle();
  } while (clock_.now() < end || std::min(resolver_.next_event(), jobs_due_) <= end);
}

}  // namespace carillon::testing
