// SPDX-License-Identifier: Apache-2.0
// JSON-RPC 2.0 over the command registry: request text in, answer text out, no socket.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "management/command.h"

namespace carillon::management {

// Stateless; any thread. https://www.jsonrpc.org/specification without batches, member names without regard to case.
class JsonRpc {
 public:
  explicit JsonRpc(const CommandRegistry& commands) : commands_(commands) {}

  // Runs one request and gives the answer; empty for a notification, which gets none unless its form is wrong.
  // `request` may be anything at all. `indent` as in Json::text().
  [[nodiscard]] base::Task<std::string> handle(std::string request, int indent = -1) const;

 private:
  const CommandRegistry& commands_;
};

// How a thread that has a request (the HTTP server's, a FIFO's) has it run where commands run, and gets the answer.
class Dispatcher {
 public:
  // Called once, from any thread, with the answer (empty: none).
  using Done = std::move_only_function<void(std::string answer)>;

  virtual ~Dispatcher() = default;
  // Any thread; doesn't block. An error when too many requests wait; `done` is then destroyed uncalled.
  [[nodiscard]] virtual base::Result<> dispatch(std::string request, Done done) = 0;
};

// Runs requests in the thread that brings them.
class InlineDispatcher final : public Dispatcher {
 public:
  explicit InlineDispatcher(const CommandRegistry& commands) : rpc_(commands) {}
  [[nodiscard]] base::Result<> dispatch(std::string request, Done done) override;

 private:
  JsonRpc rpc_;
};

}  // namespace carillon::management
