// SPDX-License-Identifier: Apache-2.0
// See stack.h.
#include "server/stack.h"

#include <algorithm>
#include <filesystem>
#include <utility>

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
  limits.accept_aliases = static_cast<transport::AcceptAliases>(std::clamp(script.tcp_accept_aliases, 0, 2));
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
      databases_(options_.databases),
      events_(ground.clock),
      transport_(ground.network, ground.shards, ground.resolver, transport_limits(core_.settings, registry)),
      engine_({.shards = ground.shards,
               .transport = transport_,
               .settings = proxy_settings_,
               .identity = identity_,
               .clock = ground.clock,
               .statistics = statistics_,
               .events = events_}),
      dispatcher_(ground.shards, commands_),
      script_reload_({.registry = registry, .engine = engine_, .shards = ground.shards, .pool = ground.pool},
                     options_.read_script, program_->settings()) {
  proxy_settings_.server = options_.version;
  transport_.set_handler(engine_);
}

std::vector<std::string> Stack::start() {
  identity_.add_listeners(transport_);
  for (const script::AliasSpec& alias : program_->settings().aliases) {
    identity_.add({alias.host, alias.port, alias.accept_subdomain});
  }
  if (auto problems = start_modules(); !problems.empty()) return problems;
  engine_.set_program(std::move(program_));  // the engine's alone: a reload lets it go
  if (auto started = engine_.start(); !started) return {started.error().message};
  return {};
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
                            .proxies = &engine_};
  modules_started_ = true;
  return registry_.start(services);
}

void Stack::stop() {
  if (std::exchange(modules_started_, false)) registry_.stop();
}

}  // namespace carillon::server
