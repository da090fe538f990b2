// SPDX-License-Identifier: Apache-2.0
// See script_reload.h.
#include "server/script_reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "base/log.h"
#include "engine/script_host.h"
#include "module/blocking.h"

namespace carillon::server {
namespace {

using Lines = std::multiset<std::string>;

std::string value_text(const script::SettingValue& value) {
  return value.is_number ? std::to_string(value.number) : fmt::format("\"{}\"", value.text);
}

std::string socket_text(const script::SocketSpec& socket) {
  return fmt::format("socket = {}:{} {} as {}:{} tag {} workers {} tos {} {}{}{}{}{}{} {} {}", socket.protocol,
                     socket.host, socket.ports, socket.advertised_host, socket.advertised_port, socket.tag,
                     socket.workers, socket.tos, socket.anycast, socket.fragment, socket.reuse_port,
                     socket.accept_subdomain, socket.allow_proxy_protocol, socket.send_proxy_protocol,
                     socket.auto_scaling_profile, socket.bond_members);
}

// What a restart would change, a line each.
Lines lines_of(const script::Settings& settings) {
  Lines lines;
  for (const script::SocketSpec& socket : settings.sockets) lines.insert(socket_text(socket));
  for (const script::AliasSpec& alias : settings.aliases) {
    lines.insert(fmt::format("alias = {}:{}:{} {}", alias.protocol, alias.host, alias.port, alias.accept_subdomain));
  }
  for (const script::ParameterSetting& parameter : settings.parameters) {
    if (script::is_compiled(parameter.name)) continue;
    lines.insert(fmt::format("{} = {}", parameter.name, value_text(parameter.value)));
  }
  for (const std::string& module : settings.modules) lines.insert(fmt::format("loadmodule \"{}\"", module));
  for (const script::ModuleParameterSetting& parameter : settings.module_parameters) {
    lines.insert(
        fmt::format("modparam(\"{}\", \"{}\", {})", parameter.modules, parameter.name, value_text(parameter.value)));
  }
  return lines;
}

// A line for each; what is only in one of them.
std::vector<std::string> difference(const Lines& one, const Lines& other) {
  std::vector<std::string> result;
  std::ranges::set_difference(one, other, std::back_inserter(result));
  return result;
}

void log_remarks(const script::Diagnostics& diagnostics, const script::Source& source) {
  for (const script::Diagnostic& diagnostic : diagnostics.all()) {
    const std::string text = script::render(diagnostic, source);
    const auto line = std::string_view(text).substr(0, text.find('\n'));
    if (diagnostic.severity == script::Severity::Error) {
      log::error("{}", line);
    } else {
      log::notice("{}", line);
    }
  }
}

}  // namespace

ScriptReload::ScriptReload(const Parts& parts, Read read, const script::Settings& first)
    : parts_(parts), read_(std::move(read)), in_force_(lines_of(first)) {}

base::Result<> ScriptReload::run() {
  const std::scoped_lock one_at_a_time(mutex_);
  auto done = replace();
  if (done) {
    log::notice("the routes of the script have been loaded again");
  } else {
    log::error("the script could not be loaded again; the routes stay as they were");
  }
  return done;
}

base::Result<> ScriptReload::replace() {
  constexpr int kServerError = 500;
  if (!read_) {
    constexpr auto kNoFile = "there is no file to load the script from";
    log::error(kNoFile);
    return base::fail(kNoFile, kServerError);
  }
  const auto source = read_();
  if (!source) {
    log::error("{}", source.error().message);
    return base::fail(source.error().message, kServerError);
  }
  engine::ScriptHost host(parts_.registry);
  const script::Compilation compilation = script::compile(*source, host, {.routes_only = true, .limits = {}});
  log_remarks(compilation.diagnostics, *source);
  if (compilation.program == nullptr) return base::fail(script::render(compilation.diagnostics, *source), kServerError);
  tell_of_settings(*compilation.program);
  parts_.engine.replace_program(compilation.program);
  return {};
}

void ScriptReload::tell_of_settings(const script::Program& program) const {
  const Lines now = lines_of(program.settings());
  const auto gone = difference(in_force_, now);
  const auto added = difference(now, in_force_);
  if (gone.empty() && added.empty()) return;
  const std::string& example = added.empty() ? gone.front() : added.front();
  log::warning("the script has other settings than those in force, which a restart would change: {} new, {} gone; {}",
               added.size(), gone.size(), example);
}

base::Result<> ScriptReload::add_command(management::CommandRegistry& commands) {
  return commands.add({.name = "core:reload_routes",
                       .aliases = "reload_routes",
                       .recipes = "",
                       .help = "Reads the script again and replaces its routes; a mistake in it changes nothing.",
                       .result = "OK, or an error with the diagnostics"},
                      [this](management::Parameters /*parameters*/) { return run_command(); });
}

base::Task<base::Result<management::Json>> ScriptReload::run_command() {
  const base::Result<> done = co_await module::run_blocking(parts_.shards, parts_.pool, [this] { return run(); });
  if (!done) co_return std::unexpected(done.error());
  co_return management::Json("OK");
}

}  // namespace carillon::server
