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
  if (setup.database) database_ = std::make_unique<ScenarioDatabase>();
  path_ = setup.path;
  preamble_ = preamble(setup);
  next_script_ = setup.script;
  const script::Source source = script::Source::from_text(preamble_ + next_script_, path_);
  for (const auto& [name, value] : setup.arguments) server::core_module(registry_).arguments[name] = value;
  engine::ScriptHost host(registry_);
  const script::Compilation compilation = script::compile(source, host);
  for (const script::Diagnostic& found : compilation.diagnostics.all()) {
    log::notice("line {}: {}: {} ({})", found.position.line, script::name_of(found.severity), found.message,
                found.hint);
  }
  if (compilation.program == nullptr) return base::fail(script::render(compilation.diagnostics, source));
  if (const auto missing = registry_.missing_modules(); !missing.empty()) return base::fail(one_text(missing));

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
                             .read_script = [this] -> base::Result<script::Source> {
                               return script::Source::from_text(preamble_ + next_script_, path_);
                             }});
  simulation_.set_background([this] { return run_jobs(); });
  if (auto made = make_database(setup); !made) return made;
  if (auto bound = listen(setup.sockets, *compilation.program); !bound) return bound;
  stack_->identity().add({"example.org", 0, false});
  for (const std::string& name : setup.names) stack_->identity().add({name, 0, false});
  if (const auto problems = stack_->start(); !problems.empty()) return base::fail(one_text(problems));
  simulation_.settle();
  return {};
}

base::Result<> World::listen(const std::vector<std::string>& sockets, const script::Program& program) {
  static const std::vector<std::string> kUsual = {"udp:10.0.0.1:5060", "tcp:10.0.0.1:5060"};
  server::Sockets resolved;
  if (sockets.empty()) resolved = server::resolve_sockets(program, registry_);
  const bool has_own = !resolved.listen.empty() || !resolved.problems.empty();
  if (!has_own) {
    for (const std::string& text : sockets.empty() ? kUsual : sockets) join(resolved, server::resolve_socket(text));
  }
  if (!resolved.problems.empty()) return base::fail(one_text(resolved.problems));
  for (const transport::ListenOptions& options : resolved.listen) {
    if (auto bound = stack_->transport().listen(options); !bound) return std::unexpected(bound.error());
  }
  return {};
}

base::Result<> World::make_database(const Setup& setup) {
  if (database_ == nullptr) return {};
  stack_->databases().add_driver(database_->driver());
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
