// SPDX-License-Identifier: Apache-2.0
// See variable_path.h.
#include "module/variable_path.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "script/host.h"
#include "script/transformations.h"

namespace carillon::module {
namespace {

constexpr std::string_view kSyntax = "/[].\\<";
// What a variable that is NULL leaves in a text.
constexpr std::string_view kNull = "<null>";

// Up to the next of `ends` that has its meaning.
struct Part {
  std::string text;
  bool is_null;
};
Part take_part(std::string_view& rest, std::string_view ends) {
  const std::string_view begin = rest;
  Part part{.text = {}, .is_null = false};
  while (!rest.empty() && ends.find(rest.front()) == std::string_view::npos) {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    part.text += rest.front();
    rest.remove_prefix(1);
  }
  part.is_null = begin.substr(0, begin.size() - rest.size()) == kNull;
  return part;
}

base::Result<PathStep> take_index(std::string_view& rest) {
  const Part part = take_part(rest, "]");
  if (rest.empty()) return base::fail("a '[' is never closed");
  rest.remove_prefix(1);
  if (part.is_null) return PathStep{.kind = PathStep::Kind::Nowhere};
  if (part.text.empty()) return PathStep{.kind = PathStep::Kind::Append};
  const auto number = base::parse_number<std::int32_t>(part.text);
  if (!number) return base::fail(fmt::format("'{}' is not an index", part.text));
  return PathStep{.kind = PathStep::Kind::Index, .key = {}, .index = *number};
}

}  // namespace

base::Result<VariablePath> VariablePath::parse(std::string_view text) {
  VariablePath path;
  path.name = take_part(text, "/[").text;
  if (path.name.empty()) return base::fail("a path begins with a name");
  while (!text.empty()) {
    if (path.steps.size() == kMaxSteps) return base::fail(fmt::format("a path has at most {} parts", kMaxSteps));
    const bool is_key = text.front() == '/';
    if (!is_key && text.front() != '[') return base::fail(fmt::format("'{}' is not expected here", text));
    text.remove_prefix(1);
    if (is_key) {
      Part part = take_part(text, "/[");
      if (part.text.empty()) return base::fail("a key is missing behind a '/'");
      path.steps.push_back(
          {.kind = part.is_null ? PathStep::Kind::Nowhere : PathStep::Kind::Key, .key = std::move(part.text)});
    } else {
      auto step = take_index(text);
      if (!step) return std::unexpected(std::move(step.error()));
      path.steps.push_back(std::move(*step));
    }
  }
  return path;
}

script::ReadResult escape_in_path(script::Environment& environment, const script::TransformationDecl& /*self*/,
                                  const script::Value& input, std::span<const script::Argument> /*arguments*/) {
  const std::string_view text = script::to_text(input, environment.arena());
  const auto special = [](char c) { return kSyntax.find(c) != std::string_view::npos; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(text, special));
  if (count == 0) return script::Value::text(text);
  const std::span<char> escaped = environment.arena().characters(text.size() + count);
  std::size_t at = 0;
  for (const char c : text) {
    if (special(c)) escaped[at++] = '\\';
    escaped[at++] = c;
  }
  return script::Value::text({escaped.data(), escaped.size()});
}

std::size_t path_ending(std::string_view text, std::string_view ending) {
  if (!text.ends_with(ending)) return std::string_view::npos;
  const std::size_t at = text.size() - ending.size();
  std::size_t backslashes = 0;
  while (backslashes < at && text[at - 1 - backslashes] == '\\') ++backslashes;
  return backslashes % 2 == 0 ? at : std::string_view::npos;
}

}  // namespace carillon::module
