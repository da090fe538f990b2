// SPDX-License-Identifier: Apache-2.0
// See check.h.
#include "server/check.h"

#include <fmt/format.h>

#include <cstdio>

#include "modules/module_list.h"
#include "server/default_script.h"
#include "server/listeners.h"
#include "server/script_loader.h"

namespace carillon::server {

int check_script(const ScriptOptions& options) {
  const auto source = read_script(options, default_script({}));
  if (!source) return kBadStart;
  module::Registry registry(modules::all());
  const auto program = compile_script(*source, registry, options);
  if (program == nullptr) return kBadStart;
  const auto sockets = resolve_sockets(*program, registry);
  for (const std::string& problem : sockets.problems) fmt::print(stderr, "{}\n", problem);
  if (!sockets.problems.empty()) return kBadStart;
  fmt::print(stderr, "{}: no errors\n", options.file.empty() ? "embedded default" : options.file);
  return kSuccess;
}

}  // namespace carillon::server
