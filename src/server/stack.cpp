// SPDX-License-Identifier: Apache-2.0
// See stack.h.
#include "server/stack.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "module/services.h"
#include "modules/proto_tcp/api.h"

namespace carillon::server {
namespace {

constexpr std::chrono::seconds kConnectTime{5};  // as many as a SYN and two repetitions take, and answers from far away

transport::Limits transport_limits(const core::CoreSettings& script, const module::Registry& registry) {
  transport::Limits limits;
  const auto at_least_one = [](int limit) { return static_cast<std::size_t>(std::max(limit, 1)); };
  limits.message = {.message_bytes = at_least_one(script.max_message_size),
                    .header_lines = at_least_one(script.max_header_lines),
                    .header_bytes = at_least_one(script.max_header_size),
                    .uri_bytes = at_least_one(script.max_uri_size)};
  const auto* tcp = registry.find_interface<proto_tcp::TcpSettings>();
  if (tcp != nullptr) tcp->apply_to(limits);
  limits.max_connections = at_least_one(script.tcp_max_connections);
  // With tcp_async, the default, tcp_connect_timeout bounds how long OpenSIPS is blocked; the connecting goes on behind
  // it.
  const bool blocks = tcp != nullptr && !tcp->connects_behind_the_script();
  limits.connect_timeout =
      blocks ? script.tcp_connect_timeout : std::max<base::Duration>(script.tcp_connect_timeout, kConnectTime);
  limits.connection_lifetime = script.tcp_connection_lifetime;
  limits.max_message_time = script.tcp_max_msg_time;
  limits.check_via = script.check_via;
  limits.keepalive = script.tcp_keepalive;
  limits.keepalive_count = script.tcp_keepcount;
  limits.keepalive_idle = script.tcp_keepidle;
  limits.keepalive_interval = script.tcp_keepinterval;
  limits.multihomed = script.mhomed;
  limits.first_address_only = script.disable_dns_failover;
  limits.accept_aliases = static_cast<transport::AcceptAliases>(std::clamp(script.tcp_accept_aliases, 0, 2));
  return limits;
}

storage::Database::Limits database_limits(storage::Database::Limits limits, const core::CoreSettings& script,
                                          net::Network& network) {
  limits.network = &network;
  limits.worker_queries.connections = static_cast<std::size_t>(std::max(script.db_max_async_connections, 0));
  limits.version_table = script.db_version_table;
  return limits;
}

// Of the script itself; empty, the working directory, when it is no file.
std::string directory_of(const std::vector<std::string>& files) {
  return files.empty() ? std::string() : std::filesystem::path(files.front()).parent_path().string();
}

}  // namespace

core::Core& core_module(module::Registry& registry) { return dynamic_cast<core::Core&>(*registry.find_module("core")); }

Stack::Stack(const Ground& ground, module::Registry& registry, std::shared_ptr<const script::Program> program,
             Options options)
    : ground_(ground),
      registry_(registry),
      program_(std::move(program)),
      options_(std::move(options)),
      core_(core_module(registry)),
      databases_(database_limits(options_.databases, core_.settings, ground.network)),
      events_(ground.clock),
      status_reports_(ground.clock, events_),
      transport_(ground.network, ground.shards, ground.resolver, transport_limits(core_.settings, registry)),
      engine_({.shards = ground.shards,
               .transport = transport_,
               .settings = proxy_settings_,
               .identity = identity_,
               .clock = ground.clock,
               .statistics = statistics_,
               .events = events_,
               .tracer = options_.tracer}),
      dispatcher_(ground.shards, commands_),
      script_reload_({.registry = registry, .engine = engine_, .shards = ground.shards, .pool = ground.pool},
                     options_.read_script, program_->settings()) {
  proxy_settings_.server = options_.version;
  proxy_settings_.user_agent = options_.version;
  transport_.set_handler(engine_);
}

std::vector<std::string> Stack::start() {
  // OpenSIPS's numbers of the group "core".
  constexpr int kInitializing = -1;
  constexpr int kRunning = 1;
  status_reports_.set("core", "", kInitializing, "initializing");
  status_reports_.report("core", "", "initializing");
  if (auto problems = add_bonds(); !problems.empty()) return problems;
  identity_.add_listeners(transport_);
  for (const script::AliasSpec& alias : program_->settings().aliases) {
    identity_.add({alias.host, alias.port, alias.accept_subdomain});
  }
  if (auto problems = start_modules(); !problems.empty()) return problems;
  engine_.set_program(std::move(program_));  // the engine's alone: a reload lets it go
  if (auto started = engine_.start(); !started) return {started.error().message};
  if (core_.settings.log_event_enabled) tell_log_events();
  status_reports_.set("core", "", kRunning, "running");
  status_reports_.report("core", "", "initialization completed, ready now");
  return {};
}

namespace {

std::string_view upper_name(log::Level level) {
  switch (level) {
    case log::Level::Alert:
      return "ALERT";
    case log::Level::Critical:
      return "CRITICAL";
    case log::Level::Error:
      return "ERROR";
    case log::Level::Warning:
      return "WARNING";
    case log::Level::Notice:
      return "NOTICE";
    case log::Level::Info:
      return "INFO";
    case log::Level::Debug:
      break;
  }
  return "DBG";
}

}  // namespace

// log_event_enabled. A line may be written while somebody holds a lock, so the event is raised by a shard.
void Stack::tell_log_events() {
  const int filter = core_.settings.log_event_level_filter;
  const auto ceiling = filter == 0 ? log::Level::Debug : static_cast<log::Level>(std::clamp(filter, -3, 4));
  management::Events::Name& event = events_.name(management::kLogEvent);
  log::set_listener(
      [this, &event](const log::Line& line) {
        if (!event.is_wanted()) return;
        std::vector<management::Event::Parameter> parameters{{"time", ground_.clock.unix_seconds()},
                                                             {"pid", std::int64_t{::getpid()}},
                                                             {"level", std::string(upper_name(line.level))},
                                                             {"module", std::string("core")},
                                                             {"function", std::string()},
                                                             {"prefix", std::string(line.prefix)},
                                                             {"message", std::string(line.message)}};
        // Lines that come faster than they can be told are told to nobody.
        static_cast<void>(ground_.shards.try_post(0, [&event, parameters](shard::Shard& /*shard*/) mutable {
          const log::Unheard quiet;
          event.raise(std::move(parameters), 0);
        }));
      },
      ceiling);
}

std::vector<std::string> Stack::add_bonds() {
  std::vector<std::string> problems;
  for (const script::SocketSpec& spec : program_->settings().sockets) {
    if (spec.protocol != "bond") continue;
    if (auto added = transport_.add_bond(spec.host, spec.bond_members); !added) {
      problems.push_back(fmt::format("{}: error: {}", program_->describe(spec.position), added.error().message));
    }
  }
  return problems;
}

std::vector<std::string> Stack::start_modules() {
  management::CoreServices core_services;
  core_services.version = options_.version;
  core_services.clock = &ground_.clock;
  core_services.statistics = &statistics_;
  core_services.workers = options_.workers;
  if (auto added = management::add_core_commands(commands_, std::move(core_services)); !added) {
    return {added.error().message};
  }
  if (auto added = events_.add_commands(commands_); !added) return {added.error().message};
  if (auto added = script_reload_.add_command(commands_); !added) return {added.error().message};
  if (auto added = status_reports_.add_commands(commands_); !added) return {added.error().message};
  module::Services services{.clock = ground_.clock,
                            .shards = ground_.shards,
                            .transport = transport_,
                            .pool = ground_.pool,
                            .databases = databases_,
                            .key_values = key_values_,
                            .statistics = statistics_,
                            .commands = commands_,
                            .dispatcher = dispatcher_,
                            .events = events_,
                            .proxy_settings = proxy_settings_,
                            .identity = identity_,
                            .flag_names = core_.flag_names(),
                            .modules = registry_,
                            .default_db_url = core_.settings.db_default_url,
                            .create_databases = options_.create_databases,
                            .script_directory = directory_of(program_->files()),
                            .status_reports = &status_reports_,
                            .proxies = &engine_,
                            .stand_in = options_.stand_in};
  modules_started_ = true;
  return registry_.start(services);
}

void Stack::stop() {
  log::set_listener({});
  constexpr int kTerminating = -2;
  if (modules_started_) status_reports_.set("core", "", kTerminating, "terminating");
  // While everything is there that they may refer to.
  ground_.shards.abandon([this](shard::Shard& shard) { engine_.abandon_runs(shard); });
  if (std::exchange(modules_started_, false)) registry_.stop();
}

}  // namespace carillon::server
