// SPDX-License-Identifier: Apache-2.0
// The language server: one message in, the messages that follow from it out. No file descriptor, no thread, no clock.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lsp/documents.h"
#include "lsp/navigation.h"
#include "lsp/unit.h"
#include "management/json.h"

namespace carillon::lsp {

// Language Server Protocol 3.17, the part of it that a script needs. The client is not trusted: whatever it sends is
// answered or passed over.
class Server {
 public:
  Server(Modules modules, std::string version) : modules_(modules), version_(std::move(version)) {}

  // Takes one message and gives those to send.
  [[nodiscard]] std::vector<std::string> handle(std::string_view message);
  // To call when no message is waiting: the diagnostics of what has changed since, so that a burst of changes is looked
  // at once.
  [[nodiscard]] std::vector<std::string> settle();
  // The answer to what is no message.
  [[nodiscard]] static std::string refusal(std::string_view why);

  [[nodiscard]] bool ended() const { return ended_; }
  // 0 when the client asked for the shutdown before the end.
  [[nodiscard]] int exit_status() const { return shut_down_ ? 0 : 1; }

 private:
  using Json = management::Json;
  struct Failure {
    int code;
    std::string message;
  };
  using Answer = std::expected<Json, Failure>;
  struct Request {
    std::string_view name;
    Answer (Server::*answer)(const Json& params);
  };
  struct Notification {
    std::string_view name;
    void (Server::*take)(const Json& params);
  };
  struct At;  // a place in a document of a unit

  [[nodiscard]] Answer answer(std::string_view method, const Json& params);
  void notice(std::string_view method, const Json& params);

  [[nodiscard]] Answer initialize(const Json& params);
  [[nodiscard]] Answer shutdown(const Json& params);
  void exit(const Json& params);
  void did_open(const Json& params);
  void did_change(const Json& params);
  void did_close(const Json& params);
  void files_changed(const Json& params);
  [[nodiscard]] Answer completion(const Json& params);
  [[nodiscard]] Answer hover(const Json& params);
  [[nodiscard]] Answer definition(const Json& params);
  [[nodiscard]] Answer references(const Json& params);
  [[nodiscard]] Answer prepare_rename(const Json& params);
  [[nodiscard]] Answer rename(const Json& params);
  [[nodiscard]] Answer document_symbols(const Json& params);
  [[nodiscard]] Answer formatting(const Json& params);

  [[nodiscard]] std::expected<At, Failure> place_of(const Json& params);
  [[nodiscard]] Json locations(const std::vector<Target>& targets) const;
  [[nodiscard]] std::string uri_for(const std::string& path) const;
  // The unit that a document belongs to: that of the open script that includes it, its own or, when it can't stand
  // alone, that of a script nearby.
  [[nodiscard]] const Unit& unit_of(const Document& document);
  [[nodiscard]] const Unit& unit_for(const std::string& path);
  // Whether the script of `other` includes the document, and is the one to look at for it.
  [[nodiscard]] bool is_included_by(const Document& document, const Document& other);
  [[nodiscard]] script::OpenFiles open_files() const;
  // Units that read this file are made anew when they are wanted.
  void forget(std::string_view path);

  Modules modules_;
  std::string version_;
  Documents documents_;
  std::map<std::string, std::unique_ptr<Unit>, std::less<>> units_;  // by the path of their script
  std::map<std::string, std::optional<std::string>> scripts_;        // by path: the script nearby that includes it
  std::map<std::string, std::string, std::less<>> published_;        // by URI: the diagnostics that the client has
  std::string folder_;                                               // of the workspace
  bool snippets_ = false;
  bool initialized_ = false;
  bool changed_ = false;
  bool shut_down_ = false;
  bool ended_ = false;
};

}  // namespace carillon::lsp
