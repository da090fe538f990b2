// SPDX-License-Identifier: Apache-2.0
// Every transformation of the language and of SIP on any value with any arguments, in chains: the first byte of each
// line says which, the arguments follow it, separated by tabs; the value is the last line.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "modules/core/transformations.h"
#include "script/fake_host.h"
#include "script/transformations.h"

namespace {

using namespace carillon;
using script::Argument;
using script::ParamKind;
using script::TransformationDecl;
using script::Value;

std::vector<const TransformationDecl*> all() {
  std::vector<const TransformationDecl*> list;
  for (const auto& table :
       {script::text_transformations(), script::encoding_transformations(), script::list_transformations(),
        script::address_transformations(), script::substitution_transformations(), core::kTransformations,
        core::kSdpTransformations}) {
    // Asking the name server is no business of a fuzzer, and {s.eval} needs a whole server.
    for (const TransformationDecl& row : table) {
      if (!row.name.contains("resolve") && row.name != "s.eval") list.push_back(&row);
    }
  }
  return list;
}

// What a script hands over: a number where one is read, else a text; sometimes NULL, for a variable that has no value.
Argument argument(const script::ParamDecl& parameter, std::string_view text, bool given) {
  Argument argument;
  if (!given) return argument;
  argument.kind = Argument::Kind::Value;
  if (text == "\x01") return argument;
  const auto number = base::parse_number<std::int32_t>(text);
  if (parameter.kind != ParamKind::Integer) {
    argument.value = Value::text(text);
  } else if (number) {
    argument.value = Value::integer(*number);
  }
  return argument;
}

void check(const Value& value) {
  if (value.has_text() && value.as_text().size() > script::kMaxTransformed) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto transformations = all();
  constexpr std::size_t kMaxInput = 8 * 1024;
  constexpr int kMaxChain = 8;
  if (size > kMaxInput) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::size_t last = rest.rfind('\n');
  const std::string_view text = last == std::string_view::npos ? std::string_view() : rest.substr(last + 1);
  rest = rest.substr(0, last == std::string_view::npos ? 0 : last);
  static script::testing::FakeEnvironment environment;
  environment.recycle();
  const auto number = base::parse_number<std::int32_t>(text);
  Value value = number ? Value::both(text, *number) : Value::text(text);
  for (int link = 0; link < kMaxChain && !rest.empty() && !value.is_null(); ++link) {
    std::string_view line = base::take_until(rest, '\n');
    if (line.empty()) continue;
    const TransformationDecl& chosen = *transformations[static_cast<std::uint8_t>(line[0]) % transformations.size()];
    line.remove_prefix(1);
    std::vector<Argument> arguments;
    for (const script::ParamDecl& parameter : chosen.params) {
      const bool given = !parameter.optional || !line.empty();
      arguments.push_back(argument(parameter, base::take_until(line, '\t'), given));
    }
    const script::ReadResult result = chosen.apply(environment, chosen, value, arguments);
    if (result.is_pending()) return 0;
    value = result.is_error() ? Value::null() : result.value();
    check(value);
  }
  return 0;
}
