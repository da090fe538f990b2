// SPDX-License-Identifier: Apache-2.0
// See check.h.
#include "server/check.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "engine/script_host.h"
#include "modules/module_list.h"
#include "script/analysis.h"
#include "server/default_script.h"
#include "server/diagnostics_json.h"
#include "server/listeners.h"
#include "server/script_loader.h"

namespace carillon::server {

namespace {

std::string name_of(const ScriptOptions& script) { return script.file.empty() ? "embedded default" : script.file; }

// With the sockets, which only this machine can judge.
script::Diagnostics diagnose(const script::Source& source, const ScriptOptions& script) {
  module::Registry registry(modules::all());
  set_arguments(registry, script);
  engine::ScriptHost host(registry);
  script::Analysis analysis = script::analyse(source, host);
  for (script::Diagnostic& mistake : resolve_sockets(analysis.script.sockets, registry).mistakes) {
    analysis.diagnostics.add(std::move(mistake));
  }
  analysis.diagnostics.sort();
  return std::move(analysis.diagnostics);
}

int report_unreadable(const std::string& file, const std::string& why, bool json) {
  if (json) {
    fmt::print("{}\n", diagnostics_json(file, why));
  } else {
    fmt::print(stderr, "carillon: {}\n", why);
  }
  return kBadStart;
}

std::string summary(const script::Diagnostics& diagnostics) {
  if (diagnostics.warnings() == 0 && !diagnostics.has_errors()) return "no errors";
  return fmt::format("{} error{}, {} warning{}", diagnostics.errors(), diagnostics.errors() == 1 ? "" : "s",
                     diagnostics.warnings(), diagnostics.warnings() == 1 ? "" : "s");
}

}  // namespace

int check_script(const ScriptOptions& script, const CheckOptions& options) {
  const auto source = load_script(script, default_script({}));
  if (!source) return report_unreadable(name_of(script), source.error().message, options.json);
  const script::Diagnostics diagnostics = diagnose(*source, script);
  if (options.json) {
    fmt::print("{}\n", diagnostics_json(name_of(script), diagnostics, *source));
  } else {
    fmt::print(stderr, "{}{}: {}\n", script::render(diagnostics, *source), name_of(script), summary(diagnostics));
  }
  if (diagnostics.has_errors()) return kBadStart;
  return options.strict && diagnostics.warnings() != 0 ? kFailure : kSuccess;
}

}  // namespace carillon::server
