// SPDX-License-Identifier: Apache-2.0
// {sdp.*}: pieces of any text that is a session description, wherever it came from. See transformations.h.
#include <optional>
#include <string>
#include <vector>

#include "base/strings.h"
#include "modules/core/transformations.h"
#include "script/host.h"
#include "script/transformations.h"
#include "sip/sdp.h"

namespace carillon::core {
namespace {

using script::Argument;
using script::Environment;
using script::ReadResult;
using script::TransformationDecl;
using script::Value;
using sip::Sdp;
using Arguments = std::span<const Argument>;

constexpr script::ParamDecl kLineAndIndex[] = {{.name = "type"},
                                               {.name = "index", .kind = script::ParamKind::Integer, .optional = true}};
constexpr script::ParamDecl kStream[] = {{.name = "stream"}};

// {sdp.line,a,1}: "a" stands for "a="; more than a letter is what the line begins with.
ReadResult line(Environment& environment, const TransformationDecl& /*self*/, const Value& input, Arguments arguments) {
  std::string prefix(script::text_argument(arguments, 0, environment.arena()));
  if (prefix.size() == 1) prefix += '=';
  const auto sdp = Sdp::parse(input.as_text());
  if (!sdp) return Value::null();
  std::vector<std::string_view> lines;
  for (std::size_t n = 0; n < sdp->size(); ++n) {
    if (sdp->line(n).starts_with(prefix)) lines.push_back(sdp->line(n));
  }
  const auto at = script::resolve_index(script::integer_argument(arguments, 1, 0), lines.size());
  return at ? Value::text(lines[*at]) : Value::null();
}

// The streams that an argument means: the one of that number, or all of that media type.
std::vector<std::size_t> chosen_streams(const Sdp& sdp, std::string_view chosen) {
  std::vector<std::size_t> streams;
  if (const auto number = base::parse_number<std::int32_t>(chosen)) {
    if (const auto at = script::resolve_index(*number, sdp.streams())) streams.push_back(*at);
    return streams;
  }
  for (std::size_t n = 0; n < sdp.streams(); ++n) {
    std::string_view media = sdp.field(sdp.stream(n).begin).value;
    if (sip::take_word(media) == chosen) streams.push_back(n);
  }
  return streams;
}

ReadResult stream(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                  Arguments arguments) {
  const std::string_view text = input.as_text();
  const auto sdp = Sdp::parse(text);
  if (!sdp) return Value::null();
  const auto streams = chosen_streams(*sdp, script::text_argument(arguments, 0, environment.arena()));
  if (streams.empty()) return Value::null();
  const Sdp::Range lines = sdp->stream(streams.front());
  const auto offset = [&](std::size_t n) {
    return n < sdp->size() ? static_cast<std::size_t>(sdp->line(n).data() - text.data()) : text.size();
  };
  return Value::text(text.substr(offset(lines.begin), offset(lines.end) - offset(lines.begin)));
}

ReadResult without_stream(Environment& environment, const TransformationDecl& /*self*/, const Value& input,
                          Arguments arguments) {
  auto sdp = Sdp::parse(input.as_text());
  if (!sdp) return Value::null();
  const auto streams = chosen_streams(*sdp, script::text_argument(arguments, 0, environment.arena()));
  if (streams.empty()) return Value::null();
  sdp->erase_streams(streams);
  const std::string text = sdp->text();
  return text.size() <= script::kMaxTransformed ? Value::text(environment.arena().copy(text)) : Value::null();
}

constexpr auto kRows = std::to_array<TransformationDecl>({
    {.name = "sdp.line",
     .params = kLineAndIndex,
     .documentation = "A line of a session description by its type.",
     .apply = &line},
    {.name = "sdp.stream",
     .params = kStream,
     .documentation = "A stream, by number or media type, with its lines.",
     .apply = &stream},
    {.name = "sdp.stream-delete",
     .params = kStream,
     .documentation = "The description without a stream, or without all of a media type.",
     .apply = &without_stream},
});

}  // namespace

const std::span<const TransformationDecl> kSdpTransformations = kRows;

}  // namespace carillon::core
