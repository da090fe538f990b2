// SPDX-License-Identifier: Apache-2.0
// See protocol.h.
#include "lsp/protocol.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "base/strings.h"

namespace carillon::lsp {

using management::Json;

namespace {

std::optional<std::uint32_t> read_count(const Json* value) {
  const std::int64_t* number = value == nullptr ? nullptr : value->if_integer();
  if (number == nullptr || *number < 0) return std::nullopt;
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();  // the protocol's uinteger
  return static_cast<std::uint32_t>(std::min(*number, kMost));
}

Json object(std::initializer_list<Json::Member> members) { return Json(Json::Object(members)); }

int severity_of(script::Severity severity) {
  switch (severity) {
    case script::Severity::Error:
      return 1;
    case script::Severity::Warning:
      return 2;
    case script::Severity::Note:
      return 3;
  }
  return 1;
}

// What has no use is shown faded out.
bool is_unnecessary(script::DiagnosticCode code) {
  return code == script::DiagnosticCode::Unreachable || code == script::DiagnosticCode::UnusedRoute ||
         code == script::DiagnosticCode::NeverRead;
}

int kind_of(Completion::Kind kind) {
  switch (kind) {
    case Completion::Kind::Function:
      return 3;
    case Completion::Kind::Keyword:
      return 14;
    case Completion::Kind::Variable:
      return 6;
    case Completion::Kind::Transformation:
      return 2;  // Method
    case Completion::Kind::Module:
      return 9;
    case Completion::Kind::Parameter:
      return 10;  // Property
    case Completion::Kind::Route:
      return 18;  // Reference
    case Completion::Kind::Snippet:
      return 15;
  }
  return 1;
}

}  // namespace

const Json* member(const Json& value, std::string_view path) {
  const Json* found = &value;
  while (!path.empty() && found != nullptr) found = found->find(base::take_until(path, '.'));
  return found;
}

std::optional<std::string_view> text_member(const Json& value, std::string_view path) {
  const Json* found = member(value, path);
  const std::string* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr) return std::nullopt;
  return *text;
}

bool true_member(const Json& value, std::string_view path) {
  const Json* found = member(value, path);
  const bool* flag = found == nullptr ? nullptr : found->if_bool();
  return flag != nullptr && *flag;
}

std::optional<Place> read_place(const Json* value) {
  if (value == nullptr) return std::nullopt;
  const auto line = read_count(value->find("line"));
  const auto character = read_count(value->find("character"));
  if (!line || !character) return std::nullopt;
  return Place{*line, *character};
}

std::optional<std::vector<Change>> read_changes(const Json* value) {
  const Json::Array* rows = value == nullptr ? nullptr : value->if_array();
  if (rows == nullptr) return std::nullopt;
  std::vector<Change> changes;
  for (const Json& row : *rows) {
    const auto text = text_member(row, "text");
    if (!text) return std::nullopt;
    Change& change = changes.emplace_back(std::nullopt, std::string(*text));
    const Json* range = row.find("range");
    if (range == nullptr) continue;
    const auto start = read_place(range->find("start"));
    const auto end = read_place(range->find("end"));
    if (!start || !end) return std::nullopt;
    change.range = Range{*start, *end};
  }
  return changes;
}

Json to_json(Place place) { return object({{"line", place.line}, {"character", place.character}}); }

Json to_json(Range range) { return object({{"start", to_json(range.start)}, {"end", to_json(range.end)}}); }

Json to_json(const Unit::Found& found) {
  const script::Diagnostic& diagnostic = found.diagnostic;
  const std::string message =
      diagnostic.hint.empty() ? diagnostic.message : diagnostic.message + "\n" + diagnostic.hint;
  Json row = object({{"range", to_json(found.location.range)},
                     {"severity", severity_of(diagnostic.severity)},
                     {"code", name_of(diagnostic.code)},
                     {"source", "carillon"},
                     {"message", message}});
  if (is_unnecessary(diagnostic.code)) row.add("tags", Json::Array{1});
  return row;
}

Json markdown(std::string text) { return object({{"kind", "markdown"}, {"value", std::move(text)}}); }

Json to_json(const Completion& item, Range replaced) {
  std::string_view filter = item.label;
  if (filter.starts_with('$')) filter.remove_prefix(1);  // stands in the text already
  Json row = object({{"label", item.label},
                     {"kind", kind_of(item.kind)},
                     {"filterText", filter},
                     {"insertTextFormat", item.is_snippet ? 2 : 1},
                     {"textEdit", object({{"range", to_json(replaced)}, {"newText", item.insert}})}});
  if (!item.detail.empty()) row.add("detail", item.detail);
  if (!item.documentation.empty()) row.add("documentation", markdown(item.documentation));
  return row;
}

Json to_json(const Symbol& symbol) {
  constexpr int kFunction = 12;
  return object({{"name", symbol.name},
                 {"kind", kFunction},
                 {"range", to_json(symbol.range)},
                 {"selectionRange", to_json(symbol.name_range)}});
}

Json capabilities() {
  constexpr int kIncremental = 2;
  const Json::Array triggers{"$", "{", ".", "\"", "(", ","};
  return object({{"positionEncoding", "utf-16"},
                 {"textDocumentSync", object({{"openClose", true}, {"change", kIncremental}, {"save", true}})},
                 {"completionProvider", object({{"triggerCharacters", triggers}})},
                 {"hoverProvider", true},
                 {"definitionProvider", true},
                 {"referencesProvider", true},
                 {"documentSymbolProvider", true},
                 {"documentFormattingProvider", true},
                 {"renameProvider", object({{"prepareProvider", true}})}});
}

std::string response(const Json& id, Json result) {
  return object({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}).text();
}

std::string error_response(const Json& id, int code, std::string_view message) {
  return object({{"jsonrpc", "2.0"}, {"id", id}, {"error", object({{"code", code}, {"message", message}})}}).text();
}

std::string notification(std::string_view method, Json params) {
  return object({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}}).text();
}

}  // namespace carillon::lsp
