// SPDX-License-Identifier: Apache-2.0
// version, uptime, ps, which, help and the statistics commands.
#include "management/core_commands.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <memory>
#include <utility>

namespace carillon::management {
namespace {

using base::Result;

// As ctime() writes it, without the line feed: "Sun Feb  1 12:00:00 2026", local time.
std::string calendar_time(std::int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:%a %b %e %H:%M:%S %Y}", local);
}

Result<Json> version(const CoreServices& services, const Parameters& parameters) {
  Json result = Json::object();
  result.add("Server", services.version);
  if (parameters.has("revision")) result.add("Revision", services.revision.empty() ? "unknown" : services.revision);
  return result;
}

Result<Json> uptime(const CoreServices& services, std::int64_t started) {
  const std::int64_t now = services.clock->unix_seconds();
  Json result = Json::object();
  result.add("Now", calendar_time(now));
  result.add("Up since", calendar_time(started));
  result.add("Up time", fmt::format("{} [sec]", now - started));
  return result;
}

Result<Json> ps(const CoreServices& services) {
  Json processes = Json::array();
  for (Worker& worker : services.workers()) {
    Json& process = processes.push_back(Json::object());
    process.add("ID", worker.id);
    process.add("PID", worker.pid);
    process.add("Type", std::move(worker.type));
  }
  Json result = Json::object();
  result.add("Processes", std::move(processes));
  return result;
}

std::unexpected<base::Error> unknown_command() { return base::fail("unknown MI command", 404); }

// All names; those of a family ("tm:"); or one command's recipes.
Result<Json> which(const CommandRegistry& registry, const Parameters& parameters) {
  std::string wanted;
  if (parameters.has("command")) {
    auto text = parameters.text("command");
    if (!text) return std::unexpected(std::move(text.error()));
    wanted = std::move(*text);
  }
  Json result = Json::array();
  if (wanted.empty() || wanted.ends_with(':')) {
    for (const std::string_view name : registry.names()) {
      if (name.starts_with(wanted)) result.push_back(name);
    }
    if (result.if_array()->empty()) return unknown_command();
    return result;
  }
  const auto command = registry.find(wanted);
  if (!command) return unknown_command();
  for (const auto& recipe : (*command)->recipes) {
    Json& names = result.push_back(Json::array());
    for (const std::string& name : recipe) names.push_back(name);
  }
  return result;
}

Result<Json> help(const CommandRegistry& registry, const Parameters& parameters) {
  std::string wanted = "core:help";
  if (parameters.has("mi_cmd")) {
    auto text = parameters.text("mi_cmd");
    if (!text) return std::unexpected(std::move(text.error()));
    wanted = std::move(*text);
  }
  const auto command = registry.find(wanted);
  if (!command) return unknown_command();
  const CommandSpec& spec = (*command)->spec;
  Json result = Json::object();
  result.add("Help", spec.help);
  result.add("Exported by", spec.name.substr(0, spec.name.find(':')));
  return result;
}

// What the array parameter `statistics` names, in its order; an error when that is nothing.
Result<std::vector<metrics::Sample>> selected(const metrics::Registry& statistics, const Parameters& parameters) {
  auto selectors = parameters.texts("statistics");
  if (!selectors) return std::unexpected(std::move(selectors.error()));
  std::vector<metrics::Sample> result;
  for (const std::string& selector : *selectors) {
    for (metrics::Sample& sample : statistics.read(selector)) result.push_back(std::move(sample));
  }
  if (result.empty()) return base::fail("Statistics Not Found", 404);
  return result;
}

Result<Json> get_statistics(const metrics::Registry& statistics, const Parameters& parameters) {
  auto samples = selected(statistics, parameters);
  if (!samples) return std::unexpected(std::move(samples.error()));
  Json result = Json::object();
  for (const metrics::Sample& sample : *samples) result.add(sample.group + ":" + sample.name, sample.value);
  return result;
}

Result<Json> list_statistics(const metrics::Registry& statistics, const Parameters& parameters) {
  auto samples = parameters.has("statistics") ? selected(statistics, parameters)
                                              : Result<std::vector<metrics::Sample>>(statistics.read("all"));
  if (!samples) return std::unexpected(std::move(samples.error()));
  Json result = Json::object();
  for (const metrics::Sample& sample : *samples) {
    const bool incremental = sample.kind == metrics::Kind::Incremental;
    result.add(sample.group + ":" + sample.name, incremental ? "incremental" : "non-incremental");
  }
  return result;
}

Result<Json> reset_statistics(metrics::Registry& statistics, const Parameters& parameters) {
  auto selectors = parameters.texts("statistics");
  if (!selectors) return std::unexpected(std::move(selectors.error()));
  bool found = false;
  for (const std::string& selector : *selectors) found |= statistics.reset(selector);
  if (!found) return base::fail("Statistics Not Found", 404);
  return Json("OK");
}

constexpr CommandSpec kVersion{.name = "core:version",
                               .aliases = "version",
                               .recipes = " | revision",
                               .help = "The server's name and version.",
                               .result = "Server [, Revision]"};
constexpr CommandSpec kUptime{.name = "core:uptime",
                              .aliases = "uptime",
                              .recipes = "",
                              .help = "How long the server has been running.",
                              .result = "Now, Up since, Up time \"N [sec]\""};
constexpr CommandSpec kPs{.name = "core:ps",
                          .aliases = "ps",
                          .recipes = "",
                          .help = "The server's threads.",
                          .result = "Processes [{ID, PID, Type}]"};
constexpr CommandSpec kWhich{.name = "core:which",
                             .aliases = "which",
                             .recipes = " | command",
                             .help = "The names of all commands, of a family's (\"tm:\"), or the recipes of one.",
                             .result = "an array of names, or an array of arrays of parameter names"};
constexpr CommandSpec kHelp{.name = "core:help",
                            .aliases = "help",
                            .recipes = " | mi_cmd",
                            .help = "What a command does.",
                            .result = "Help, Exported by"};
constexpr CommandSpec kGetStatistics{.name = "statistics:get",
                                     .aliases = "get_statistics",
                                     .recipes = "statistics",
                                     .help = "Values by name, group:name, group: or all.",
                                     .result = "{group:name: value}"};
constexpr CommandSpec kListStatistics{.name = "statistics:list",
                                      .aliases = "list_statistics",
                                      .recipes = " | statistics",
                                      .help = "Which statistics there are, and whether they count up.",
                                      .result = "{group:name: incremental or non-incremental}"};
constexpr CommandSpec kResetStatistics{.name = "statistics:reset",
                                       .aliases = "reset_statistics",
                                       .recipes = "statistics",
                                       .help = "Sets counters back to zero.",
                                       .result = "OK"};
constexpr CommandSpec kResetAllStatistics{.name = "statistics:reset_all",
                                          .aliases = "reset_all_statistics",
                                          .recipes = "",
                                          .help = "Sets all counters back to zero.",
                                          .result = "OK"};

}  // namespace

