// SPDX-License-Identifier: Apache-2.0
// Messages to requests and notifications; documents to units and diagnostics.
#include "lsp/server.h"

#include <algorithm>
#include <array>
#include <exception>
#include <set>

#include "lsp/protocol.h"
#include "lsp/script_finder.h"

namespace carillon::lsp {

namespace {

constexpr management::Json::Limits kLimits{.bytes = 64U << 20, .depth = 64, .values = 1'000'000};

bool is_id(const management::Json& id) {
  return id.is_null() || id.if_integer() != nullptr || id.if_string() != nullptr;
}

}  // namespace

std::string Server::refusal(std::string_view why) { return error_response(Json(), kInvalidRequest, why); }

std::vector<std::string> Server::handle(std::string_view message) {
  const auto parsed = Json::parse(message, kLimits);
  if (!parsed) return {error_response(Json(), kParseError, parsed.error().message)};
  if (parsed->if_object() == nullptr) return {refusal("a message is an object")};
  const auto method = text_member(*parsed, "method");
  const Json* id = parsed->find("id");
  if (!method) {
    // An answer of the client: nothing was asked of it.
    const bool is_answer = parsed->find("result") != nullptr || parsed->find("error") != nullptr;
    if (is_answer && id != nullptr) return {};
    return {refusal("a message has a method")};
  }
  const Json* given = parsed->find("params");
  const Json params = given == nullptr ? Json::object() : *given;
  if (id == nullptr) {
    notice(*method, params);
    return {};
  }
  if (!is_id(*id)) return {refusal("an id is a number or a text")};
  Answer outcome = answer(*method, params);
  if (outcome) return {response(*id, std::move(*outcome))};
  return {error_response(*id, outcome.error().code, outcome.error().message)};
}

Server::Answer Server::answer(std::string_view method, const Json& params) {
  constexpr auto kRequests = std::to_array<Request>({
      {"initialize", &Server::initialize},
      {"shutdown", &Server::shutdown},
      {"textDocument/completion", &Server::completion},
      {"textDocument/hover", &Server::hover},
      {"textDocument/definition", &Server::definition},
      {"textDocument/references", &Server::references},
      {"textDocument/prepareRename", &Server::prepare_rename},
      {"textDocument/rename", &Server::rename},
      {"textDocument/documentSymbol", &Server::document_symbols},
      {"textDocument/formatting", &Server::formatting},
  });
  if (shut_down_) return std::unexpected(Failure{kInvalidRequest, "the server is shutting down"});
  const auto found = std::ranges::find(kRequests, method, &Request::name);
  if (!initialized_ && method != "initialize") {
    return std::unexpected(Failure{kServerNotInitialized, "initialize comes first"});
  }
  if (found == kRequests.end()) return std::unexpected(Failure{kMethodNotFound, "no such method"});
  try {
    return (this->*found->answer)(params);
  } catch (const std::exception& error) {
    return std::unexpected(Failure{kInternalError, error.what()});
  }
}

void Server::notice(std::string_view method, const Json& params) {
  constexpr auto kNotifications = std::to_array<Notification>({
      {"exit", &Server::exit},
      {"textDocument/didOpen", &Server::did_open},
      {"textDocument/didChange", &Server::did_change},
      {"textDocument/didClose", &Server::did_close},
      {"textDocument/didSave", &Server::files_changed},
      {"workspace/didChangeWatchedFiles", &Server::files_changed},
  });
  const auto found = std::ranges::find(kNotifications, method, &Notification::name);
  if (found == kNotifications.end() || (!initialized_ && method != "exit")) return;
  (this->*found->take)(params);
}

// --- Life ------------------------------------------------------------------------------------------------------------

Server::Answer Server::initialize(const Json& params) {
  if (initialized_) return std::unexpected(Failure{kInvalidRequest, "initialize comes once"});
  initialized_ = true;
  snippets_ = true_member(params, "capabilities.textDocument.completion.completionItem.snippetSupport");
  const Json* folders = member(params, "workspaceFolders");
  const Json::Array* rows = folders == nullptr ? nullptr : folders->if_array();
  auto uri = rows == nullptr || rows->empty() ? std::nullopt : text_member(rows->front(), "uri");
  if (!uri) uri = text_member(params, "rootUri");
  folder_ = path_of(uri.value_or(""));
  Json result = Json::object();
  result.add("capabilities", capabilities());
  Json& info = result.add("serverInfo", Json::object());
  info.add("name", "carillon");
  info.add("version", version_);
  return result;
}

Server::Answer Server::shutdown(const Json& /*params*/) {
  shut_down_ = true;
  return Json();
}

void Server::exit(const Json& /*params*/) { ended_ = true; }

// --- Documents -------------------------------------------------------------------------------------------------------

void Server::did_open(const Json& params) {
  const auto uri = text_member(params, "textDocument.uri");
  const auto text = text_member(params, "textDocument.text");
  if (!uri || !text) return;
  const Json* version = member(params, "textDocument.version");
  const std::int64_t* number = version == nullptr ? nullptr : version->if_integer();
  const bool opened = documents_.open(
      {.uri = std::string(*uri), .path = {}, .text = std::string(*text), .version = number == nullptr ? 0 : *number});
  if (opened) files_changed(params);
}

void Server::did_change(const Json& params) {
  const auto uri = text_member(params, "textDocument.uri");
  const auto changes = read_changes(member(params, "contentChanges"));
  if (!uri || !changes) return;
  const Json* version = member(params, "textDocument.version");
  const std::int64_t* number = version == nullptr ? nullptr : version->if_integer();
  if (!documents_.change(*uri, number == nullptr ? 0 : *number, *changes)) return;
  forget(documents_.find(*uri)->path);
}

void Server::did_close(const Json& params) {
  const auto uri = text_member(params, "textDocument.uri");
  if (!uri) return;
  documents_.close(*uri);
  files_changed(params);
}

// What is on the disk may be another now.
void Server::files_changed(const Json& /*params*/) {
  units_.clear();
  scripts_.clear();
  changed_ = true;
}

void Server::forget(std::string_view path) {
  std::erase_if(units_, [path](const auto& one) { return one.first == path || one.second->file_of(path).has_value(); });
  changed_ = true;
}

script::OpenFiles Server::open_files() const {
  return {.find = [this](const std::string& path) -> std::optional<std::string> {
            const Document* document = documents_.find_path(path);
            if (document == nullptr) return std::nullopt;
            return document->text;
          },
          .folder = folder_};
}

const Unit& Server::unit_for(const std::string& path) {
  auto& unit = units_[path];
  if (unit == nullptr) unit = std::make_unique<Unit>(path, open_files(), modules_);
  return *unit;
}

bool Server::is_included_by(const Document& document, const Document& other) {
  if (&document == &other || !unit_for(other.path).file_of(document.path)) return false;
  // Of two that include each other the first is the script.
  return document.uri > other.uri || !unit_for(document.path).file_of(other.path);
}

const Unit& Server::unit_of(const Document& document) {
  for (const auto& [uri, other] : documents_.all()) {
    if (is_included_by(document, other)) return unit_for(other.path);
  }
  const Unit& own = unit_for(document.path);
  if (!own.is_fragment()) return own;
  const auto known = scripts_.find(document.path);
  const auto& script = known != scripts_.end()
                           ? known->second
                           : (scripts_[document.path] = script_that_includes(document.path, open_files()));
  if (!script) return own;
  const Unit& whole = unit_for(*script);
  return whole.file_of(document.path) ? whole : own;
}

std::string Server::uri_for(const std::string& path) const {
  const Document* document = documents_.find_path(path);
  return document == nullptr ? uri_of(path) : document->uri;
}

std::vector<std::string> Server::settle() {
  if (!changed_) return {};
  changed_ = false;
  // What the client has of documents without mistakes is empty too.
  std::map<std::string, Json, std::less<>> by_uri;
  for (const auto& [uri, was] : published_) by_uri.emplace(uri, Json::array());
  std::set<const Unit*> told;
  for (const auto& [uri, document] : documents_.all()) {
    by_uri.try_emplace(uri, Json::array());
    const Unit& unit = unit_of(document);
    if (!told.insert(&unit).second) continue;
    for (const Unit::Found& found : unit.diagnostics()) {
      const bool placed = found.location.file < unit.files().size();
      const std::string file = placed ? uri_for(unit.files()[found.location.file]) : uri;
      by_uri.try_emplace(file, Json::array()).first->second.push_back(to_json(found));
    }
  }
  std::vector<std::string> messages;
  for (auto& [uri, rows] : by_uri) {
    const bool open = documents_.find(uri) != nullptr;
    const bool empty = rows.if_array()->empty();
    std::string text = rows.text();
    const auto was = published_.find(uri);
    if (was == published_.end() ? empty && !open : was->second == text) continue;
    Json params = Json::object();
    params.add("uri", uri);
    if (open) params.add("version", documents_.find(uri)->version);
    params.add("diagnostics", std::move(rows));
    messages.push_back(notification("textDocument/publishDiagnostics", std::move(params)));
    if (empty && !open) {
      published_.erase(was);
    } else {
      published_.insert_or_assign(uri, std::move(text));
    }
  }
  return messages;
}

}  // namespace carillon::lsp
