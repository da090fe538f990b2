// SPDX-License-Identifier: Apache-2.0
// A client of the language server without a pipe between them, for this folder's tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lsp/protocol.h"
#include "lsp/server.h"
#include "management/json.h"
#include "modules/module_list.h"

namespace carillon::lsp::testing {

using management::Json;

// JSON with the quotes of a C++ raw string in mind: a text for a member.
[[nodiscard]] inline std::string quoted(std::string_view text) { return Json(text).text(); }

class Client {
 public:
  Client() {
    request("initialize", R"({"capabilities": {"textDocument": {"completion": {"completionItem":
                             {"snippetSupport": true}}}}})");
    notify("initialized", "{}");
  }

  Json parse(std::string_view text) {
    auto parsed = Json::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Json());
  }

  // The whole answer.
  Json ask(std::string_view method, std::string_view params) {
    const auto answers = server.handle(
        fmt::format(R"({{"jsonrpc": "2.0", "id": {}, "method": "{}", "params": {}}})", ++id_, method, params));
    EXPECT_EQ(answers.size(), 1U) << method;
    return answers.empty() ? Json() : parse(answers.front());
  }
  Json request(std::string_view method, std::string_view params) {
    const Json answer = ask(method, params);
    const Json* result = answer.find("result");
    EXPECT_NE(result, nullptr) << method << ": " << answer.text();
    return result == nullptr ? Json() : *result;
  }
  std::int64_t failure(std::string_view method, std::string_view params) {
    const Json answer = ask(method, params);
    const Json* code = member(answer, "error.code");
    return code == nullptr || code->if_integer() == nullptr ? 0 : *code->if_integer();
  }
  void notify(std::string_view method, std::string_view params) {
    const auto answers =
        server.handle(fmt::format(R"({{"jsonrpc": "2.0", "method": "{}", "params": {}}})", method, params));
    EXPECT_TRUE(answers.empty()) << method;
  }

  void open(std::string_view uri, std::string_view text) {
    notify("textDocument/didOpen",
           fmt::format(R"({{"textDocument": {{"uri": "{}", "languageId": "opensips", "version": 1, "text": {}}}}})",
                       uri, quoted(text)));
  }
  void replace(std::string_view uri, std::string_view text) {
    notify("textDocument/didChange",
           fmt::format(R"({{"textDocument": {{"uri": "{}", "version": 2}}, "contentChanges": [{{"text": {}}}]}})", uri,
                       quoted(text)));
  }
  void close(std::string_view uri) {
    notify("textDocument/didClose", fmt::format(R"({{"textDocument": {{"uri": "{}"}}}})", uri));
  }

  // "line:character-line:character code", by URI, of what has been published now.
  std::map<std::string, std::vector<std::string>> settle() {
    std::map<std::string, std::vector<std::string>> published;
    for (const std::string& message : server.settle()) {
      const Json parsed = parse(message);
      auto& rows = published[std::string(text_member(parsed, "params.uri").value_or("?"))];
      for (const Json& row : *member(parsed, "params.diagnostics")->if_array()) {
        rows.push_back(fmt::format("{} {}", range(*row.find("range")), *row.find("code")->if_string()));
      }
    }
    return published;
  }

  static std::string range(const Json& range) {
    const auto number = [&range](std::string_view path) { return *member(range, path)->if_integer(); };
    return fmt::format("{}:{}-{}:{}", number("start.line"), number("start.character"), number("end.line"),
                       number("end.character"));
  }

  static std::string at(std::string_view uri, Place place, std::string_view more = "") {
    return fmt::format(R"({{"textDocument": {{"uri": "{}"}}, "position": {{"line": {}, "character": {}}}{}}})", uri,
                       place.line, place.character, more);
  }
  // The labels that are offered at a place.
  std::vector<std::string> offered(std::string_view uri, Place place) {
    const Json result = request("textDocument/completion", at(uri, place));
    std::vector<std::string> labels;
    for (const Json& item : *result.find("items")->if_array()) labels.push_back(*item.find("label")->if_string());
    return labels;
  }
  std::string inserted(std::string_view uri, Place place, std::string_view label) {
    const Json result = request("textDocument/completion", at(uri, place));
    for (const Json& item : *result.find("items")->if_array()) {
      if (*item.find("label")->if_string() == label) return *member(item, "textEdit.newText")->if_string();
    }
    return "(not offered)";
  }
  std::string hover(std::string_view uri, Place place) {
    const Json result = request("textDocument/hover", at(uri, place));
    const auto text = text_member(result, "contents.value");
    return std::string(text.value_or(""));
  }
  // "uri start-end" of each.
  std::vector<std::string> places(std::string_view method, std::string_view params) {
    std::vector<std::string> all;
    const Json answer = request(method, params);
    for (const Json& row : *answer.if_array()) {
      all.push_back(fmt::format("{} {}", *row.find("uri")->if_string(), range(*row.find("range"))));
    }
    return all;
  }

  Server server{modules::all(), "test"};

 private:
  int id_ = 0;
};

}  // namespace carillon::lsp::testing
