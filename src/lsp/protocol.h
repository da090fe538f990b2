// SPDX-License-Identifier: Apache-2.0
// The structures of the protocol that several requests share, from JSON and to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/completion.h"
#include "lsp/documents.h"
#include "lsp/navigation.h"
#include "lsp/text.h"
#include "management/json.h"

namespace carillon::lsp {

// JSON-RPC 2.0 and the protocol's own.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kServerNotInitialized = -32002;
inline constexpr int kRequestFailed = -32803;

// A member at the end of a path as "textDocument.uri"; null when there is none.
[[nodiscard]] const management::Json* member(const management::Json& value, std::string_view path);
[[nodiscard]] std::optional<std::string_view> text_member(const management::Json& value, std::string_view path);
[[nodiscard]] bool true_member(const management::Json& value, std::string_view path);

[[nodiscard]] std::optional<Place> read_place(const management::Json* value);
[[nodiscard]] std::optional<std::vector<Change>> read_changes(const management::Json* value);

[[nodiscard]] management::Json to_json(Place place);
[[nodiscard]] management::Json to_json(Range range);
[[nodiscard]] management::Json to_json(const Unit::Found& found);
[[nodiscard]] management::Json to_json(const Completion& item, Range replaced);
[[nodiscard]] management::Json to_json(const Symbol& symbol);
[[nodiscard]] management::Json markdown(std::string text);

// What the server can do, for the answer to initialize.
[[nodiscard]] management::Json capabilities();

[[nodiscard]] std::string response(const management::Json& id, management::Json result);
[[nodiscard]] std::string error_response(const management::Json& id, int code, std::string_view message);
[[nodiscard]] std::string notification(std::string_view method, management::Json params);

}  // namespace carillon::lsp