base::Result<> add_core_commands(CommandRegistry& registry, CoreServices given) {
  const std::int64_t started = given.clock->unix_seconds();
  metrics::Registry& statistics = *given.statistics;
  // shared_ptr because several handlers, which are copyable, keep it for as long as the registry lives.
  const auto services = std::make_shared<const CoreServices>(std::move(given));
  const CommandRegistry& commands = registry;

  const std::pair<const CommandSpec*, std::function<Result<Json>(const Parameters&)>> table[] = {
      {&kVersion, [services](const Parameters& parameters) { return version(*services, parameters); }},
      {&kUptime, [services, started](const Parameters&) { return uptime(*services, started); }},
      {&kPs, [services](const Parameters&) { return ps(*services); }},
      {&kWhich, [&commands](const Parameters& parameters) { return which(commands, parameters); }},
      {&kHelp, [&commands](const Parameters& parameters) { return help(commands, parameters); }},
      {&kGetStatistics, [&statistics](const Parameters& parameters) { return get_statistics(statistics, parameters); }},
      {&kListStatistics,
       [&statistics](const Parameters& parameters) { return list_statistics(statistics, parameters); }},
      {&kResetStatistics,
       [&statistics](const Parameters& parameters) { return reset_statistics(statistics, parameters); }},
      {&kResetAllStatistics,
       [&statistics](const Parameters&) -> Result<Json> {
         statistics.reset("all");
         return Json("OK");
       }},
  };
  for (const auto& [spec, handler] : table) {
    if (auto added = registry.add(*spec, immediate(handler)); !added) return added;
  }
  return {};
}

}  // namespace carillon::management
