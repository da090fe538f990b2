// SPDX-License-Identifier: Apache-2.0
// See script_loader.h.
#include "server/script_loader.h"

#include <fmt/format.h>

#include <cstdio>

#include "engine/script_host.h"
#include "server/stack.h"

namespace carillon::server {

base::Result<script::Source> load_script(const ScriptOptions& options, const std::string& embedded) {
  if (options.file.empty()) return script::Source::from_text(embedded, "embedded default");
  return script::load_source(options.file, options.preprocessor);
}

std::optional<script::Source> read_script(const ScriptOptions& options, const std::string& embedded) {
  auto source = load_script(options, embedded);
  if (source) return std::move(*source);
  fmt::print(stderr, "carillon: {}\n", source.error().message);
  return std::nullopt;
}

void set_arguments(module::Registry& registry, const ScriptOptions& options) {
  for (const std::string& argument : options.arguments) {
    const std::size_t equals = argument.find('=');
    core_module(registry).arguments.insert_or_assign(argument.substr(0, equals), argument.substr(equals + 1));
  }
}

std::shared_ptr<const script::Program> compile_script(const script::Source& source, module::Registry& registry,
                                                      const ScriptOptions& options) {
  set_arguments(registry, options);
  engine::ScriptHost host(registry);
  script::Compilation compilation = script::compile(source, host);
  const std::string text = script::render(compilation.diagnostics, source);
  std::fwrite(text.data(), 1, text.size(), stderr);
  return compilation.program;
}

}  // namespace carillon::server
