// SPDX-License-Identifier: Apache-2.0
// What the client asks about places in documents.
#include <algorithm>
#include <map>
#include <utility>

#include "lsp/completion.h"
#include "lsp/hover.h"
#include "lsp/navigation.h"
#include "lsp/protocol.h"
#include "lsp/server.h"
#include "script/formatter.h"

namespace carillon::lsp {

struct Server::At {
  const Document& document;
  const Unit& unit;
  std::uint16_t file;  // of the document in the unit
  Place place;

  [[nodiscard]] const LineIndex& lines() const { return unit.lines(file); }
  [[nodiscard]] std::size_t offset() const { return lines().offset(place); }
};

std::expected<Server::At, Server::Failure> Server::place_of(const Json& params) {
  const auto uri = text_member(params, "textDocument.uri");
  const Document* document = uri ? documents_.find(*uri) : nullptr;
  if (document == nullptr) return std::unexpected(Failure{kInvalidParams, "this document isn't open"});
  const Json* position = params.find("position");
  const auto place = position == nullptr ? std::optional<Place>(Place{}) : read_place(position);
  if (!place) return std::unexpected(Failure{kInvalidParams, "a position has a line and a character"});
  const Unit& unit = unit_of(*document);
  const auto file = unit.file_of(document->path);
  if (!file) return std::unexpected(Failure{kRequestFailed, "this document can't be read"});
  return At{*document, unit, *file, *place};
}

Server::Json Server::locations(const std::vector<Target>& targets) const {
  Json rows = Json::array();
  for (const Target& target : targets) {
    Json row = Json::object();
    row.add("uri", uri_for(target.path));
    row.add("range", to_json(target.range));
    rows.push_back(std::move(row));
  }
  return rows;
}

Server::Answer Server::completion(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  // Characters that ask for names in some places and mean something else in most.
  const auto trigger = text_member(params, "context.triggerCharacter");
  const CompletionContext context{.snippets = snippets_, .explicit_ = !trigger};
  const std::size_t offset = at->offset();
  const Completions found = completions_at(at->unit, modules_, at->lines().text(), offset, context);
  const Range replaced = at->lines().range(found.begin, offset);
  Json items = Json::array();
  for (const Completion& item : found.items) items.push_back(to_json(item, replaced));
  Json result = Json::object();
  result.add("isIncomplete", false);
  result.add("items", std::move(items));
  return result;
}

Server::Answer Server::hover(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  auto found = hover_at(at->unit, modules_, at->lines().text(), at->offset());
  if (!found) return Json();
  Json result = Json::object();
  result.add("contents", markdown(std::move(found->markdown)));
  result.add("range", to_json(at->lines().range(found->begin, found->end)));
  return result;
}

Server::Answer Server::definition(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  return locations(definitions_at(at->unit, at->file, at->place));
}

Server::Answer Server::references(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  const bool with_definition = true_member(params, "context.includeDeclaration");
  return locations(references_at(at->unit, at->file, at->place, with_definition));
}

Server::Answer Server::prepare_rename(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  const auto range = renamable_at(at->unit, at->file, at->place);
  if (!range) return std::unexpected(Failure{kRequestFailed, range.error().message});
  return to_json(*range);
}

Server::Answer Server::rename(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  const auto name = text_member(params, "newName");
  if (!name) return std::unexpected(Failure{kInvalidParams, "newName is missing"});
  const auto targets = rename_at(at->unit, at->file, at->place, *name);
  if (!targets) return std::unexpected(Failure{kRequestFailed, targets.error().message});
  std::map<std::string, Json> edits;
  for (const Target& target : *targets) {
    Json edit = Json::object();
    edit.add("range", to_json(target.range));
    edit.add("newText", *name);
    edits[uri_for(target.path)].push_back(std::move(edit));
  }
  Json changes = Json::object();
  for (auto& [uri, rows] : edits) changes.add(uri, std::move(rows));
  Json result = Json::object();
  result.add("changes", std::move(changes));
  return result;
}

// One edit of the whole document; none for a script with syntax errors, which the client has been told of.
Server::Answer Server::formatting(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  constexpr std::int64_t kWidest = 16;
  const Json* size = member(params, "options.tabSize");
  const std::int64_t* width = size == nullptr ? nullptr : size->if_integer();
  script::FormatOptions options;
  if (width != nullptr && true_member(params, "options.insertSpaces")) {
    options.indent.assign(static_cast<std::size_t>(std::clamp<std::int64_t>(*width, 1, kWidest)), ' ');
  } else if (width != nullptr) {
    options.indent = "\t";
  }
  const std::string_view text = at->lines().text();
  auto formatted = script::format(text, at->document.path, options);
  Json edits = Json::array();
  if (!formatted || *formatted == text) return edits;
  Json edit = Json::object();
  edit.add("range", to_json(at->lines().range(0, text.size())));
  edit.add("newText", std::move(*formatted));
  edits.push_back(std::move(edit));
  return edits;
}

Server::Answer Server::document_symbols(const Json& params) {
  const auto at = place_of(params);
  if (!at) return std::unexpected(at.error());
  Json rows = Json::array();
  for (const Symbol& symbol : symbols_of(at->unit, at->file)) rows.push_back(to_json(symbol));
  return rows;
}

}  // namespace carillon::lsp
