// SPDX-License-Identifier: Apache-2.0
// {s.*}: measuring, cutting, searching and padding text.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/strings.h"
#include "script/host.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

using Arguments = std::span<const Argument>;

constexpr auto kNone = std::span<const ParamDecl>{};
constexpr auto kSubstr = std::to_array<ParamDecl>(
    {{.name = "offset", .kind = ParamKind::Integer}, {.name = "length", .kind = ParamKind::Integer}});
constexpr auto kSelect = std::to_array<ParamDecl>(
    {{.name = "index", .kind = ParamKind::Integer}, {.name = "separator", .literal_only = true}});
constexpr auto kSearch =
    std::to_array<ParamDecl>({{.name = "needle"}, {.name = "start", .kind = ParamKind::Integer, .optional = true}});
constexpr auto kFill = std::to_array<ParamDecl>(
    {{.name = "filler", .literal_only = true}, {.name = "length", .kind = ParamKind::Integer, .literal_only = true}});
constexpr auto kWidth = std::to_array<ParamDecl>({{.name = "width", .kind = ParamKind::Integer}});

std::string_view text_of(Environment& environment, const Value& input) { return to_text(input, environment.arena()); }

ReadResult length(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  return Value::integer(static_cast<std::int64_t>(text_of(environment, input).size()));
}

// The number a text begins with: "12ab" is 12, "x" is 0.
ReadResult to_integer(Environment&, const TransformationDecl&, const Value& input, Arguments) {
  if (input.has_integer()) return Value::integer(input.as_integer());
  std::string_view text = base::trim(input.as_text());
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec == std::errc::result_out_of_range) {
    number =
        text.starts_with('-') ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int32_t>::max();
  }
  return Value::integer(std::clamp<std::int64_t>(number, std::numeric_limits<std::int32_t>::min(),
                                                 std::numeric_limits<std::int32_t>::max()));
}

template <char (*Map)(char)>
ReadResult mapped(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  const std::span<char> out = environment.arena().characters(text.size());
  std::transform(text.begin(), text.end(), out.begin(), Map);
  return Value::text({out.data(), out.size()});
}

ReadResult reverse(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  const std::string_view text = text_of(environment, input);
  const std::span<char> out = environment.arena().characters(text.size());
  std::reverse_copy(text.begin(), text.end(), out.begin());
  return Value::text({out.data(), out.size()});
}

// offset,length: a negative offset counts from the end; a length of 0 or less leaves that many off the end.
ReadResult substr(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t offset = integer_argument(arguments, 0, 0);
  const std::int64_t wanted = integer_argument(arguments, 1, 0);
  const std::int64_t begin = offset < 0 ? size + offset : offset;
  if (begin < 0 || begin >= size) return Value::null();
  const std::int64_t room = size - begin;
  const std::int64_t count = wanted > 0 ? std::min(wanted, room) : room + wanted;
  if (count < 0) return Value::null();
  return Value::text(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
}

// index,separator: one field.
ReadResult select(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::string_view separator = arguments[1].value.as_text();
  if (separator.empty()) return Value::null();
  const char at = separator.front();
  const auto fields = static_cast<std::size_t>(std::ranges::count(text, at)) + 1;
  const auto wanted = resolve_index(integer_argument(arguments, 0, 0), fields);
  if (!wanted) return Value::null();
  std::string_view rest = text;
  for (std::size_t i = 0; i < *wanted; ++i) rest.remove_prefix(rest.find(at) + 1);
  return Value::text(rest.substr(0, rest.find(at)));
}

// needle[,start]: a negative start counts from the end. NULL when the needle isn't there.
template <bool Backwards>
ReadResult index_of(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::string_view needle = text_argument(arguments, 0, environment.arena());
  const auto size = static_cast<std::int64_t>(text.size());
  std::int64_t start = integer_argument(arguments, 1, Backwards ? size : 0);
  if (start < 0 && size > 0) start = ((start % size) + size) % size;
  const auto from = static_cast<std::size_t>(std::clamp<std::int64_t>(start, 0, size));
  const std::size_t found = Backwards ? text.rfind(needle, from) : text.find(needle, from);
  if (needle.empty() || found == std::string_view::npos) return Value::null();
  return Value::integer(static_cast<std::int64_t>(found));
}

template <bool Left, bool Right>
ReadResult trim(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  std::string_view text = text_of(environment, input);
  while (Left && !text.empty() && base::is_lws(text.front())) text.remove_prefix(1);
  while (Right && !text.empty() && base::is_lws(text.back())) text.remove_suffix(1);
  return Value::text(text);
}

// `text` with `count` characters of the repeated filler on one side.
ReadResult padded(Environment& environment, std::string_view text, std::string_view filler, std::size_t count,
                  bool left) {
  if (text.size() + count > kMaxTransformed) return Value::null();
  const std::span<char> out = environment.arena().characters(text.size() + count);
  text.copy(out.data() + (left ? count : 0), text.size());
  char* fill = out.data() + (left ? 0 : text.size());
  for (std::size_t i = 0; i < count; ++i) fill[i] = filler[i % filler.size()];
  return Value::text({out.data(), out.size()});
}

template <bool Left>
ReadResult fill(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::string_view filler = arguments[0].value.as_text();
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(integer_argument(arguments, 1, 0), 0));
  if (filler.empty() || width <= text.size()) return Value::text(text);
  return padded(environment, text, filler, width - text.size(), Left);
}

ReadResult width(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const std::string_view text = text_of(environment, input);
  const std::int64_t wanted = integer_argument(arguments, 0, 0);
  if (wanted < 0) return Value::null();
  const auto size = static_cast<std::size_t>(wanted);
  if (size <= text.size()) return Value::text(text.substr(0, size));
  return padded(environment, text, " ", size - text.size(), false);
}

constexpr auto kText = std::to_array<TransformationDecl>({
    {"s.len", kNone, "Number of bytes.", length},
    {"s.int", kNone, "The number the text begins with, or 0.", to_integer},
    {"s.tolower", kNone, "ASCII letters in lower case.", mapped<base::to_lower>},
    {"s.toupper", kNone, "ASCII letters in upper case.", mapped<base::to_upper>},
    {"s.reverse", kNone, "The bytes in reverse order.", reverse},
    {"s.substr", kSubstr, "Part of the text.", substr},
    {"s.select", kSelect, "One field of a separated text.", select},
    {"s.index", kSearch, "Where a text occurs first.", index_of<false>},
    {"s.rindex", kSearch, "Where a text occurs last.", index_of<true>},
    {"s.trim", kNone, "Without blanks on both sides.", trim<true, true>},
    {"s.triml", kNone, "Without blanks on the left.", trim<true, false>},
    {"s.trimr", kNone, "Without blanks on the right.", trim<false, true>},
    {"s.fill.left", kFill, "Padded on the left to a length.", fill<true>},
    {"s.fill.right", kFill, "Padded on the right to a length.", fill<false>},
    {"s.width", kWidth, "Cut or padded with blanks to a length.", width},
});

}  // namespace

std::span<const TransformationDecl> text_transformations() { return kText; }

}  // namespace carillon::script
