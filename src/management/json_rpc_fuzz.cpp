// SPDX-License-Identifier: Apache-2.0
// Any text as a JSON-RPC request: it is answered with JSON or not at all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "management/json_rpc.h"

namespace {

using namespace carillon;
using namespace carillon::management;

base::Result<Json> ask_all(const Parameters& parameters) {
  Json result = Json::object();
  for (const std::string_view name : {"a", "b"}) {
    if (auto text = parameters.text(name)) result.add("text", std::move(*text));
    if (auto number = parameters.integer(name)) result.add("number", *number);
    if (auto texts = parameters.texts(name)) result.add("texts", texts->size());
  }
  return result;
}

const CommandRegistry& registry() {
  static const auto* commands = [] {
    auto* made = new CommandRegistry;
    const CommandSpec echo{.name = "m:c", .aliases = "mc", .recipes = " | a | a,b", .help = "", .result = ""};
    const CommandSpec other{.name = "n:c", .aliases = "", .recipes = "a", .help = "", .result = "", .named_only = true};
    if (!made->add(echo, immediate(ask_all)) || !made->add(other, immediate(ask_all))) std::abort();
    return made;
  }();
  return *commands;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  InlineDispatcher dispatcher(registry());
  std::string answer;
  const std::string request(reinterpret_cast<const char*>(data), size);
  if (!dispatcher.dispatch(request, [&](std::string text) { answer = std::move(text); })) std::abort();
  if (answer.empty()) return 0;
  const auto json = Json::parse(answer, {.bytes = answer.size()});
  if (!json || json->find("jsonrpc") == nullptr || json->find("id") == nullptr) std::abort();
  return 0;
}
