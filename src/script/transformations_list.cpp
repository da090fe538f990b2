// SPDX-License-Identifier: Apache-2.0
// {param.*}: lists as a=b;c. {csv.*}: RFC 4180.
#include <array>
#include <optional>

#include "base/strings.h"
#include "script/host.h"
#include "script/transformations.h"

namespace carillon::script {

namespace {

using Arguments = std::span<const Argument>;

constexpr auto kNone = std::span<const ParamDecl>{};
constexpr auto kName = std::to_array<ParamDecl>({{.name = "name"}});
constexpr auto kIndex = std::to_array<ParamDecl>({{.name = "index", .kind = ParamKind::Integer}});

struct Parameter {
  std::string_view name;
  std::string_view value;
};

// The next parameter of a list; a ';' inside quotes belongs to the value.
std::optional<Parameter> take_parameter(std::string_view& rest) {
  while (!rest.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    while (end < rest.size() && (quoted || rest[end] != ';')) {
      if (quoted && rest[end] == '\\')
        ++end;
      else if (rest[end] == '"')
        quoted = !quoted;
      ++end;
    }
    std::string_view piece = base::trim(rest.substr(0, end));
    rest = end < rest.size() ? rest.substr(end + 1) : std::string_view{};
    if (piece.empty()) continue;
    Parameter parameter;
    parameter.name = base::trim(base::take_until(piece, '='));
    parameter.value = base::trim(piece);
    if (parameter.value.size() >= 2 && parameter.value.front() == '"' && parameter.value.back() == '"') {
      parameter.value = parameter.value.substr(1, parameter.value.size() - 2);
    }
    return parameter;
  }
  return std::nullopt;
}

std::size_t count_parameters(std::string_view text) {
  std::size_t count = 0;
  while (take_parameter(text)) ++count;
  return count;
}

std::optional<Parameter> named(std::string_view text, std::string_view name) {
  while (const auto parameter = take_parameter(text)) {
    if (base::iequals(parameter->name, name)) return parameter;
  }
  return std::nullopt;
}

std::optional<Parameter> numbered(std::string_view text, std::int64_t index) {
  const auto wanted = resolve_index(index, count_parameters(text));
  if (!wanted) return std::nullopt;
  for (std::size_t i = 0; i < *wanted; ++i) take_parameter(text);
  return take_parameter(text);
}

ReadResult param_value(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  const auto found = named(input.as_text(), text_argument(arguments, 0, environment.arena()));
  return found ? Value::text(found->value) : Value::null();
}

ReadResult param_exist(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  return Value::integer(named(input.as_text(), text_argument(arguments, 0, environment.arena())) ? 1 : 0);
}

ReadResult param_value_at(Environment&, const TransformationDecl&, const Value& input, Arguments arguments) {
  const auto found = numbered(input.as_text(), integer_argument(arguments, 0, 0));
  return found ? Value::text(found->value) : Value::null();
}

ReadResult param_name(Environment&, const TransformationDecl&, const Value& input, Arguments arguments) {
  const auto found = numbered(input.as_text(), integer_argument(arguments, 0, 0));
  return found ? Value::text(found->name) : Value::null();
}

ReadResult param_count(Environment&, const TransformationDecl&, const Value& input, Arguments) {
  return Value::integer(static_cast<std::int64_t>(count_parameters(input.as_text())));
}

// --- csv -------------------------------------------------------------------------------------------------------------

// The next field as written, quotes included. `more` tells whether another follows, be it empty.
std::string_view take_field(std::string_view& rest, bool& more) {
  bool quoted = false;
  std::size_t end = 0;
  while (end < rest.size() && (quoted || rest[end] != ',')) {
    if (rest[end] == '"') quoted = !quoted;
    ++end;
  }
  const std::string_view field = rest.substr(0, end);
  more = end < rest.size();
  rest = more ? rest.substr(end + 1) : std::string_view{};
  return field;
}

std::size_t count_fields(std::string_view text) {
  std::size_t count = 0;
  for (bool more = true; more; ++count) take_field(text, more);
  return count;
}

ReadResult csv_count(Environment& environment, const TransformationDecl&, const Value& input, Arguments) {
  return Value::integer(static_cast<std::int64_t>(count_fields(to_text(input, environment.arena()))));
}

ReadResult csv_value(Environment& environment, const TransformationDecl&, const Value& input, Arguments arguments) {
  std::string_view text = to_text(input, environment.arena());
  const auto wanted = resolve_index(integer_argument(arguments, 0, 0), count_fields(text));
  if (!wanted) return Value::null();
  bool more = true;
  std::string_view field = take_field(text, more);
  for (std::size_t i = 0; i < *wanted; ++i) field = take_field(text, more);
  const std::string_view trimmed = base::trim(field);
  if (trimmed.size() < 2 || trimmed.front() != '"' || trimmed.back() != '"') return Value::text(field);
  // Inside quotes a quote is written twice.
  const std::string_view inner = trimmed.substr(1, trimmed.size() - 2);
  const std::span<char> out = environment.arena().characters(inner.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '"' && i + 1 < inner.size() && inner[i + 1] == '"') ++i;
    out[at++] = inner[i];
  }
  return Value::text({out.data(), at});
}

constexpr auto kLists = std::to_array<TransformationDecl>({
    {"param.value", kName, "The value of a parameter.", param_value},
    {"param.exist", kName, "1 if there is a parameter of this name.", param_exist},
    {"param.exists", kName, "1 if there is a parameter of this name.", param_exist},
    {"param.valueat", kIndex, "The value of the n-th parameter.", param_value_at},
    {"param.name", kIndex, "The name of the n-th parameter.", param_name},
    {"param.count", kNone, "How many parameters there are.", param_count},
    {"csv.count", kNone, "How many fields there are.", csv_count},
    {"csv.value", kIndex, "The n-th field.", csv_value},
});

}  // namespace

std::span<const TransformationDecl> list_transformations() { return kLists; }

}  // namespace carillon::script
