// SPDX-License-Identifier: Apache-2.0
// See script_loader.h.
#include "server/script_loader.h"

#include <fmt/format.h>

#include <cstdio>

#include "engine/script_host.h"
#include "server/stack.h"

namespace carillon::server {

std::optional<script::Source> read_script(const ScriptOptions& options, const std::string& embedded) {
  if (options.file.empty()) return script::Source::from_text(embedded, "embedded default");
  auto source = script::load_source(options.file, options.preprocessor);
  if (source) return std::move(*source);
  fmt::print(stderr, "carillon: {}\n", source.error().message);
  return std::nullopt;
}

std::shared_ptr<const script::Program> compile_script(const script::Source& source, module::Registry& registry,
                                                      const ScriptOptions& options) {
  for (const std::string& argument : options.arguments) {
    const std::size_t equals = argument.find('=');
    core_module(registry).arguments.insert_or_assign(argument.substr(0, equals), argument.substr(equals + 1));
  }
  engine::ScriptHost host(registry);
  script::Compilation compilation = script::compile(source, host);
  const std::string text = script::render(compilation.diagnostics, source);
  std::fwrite(text.data(), 1, text.size(), stderr);
  bool complete = compilation.program != nullptr;
  for (const std::string& missing : registry.missing_modules()) {
    fmt::print(stderr, "{}: error: {}\n", source.files().empty() ? "script" : source.files().front(), missing);
    complete = false;
  }
  return complete ? compilation.program : nullptr;
}

}  // namespace carillon::server
