// SPDX-License-Identifier: Apache-2.0
// See init.h.
#include "server/tools/init.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/assert.h"
#include "base/ip.h"
#include "base/strings.h"
#include "module/registry.h"
#include "module/state_folder.h"
#include "modules/module_list.h"
#include "script/formatter.h"
#include "server/options.h"
#include "storage/url.h"

namespace carillon::server {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

const ScriptTemplate* find_template(std::string_view name) {
  const auto all = script_templates();
  const auto found = std::ranges::find(all, name, &ScriptTemplate::name);
  return found == all.end() ? nullptr : &*found;
}

// What stands in quotes in a script, and in a comment.
bool is_plain(std::string_view text) {
  return !text.empty() && text.find_first_of("\"\\\r\n$") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
           c == ']';
  });
}

// What follows from what was asked for.
Switches all_switches(const InitOptions& options, std::uint8_t mask) {
  Switches switches = options.switches;
  constexpr const char* kWithTables[] = {"auth",   "aliases",  "dbacc",    "dbusrloc", "multidomain",
                                         "dialog", "dialplan", "drouting", "presence"};
  const bool tables = std::ranges::any_of(kWithTables, [&](const char* name) { return switches.contains(name); });
  if (tables || mask != kResidential) switches.insert("db");
  return switches;
}

std::string command_of(const InitOptions& options) {
  std::string command = options.name;
  for (const ScriptSwitch& one : script_switches()) {
    if (options.switches.contains(one.name)) command += fmt::format(" --{}", one.flag);
  }
  return command;
}

base::Result<Values> values_of(const InitOptions& options) {
  const std::string url = options.db_url.empty()
                              ? fmt::format("sqlite://{}", (module::state_folder() / "carillon.sqlite").string())
                              : options.db_url;
  const auto parsed = storage::Url::parse(url);
  if (!parsed || !is_plain(url)) return base::fail("--db-url: not the URL of a database");
  const auto address = base::IpAddress::parse(options.listen_ip);
  if (!address && !is_host(options.listen_ip)) return base::fail("--listen-ip: neither an address nor an interface");
  const auto pstn = base::Endpoint::parse(options.pstn);
  if (!pstn) return base::fail("--pstn: an address with a port");
  for (const std::string* text : {&options.voicemail_uri, &options.rtpproxy_socket, &options.natping_from}) {
    if (!is_plain(*text)) return base::fail(fmt::format("'{}' can't stand in a script", *text));
  }
  std::string domains;
  for (const std::string& domain : options.domains) {
    if (!is_host(domain)) return base::fail(fmt::format("--domain {}: not a domain", domain));
    domains += fmt::format("{}alias = \"{}\"", domains.empty() ? "" : "\n", domain);
  }
  const bool multidomain = options.switches.contains("multidomain");
  const bool v6 = address && address->family() == base::Family::V6;
  return Values{{"COMMAND", command_of(options)},
                {"LISTEN_IP", v6 ? fmt::format("[{}]", options.listen_ip) : options.listen_ip},
                {"DOMAINS", domains.empty() ? "# alias = example.org" : domains},
                {"DB_URL", url},
                {"DB_MODULE", "db_" + parsed->scheme},
                {"ACC", options.switches.contains("dbacc") ? "db" : "log"},
                {"FROM_US", multidomain ? "is_from_local()" : "is_myself($fd)"},
                {"TO_US", multidomain ? "is_uri_host_local()" : "is_myself($rd)"},
                {"VOICEMAIL_URI", options.voicemail_uri},
                {"PSTN_IP", pstn->address.to_string()},
                {"PSTN_PORT", std::to_string(pstn->port)},
                {"RTPPROXY_SOCKET", options.rtpproxy_socket},
                {"NATPING_FROM", options.natping_from}};
}

std::vector<std::string> missing_modules(std::string_view text) {
  constexpr std::string_view kLoad = "loadmodule \"";
  const module::Registry registry(modules::all());
  std::vector<std::string> missing;
  while (!text.empty()) {
    std::string_view line = base::take_until(text, '\n');
    if (!line.starts_with(kLoad)) continue;
    line.remove_prefix(kLoad.size());
    const std::string_view name = line.substr(0, line.find(".so"));
    const auto& available = registry.available();
    if (std::ranges::find(available, name, &module::Declaration::name) == available.end()) missing.emplace_back(name);
  }
  return missing;
}

// As a whole, or not at all.
base::Result<> write_file(const std::string& path, std::string_view text, bool force) {
  const int flags = O_WRONLY | O_CREAT | (force ? O_TRUNC : O_EXCL) | O_CLOEXEC;
  const int descriptor = ::open(path.c_str(), flags, 0640);
  if (descriptor < 0) {
    const char* const hint = errno == EEXIST ? " (--force writes over it)" : "";
    return base::fail(fmt::format("{}: {}{}", path, std::strerror(errno), hint));
  }
  bool done = true;
  while (done && !text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    done = written > 0 || (written < 0 && errno == EINTR);
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  const int reason = errno;
  if (::close(descriptor) == 0 && done) return {};
  return base::fail(fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace

base::Result<InitScript> make_script(const InitOptions& options) {
  const ScriptTemplate* const chosen = find_template(options.name);
  if (chosen == nullptr) return base::fail(fmt::format("there is no template '{}'", options.name));
  const auto values = values_of(options);
  if (!values) return std::unexpected(values.error());
  const Switches switches = all_switches(options, chosen->mask);
  const std::string text =
      expand_template(template_head(), switches, *values) + expand_template(chosen->text(), switches, *values);
  auto formatted = script::format(text, options.name);
  if (!formatted) return std::unexpected(std::move(formatted.error()));
  InitScript script{.text = std::move(*formatted), .missing = {}};
  script.missing = missing_modules(script.text);
  return script;
}

int init_script(const InitOptions& options) {
  const auto script = make_script(options);
  if (!script) {
    fmt::print(stderr, "carillon: {}\n", script.error().message);
    return kBadStart;
  }
  if (options.output.empty() || options.output == "-") {
    if (std::fwrite(script->text.data(), 1, script->text.size(), stdout) != script->text.size()) return kBadStart;
  } else if (auto written = write_file(options.output, script->text, options.force); !written) {
    fmt::print(stderr, "carillon: {}\n", written.error().message);
    return kBadStart;
  }
  if (!script->missing.empty()) {
    std::string names;
    for (const std::string& name : script->missing) names += (names.empty() ? "" : ", ") + name;
    fmt::print(stderr, "carillon: the script needs modules that this version does not have: {}\n", names);
  }
  return kSuccess;
}

int list_templates() {
  for (const ScriptTemplate& one : script_templates()) {
    fmt::print("{}: {}\n", one.name, one.help);
    for (const ScriptSwitch& option : script_switches()) {
      if ((option.templates & one.mask) == 0) continue;
      fmt::print("  --{:<31} {} ({})\n", option.flag, option.help, option.m4);
    }
  }
  return kSuccess;
}

}  // namespace carillon::server
