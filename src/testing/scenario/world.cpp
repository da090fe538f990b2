// SPDX-License-Identifier: Apache-2.0
// See world.h.
#include "testing/scenario/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
      pool_(storage::Pool::Limits{}),
      registry_(modules::all()) {}

World::~World() = default;

// One line, so that the script's own keep their numbers.
std::string World::preamble(const Setup& setup) const {
  std::string line;
  const auto load = [&line](std::string_view name) { line += fmt::format("loadmodule \"{}.so\" ", name); };
  for (const module::Declaration* available : registry_.available()) {
    if (std::ranges::find(kUsualModules, available->name) != kUsualModules.end()) load(available->name);
  }
  for (const std::string& module : setup.modules) load(module);
  for (const Setup::Parameter& parameter : setup.parameters) {
    line += fmt::format("modparam(\"{}\", \"{}\", {}) ", parameter.module, parameter.name, parameter.value);
  }
  return line;
}

base::Result<> World::start(const Setup& setup) {
  const script::Source source = script::Source::from_text(preamble(setup) + setup.script, setup.path);
  engine::ScriptHost host(registry_);
  const script::Compilation compilation = script::compile(source, host);
  if (compilation.program == nullptr) return base::fail(script::render(compilation.diagnostics, source));
  if (const auto missing = registry_.missing_modules(); !missing.empty()) return base::fail(one_text(missing));

  stack_ = std::make_unique<server::Stack>(server::Stack::Ground{.clock = clock_,
                                                                 .shards = simulation_.shards(),
                                                                 .network = simulation_.network(),
                                                                 .resolver = resolver_,
                                                                 .pool = pool_},
                                           registry_, compilation.program,
                                           server::Stack::Options{.version = "Carillon", .workers = {}});
  if (auto bound = listen(setup.sockets); !bound) return bound;
  stack_->identity().add({"example.org", 0, false});
  for (const std::string& name : setup.names) stack_->identity().add({name, 0, false});
  if (const auto problems = stack_->start(); !problems.empty()) return base::fail(one_text(problems));
  simulation_.settle();
  return {};
}

base::Result<> World::listen(const std::vector<std::string>& sockets) {
  static const std::vector<std::string> kUsual = {"udp:10.0.0.1:5060", "tcp:10.0.0.1:5060"};
  for (const std::string& text : sockets.empty() ? kUsual : sockets) {
    const server::Sockets resolved = server::resolve_socket(text);
    if (!resolved.problems.empty()) return base::fail(one_text(resolved.problems));
    for (const transport::ListenOptions& options : resolved.listen) {
      if (auto bound = stack_->transport().listen(options); !bound) return std::unexpected(bound.error());
    }
  }
  return {};
}

void World::advance(base::Duration by) {
  const base::TimePoint end = clock_.now() + by;
  do {
    simulation_.advance(std::min(end, std::max(resolver_.next_event(), clock_.now())) - clock_.now());
    resolver_.run();
    simulation_.settle();
  } while (clock_.now() < end || resolver_.next_event() <= end);
}

}  // namespace carillon::testing
